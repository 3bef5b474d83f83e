#include "bench/query/questions.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "query/query_private.h"

enum { CONDITIONS = 40, FOLLOW_UPS = 6 };

double question_processor_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- texts ---- */

static void add_codes(TextBuilder *text, const char *name, int first, int step, int count)
{
    text_add_format(text, "codes %s = (", name);
    for (int i = 0; i < count; i++)
        text_add_format(text, "%s\"E%05d\"", i > 0 ? ", " : "", first + i * step);
    text_add_string(text, ")\n");
}

/* Ranks of codes: of conditions 350, 360 and so on, of what follows 2 to 7. */
static void add_head(TextBuilder *text, const char *cohort, const char *by)
{
    text_add_string(text, "query \"q\" project P as at 2026-09-30\n");
    add_codes(text, "condition", 350, 10, CONDITIONS);
    add_codes(text, "follow_up", 2, 1, FOLLOW_UPS);
    text_add_string(text,
                    "let has = exists event where code in condition and event_date on or before as_at\n");
    text_add_format(text, "cohort %s\ntable \"t\" by %s, sex\n measure people\n", cohort, by);
}

static void add_first(TextBuilder *text, const char *cohort, const char *by)
{
    add_head(text, cohort, by);
    text_add_string(text, " measure condition_ever = people with has\n"
                          " measure followed = people with has and exists event where code in follow_up and "
                          "event_date within 365 days before as_at\n");
}

static void add_months(TextBuilder *text)
{
    add_head(text, "has", "month of the 12 months to as_at, band(age, 5), ethnic_category");
    text_add_string(text, " measure seen = people with exists event where code in follow_up and "
                          "event_date in month\n");
}

/* ---- trees ---- */

static Result parse(TextBuilder *text, Query **query, Error *error)
{
    static CatalogueColumn columns[] = {
        {.name = {"code", 4}, .stored = {"code", 4}, .type = TYPE_TEXT},
        {.name = {"event_date", 10}, .stored = {"day", 3}, .type = TYPE_DATE},
    };
    static const CatalogueSource sources[] = {{.name = {"event", 5}, .columns = columns, .column_count = 2}};
    static const Catalogue catalogue = {.sources = sources, .source_count = 1};

    return query_parse(&catalogue, "bench", text_built(text), QUERY_TEXT_BYTES_MAX, NULL, query, error);
}

Result question_text(const char *name, TextBuilder *text, Error *error)
{
    if (strcmp(name, "q1") == 0)
        add_first(text, "1 = 1", "band(age, 5), ethnic_category");
    else if (strcmp(name, "registered") == 0)
        add_first(text, "registered at as_at", "band(age, 5), district");
    else if (strcmp(name, "q5") == 0)
        add_months(text);
    else
        return fail(error, ERROR_USAGE, "no such question");
    return RESULT_OK;
}

static Result read_text(const char *name, Query **query, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUESTION_BYTES);

    TRY(question_text(name, &text, error));
    return parse(&text, query, error);
}

/* ---- answers ---- */

static Result count_parts(const Dataset *dataset, const Tree *tree, Arena *arena, QuestionAnswer *answer,
                          Error *error)
{
    CountCategory categories[2 * EVENTS_DISTRICTS + EVENTS_SEXES];
    size_t count = 0;
    Bound bound;

    for (int i = 0; i < EVENTS_SEXES; i++)
        categories[count++] = (CountCategory){TEXT("sex"), dataset->words[WORD_SEX + i]};
    for (int i = 0; i < EVENTS_DISTRICTS; i++) {
        categories[count++] = (CountCategory){TEXT("ethnic_category"), dataset->words[WORD_DISTRICT + i]};
        categories[count++] = (CountCategory){TEXT("district"), dataset->words[WORD_DISTRICT + i]};
    }
    TRY(bind_tree(tree, dataset, tree->as_at, arena, &bound, error));
    Counting counting = {.tree = tree, .bound = &bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};
    TRY(count_domains_of(&counting, categories, count, error));
    TRY(count_people(NULL, &counting, error));
    count_lines(&counting);
    for (size_t p = 0; p < tree->part_count; p++)
        TRY(count_part(&counting, p, &answer->parts[p], error));
    answer->count = tree->part_count;
    return RESULT_OK;
}

Result question_ask(const Dataset *dataset, const char *name, Arena *arena, QuestionAnswer *answer,
                    Error *error)
{
    SCOPED(query_close) Query *query = NULL;
    const SuppressRule rule = {.people_min = QUESTION_PEOPLE_MIN};
    double started = question_processor_s();

    TRY(read_text(name, &query, error));
    TRY(count_parts(dataset, query->tree, arena, answer, error));
    answer->counted_s = question_processor_s() - started;
    suppress(answer->parts, answer->count, &rule, arena, answer->states);
    return RESULT_OK;
}
