#include <criterion/criterion.h>

#include "ingest/snomed.h"

/* Concepts of the International and the UK editions: diabetes, hypertension, asthma, urgent acuity, HbA1c. */
Test(snomed, concepts_of_the_published_editions_pass)
{
    static const char *const concepts[] = {"44054006", "38341003", "195967001", "1064901000000108",
                                           "1003671000000109"};

    for (size_t i = 0; i < sizeof concepts / sizeof *concepts; i++)
        cr_expect(snomed_is_concept(text_from(concepts[i])), "%s", concepts[i]);
}

/* Goes red when passes_verhoeff is taken out. */
Test(snomed, a_wrong_check_digit_or_two_digits_swapped_are_no_concept)
{
    static const char *const wrong[] = {"44054007", "1064901000000109", "40454006", "195976001"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(snomed_is_concept(text_from(wrong[i])), "%s", wrong[i]);
}

/* Those of the second line pass Verhoeff: red when the partition, a length or the leading digit is not asked.
 */
Test(snomed, numbers_of_people_and_other_components_are_no_concept)
{
    static const char *const others[] = {"9434765919", "07700900123",        "19800229",
                                         "",           "4405400A", /* NHS number, telephone, birth date */
                                         "44054010",   "9434765108",         "07700900001",
                                         "12006",      "1234567890123456003"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(snomed_is_concept(text_from(others[i])), "%s", others[i]);
}

/* Check digits by another implementation of Verhoeff's. */
Test(snomed, concepts_are_made_that_begin_as_asked)
{
    static const struct {
        const char *begins;
        uint64_t number;
        const char *made; /* NULL: none */
    } cases[] = {
        {"44054006", 0, "44054006"},
        {"44054006", 1, "44054006998000"},
        {"73211", 0, "73211999000"},
        {"", 0, "99999999005"},
        {"", 1, "99999998002"},
        {"0", 0, NULL},
        {"E11", 0, NULL},
        {"1234567890123", 0, NULL},
    };
    char made[SNOMED_DIGITS_MAX];
    size_t length;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool is_made = snomed_text(text_from(cases[i].begins), cases[i].number, made, &length);
        cr_assert_eq(is_made, cases[i].made != NULL, "%s", cases[i].begins);
        if (is_made)
            cr_expect(text_equal((Text){made, length}, text_from(cases[i].made)), "%.*s", (int)length, made);
    }
}
