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

#include "bench/bench.h"
#include "bench/query/questions.h"
#include "query/posting.h"

enum { BANDS = 19, CONDITIONS = 40, FOLLOW_UPS = 6 };
enum { LINE_BYTES = 512, THREADS = 2 };
#define RELEASE_BYTES_MAX ((size_t)16 << 30)
#define ANSWER_BYTES_MAX  ((size_t)768 << 20)

/* ---- answers ---- */

/* Cells of the grouping alone: everything is known of the people made up. Of q1 first who is counted at all.
 */
static void write_counts(FILE *file, const QuestionAnswer *answer, bool counts_all)
{
    const CountTable *table = &answer->parts[0];

    for (size_t band = 0; band < BANDS; band++)
        for (size_t district = 0; district < EVENTS_DISTRICTS; district++)
            for (size_t sex = 0; sex < EVENTS_SEXES; sex++) {
                const size_t all[] = {band, district, sex, table->dimensions[3].value_count},
                             yes[] = {band, district, sex, 0};
                (void)fprintf(file, "%zu,%zu,%zu", band, district, sex);
                if (counts_all)
                    (void)fprintf(file, ",%" PRId64, table->cells[count_cell(table, all)].people);
                for (size_t p = 0; p < answer->count; p++)
                    (void)fprintf(file, ",%" PRId64,
                                  answer->parts[p].cells[count_cell(&answer->parts[p], yes)].people);
                (void)fputc('\n', file);
            }
}

/* ---- the conversation ---- */

static Result answer(const Dataset *dataset, const char *name, const char *path, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ANSWER_BYTES_MAX);
    QuestionAnswer answer;
    double wall = bench_now_s(), processor = question_processor_s();

    TRY(question_ask(dataset, name, arena, &answer, error));
    processor = question_processor_s() - processor;
    wall = bench_now_s() - wall;
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return fail_errno(error, "%s", path);
    write_counts(file, &answer, strcmp(name, "q5") != 0);
    if (fclose(file) != 0)
        return fail_errno(error, "%s", path);
    (void)printf("%.6f %.6f %.6f\n", wall, processor, answer.counted_s);
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

/* What q1 reads at least: rows of the lists between their days, four columns of people as codes, two bits of
 * each. */
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
    return ((double)rows * sizeof(uint32_t) + (4.0 * sizeof(uint8_t) + 2.0 / 8) * people) / 1e6;
}

/* Of one thread, in memory: the best of five. */
static double read_gb_per_s(const PostingList *lists, uint32_t list_count)
{
    double best = 0;

    for (int round = 0; round < 5; round++) {
        double started = question_processor_s();
        uint64_t sum = 0, bytes = 0;
        for (uint32_t l = 0; l < list_count; l++) {
            const uint64_t *words = (const void *)((uintptr_t)(lists[l].people + 1) / 8 * 8);
            for (uint32_t i = 0; i + 8 < lists[l].count / 2; i += 8)
                sum += words[i] ^ words[i + 1] ^ words[i + 2] ^ words[i + 3] ^ words[i + 4] ^ words[i + 5] ^
                       words[i + 6] ^ words[i + 7];
            bytes += (uint64_t)lists[l].count * sizeof(uint32_t);
        }
        double speed = (double)bytes / (question_processor_s() - started) / 1e9;
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
    const Option folder = {"dump", OPTION_TEXT, false, NULL, "folder for the same data as CSV", NULL};

    return events_main(argc, argv, &(EventsProgram){"bench_engine", folder, run});
}
