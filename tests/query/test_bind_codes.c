/* Sets by what they stand for: prefixes, texts of several codes, categories, numbers held as decimals. */
#include <math.h>

#include "tests/query/small.h"

static const Text words[] = {TEXT("B2"), TEXT("I21"), TEXT("I21 ;J44.1"), TEXT("I210"), TEXT("XI21")};
enum { B2, I21, BOTH, I210, XI21, WORDS_HELD };

/* A: B2; B: I21; C: "I21 ;J44.1"; D: I210 and an unknown one; E: XI21 */
static const uint32_t begin[] = {0, 1, 2, 3, 5, 6};
static const int32_t codes[] = {B2, I21, BOTH, SU, I210, XI21}, days[] = {1, 1, 1, 1, 1, 1};
static const double results[] = {1, 1.5, 2, (double)NAN, 3, -2};
static const DataColumn columns[] = {{{"code", 4}, TYPE_TEXT, codes, NULL, NULL},
                                     {{"result_value", 12}, TYPE_DECIMAL, NULL, NULL, results},
                                     {{"clinical_effective_date", 23}, TYPE_DATE, days, NULL, NULL}};
static const int32_t nothing[SMALL_PEOPLE] = {SU, SU, SU, SU, SU};
static const DataColumn person[] = {{{"sex", 3}, TYPE_TEXT, nothing, NULL, NULL}};
static const DataSource sources[] = {
    {.name = {"person", 6}, .begin = small_one_each, .columns = person, .column_count = 1},
    {.name = {"gp_event", 8}, .begin = begin, .columns = columns, .column_count = 3}};
static const Dataset dataset = {SMALL_PEOPLE, sources, 2, words, WORDS_HELD};

static void expect(const char *cohort, const char *expected)
{
    small_expect_of(&dataset, "2026-06-30", cohort, expected);
}

Test(bind_codes, a_code_is_all_of_a_text_and_a_prefix_its_beginning)
{
    expect("exists gp_event where code in (\"I21\")", "B");
    expect("exists gp_event where code in (\"I21*\")", "BCD");
    expect("exists gp_event where code in (\"I2*\", \"B2\")", "ABCD");
    expect("exists gp_event where code in (\"I210*\")", "D");
    expect("exists gp_event where code in (\"J*\")", "");
}

/* Red when a prefix that no word begins with becomes the empty set: nothing is in it, also what is unknown.
 */
Test(bind_codes, what_is_unknown_is_not_outside_a_prefix)
{
    expect("exists gp_event where not code in (\"J*\")", "ABCDE");
    expect("exactly 2 gp_event where not code in (\"J*\")", "");
    expect("exactly 2 gp_event where not code contains (\"J\")", "");
}

Test(bind_codes, a_text_of_several_codes_holds_each_of_them_whole)
{
    expect("exists gp_event where code contains (\"I21\")", "BC");
    expect("exists gp_event where code contains (\"I21*\")", "BCD");
    expect("exists gp_event where code contains (\"J44\")", "");
    expect("exists gp_event where code contains (\"J44.1\")", "C");
    expect("exists gp_event where code contains (\"J44*\", \"B2\")", "AC");
}

Test(bind_codes, of_a_list_one_category_can_be_meant)
{
    expect("exists gp_event where code in k", "ABD");
    expect("exists gp_event where code in k category \"heart\"", "BD");
    expect("exists gp_event where code contains k category \"heart\"", "BCD");
    expect("exists gp_event where code contains k category \"other\"", "A");
    expect("(exists gp_event where code in k category \"heart\") and not exists gp_event where code in k "
           "category \"other\"",
           "BD");
}

Test(bind_codes, numbers_held_as_decimals_are_in_a_list_when_they_are_whole)
{
    expect("exists gp_event where result_value in (1, 3)", "AD");
    expect("exists gp_event where result_value in (-2)", "E");
    expect("exactly 2 gp_event where not result_value in (9)", "");
    expect("exists gp_event where not result_value in (1, 3)", "BCE");
}
