/*
 * Dummy data: from a query's text and the shipped specs alone to a table. People and records are made up
 * (dummy_random.c), changed until what the query speaks of is true of some and false of others
 * (dummy_wish.c), and then counted, hidden and printed by what does so for a release.
 */
#include "query/dummy.h"

#include <inttypes.h>
#include <string.h>

#include "query/run.h"
#include "query/sent.h"

enum {
    ARENA_BYTES_MAX = 1 << 30,
    SENT_MONTHS = 120,
    DEADLINES = 5, /* that all rounds together have of a query's */
};

/* ---- opening ---- */

static void describe(const DummySource *from, CatalogueSource *to, Arena *arena)
{
    *to =
        (CatalogueSource){.name = from->name, .is_household = from->is_household, .is_death = from->is_death};
    to->columns = arena_alloc(arena, (from->column_count + 1) * sizeof *to->columns);
    for (size_t i = 0; i < from->column_count; i++)
        to->columns[to->column_count++] = (CatalogueColumn){.name = from->columns[i].name,
                                                            .stored = from->columns[i].name,
                                                            .type = catalogue_type(from->columns[i].type),
                                                            .terminology = from->columns[i].terminology};
    if (from->event_date.length > 0 && catalogue_column(to, TEXT("event_date")) == NULL)
        to->columns[to->column_count++] =
            (CatalogueColumn){.name = TEXT("event_date"), .stored = from->event_date, .type = TYPE_DATE};
}

Result query_open_dummy(const DummySource *sources, size_t source_count, const char *file_name, Text text,
                        const QueryFiles *files, Query **query, Error *error)
{
    Arena *arena = arena_create(ARENA_BYTES_MAX); /* the query's: its catalogue lives as long as it does */
    CatalogueSource *described = arena_alloc(arena, (source_count + 1) * sizeof *described);
    const Catalogue catalogue = {.sources = described, .source_count = source_count};

    for (size_t i = 0; i < source_count; i++)
        describe(&sources[i], &described[i], arena);
    return query_parse_in(arena, &catalogue, file_name, text, QUERY_TEXT_BYTES_MAX, files, query, error);
}

/* ---- what a release would say ---- */

static bool is_whole(size_t practice)
{
    return practice < 2;
}

/* Practices A and B sent each month, C and D every other. */
static Result play_sent(Dummy *dummy, const DummySource *sources, Error *error)
{
    static const Text practices[] = {TEXT("DUMMY-A"), TEXT("DUMMY-B"), TEXT("DUMMY-C"), TEXT("DUMMY-D")};
    Tree *tree = dummy->query->tree;
    Sent *sent = arena_alloc(dummy->query->arena, sizeof *sent);
    size_t most = tree->sent_asked_count * 4 * SENT_MONTHS;
    SentMonth *items = arena_alloc(dummy->query->arena, (most + 1) * sizeof *items);

    *sent = (Sent){.items = items, .last = month_of_date(dummy->as_at)};
    for (size_t s = 0; s < tree->sent_asked_count; s++) {
        size_t index = (size_t)(tree->sent_asked[s]->source - dummy->query->catalogue.sources);
        if (sources[index].is_replaced)
            return sent_fail_replaced(tree->sent_asked[s], error);
        for (size_t p = 0; p < 4; p++)
            for (Month m = 0; m < SENT_MONTHS; m++)
                if (is_whole(p) || m % 2 == 0)
                    items[sent->count++] = (SentMonth){sources[index].name, practices[p], sent->last - m};
    }
    tree->sent = tree->sent_asked_count > 0 ? sent : NULL;
    return RESULT_OK;
}

/* ---- who has what ---- */

static void count_goal(Dummy *dummy, DummyGoal *goal)
{
    bool is_measure = *goal->kind == 'm';

    for (uint32_t p = 0; p < dummy->people; p++) {
        const Wish wish = {.dummy = dummy, .person = p, .period = goal->period};
        const Wish of_cohort = {.dummy = dummy, .person = p, .period = dummy->goals->period};
        double value = wish_value(&wish, goal->node);
        bool is_condition = goal->node->type == TYPE_BOOL;
        if (is_measure && wish_value(&of_cohort, dummy->goals->node) != 1)
            continue;
        if (isnan(value))
            goal->unknown++;
        else if (is_condition && value == 0)
            goal->no++;
        else
            goal->yes++;
    }
}

static Text name_of(Dummy *dummy, const DummyGoal *goal)
{
    return text_format(dummy->arena, "%s%s%.*s%s%.*s%s", goal->kind, goal->name.length > 0 ? " " : "",
                       TEXT_ARG(goal->name), goal->period_label.length > 0 ? " in " : "",
                       TEXT_ARG(goal->period_label), goal->says_known ? " is known" : "");
}

static Result count_goals(Dummy *dummy, DummyAnswer *answer, Error *error)
{
    static const char *const headings[] = {"definition", "people who have it", "have it not", "not known",
                                           "note"};
    static const bool right[] = {false, true, true, true, false};

    answer->definitions = table_create(headings, right, 5);
    TRY(dummy_open_engine(dummy, error));
    for (size_t g = 0; g < dummy->goal_count; g++) {
        DummyGoal *goal = &dummy->goals[g];
        count_goal(dummy, goal);
        answer->unmet += goal->yes == 0;
        const Text cells[] = {name_of(dummy, goal), text_format(dummy->arena, "%" PRId64, goal->yes),
                              text_format(dummy->arena, "%" PRId64, goal->no),
                              text_format(dummy->arena, "%" PRId64, goal->unknown),
                              goal->yes == 0 ? TEXT("NO DUMMY PERSON HAS IT") : TEXT("")};
        table_row(answer->definitions, cells);
    }
    engine_close(&dummy->engine);
    return RESULT_OK;
}

/* ---- the answer ---- */

/* Each value that is there, of each dimension. */
static void add_values(Dummy *dummy, const Attribute *attribute, DummyCategories *categories)
{
    DummyTable *table = &dummy->tables[*attribute->table == 'p' ? DUMMY_PERSON : DUMMY_REGISTRATION];
    int column = dummy_column(table, text_from(attribute->column));
    size_t first = categories->count;

    for (size_t i = 0; i < table->row_count; i++) {
        double cell = table->origins[i]->cells[column];
        Text value = dummy_cell_text(dummy, table, (size_t)column, cell);
        size_t same = first;
        while (same < categories->count && !text_equal(categories->items[same].value, value))
            same++;
        if (!isnan(cell) && same == categories->count)
            categories->items[categories->count++] = (CountCategory){text_from(attribute->name), value};
    }
}

static DummyCategories find_categories(Dummy *dummy)
{
    size_t most = dummy->tables[DUMMY_PERSON].row_count + dummy->tables[DUMMY_REGISTRATION].row_count;
    DummyCategories categories = {
        .items = arena_alloc(dummy->arena, (ATTRIBUTE_COUNT * most + 1) * sizeof(CountCategory))};

    for (size_t a = 0; a < ATTRIBUTE_COUNT; a++)
        if (ATTRIBUTES[a].is_dimension)
            add_values(dummy, &ATTRIBUTES[a], &categories);
    return categories;
}

static Result bind_dummy(Dummy *dummy, Bound *bound, Error *error)
{
    Tree *tree = dummy->query->tree;

    return bind_tree(tree, &dummy->dataset, dummy->as_at, dummy->arena, bound, error);
}

static Result answer_dummy(Dummy *dummy, const DummyWanted *wanted, DummyAnswer *answer, Error *error)
{
    Bound bound;
    const DummyCategories categories = find_categories(dummy);
    Provenance provenance = {
        .dummy_seed = text_format(dummy->arena, "%" PRIu64, wanted->seed),
        .month = month_of_date(dummy->as_at),
        .as_at = dummy->as_at,
    };

    TRY(bind_dummy(dummy, &bound, error));
    run_describe(dummy->query, dummy->arena, &provenance);
    dummy_populations(dummy, &categories, &provenance);
    provenance.policy = (GovernancePolicy){.name = "dummy, as nhs-england-subnational-2018",
                                           .effective_from = date_from_civil(2018, 9, 1),
                                           .people_min = 8,
                                           .round_to = 5};
    provenance.policy.people_min = run_people_min(dummy->query, &provenance.policy);
    return run_dataset(dummy->query, &bound, categories.items, categories.count, &provenance, dummy->arena,
                       answer->tables, &answer->table_count, error);
}

static Result make(Dummy *dummy, const DummySource *sources, const DummyWanted *wanted, DummyAnswer *answer,
                   Error *error)
{
    Bound bound;

    dummy_create(dummy, sources);
    dummy_prices(dummy);
    TRY(play_sent(dummy, sources, error));
    dummy_random(dummy);
    TRY(dummy_build(dummy, error));
    TRY(bind_dummy(dummy, &bound, error));
    TRY(run_check_plan(dummy->query, &bound, error));
    dummy_find_goals(dummy, &bound);
    deadline_start(&dummy->deadline, DEADLINES * query_processor_us_max, &dummy->query->tree->cohort->at);
    dummy->plan->deadline = &dummy->deadline;
    TRY(dummy_satisfy(dummy, error));
    TRY(count_goals(dummy, answer, error));
    if (wanted->folder != NULL)
        TRY(dummy_write(dummy, wanted->folder, error));
    return answer_dummy(dummy, wanted, answer, error);
}

static Result check(const Query *query, const DummyWanted *wanted, Error *error)
{
    TRY(query_check_set(query, error));
    if (wanted->people < DUMMY_PEOPLE_MIN || wanted->people > DUMMY_PEOPLE_MAX)
        return fail(error, ERROR_USAGE, "--people is from %d to %d", DUMMY_PEOPLE_MIN, DUMMY_PEOPLE_MAX);
    return RESULT_OK;
}

Result query_dummy(const Query *query, const DummySource *sources, const DummyWanted *wanted,
                   DummyAnswer *answer, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    SCOPED(arena_close) Arena *round_arena = arena_create(ARENA_BYTES_MAX);
    Dummy *dummy = arena_alloc(arena, sizeof *dummy);

    *answer = (DummyAnswer){0};
    TRY(check(query, wanted, error));
    *dummy = (Dummy){
        .arena = arena,
        .round_arena = round_arena,
        .query = query,
        .as_at = query->tree->as_at == DATE_NONE ? month_last_day(wanted->month) : query->tree->as_at,
        .people = (uint32_t)wanted->people,
        .homes = (uint32_t)(wanted->people / DUMMY_HOMES_EACH + wanted->people + 2),
        .chance_state = wanted->seed,
    };
    Result done = make(dummy, sources, wanted, answer, error);
    engine_close(&dummy->engine);
    memory_free(dummy->values);
    query->tree->sent = NULL;
    for (size_t i = 0; i < query->tree->price_count; i++)
        query->tree->prices[i].published = NULL;
    if (!done.ok)
        dummy_answer_close(answer);
    return done;
}

void dummy_answer_close(DummyAnswer *answer)
{
    for (size_t i = 0; i < answer->table_count; i++)
        released_table_close(&answer->tables[i]);
    table_close(&answer->definitions);
    answer->table_count = 0;
}
