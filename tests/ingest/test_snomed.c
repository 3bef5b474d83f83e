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
