/* The page's grammar and the parser are one language. */
#include "tests/query/grammar.h"

#include "base/input.h"

enum { PAGE_BYTES_MAX = 1 << 20, ARENA_BYTES_MAX = 512 << 20, SAID_BYTES_MAX = 1 << 20 };

#define EXAMPLES TEST_FILES "/../../examples/queries"

static const char *page;

static const char *read_file(const char *path)
{
    Error error = {0};
    Text text = TEXT("");

    cr_assert(input_read_all(path, PAGE_BYTES_MAX, grammar_arena, &text, &error).ok, "%s", error.message);
    return text.data;
}

static void open_grammar(void)
{
    const char *from, *to;

    grammar_arena = arena_create(ARENA_BYTES_MAX);
    page = read_file(TEST_FILES "/../../docs/query-language.md");
    from = strstr(page, "```ebnf\n") + strlen("```ebnf\n");
    to = strstr(from, "```");
    grammar_at = text_to_string(grammar_arena, (Text){from, (size_t)(to - from)});
    take_rules();
    measure_rules();
}

static void close_grammar(void)
{
    arena_close(&grammar_arena);
}

TestSuite(grammar, .init = open_grammar, .fini = close_grammar);

static Result parse(const char *text, Query **query, Error *error)
{
    const QueryFiles files = {.codes_folder = EXAMPLES};

    return query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, &files, query, error);
}

Test(grammar, holds_each_example_of_its_page_and_its_canonical_text)
{
    int examples = 0;

    for (const char *at = page; (at = strstr(at, "\n```cohort\n")) != NULL; examples++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        at += strlen("\n```cohort\n");
        char *text = text_to_string(grammar_arena, (Text){at, (size_t)(strstr(at, "```") - at)});
        cr_assert(parse(text, &query, &error).ok, "%s", error.message);
        cr_expect(follows_grammar(text_from(text)), "%s", text);
        cr_expect(follows_grammar(query_canonical(query)), "%s", query_canonical(query).data);
    }
    cr_expect_geq(examples, 7);
}

Test(grammar, refuses_what_is_not_of_it)
{
    cr_expect(
        follows_grammar(TEXT("query \"t\" project P cohort sex = \"1\" table \"t\" by sex measure people")));
    cr_expect_not(
        follows_grammar(TEXT("query \"t\" project P cohort sex = table \"t\" by sex measure people")));
    cr_expect_not(follows_grammar(TEXT("query \"t\" project P cohort sex table \"t\" by sex")));
    cr_expect_not(
        follows_grammar(TEXT("query \"t\" project P cohort value of code in gp_event by code table \"t\" "
                             "by sex measure people")));
}

/* Rules about what words mean: types, names, places, limits. Any other refusal is one of form. */
static bool is_of_meaning(const char *message)
{
    static const char *const rules_of_meaning[] = {
        "this is ",
        "column '",
        "word '",
        "source '",
        "code list '",
        "parameter '",
        "category '",
        "has no order",
        "have an order",
        "is not compared",
        "a column of ",
        "without a day",
        "this name is taken",
        "'age' is the age",
        "already there",
        "totals are over",
        "another level",
        "form a ring",
        "measure '",
        "counts only people of its denominator",
        "a rate is of counts",
        "population: its name is longer",
        "an earlier measure of people with",
        "and the dimensions of several tables form",
        "in double quotes",
        "a whole number",
        "otherwise is of",
        "a range is of",
        "to a date belongs",
        "is at most 100",
        "a let have this name",
        "is a prefix and stands in a list",
        "a price year is",
        "year: ",
        "lists and years of prices",
        "different queries",
        "the table is by ",
        "stands in the measures of a table by",
        "no measure of this table speaks",
        "lies no whole ",
        "more than 60 periods",
        "by other periods or none",
        "below the folder",
        "not beside the query",
        "nested too deeply",
        "is added to a date",
        "in each table of a query or in none",
        "another name or condition",
        "is the same for everybody",
        "time registered is ",
        "is of people, and `where` reaches to here",

        "not 'code'",
        "expected a code list or texts",
    };
    bool found = false;

    for (size_t i = 0; i < sizeof rules_of_meaning / sizeof *rules_of_meaning; i++)
        found |= strstr(message, rules_of_meaning[i]) != NULL;
    return found;
}

/* Some of them whole queries, most a value or a condition in a query that defines the names, some of those
 * twice. */
static void say(TextBuilder *text, bool is_whole)
{
    if (is_whole) {
        say_form(text, rules[0].form, 6 + (int)chance(6));
        return;
    }
    SCOPED(text_builder_close) TextBuilder said = text_builder(SAID_BYTES_MAX);
    say_form(&said, rules[rule_of(TEXT("expression"))].form, (int)chance(12));
    const Text once = text_built(&said);
    text_add_string(text, "query \"t\" project P codes d = (\"A\") let n = age cohort ");
    if (chance(4) == 0)
        text_add_format(text, "care_home and ((%.*s) is known or (%.*s) is known)", TEXT_ARG(once),
                        TEXT_ARG(once));
    else
        text_add_format(text, "(%.*s) is known", TEXT_ARG(once));
    text_add_string(text, " table \"t\" by sex measure people");
}

static void expect_prints_to_itself(Text canonical)
{
    SCOPED(query_close) Query *again = NULL;
    Error error = {0};

    cr_assert(parse(canonical.data, &again, &error).ok, "%s\n%s", error.message, canonical.data);
    cr_assert(text_equal(query_canonical(again), canonical), "%s\nbecomes\n%s", canonical.data,
              query_canonical(again).data);
}

/* What is approved is opened again from its canonical text: red where print_expression.c gives a chain of
 * alike operands the tightness of a chain. */
Test(grammar, what_it_makes_is_refused_for_its_meaning_alone_and_prints_to_itself)
{
    uint64_t cases = setting("CINQUE_GRAMMAR", 2000), accepted = 0;
    chance_state = setting("CINQUE_SEED", 20261122);

    for (uint64_t i = 0; i < cases; i++) {
        SCOPED(query_close) Query *query = NULL;
        SCOPED(text_builder_close) TextBuilder text = text_builder(SAID_BYTES_MAX);
        Error error = {0};
        say(&text, i % 8 == 0);
        bool is_taken = parse(text_built(&text).data, &query, &error).ok;
        accepted += is_taken;
        if (is_taken)
            expect_prints_to_itself(query_canonical(query));
        cr_assert(is_taken || is_of_meaning(error.message), "%s\n%s", error.message, text.data);
    }

    cr_expect_gt(accepted, cases / 20, "%d of them mean something", (int)accepted);
}

/* A word more or less, or another one: what the parser still takes, the grammar does. */
Test(grammar, holds_whatever_the_parser_takes)
{
    uint64_t cases = setting("CINQUE_GRAMMAR", 2000), accepted = 0;
    static const char *const words[] = {"and",   "where",    "by",   "(",     ")",    "in",
                                        "of",    "sex",      "1",    "as_at", "not",  "+",
                                        "\"A\"", "gp_event", "code", "last",  "days", "is"};
    const char *const text =
        "query \"t\" project P codes d = (\"A\") let n = value of event_date in last gp_event by "
        "event_date where code in d cohort n is known and age + 1 > 3 otherwise 2 or at least 2 "
        "gp_event where event_date within 3 days after n table \"t\" by sex totals sex measure "
        "people";
    chance_state = setting("CINQUE_SEED", 20261122);

    for (uint64_t i = 0; i < cases; i++) {
        SCOPED(query_close) Query *query = NULL;
        SCOPED(text_builder_close) TextBuilder changed = text_builder(SAID_BYTES_MAX);
        Error error = {0};
        Text rest = text_from(text);
        while (rest.length > 0) {
            Text word = text_next(&rest, ' ');
            uint64_t change = chance(60);
            if (change == 1 || change == 2)
                text_add_format(&changed, "%s ", words[chance(sizeof words / sizeof *words)]);
            if (change > 1)
                text_add_format(&changed, "%.*s ", TEXT_ARG(word));
        }
        if (!parse(text_built(&changed).data, &query, &error).ok)
            continue;
        accepted++;
        cr_assert(follows_grammar(text_built(&changed)), "%s", changed.data);
    }

    cr_expect_gt(accepted, cases / 20, "%d of them are accepted", (int)accepted);
}
