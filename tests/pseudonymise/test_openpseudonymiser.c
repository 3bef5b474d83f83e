#include "tests/pseudonymise/fixture.h"

TestSuite(openpseudonymiser);

static void expect_digest(const OpenPseudonymiserField *fields, size_t count, const char *salt,
                          const char *expected)
{
    char digest[HASH_TEXT_BYTES];
    Error error = {0};

    cr_assert(openpseudonymiser_digest(fields, count, text_from(salt), digest, &error).ok, "%s",
              error.message);
    cr_expect_str_eq(digest, expected);
}

/* openpseudonymiser.org, FAQ. */
Test(openpseudonymiser, digests_are_those_that_its_faq_publishes)
{
    const OpenPseudonymiserField number = {TEXT("NHSNumber"), TEXT("123456789")};

    expect_digest(&number, 1, "", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    expect_digest(&number, 1, "hello", "a4455e6581b78d69e569895c2b615dfa90a6cd56938e40ca91edd26e44deedfe");
}

/* Its integration guide: columns NHSNumber and DOB, salt "mackerel". */
Test(openpseudonymiser, fields_are_taken_in_alphabetical_order_however_they_are_given)
{
    static const char expected[] = "5dfc32ba81ea3e016333687111ae2f63d97dad05adf92c61bf06438a08d8bc56";
    const OpenPseudonymiserField given[] = {{TEXT("NHSNumber"), TEXT("9434765919")},
                                            {TEXT("DOB"), TEXT("29.11.2011")}};
    const OpenPseudonymiserField sorted[] = {given[1], given[0]};

    expect_digest(given, 2, "mackerel", expected);
    expect_digest(sorted, 2, "mackerel", expected);
}

Test(openpseudonymiser, blanks_go_out_of_the_number_and_of_nothing_else)
{
    const OpenPseudonymiserField spaced[] = {{TEXT("NHSNumber"), TEXT(" 943 476  5919 ")},
                                             {TEXT("DOB"), TEXT("29.11.2011")}};
    const OpenPseudonymiserField other = {TEXT("Name"), TEXT("123 456789")};
    char digest[HASH_TEXT_BYTES];
    Error error = {0};

    expect_digest(spaced, 2, "mackerel", "5dfc32ba81ea3e016333687111ae2f63d97dad05adf92c61bf06438a08d8bc56");
    cr_assert(openpseudonymiser_digest(&other, 1, TEXT(""), digest, &error).ok);
    cr_expect_str_neq(digest, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
}

Test(openpseudonymiser, names_whose_order_is_a_matter_of_case_are_refused)
{
    const OpenPseudonymiserField doubtful[] = {{TEXT("a"), TEXT("1")}, {TEXT("B"), TEXT("2")}};
    const OpenPseudonymiserField equal[] = {{TEXT("A"), TEXT("1")}, {TEXT("A"), TEXT("2")}};
    char digest[HASH_TEXT_BYTES];
    Error error = {0};

    cr_expect_not(openpseudonymiser_digest(doubtful, 2, TEXT(""), digest, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not(openpseudonymiser_digest(equal, 2, TEXT(""), digest, &error).ok);
    cr_expect_not(openpseudonymiser_digest(equal, 0, TEXT(""), digest, &error).ok);
    cr_expect_not(openpseudonymiser_digest(equal, 17, TEXT(""), digest, &error).ok);
}

Test(openpseudonymiser, only_64_hex_digits_in_lower_case_are_a_digest)
{
    cr_expect(openpseudonymiser_is_digest(
        TEXT("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")));
    cr_expect_not(openpseudonymiser_is_digest(
        TEXT("15E2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")));
    cr_expect_not(
        openpseudonymiser_is_digest(TEXT("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb22")));
    cr_expect_not(openpseudonymiser_is_digest(
        TEXT("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb22\0")));
    cr_expect_not(openpseudonymiser_is_digest(TEXT("9990000018")));
    cr_expect_not(openpseudonymiser_is_digest(TEXT("")));
}
