#include "pseudonymise/normalise.h"

#include "tests/pseudonymise/fixture.h"
#include "tests/support/draw.h"

static void expect_nhs_number(const char *text, IdentifierState state, const char *expected)
{
    char digits[11] = "unwritten!";

    cr_expect_eq(pseudonymise_nhs_number(text_from(text), digits), state, "%s", text);
    cr_expect_str_eq(digits, expected, "%s", text);
}

/* NHS Data Dictionary, NHS NUMBER: modulus 11 with weights 10 to 2. */
Test(normalise, nhs_numbers_of_the_right_check_digit_are_valid)
{
    expect_nhs_number("9434765919", IDENTIFIER_VALID, "9434765919");
    expect_nhs_number("9434765870", IDENTIFIER_VALID, "9434765870"); /* check 11 becomes 0 */
    expect_nhs_number("4010232137", IDENTIFIER_VALID, "4010232137");
    expect_nhs_number("4505577104", IDENTIFIER_VALID, "4505577104");
}

Test(normalise, an_nhs_number_loses_its_spaces_and_hyphens)
{
    expect_nhs_number("943 476 5919", IDENTIFIER_VALID, "9434765919");
    expect_nhs_number("943-476-5919", IDENTIFIER_VALID, "9434765919");
    expect_nhs_number(" 9434765919\t", IDENTIFIER_VALID, "9434765919");
}

Test(normalise, an_nhs_number_of_a_wrong_check_digit_is_invalid)
{
    expect_nhs_number("9434765918", IDENTIFIER_INVALID, "");
    expect_nhs_number("9434765910", IDENTIFIER_INVALID, "");
    expect_nhs_number("4010232138", IDENTIFIER_INVALID, "");
}

/* The rule of the NHS Data Dictionary digit by digit; the numbers are of no order. */
static bool passes_by_the_rule(const char *digits)
{
    int sum = 0;

    for (int i = 0; i < 9; i++)
        sum += (digits[i] - '0') * (10 - i);
    return (11 - sum % 11) % 11 == digits[9] - '0';
}

Test(normalise, nhs_numbers_are_valid_just_where_the_rule_says_so)
{
    char text[11], digits[11];
    int valid = 0;

    for (uint64_t i = 1; i <= 20000; i++) {
        (void)snprintf(text, sizeof text, "%010llu",
                       (unsigned long long)(i * 6364136223846793005u % 10000000000u));
        bool is_valid = pseudonymise_nhs_number(text_from(text), digits) == IDENTIFIER_VALID;
        cr_assert_eq(is_valid, passes_by_the_rule(text), "%s", text);
        valid += is_valid;
    }
    cr_expect(valid > 1500 && valid < 2100);
}

Test(normalise, an_nhs_number_with_another_byte_in_any_place_is_invalid)
{
    static const char others[] = {'/', ':', 'a', '\0', '\x80', '\xB9'};

    for (size_t place = 0; place < 10; place++)
        for (size_t i = 0; i < sizeof others; i++) {
            char text[] = "9434765919", digits[11];
            text[place] = others[i];
            cr_expect_eq(pseudonymise_nhs_number((Text){.data = text, .length = 10}, digits),
                         IDENTIFIER_INVALID, "place %zu", place);
        }
}

Test(normalise, an_nhs_number_whose_check_digit_would_be_ten_was_never_issued)
{
    for (int last = 0; last <= 9; last++) {
        char first[] = "1234567890", second[] = "9990000000";
        first[9] = second[9] = (char)('0' + last);
        expect_nhs_number(first, IDENTIFIER_INVALID, "");
        expect_nhs_number(second, IDENTIFIER_INVALID, "");
    }
}

/* Goes red when all_equal is taken out of pseudonymise_nhs_number: each passes modulus 11. */
Test(normalise, ten_equal_digits_are_no_nhs_number)
{
    for (int digit = 0; digit <= 9; digit++) {
        char text[11] = {0};
        memset(text, '0' + digit, 10);
        expect_nhs_number(text, IDENTIFIER_INVALID, "");
    }
}

/* Goes red when is_placeholder no longer names them: both pass modulus 11. */
Test(normalise, ten_digits_in_a_row_are_no_nhs_number)
{
    expect_nhs_number("0123456789", IDENTIFIER_INVALID, "");
    expect_nhs_number("987 654 3210", IDENTIFIER_INVALID, "");
}

Test(normalise, what_has_not_ten_digits_is_no_nhs_number)
{
    expect_nhs_number("943476591", IDENTIFIER_INVALID, "");
    expect_nhs_number("94347659199", IDENTIFIER_INVALID, "");
    expect_nhs_number("943476591A", IDENTIFIER_INVALID, "");
    expect_nhs_number("943476591\xd9\xa9", IDENTIFIER_INVALID, "");
    expect_nhs_number("", IDENTIFIER_ABSENT, "");
    expect_nhs_number(" - ", IDENTIFIER_ABSENT, "");
}

Test(normalise, a_nul_byte_in_an_nhs_number_makes_it_invalid)
{
    char digits[11];

    IdentifierState state = pseudonymise_nhs_number((Text){.data = "943476\0005919", .length = 11}, digits);

    cr_expect_eq(state, IDENTIFIER_INVALID);
}

/* Goes red when refuse no longer wipes. */
Test(normalise, an_invalid_number_is_not_left_in_the_buffer)
{
    char digits[11], none[11] = {0};

    cr_assert_eq(pseudonymise_nhs_number(TEXT("9434765918"), digits), IDENTIFIER_INVALID);
    cr_expect_arr_eq(digits, none, sizeof none);
    cr_assert_eq(pseudonymise_nhs_number(TEXT("94347659180"), digits), IDENTIFIER_INVALID);
    cr_expect_arr_eq(digits, none, sizeof none);
}

static void expect_uprn(const char *text, IdentifierState state, const char *expected)
{
    char digits[13];

    cr_expect_eq(pseudonymise_uprn(text_from(text), digits), state, "%s", text);
    cr_expect_str_eq(digits, expected, "%s", text);
}

Test(normalise, a_uprn_is_up_to_twelve_digits_without_leading_zeros)
{
    expect_uprn("100012345678", IDENTIFIER_VALID, "100012345678");
    expect_uprn("000012345678", IDENTIFIER_VALID, "12345678");
    expect_uprn(" 1 ", IDENTIFIER_VALID, "1");
    expect_uprn("", IDENTIFIER_ABSENT, "");
    expect_uprn("  ", IDENTIFIER_ABSENT, "");
}

Test(normalise, what_is_no_positive_number_of_twelve_digits_is_no_uprn)
{
    expect_uprn("0000100012345678", IDENTIFIER_INVALID, "");
    expect_uprn("000000000000", IDENTIFIER_INVALID, "");
    expect_uprn("1.0001E+11", IDENTIFIER_INVALID, "");
    expect_uprn("1000 12345678", IDENTIFIER_INVALID, "");
    expect_uprn("-1", IDENTIFIER_INVALID, "");
}

static void expect_postcode(const char *text, IdentifierState state, const char *expected)
{
    char postcode[9];

    cr_expect_eq(pseudonymise_postcode(text_from(text), postcode), state, "%s", text);
    cr_expect_str_eq(postcode, expected, "%s", text);
}

/* The six shapes of BS 7666-2. */
Test(normalise, a_postcode_is_upper_case_with_one_space_before_the_inward_part)
{
    expect_postcode("m11aa", IDENTIFIER_VALID, "M1 1AA");
    expect_postcode("M60 1NW", IDENTIFIER_VALID, "M60 1NW");
    expect_postcode("CR2  6XH", IDENTIFIER_VALID, "CR2 6XH");
    expect_postcode(" me141xq", IDENTIFIER_VALID, "ME14 1XQ");
    expect_postcode("W1A 0AX", IDENTIFIER_VALID, "W1A 0AX");
    expect_postcode("ec1a1bb ", IDENTIFIER_VALID, "EC1A 1BB");
}

/* NHS organisation data service: ZZ99 3VZ is no fixed abode. */
Test(normalise, pseudo_postcodes_of_the_nhs_pass)
{
    expect_postcode("ZZ99 3VZ", IDENTIFIER_VALID, "ZZ99 3VZ");
}

Test(normalise, what_has_not_the_shape_of_a_postcode_is_invalid)
{
    expect_postcode("ME14", IDENTIFIER_INVALID, "");
    expect_postcode("ME14 XQ1", IDENTIFIER_INVALID, "");
    expect_postcode("ME14 11XQ", IDENTIFIER_INVALID, "");
    expect_postcode("MEE14 1XQ", IDENTIFIER_INVALID, "");
    expect_postcode("ME14-1XQ", IDENTIFIER_INVALID, "");
    expect_postcode("", IDENTIFIER_ABSENT, "");
    expect_postcode("   ", IDENTIFIER_ABSENT, "");
}

/* ---- the same as rules read letter by letter, of numbers and postcodes with letters changed ---- */

static size_t drop(Text text, const char *dropped, char *out)
{
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '\0' || strchr(dropped, text.data[i]) == NULL)
            out[length++] = text.data[i];
    out[length] = '\0';
    return length;
}

static IdentifierState naive_nhs_number(Text text, char *digits)
{
    size_t length = drop(text, " \t-", digits);
    int sum = 0;

    if (length == 0)
        return IDENTIFIER_ABSENT;
    if (length != 10 || strspn(digits, "0123456789") != 10 || strspn(digits, (char[]){digits[0], 0}) == 10 ||
        strcmp(digits, "0123456789") == 0 || strcmp(digits, "9876543210") == 0)
        return IDENTIFIER_INVALID;
    for (int i = 0; i < 9; i++)
        sum += (digits[i] - '0') * (10 - i);
    return (11 - sum % 11) % 11 == digits[9] - '0' ? IDENTIFIER_VALID : IDENTIFIER_INVALID;
}

static IdentifierState naive_postcode(Text text, char *postcode)
{
    static const char *const shapes[] = {"A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"};
    char shape[64] = "";
    size_t length = drop(text, " \t", postcode);

    for (size_t i = 0; i < length; i++) {
        char c = postcode[i];
        postcode[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        shape[i] = postcode[i] >= 'A' && postcode[i] <= 'Z' ? 'A' : c >= '0' && c <= '9' ? '9' : '-';
    }
    if (length == 0)
        return IDENTIFIER_ABSENT;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(shape, shapes[i]) == 0) {
            memmove(postcode + length - 2, postcode + length - 3, 4);
            postcode[length - 3] = ' ';
            return IDENTIFIER_VALID;
        }
    return IDENTIFIER_INVALID;
}

/* A letter put in, taken out or changed, up to three times. */
static size_t mutate(char *text, size_t length)
{
    static const char letters[] = "0123456789AZaz  --\t@[`{/:\xc3\xff";

    for (unsigned times = draw_below(4); times > 0; times--) {
        size_t at = draw_below((unsigned)length + 1);
        char letter = letters[draw_below(sizeof letters)];
        switch (draw_below(3)) {
        case 0:
            memmove(text + at + 1, text + at, length - at);
            text[at] = letter;
            length++;
            break;
        case 1:
            if (at < length)
                memmove(text + at, text + at + 1, --length - at);
            break;
        default:
            if (at < length)
                text[at] = letter;
        }
    }
    return length;
}

static const char *const starts[] = {"9434765919", "943 476 5919", "4505577104", "0123456789",
                                     "7777777777", "9876543210",   "M1 1AA",     "M60 1NW",
                                     "cr26xh",     "ME14 1XQ",     "W1A 0AX",    "EC1A1BB"};

/* Goes red with any shape, weight or check changed on one side alone. */
Test(normalise, numbers_and_postcodes_are_what_their_rules_give_read_one_letter_at_a_time)
{
    int valid[2] = {0};

    for (int round = 0; round < 200000; round++) {
        char text[32], made[16], expected[64];
        const char *start = starts[draw_below(sizeof starts / sizeof *starts)];
        size_t length = strlen(start);
        memcpy(text, start, length);
        const Text changed = {.data = text, .length = mutate(text, length)};

        IdentifierState number = naive_nhs_number(changed, expected);
        cr_assert_eq(pseudonymise_nhs_number(changed, made), number, "round %d", round);
        cr_assert_str_eq(made, number == IDENTIFIER_VALID ? expected : "", "round %d", round);
        IdentifierState place = naive_postcode(changed, expected);
        cr_assert_eq(pseudonymise_postcode(changed, made), place, "round %d", round);
        cr_assert_str_eq(made, place == IDENTIFIER_VALID ? expected : "", "round %d", round);
        valid[0] += number == IDENTIFIER_VALID;
        valid[1] += place == IDENTIFIER_VALID;
    }
    cr_expect_gt(valid[0], 1000);
    cr_expect_gt(valid[1], 1000);
}

/* NHS Data Dictionary, PERSON STATED GENDER CODE; 0 is "not known" of the older PERSON GENDER CODE. */
Test(normalise, sexes_are_mapped_to_the_codes_of_the_data_dictionary)
{
    static const char *const pairs[][2] = {{"1", "1"},    {"2", "2"},      {"9", "9"},   {"X", "X"},
                                           {"x", "X"},    {"0", "X"},      {"M", "1"},   {"f", "2"},
                                           {"Male", "1"}, {"FEMALE", "2"}, {" 1 ", "1"}, {"", ""},
                                           {"3", ""},     {"unknown", ""}, {"12", ""}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        cr_expect_eq(normalise_sex(text_from(pairs[i][0])), pairs[i][1][0], "%s", pairs[i][0]);
}

static void expect_fold(Text text, const char *expected)
{
    char folded[NORMALISE_FOLD_GROWTH * 64];

    cr_assert_leq(text.length, 64);
    size_t length = normalise_fold(text, folded);

    cr_expect(text_equal((Text){.data = folded, .length = length}, text_from(expected)), "%s: \"%.*s\"",
              expected, (int)length, folded);
}

Test(normalise, folding_drops_case_marks_and_punctuation)
{
    expect_fold(TEXT("O'Brien"), "o brien");
    expect_fold(TEXT("  Smith--JONES, "), "smith jones");
    expect_fold(TEXT("Zoë"), "zoe");
    expect_fold(TEXT("Zoe\xcc\x88"), "zoe");
    expect_fold(TEXT("FRAN\xc3\x87OIS"), "francois");
    expect_fold(TEXT("Straße"), "strasse");
    expect_fold(TEXT("Flat 2, 14\tHigh St."), "flat 2 14 high st");
    expect_fold(TEXT("O\xe2\x80\x99"
                     "Brien"),
                "o brien");
    expect_fold(TEXT(""), "");
    expect_fold(TEXT(" .-' "), "");
}

/* Unicode 15, UnicodeData.txt: compatibility forms; soft hyphens and joiners are default ignorable. */
Test(normalise, folding_resolves_compatibility_forms_and_ignorable_letters)
{
    expect_fold(TEXT("\xef\xac\x81nn"), "finn");
    expect_fold(TEXT("\xef\xbc\xb3mith"), "smith");
    expect_fold(TEXT("Smi\xc2\xadth"), "smith");
    expect_fold(TEXT("\xc4\xb0lker"), "ilker");
    expect_fold(TEXT("\xce\xa3\xce\x91\xce\xa3"), "\xcf\x83\xce\xb1\xcf\x83");
}

Test(normalise, folding_takes_invalid_utf_8_for_spaces)
{
    expect_fold(TEXT("Ab\xff\xfe"
                     "cd"),
                "ab cd");
    expect_fold(TEXT("\xc3"), "");
    expect_fold(TEXT("a\xed\xa0\x80z"), "a z");
}

Test(normalise, folding_never_writes_more_than_the_stated_growth)
{
    const Text longest = TEXT("\xef\xb7\xba\xef\xb7\xba"); /* U+FDFA twice: 18 letters and spaces each */
    char folded[NORMALISE_FOLD_GROWTH * 6];

    size_t length = normalise_fold(longest, folded);

    cr_expect_leq(length, sizeof folded);
    cr_expect_gt(length, 60);
}

/* ---- addresses ---- */

static void expect_address(const char *address, const char *expected)
{
    char folded[512], out[NORMALISE_ADDRESS_BYTES];
    Text text = {.data = folded, .length = normalise_fold(text_from(address), folded)};

    Text normal = {.data = out, .length = normalise_address(text, TEXT("TN24 8AA"), out)};

    cr_expect(text_equal(normal, text_from(expected)), "%s: %.*s", address, TEXT_ARG(normal));
}

Test(normalise, spellings_of_one_address_become_one)
{
    static const char *const spelt[] = {"12 Mill Road",           "12, MILL RD.",
                                        "12 Mill Rd, Ashford",    "No. 12 Mill Road, Ashford, Kent",
                                        "012 mill road TN24 8AA", "12 Mill Road, Ashford, Kent, TN248AA"};

    for (size_t i = 0; i < sizeof spelt / sizeof *spelt; i++)
        expect_address(spelt[i], "12 mill road");
}

Test(normalise, a_flat_stays_apart_from_its_house_and_from_other_flats)
{
    expect_address("Flat 2, 12 Mill Road", "flat 2 12 mill road");
    expect_address("APT 2 12 MILL RD", "flat 2 12 mill road");
    expect_address("Flat 3, 12 Mill Road", "flat 3 12 mill road");
    expect_address("12a Mill Road", "12a mill road");
    expect_address("12 A Mill Road", "12a mill road");
    expect_address("2 Mill Court, Mill Road, Ashford", "2 mill court mill road");
}

Test(normalise, a_saint_is_no_street)
{
    expect_address("5 St John's St", "5 saint johns street");
    expect_address("5 Saint Johns Street, Ashford", "5 saint johns street");
    expect_address("2 St Marys House, The Street", "2 saint marys house street");
}

static void expect_no_home(const char *const *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_address(addresses[i], "");
}

/* Red where write_out alone says what is cut off: all of a street's flats would be one home. */
Test(normalise, a_unit_behind_the_street_is_no_address)
{
    static const char *const behind[] = {
        "14 Church Road, Flat 1",
        "14 Church Road, Flat 2",
        "14 Church Road, Apt. 2",
        "14 Church Road, Flat B",
        "14 Church Road, B",
        "14 Church Road, Ground Floor Flat",
        "14 Church Road, 1st Floor",
        "14 Church Road, The Annexe, Ashford",
        "14 Church Road, Room 5",
        "14 Church Road, Rear",
        "2 Church Lane Cottages",
        "Rowan Court, Flat 3",
        "Rowan Court 7",
        "Acacia Avenue 12",
        "Plot 4, Church Lane Caravan Park",
        "Church Lane Caravan Park, Plot 4",
        "14 Church Road, Ashford TN24 8AB",
    };

    expect_no_home(behind, sizeof behind / sizeof *behind);
    expect_address("Ground Floor Flat, 14 Church Road", "ground floor flat 14 church road");
    expect_address("The Annexe, 14 Church Road, Ashford, Kent", "annexe 14 church road");
    expect_address("14 Church Road, Lower Halstow, TN24 8AA", "14 church road");
}

/* Red where two words are enough: everybody of a postcode who gave the street alone would live together. */
Test(normalise, an_address_without_a_number_is_no_home)
{
    static const char *const unnumbered[] = {
        "Church Road, Ashford",
        "High Street",
        "Ashford, Kent",
        "Ashford",
        "Rose Cottage, The Green",
        "Elm House, Mill Road",
        "TN24 8AA",
        "Mill Road TN24 8AA",
        "1st Avenue, Ashford",
        "0 Church Road",
        "Ashford CT1 2AB",
        "14",
        "Ground Floor, Church Road",
        "",
    };

    expect_no_home(unnumbered, sizeof unnumbered / sizeof *unnumbered);
    expect_address("3 1st Avenue, Ashford", "3 1st avenue");
    expect_address("3 The Green, Ashford", "3 green ashford");
}

Test(normalise, a_place_that_is_none_is_no_home)
{
    static const char *const nowhere[] = {
        "NFA",           "address unknown", "not known",
        "none given",    "N/A N/A",         "To be confirmed",
        "same as above", "dummy address",   "1 Dummy Address",
        "99 Not Known",  "1 None, Ashford", "12 TBC Road",
    };

    expect_no_home(nowhere, sizeof nowhere / sizeof *nowhere);
}

Test(normalise, an_address_too_long_to_read_is_no_home)
{
    static const char town[] = " ashford";
    char longer[512] = "12 mill road";

    for (size_t i = 0; i < 20; i++)
        memcpy(longer + 12 + 8 * i, town, 9);

    expect_address(longer, "");
    longer[12 + 8 * 18] = '\0';
    expect_address(longer, "12 mill road");
    expect_address("1 a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7 b8 b9 c1 c2 c3 c4 road flat", "");
}

Test(normalise, an_address_of_any_length_has_room)
{
    char many[2048] = "1 ";

    for (size_t i = 0; i < 600; i++)
        memcpy(many + 2 + 3 * i, "st ", 3);

    char out[NORMALISE_ADDRESS_BYTES];
    for (size_t length = 0; length <= 1800; length++)
        cr_expect_leq(normalise_address((Text){.data = many, .length = length}, TEXT("TN24 8AA"), out),
                      sizeof out);
    cr_expect_gt(normalise_address((Text){.data = many, .length = 60}, TEXT("TN24 8AA"), out), 100);
}
