/*
 * The engine over a release made up in memory: bench_engine [--people N] [--dump FOLDER]
 * Speaks with bench_query.sh: after "ready", the number of events, the seconds that sorting them into lists
 * took, what q1 reads in megabytes and how many gigabytes a second a thread can read, each line "q1 FILE",
 * "registered FILE" or "q5 FILE" is answered by the seconds it took, of the clock and of the processor; FILE
 * gets the counts, one line a cell. With
 * --dump the people and events are first written as CSV for its peers. Each question is planned, worked out
 * and counted anew; columns and posting lists are in memory.
 *
 * q1          people by age band, district and sex; those with one of 40 conditions ever; of them those with
 * one of 6 codes within a year registered  the same of people registered at the day, by the district of that
 * registration q5          those with a condition and one of the 6 codes, in each of 12 months, by the same
 * groups
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/config.h"
#include "bench/bench.h"
#include "bench/query/events.h"
#include "query/posting.h"
#include "query/tally.h"

enum { BANDS = 19, BAND_YEARS = 5, CONDITIONS = 40, FOLLOW_UPS = 6, MONTHS = 12, SERIES_MAX = MONTHS };
enum { CHUNK = 8192, NODES_MAX = 512, LINE_BYTES = 512, THREADS = 2 };
#define RELEASE_BYTES_MAX ((size_t)16 << 30)
#define PLAN_BYTES_MAX    ((size_t)64 << 20)

/* Of people who count, by cells, how many have each of the conditions. */
typedef struct Question {
    Plan *plan;
    PlanId cohort, district;
    PlanId conditions[SERIES_MAX];
    size_t condition_count;
    bool counts_cohort;
} Question;

/* ---- plans ---- */

static PlanId two(Plan *plan, PlanKind kind, QueryType type, PlanId a, PlanId b)
{
    const PlanId operands[] = {a, b};

    return plan_add(plan, (PlanNode){.kind = kind, .type = type}, operands, 2);
}

static PlanId column_of(Plan *plan, uint16_t level, uint16_t column, QueryType type)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = type, .level = level, .column = column},
                    NULL, 0);
}

static PlanId number(Plan *plan, int64_t value)
{
    return plan_constant(plan, TYPE_NUMBER, value);
}

static PlanId day(Plan *plan, Date value)
{
    return plan_constant(plan, TYPE_DATE, value);
}

/* As the language binds it: the birthday is the first of the month; 90 and over are one. */
static PlanId age_band(Plan *plan)
{
    PlanId months = two(plan, PLAN_MULTIPLY, TYPE_NUMBER,
                        column_of(plan, PLAN_PEOPLE, PERSON_BIRTH_YEAR, TYPE_NUMBER), number(plan, 12));
    months = two(plan, PLAN_ADD, TYPE_NUMBER, months,
                 column_of(plan, PLAN_PEOPLE, PERSON_BIRTH_MONTH, TYPE_NUMBER));
    months = two(plan, PLAN_SUBTRACT, TYPE_NUMBER, months, number(plan, 2000 * 12 + 1));
    PlanId birth = two(plan, PLAN_SHIFT_MONTHS, TYPE_DATE, day(plan, date_from_civil(2000, 1, 1)), months);
    PlanId age = two(plan, PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth, day(plan, events_as_at()));
    PlanId band = two(plan, PLAN_DIVIDE_DOWN, TYPE_NUMBER, age, number(plan, BAND_YEARS));
    band = two(plan, PLAN_MULTIPLY, TYPE_NUMBER, band, number(plan, BAND_YEARS));
    return two(plan, PLAN_LEAST, TYPE_NUMBER, band, number(plan, (int64_t)(BANDS - 1) * BAND_YEARS));
}

/* Ranks of codes: of conditions 350, 360 and so on, of what follows 2 to 7. */
static PlanId code_in(Plan *plan, int first_rank, int step, size_t count)
{
    int64_t codes[CONDITIONS];

    for (size_t i = 0; i < count; i++)
        codes[i] = WORD_CODE + first_rank + (int64_t)i * step;
    return plan_set(plan, (PlanNode){.kind = PLAN_IN, .type = TYPE_BOOL},
                    column_of(plan, EVENTS_EVENT, EVENT_CODE, TYPE_TEXT), codes, NULL, count);
}

static PlanId exists(Plan *plan, uint16_t source, PlanId condition)
{
    PlanId rows = plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = source}, NULL, 0);
    PlanId kept = two(plan, PLAN_KEEP, TYPE_BOOL, rows, condition);

    return plan_add(plan, (PlanNode){.kind = PLAN_EXISTS, .type = TYPE_BOOL}, &kept, 1);
}

static PlanId exists_condition(Plan *plan)
{
    PlanId in_time = two(plan, PLAN_AT_MOST, TYPE_BOOL, column_of(plan, EVENTS_EVENT, EVENT_DAY, TYPE_DATE),
                         day(plan, events_as_at()));

    return exists(plan, EVENTS_EVENT,
                  two(plan, PLAN_AND, TYPE_BOOL, code_in(plan, 350, 10, CONDITIONS), in_time));
}

static PlanId exists_follow_up(Plan *plan, Date from, Date to)
{
    PlanId date = column_of(plan, EVENTS_EVENT, EVENT_DAY, TYPE_DATE);
    const PlanId parts[] = {code_in(plan, 2, 1, FOLLOW_UPS),
                            two(plan, PLAN_AT_LEAST, TYPE_BOOL, date, day(plan, from)),
                            two(plan, PLAN_AT_MOST, TYPE_BOOL, date, day(plan, to))};

    return exists(plan, EVENTS_EVENT,
                  plan_add(plan, (PlanNode){.kind = PLAN_AND, .type = TYPE_BOOL}, parts, 3));
}

static PlanId registrations(Plan *plan)
{
    PlanId as_at = day(plan, events_as_at());
    PlanId rows = plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = EVENTS_REGISTRATION}, NULL, 0);
    PlanId since = two(plan, PLAN_COALESCE, TYPE_DATE,
                       column_of(plan, EVENTS_REGISTRATION, REGISTRATION_FROM, TYPE_DATE), as_at);
    PlanId until = two(plan, PLAN_COALESCE, TYPE_DATE,
                       column_of(plan, EVENTS_REGISTRATION, REGISTRATION_TO, TYPE_DATE), as_at);

    return two(plan, PLAN_KEEP, TYPE_BOOL, rows,
               two(plan, PLAN_AND, TYPE_BOOL, two(plan, PLAN_AT_MOST, TYPE_BOOL, since, as_at),
                   two(plan, PLAN_AT_LEAST, TYPE_BOOL, until, as_at)));
}

/* ---- questions ---- */

static void ask_first(Plan *plan, Question *question)
{
    PlanId condition = exists_condition(plan);
    PlanId follow_up = exists_follow_up(plan, events_as_at() - 364, events_as_at());

    *question = (Question){.plan = plan,
                           .cohort = plan_constant(plan, TYPE_BOOL, true),
                           .district = column_of(plan, PLAN_PEOPLE, PERSON_DISTRICT, TYPE_TEXT),
                           .conditions = {condition, two(plan, PLAN_AND, TYPE_BOOL, condition, follow_up)},
                           .condition_count = 2,
                           .counts_cohort = true};
}

static void ask_registered(Plan *plan, Question *question)
{
    PlanId kept = registrations(plan);
    PlanId last = plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &kept, 1);

    ask_first(plan, question);
    question->cohort = plan_add(plan, (PlanNode){.kind = PLAN_EXISTS, .type = TYPE_BOOL}, &kept, 1);
    question->district = two(plan, PLAN_VALUE, TYPE_TEXT, last,
                             column_of(plan, EVENTS_REGISTRATION, REGISTRATION_DISTRICT, TYPE_TEXT));
}

static void ask_series(Plan *plan, Question *question)
{
    Month last = month_of_date(events_as_at());

    ask_first(plan, question);
    question->cohort = question->conditions[0];
    question->counts_cohort = false;
    question->condition_count = MONTHS;
    for (int m = 0; m < MONTHS; m++)
        question->conditions[m] = exists_follow_up(plan, month_first_day(last - MONTHS + 1 + m),
                                                   month_last_day(last - MONTHS + 1 + m));
}

/* ---- answers ---- */

static Tally *make_tally(Engine *engine, const Question *question, PlanId band)
{
    static int64_t bands[BANDS], districts[EVENTS_DISTRICTS], sexes[EVENTS_SEXES];
    PlanId sex = column_of(question->plan, PLAN_PEOPLE, PERSON_SEX, TYPE_TEXT);
    const TallyDimension dimensions[] = {
        {band, bands, BANDS}, {question->district, districts, EVENTS_DISTRICTS}, {sex, sexes, EVENTS_SEXES}};

    for (int i = 0; i < BANDS; i++)
        bands[i] = (int64_t)i * BAND_YEARS;
    for (int i = 0; i < EVENTS_DISTRICTS; i++)
        districts[i] = WORD_DISTRICT + i;
    for (int i = 0; i < EVENTS_SEXES; i++)
        sexes[i] = WORD_SEX + i;
    return tally_create(engine, dimensions, 3);
}

static bool is_nobody(const uint64_t *bits, uint32_t people)
{
    uint64_t any = 0;

    for (uint32_t i = 0; i < (people + 63) / 64; i++)
        any |= bits[i];
    return any == 0;
}

static void count_chunk(Engine *engine, Tally *tally, const Question *question, uint32_t people,
                        uint32_t *counts)
{
    const uint64_t *cohort = engine_holds(engine, question->cohort);
    uint32_t cell_count = tally_cell_count(tally);
    uint64_t both[CHUNK / 64];

    if (is_nobody(cohort, people))
        return;
    const uint32_t *cells = tally_cells(tally);
    if (question->counts_cohort)
        tally_add(cells, cohort, people, counts);
    for (size_t c = 0; c < question->condition_count; c++) {
        const uint64_t *bits = engine_holds(engine, question->conditions[c]);
        for (uint32_t i = 0; i < (people + 63) / 64; i++)
            both[i] = cohort[i] & bits[i];
        tally_add(cells, both, people, counts + (c + 1) * cell_count);
    }
}

/* counts: those of the cohort, then of each condition. */
static const uint32_t *count_all(const Dataset *dataset, void (*ask)(Plan *, Question *), Arena *arena,
                                 Question *question, uint32_t *cell_count)
{
    SCOPED(engine_close) Engine *engine = NULL;
    SCOPED(tally_close) Tally *tally = NULL;
    Plan *plan = plan_create(dataset, NODES_MAX, arena);
    PlanId band = age_band(plan);

    ask(plan, question);
    (void)column_of(plan, PLAN_PEOPLE, PERSON_SEX, TYPE_TEXT);
    engine = engine_create(plan);
    tally = make_tally(engine, question, band);
    *cell_count = tally_cell_count(tally);
    uint32_t *counts = arena_alloc(arena, (SERIES_MAX + 1) * (size_t)*cell_count * sizeof *counts);
    for (uint32_t first = 0; first < dataset->people; first += CHUNK) {
        uint32_t people = dataset->people - first < CHUNK ? dataset->people - first : CHUNK;
        engine_chunk(engine, first, people);
        count_chunk(engine, tally, question, people, counts);
    }
    return counts;
}

/* Cells of the grouping alone: everything is known of the people made up. */
static void write_counts(FILE *file, const Question *question, const uint32_t *counts, uint32_t cell_count)
{
    size_t from = question->counts_cohort ? 0 : 1;

    for (int band = 0; band < BANDS; band++)
        for (int district = 0; district < EVENTS_DISTRICTS; district++)
            for (int sex = 0; sex < EVENTS_SEXES; sex++) {
                size_t cell =
                    ((size_t)band * (EVENTS_DISTRICTS + 1) + (size_t)district) * (EVENTS_SEXES + 1) +
                    (size_t)sex;
                (void)fprintf(file, "%d,%d,%d", band, district, sex);
                for (size_t c = from; c <= question->condition_count; c++)
                    (void)fprintf(file, ",%" PRIu32, counts[c * cell_count + cell]);
                (void)fputc('\n', file);
            }
}

/* ---- the conversation ---- */

static double processor_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static Result answer(const Dataset *dataset, const char *name, const char *path, Error *error)
{
    static const struct {
        const char *name;
        void (*ask)(Plan *, Question *);
    } questions[] = {{"q1", ask_first}, {"registered", ask_registered}, {"q5", ask_series}};
    SCOPED(arena_close) Arena *arena = arena_create(PLAN_BYTES_MAX);
    Question question;
    uint32_t cell_count;
    size_t q = 0;

    while (q < 3 && strcmp(questions[q].name, name) != 0)
        q++;
    if (q == 3)
        return fail(error, ERROR_USAGE, "no such question");
    double wall = bench_now_s(), processor = processor_s();
    const uint32_t *counts = count_all(dataset, questions[q].ask, arena, &question, &cell_count);
    processor = processor_s() - processor;
    wall = bench_now_s() - wall;
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return fail_errno(error, "%s", path);
    write_counts(file, &question, counts, cell_count);
    if (fclose(file) != 0)
        return fail_errno(error, "%s", path);
    (void)printf("%.6f %.6f\n", wall, processor);
    return RESULT_OK;
}

static Result dump_people(const Dataset *dataset, const char *folder, Arena *arena, Error *error)
{
    const DataColumn *columns = dataset->sources[EVENTS_PERSON].columns;
    Text path = text_format(arena, "%s/person.csv", folder);
    FILE *file = fopen(path.data, "w");

    if (file == NULL)
        return fail_errno(error, "%s", path.data);
    for (uint32_t p = 0; p < dataset->people; p++)
        (void)fprintf(
            file, "%" PRIu32 ",%d,%d,%d\n", p,
            10000 * columns[PERSON_BIRTH_YEAR].narrow[p] + 100 * columns[PERSON_BIRTH_MONTH].narrow[p] + 1,
            columns[PERSON_DISTRICT].narrow[p] - WORD_DISTRICT, columns[PERSON_SEX].narrow[p] - WORD_SEX);
    return fclose(file) == 0 ? RESULT_OK : fail_errno(error, "%s", path.data);
}

/* Days from the last one back are 0, -1 and so on. */
static Result dump_events(const Dataset *dataset, const char *folder, Arena *arena, Error *error)
{
    const DataSource *source = &dataset->sources[EVENTS_EVENT];
    Text path = text_format(arena, "%s/event.csv", folder);
    FILE *file = fopen(path.data, "w");

    if (file == NULL)
        return fail_errno(error, "%s", path.data);
    for (uint32_t p = 0; p < dataset->people; p++)
        for (uint32_t i = source->begin[p]; i < source->begin[p + 1]; i++)
            (void)fprintf(file, "%" PRIu32 ",%d,%d\n", p, source->columns[EVENT_CODE].narrow[i] - WORD_CODE,
                          source->columns[EVENT_DAY].narrow[i] - events_as_at());
    return fclose(file) == 0 ? RESULT_OK : fail_errno(error, "%s", path.data);
}

static Result converse(const Dataset *dataset, Error *error)
{
    char line[LINE_BYTES], name[LINE_BYTES], path[LINE_BYTES];

    while (fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%511s %511s", name, path) == 2) {
        TRY(answer(dataset, name, path, error));
        (void)fflush(stdout);
    }
    return RESULT_OK;
}

/* ---- how near the limit is ---- */

/* What q1 reads at least: rows of the lists between their days, four columns of people, two bits of each. */
static double touched_mb(const Postings *postings, uint32_t people)
{
    uint64_t rows = 0;

    for (uint32_t l = 0; l < postings->list_count; l++) {
        const PostingList *list = &postings->lists[l];
        int rank = postings->codes[l] - WORD_CODE;
        bool is_condition = rank >= 350 && rank < 350 + 10 * CONDITIONS && rank % 10 == 0;
        bool is_follow_up = rank >= 2 && rank < 2 + FOLLOW_UPS;
        for (uint32_t i = 0; (is_condition || is_follow_up) && i < list->count; i++)
            rows += is_condition || list->days[i] >= events_as_at() - 364;
    }
    return ((double)rows * sizeof(uint32_t) + (4.0 * sizeof(int32_t) + 2.0 / 8) * people) / 1e6;
}

/* Of one thread, in memory: the best of five. */
static double read_gb_per_s(const PostingList *lists, uint32_t list_count)
{
    double best = 0;

    for (int round = 0; round < 5; round++) {
        double started = processor_s();
        uint64_t sum = 0, bytes = 0;
        for (uint32_t l = 0; l < list_count; l++) {
            const uint64_t *words = (const void *)((uintptr_t)(lists[l].people + 1) / 8 * 8);
            for (uint32_t i = 0; i + 8 < lists[l].count / 2; i += 8)
                sum += words[i] ^ words[i + 1] ^ words[i + 2] ^ words[i + 3] ^ words[i + 4] ^ words[i + 5] ^
                       words[i + 6] ^ words[i + 7];
            bytes += (uint64_t)lists[l].count * sizeof(uint32_t);
        }
        double speed = (double)bytes / (processor_s() - started) / 1e9;
        best = speed > best && sum != 1 ? speed : best;
    }
    return best;
}

static Result run(uint32_t people, const char *folder, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(RELEASE_BYTES_MAX);
    const Dataset *dataset = events_make(people, arena);
    DataSource *source = arena_alloc(arena, EVENTS_SOURCES * sizeof *source);
    Dataset with_postings = *dataset;
    Postings postings;

    if (folder != NULL) {
        TRY(dump_people(dataset, folder, arena, error));
        TRY(dump_events(dataset, folder, arena, error));
    }
    memcpy(source, dataset->sources, EVENTS_SOURCES * sizeof *source);
    with_postings.sources = source;
    double started = bench_now_s();
    postings_build(dataset, EVENTS_EVENT, EVENT_CODE, EVENT_DAY, THREADS, arena, &postings);
    double built = bench_now_s() - started;
    source[EVENTS_EVENT].postings = &postings;
    source[EVENTS_EVENT].postings_count = 1;
    (void)printf("ready %" PRIu32 " %.3f %.2f %.1f\n", source[EVENTS_EVENT].begin[people], built,
                 touched_mb(&postings, people), read_gb_per_s(postings.lists, postings.list_count));
    (void)fflush(stdout);
    return converse(&with_postings, error);
}

int main(int argc, char **argv)
{
    int64_t people = 0;
    const char *folder = NULL;
    const Option options[] = {
        {"people", OPTION_COUNT, false, "2000000", "people in the release", &people},
        {"dump", OPTION_TEXT, false, NULL, "folder for the same data as CSV", &folder},
    };
    const char *positional[1];
    size_t positional_count;
    Error error = {0};

    Result done = config_parse(options, 2, argc - 1, (const char *const *)argv + 1, positional, 0,
                               &positional_count, &error);
    if (done.ok && (people < 1 || people > 10000000))
        done = fail(&error, ERROR_USAGE, "--people is from 1 to 10000000");
    if (done.ok)
        done = run((uint32_t)people, folder, &error);
    if (!done.ok)
        (void)fprintf(stderr, "bench_engine: %s\n", error.message);
    return done.ok ? 0 : error_exit_status(&error);
}
