/* What a query is written in, and what is refused of it. */
#include "tests/query/parsing.h"

Test(language, layout_comments_and_order_leave_no_trace)
{
    const char *canonical = "query \"t\"\nproject P\nas at 2026-06-30\ncodes d = (\"A\", \"B\")\n"
                            "let old = age at as_at >= 65\n"
                            "cohort (exists gp_event where code in d) and old and registered at as_at\n"
                            "\ntable \"t\"\n  by sex, band(age, 5)\n  totals sex\n  measure people\n";

    expect_canonical(
        "query \"t\" project P as at 2026-06-30 codes d = (\"B\", \"A\", \"B\") let old = age >= 65 "
        "cohort old and registered at as_at and (exists gp_event where code in d) and old "
        "table \"t\" by sex, band(age, 5) totals sex measure people",
        canonical);
    expect_canonical(
        "# a comment\nquery\t\"t\"\nproject P # another\r\nas at 2026-06-30\ncodes d = (\"A\",\"B\")\n"
        "let old = (age at as_at >= 65)\ncohort registered at as_at and old and "
        "(exists gp_event where code in d)\ntable \"t\"\n by sex, band(age,5) totals sex measure people",
        canonical);
}

Test(language, the_day_it_is_known_at_stands_behind_the_day_it_is_of)
{
    const char *rest = "cohort care_home\n\ntable \"t\"\n  by sex\n  measure people\n";
    char both[256], known[256];
    snprintf(both, sizeof both, "query \"t\"\nproject P\nas at 2026-02-28\nas known at 2026-03-01\n%s", rest);
    snprintf(known, sizeof known, "query \"t\"\nproject P\nas known at 2026-03-01\n%s", rest);

    expect_canonical("query \"t\" project P as at 2026-02-28 as known at 2026-03-01 cohort care_home" TAIL,
                     both);
    expect_canonical("query \"t\" project P as known at 2026-03-01 cohort care_home" TAIL, known);
    expect_refused("query \"t\" project P as known at 2026-03-01 as at 2026-02-28 cohort care_home" TAIL,
                   "q.cohort:1:44: `as at` stands before `as known at`");
    expect_refused("query \"t\" project P as known at soon cohort care_home" TAIL,
                   "q.cohort:1:33: expected a date (CCYY-MM-DD)");
}

Test(language, every_form_prints_so_that_it_parses_to_the_same)
{
    expect_canonical(
        COHORT
        "not (sex = \"1\" or sex != \"2\") and (count of apc_spell where length_of_hospital_stay > 2) >= 3 "
        "and age at 2020-02-29 from 10 to 20 and exists gp_event where event_date within 3 months after "
        "2025-01-31 and (date_recorded before event_date or result_value <= 4 and not code in "
        "(\"x\"\"y\"))" TAIL,
        COHORT "(count of apc_spell where length_of_hospital_stay > 2) >= 3 and "
               "(exists gp_event where ((not (code in (\"x\"\"y\")) and result_value <= 4) or "
               "date_recorded before event_date) and event_date within 3 months after 2025-01-31) and "
               "age at 2020-02-29 from 10 to 20 and not (sex != \"2\" or sex = \"1\")\n"
               "\ntable \"t\"\n  by sex\n  measure people\n");
}

Test(language, code_lists_of_files_are_pinned_into_the_text)
{
    expect_canonical(
        "query \"t\" project P codes s from \"codes/current_smoker.csv\" "
        "cohort exists gp_event where code in s" TAIL,
        "query \"t\"\nproject P\ncodes s = (\"77176002\")\ncohort exists gp_event where code in s\n"
        "\ntable \"t\"\n  by sex\n  measure people\n");
}

#define CANONICAL_TAIL "\n\ntable \"t\"\n  by sex\n  measure people\n"

Test(language, categories_stand_in_the_text_where_the_query_names_one)
{
    expect_canonical("query \"t\" project P codes d = (\"B\" as \"two\", \"A\", \"B\" as \"one\") "
                     "cohort exists gp_event where code in d category \"one\"" CANONICAL_TAIL,
                     "query \"t\"\nproject P\ncodes d = (\"A\", \"B\" as \"one\", \"B\" as \"two\")\n"
                     "cohort exists gp_event where code in d category \"one\"" CANONICAL_TAIL);
    expect_canonical("query \"t\" project P codes d = (\"B\" as \"two\", \"A\", \"B\" as \"one\") "
                     "cohort exists gp_event where code in d" CANONICAL_TAIL,
                     "query \"t\"\nproject P\ncodes d = (\"A\", \"B\")\ncohort exists gp_event where code in "
                     "d" CANONICAL_TAIL);
}

Test(language, an_error_shows_its_place_the_rule_the_nearest_word_and_a_caret)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    Result result = parse("query \"t\"\nproject P\ncohort exists gp_evnt" TAIL, &query, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "q.cohort:3:15: source 'gp_evnt' is unknown; did you mean gp_event?\n"
                                    "  cohort exists gp_evnt\n"
                                    "                ^");
}

static void expect_shown(const char *text, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert_not(parse(text, &query, &error).ok);
    cr_expect_str_eq(error.message, expected);
}

Test(language, a_caret_stands_below_its_column_whatever_the_line_holds)
{
    expect_shown("query \"caf\xC3\xA9\"\tprojet", "q.cohort:1:14: expected 'project'; did you mean project?\n"
                                                  "  query \"caf.\" projet\n"
                                                  "               ^");
    expect_shown(
        COHORT "(care_home or care_home or care_home or care_home or care_home or care_home or care_home or "
               "care_home or care_hme or care_home or care_home or care_home or care_home or care_home)" TAIL,
        "q.cohort:3:113: word 'care_hme' is unknown; did you mean care_home?\n"
        "  e_home or care_home or care_home or care_home or care_hme or care_home or care_home or care_home "
        "or \n"
        "                                                   ^");
}

Test(language, a_word_that_should_go_on_is_told_the_nearest)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {COHORT "exists gp_event wher code = \"1\"" TAIL,
         "q.cohort:3:24: statement 'wher' is unknown; did you mean where?"},
        {COHORT "care_home adn care_home" TAIL,
         "q.cohort:3:18: statement 'adn' is unknown; did you mean and?"},
        {COHORT "age form 40 to 74" TAIL, "q.cohort:3:12: word 'form' is unknown; did you mean from?"},
        {COHORT "practice sen gp_event from as_at to as_at" TAIL,
         "q.cohort:3:17: word 'sen' is unknown; did you mean sent?"},
        {COHORT "exists gp_event where event_date befor as_at" TAIL,
         "q.cohort:3:41: word 'befor' is unknown; did you mean before?"},
        {COHORT "exists gp_event where event_date within 12 months befroe as_at" TAIL,
         "q.cohort:3:58: expected 'before' or 'after'; did you mean before?"},
        {COHORT "exists gp_event where event_date on or aftr as_at" TAIL,
         "q.cohort:3:47: expected 'before' or 'after'; did you mean after?"},
        {COHORT "exists gp_event where event_date in mnth" TAIL,
         "q.cohort:3:44: period 'mnth' is unknown; did you mean month?"},
        {COHORT "case when age > 3 then 1 esle 2 end = 1" TAIL,
         "q.cohort:3:33: expected 'when' or 'else' or 'end'; did you mean else?"},
        {COHORT "days between as_at - 1 day and as_at = 1" TAIL,
         "q.cohort:3:27: a day that is calculated stands in parentheses here"},
        {COHORT "age == 3" TAIL, "q.cohort:3:13: numbers and dates are compared by =, !=, <, <=, > or >="},
        {COHORT "age <> 3" TAIL, "q.cohort:3:13: numbers and dates are compared by =, !=, <, <=, > or >="},
        {COHORT "care_home table \"t\" by sex totls sex measure people",
         "q.cohort:3:35: expected 'totals' or 'measure'; did you mean totals?"},
        {COHORT "care_home table \"t\" by sex totals sex mesure people",
         "q.cohort:3:46: expected 'measure'; did you mean measure?"},
        {COHORT "care_home table \"t\" by sex measure people mesure a = people with age > 3",
         "q.cohort:3:50: statement 'mesure' is unknown; did you mean measure?"},
        {COHORT "care_home table \"t\" by financal year of the 2 financial years to as_at measure people",
         "q.cohort:3:31: dimension 'financal' is unknown; did you mean financial?"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].text, cases[i].message);
}

Test(language, each_rule_has_its_message)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "q.cohort:1:1: expected 'query'"},
        {"quary \"t\"", "q.cohort:1:1: expected 'query'; did you mean query?"},
        {"query \"t", "q.cohort:1:7: string has no closing quote"},
        {"query \"t\" project P as at 2026-02-30", "q.cohort:1:27: not a date (CCYY-MM-DD)"},
        {"query \"t\" project P lat x = 1", "q.cohort:1:21: statement 'lat' is unknown; did you mean let?"},
        {"query \"t\" project P let sex = 1", "q.cohort:1:25: this name is taken"},
        {"query \"t\" project P let age = age at 2020-01-01" TAIL,
         "q.cohort:1:25: 'age' is the age at as_at; give another age another name"},
        {COHORT "age" TAIL, "q.cohort:3:8: the cohort is a condition, this is a number"},
        {COHORT "sex = 1" TAIL, "q.cohort:3:14: expected text, this is a number"},
        {COHORT "sex < \"1\"" TAIL, "q.cohort:3:14: text has no order; use =, != or in"},
        {COHORT "age before as_at" TAIL, "q.cohort:3:8: expected a date, this is a number"},
        {COHORT "care_home = care_home" TAIL,
         "q.cohort:3:8: a condition is not compared; use it alone, or with not"},
        {COHORT "agee > 3" TAIL, "q.cohort:3:8: word 'agee' is unknown; did you mean age?"},
        {COHORT "birth_date before as_at" TAIL, "q.cohort:3:8: word 'birth_date' is unknown"},
        {COHORT "exists gp_event where code = \"1\" or" TAIL,
         "q.cohort:4:1: expected a value before 'table'"},
        {COHORT "exists gp_event where cod = \"1\"" TAIL,
         "q.cohort:3:30: column 'cod' is unknown; did you mean code?"},
        {COHORT "exists gp_event where sex = \"1\"" TAIL,
         "q.cohort:3:30: 'sex' is of people, and `where` reaches to here: end it by a parenthesis before, or "
         "say this in a let"},
        {COHORT "exists gp_event where code in diab" TAIL, "q.cohort:3:38: code list 'diab' is unknown"},
        {COHORT "exists gp_event where event_date within 0 months before as_at" TAIL,
         "q.cohort:3:48: within: expected a whole number from 1 to 36525"},
        {COHORT "care_home; drop table person" TAIL, "q.cohort:3:17: character is not part of the language"},
        {COHORT "care_home table \"t\" by age measure people",
         "q.cohort:3:31: 'age' has too many values to group by; use band(age, 5)"},
        {COHORT "care_home table \"t\" by band(age, 4) measure people",
         "q.cohort:3:41: band: expected a whole number from 5 to 120"},
        {COHORT "care_home table \"t\" by band(age, 18, 65) measure people",
         "q.cohort:3:43: one number is how wide each band is; the ages at which bands begin stand behind "
         "'from': band(age, from 18, 65)"},
        {COHORT "care_home table \"t\" by person_number measure people",
         "q.cohort:3:31: dimension 'person_number' is unknown"},
        {COHORT "care_home table \"t\" by code measure people", "q.cohort:3:31: dimension 'code' is unknown"},
        {COHORT "care_home table \"t\" by sex, sex measure people",
         "q.cohort:3:36: this dimension is already there"},
        {COHORT "care_home table \"t\" by sex totals district measure people",
         "q.cohort:3:42: totals are over dimensions that stand behind 'by'"},
        {COHORT "care_home table \"t\" by sex measure rows", "q.cohort:3:43: measure 'rows' is unknown"},
        {COHORT "care_home table \"t\" by ward measure people table \"u\" by district measure people",
         "q.cohort:3:64: an earlier table has another level of this dimension; levels can be subtracted from "
         "each "
         "other, ask two queries"},
        {"query \"t\" project P codes c from \"../x.csv\"",
         "q.cohort:1:34: a file is a plain name below the folder of the query"},
        {"query \"t\" project P codes c from \"/etc/passwd\"",
         "q.cohort:1:34: a file is a plain name below the folder of the query"},
        {"query \"t\" project P codes c = (\"\")", "q.cohort:1:32: code: expected a text in double quotes"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].text, cases[i].message);
}

/* A Cyrillic letter that looks like an a. */
Test(language, look_alike_letters_are_refused)
{
    expect_refused(COHORT "\xD0\xB0ge > 4" TAIL, "q.cohort:3:8: character is not part of the language");
}

/* Each end of each range; what stands beside them is shown and passes. */
Test(language, a_string_holds_nothing_that_cannot_be_seen)
{
    static const char *const hidden[] = {"\xC2\x80",     "\xC2\x9F",     "\xE2\x80\x8B",
                                         "\xE2\x80\x8F", "\xE2\x80\xA8", "\xE2\x80\xAE",
                                         "\xE2\x81\xA0", "\xE2\x81\xA9", "\xEF\xBB\xBF"};

    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        char text[64];
        snprintf(text, sizeof text, "query \"a%sb\"", hidden[i]);
        expect_refused(text, "q.cohort:1:7: string holds an invisible character");
    }
    expect_canonical("query \"\xC2\xA0\xE2\x80\x90\xC3\xA9\" project P cohort care_home" TAIL,
                     "query \"\xC2\xA0\xE2\x80\x90\xC3\xA9\"\nproject P\ncohort care_home\n"
                     "\ntable \"t\"\n  by sex\n  measure people\n");
}

Test(language, text_that_is_not_utf8_is_refused)
{
    expect_refused("query \"\xFF\"", "q.cohort:1:8: not UTF-8");
}

Test(language, a_missing_code_file_names_the_place)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    Result result = parse("query \"t\" project P codes c from \"codes/none.csv\"", &query, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, "q.cohort:1:34"), "%s", error.message);
}

Test(language, a_canonical_text_reads_no_file)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text text = TEXT("query \"t\" project P codes c from \"codes/diabetes.csv\" cohort care_home" TAIL);

    cr_assert_not(query_parse(&WORDS, "query", text, QUERY_CANONICAL_BYTES_MAX, NULL, &query, &error).ok);

    cr_expect_not_null(strstr(error.message, "not part of a canonical text"), "%s", error.message);
}

static void expect_limit(const char *before, const char *part, int times, const char *behind,
                         const char *rule)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(text_builder_close) TextBuilder text = text_builder(1 << 20);
    Error error = {0};
    text_add_string(&text, before);
    for (; times > 0; times--)
        text_add_string(&text, part);
    text_add_string(&text, behind);

    cr_assert_not(parse(text_built(&text).data, &query, &error).ok);

    cr_expect_not_null(strstr(error.message, rule), "%s", error.message);
}

Test(language, limits_hold)
{
    expect_limit(COHORT, "(", 200, "", "nested too deeply");
    expect_limit(COHORT, "not ", 200, "care_home", "nested too deeply");
    expect_limit(COHORT "care_home", " and care_home", 300, TAIL, "more than 256 conditions");
    expect_limit("query \"t\" project P # ", "x", 70000, "", "longer than 65536 bytes");
    expect_limit(COHORT "care_home", " or sex contains (\"1\")", 33, TAIL,
                 "contains stands more than 32 times");
    expect_limit(COHORT "care_home", TAIL, 17, "", "more than 16 tables");
    expect_limit("query \"t\" project P let a = ", "care_home and ", 200,
                 "care_home let b = a and a and a and a and a let c = b and b and b and b and b cohort c",
                 "too large, with each use of a let counted");
}
