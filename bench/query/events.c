#include "bench/query/events.h"

#include <math.h>
#include <stdio.h>

#include "query/posting.h"

enum { EVENTS_MOST = 40, BIRTH_FIRST = 1926, BIRTH_YEARS = 100, DAYS = 3652, PEOPLE_MAX = 10000000 };

static uint64_t chance_state = 20260930;

static uint32_t chance(uint32_t limit)
{
    uint64_t x = chance_state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return (uint32_t)((x >> 32) * limit >> 32);
}

Date events_as_at(void)
{
    return date_from_civil(2026, 9, 30);
}

/* ---- words and columns ---- */

static const Text *make_words(Arena *arena, size_t *count)
{
    Text *words = arena_alloc(arena, (WORD_CODE + EVENTS_CODES) * sizeof *words);

    *count = 0;
    for (int sex = 1; sex <= EVENTS_SEXES; sex++)
        words[(*count)++] = text_format(arena, "%d", sex);
    for (int district = 1; district <= EVENTS_DISTRICTS; district++)
        words[(*count)++] = text_format(arena, "D%02d", district);
    for (int code = 0; code < EVENTS_CODES; code++)
        words[(*count)++] = text_format(arena, "E%05d", code);
    return words;
}

static int32_t *make_column(Arena *arena, DataColumn *columns, int column, const char *name, QueryType type,
                            size_t count)
{
    int32_t *values = arena_alloc(arena, count * sizeof *values);

    columns[column] = (DataColumn){.name = text_from(name), .type = type, .narrow = values};
    return values;
}

static void find_ranges(Arena *arena, DataSource *source, size_t cells)
{
    DataRange *ranges = arena_alloc(arena, source->column_count * sizeof *ranges);
    DataCodes *codes = arena_alloc(arena, source->column_count * sizeof *codes);

    for (size_t c = 0; c < source->column_count; c++) {
        const DataColumn *column = &source->columns[c];
        int32_t *values = arena_alloc(arena, DATA_CODES_MAX * sizeof *values);
        uint32_t count;
        ranges[c] = dataset_range(column, cells);
        if (!dataset_values(column, cells, values, &count))
            continue;
        uint8_t *coded = arena_alloc(arena, cells);
        dataset_code(column, cells, values, count, coded);
        codes[c] = (DataCodes){coded, values, count};
    }
    source->ranges = ranges;
    source->codes = codes;
}

/* ---- people and registrations ---- */

static void make_people(Arena *arena, uint32_t people, DataSource *source)
{
    DataColumn *columns = arena_alloc(arena, PERSON_COLUMNS * sizeof *columns);
    uint32_t *begin = arena_alloc(arena, ((size_t)people + 1) * sizeof *begin);
    int32_t *year = make_column(arena, columns, PERSON_BIRTH_YEAR, "birth_year", TYPE_NUMBER, people);
    int32_t *month = make_column(arena, columns, PERSON_BIRTH_MONTH, "birth_month", TYPE_NUMBER, people);
    int32_t *sex = make_column(arena, columns, PERSON_SEX, "sex", TYPE_TEXT, people);
    int32_t *district = make_column(arena, columns, PERSON_DISTRICT, "ethnic_category", TYPE_TEXT, people);
    int32_t *death = make_column(arena, columns, PERSON_DEATH, "death_date", TYPE_DATE, people);

    for (uint32_t p = 0; p < people; p++) {
        death[p] = SMALL_UNKNOWN;
        year[p] = BIRTH_FIRST + (int32_t)chance(BIRTH_YEARS);
        month[p] = 1 + (int32_t)chance(12);
        sex[p] = WORD_SEX + (int32_t)chance(EVENTS_SEXES);
        district[p] = WORD_DISTRICT + (int32_t)chance(EVENTS_DISTRICTS);
    }
    for (uint32_t p = 0; p <= people; p++)
        begin[p] = p;
    *source = (DataSource){
        .name = TEXT("person"), .begin = begin, .columns = columns, .column_count = PERSON_COLUMNS};
    find_ranges(arena, source, people);
}

/* One person in five has moved; the last registration is of the person's own district, and open. */
static void make_registrations(Arena *arena, uint32_t people, const int32_t *districts, DataSource *source)
{
    DataColumn *columns = arena_alloc(arena, REGISTRATION_COLUMNS * sizeof *columns);
    uint32_t *begin = arena_alloc(arena, ((size_t)people + 1) * sizeof *begin), count = 0;
    int32_t *from =
        make_column(arena, columns, REGISTRATION_FROM, "valid_from", TYPE_DATE, 2 * (size_t)people);
    int32_t *to = make_column(arena, columns, REGISTRATION_TO, "valid_to", TYPE_DATE, 2 * (size_t)people);
    int32_t *district =
        make_column(arena, columns, REGISTRATION_DISTRICT, "district", TYPE_TEXT, 2 * (size_t)people);

    for (uint32_t p = 0; p < people; p++) {
        Date moved = events_as_at() - (Date)chance(2 * DAYS);
        begin[p] = count;
        if (chance(5) == 0) {
            from[count] = moved - 1 - (Date)chance(DAYS);
            to[count] = moved - 1;
            district[count++] = WORD_DISTRICT + (int32_t)chance(EVENTS_DISTRICTS);
        }
        from[count] = moved;
        to[count] = SMALL_UNKNOWN;
        district[count++] = districts[p];
    }
    begin[people] = count;
    *source = (DataSource){.name = TEXT("registration"),
                           .begin = begin,
                           .columns = columns,
                           .column_count = REGISTRATION_COLUMNS};
    find_ranges(arena, source, count);
}

/* ---- events ---- */

/* Shares of 2^32 that codes up to each rank have. */
static const uint32_t *make_shares(Arena *arena)
{
    uint32_t *shares = arena_alloc(arena, EVENTS_CODES * sizeof *shares);
    double all = 0, sum = 0;

    for (int rank = 0; rank < EVENTS_CODES; rank++)
        all += pow(rank + 2, -0.9);
    for (int rank = 0; rank < EVENTS_CODES; rank++) {
        sum += pow(rank + 2, -0.9);
        shares[rank] = rank + 1 == EVENTS_CODES ? UINT32_MAX : (uint32_t)(sum / all * UINT32_MAX);
    }
    return shares;
}

static int32_t random_code(const uint32_t *shares)
{
    uint32_t sought = chance(UINT32_MAX), from = 0, to = EVENTS_CODES - 1;

    while (from < to) {
        uint32_t middle = (from + to) / 2;
        if (shares[middle] < sought)
            from = middle + 1;
        else
            to = middle;
    }
    return WORD_CODE + (int32_t)from;
}

static void sort_rows(int32_t *days, int32_t *codes, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = i;
             j > 0 && (days[j] < days[j - 1] || (days[j] == days[j - 1] && codes[j] < codes[j - 1])); j--) {
            int32_t day = days[j], code = codes[j];
            days[j] = days[j - 1];
            codes[j] = codes[j - 1];
            days[j - 1] = day;
            codes[j - 1] = code;
        }
}

static void make_events(Arena *arena, uint32_t people, DataSource *source)
{
    DataColumn *columns = arena_alloc(arena, EVENT_COLUMNS * sizeof *columns);
    uint32_t *begin = arena_alloc(arena, ((size_t)people + 1) * sizeof *begin), count = 0;
    const uint32_t *shares = make_shares(arena);
    int32_t *days, *codes;

    for (uint32_t p = 0; p < people; p++) {
        begin[p] = count;
        count += chance(EVENTS_MOST + 1);
    }
    begin[people] = count;
    days = make_column(arena, columns, EVENT_DAY, "day", TYPE_DATE, count);
    codes = make_column(arena, columns, EVENT_CODE, "code", TYPE_TEXT, count);
    for (uint32_t p = 0; p < people; p++) {
        for (uint32_t i = begin[p]; i < begin[p + 1]; i++) {
            days[i] = events_as_at() - (Date)chance(DAYS);
            codes[i] = random_code(shares);
        }
        sort_rows(days + begin[p], codes + begin[p], begin[p + 1] - begin[p]);
    }
    *source = (DataSource){
        .name = TEXT("event"), .begin = begin, .columns = columns, .column_count = EVENT_COLUMNS};
    find_ranges(arena, source, count);
}

const Dataset *events_make(uint32_t people, Arena *arena)
{
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);
    DataSource *sources = arena_alloc(arena, EVENTS_SOURCES * sizeof *sources);
    const Text *words;
    size_t word_count;

    words = make_words(arena, &word_count);
    make_people(arena, people, &sources[EVENTS_PERSON]);
    make_registrations(arena, people, sources[EVENTS_PERSON].columns[PERSON_DISTRICT].narrow,
                       &sources[EVENTS_REGISTRATION]);
    make_events(arena, people, &sources[EVENTS_EVENT]);
    *dataset = (Dataset){people, sources, EVENTS_SOURCES, words, word_count};
    return dataset;
}

int events_main(int argc, char **argv, const EventsProgram *program)
{
    int64_t people = 0;
    const char *folder = NULL, *positional[1];
    size_t positional_count;
    Option options[] = {{"people", OPTION_COUNT, false, "2000000", "people in the release", &people},
                        program->folder};
    Error error = {0};

    options[1].target = &folder;
    Result done = config_parse(options, 2, argc - 1, (const char *const *)argv + 1, positional, 0,
                               &positional_count, &error);
    if (done.ok && (people < 1 || people > PEOPLE_MAX))
        done = fail(&error, ERROR_USAGE, "--people is from 1 to %d", PEOPLE_MAX);
    if (done.ok)
        done = program->run((uint32_t)people, folder, &error);
    if (!done.ok)
        (void)fprintf(stderr, "%s: %s\n", program->name, error.message);
    return done.ok ? 0 : error_exit_status(&error);
}
