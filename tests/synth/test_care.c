/* Adult social care as councils send it: windows that overlap, each telling all of its own anew. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "county_files.h"

enum {
    FROM = 1,
    TO = 2,
    LOCAL_ID = 4,
    TYPE = 24,
    REFERENCE = 25,
    START = 26,
    END = 27,
    OUTCOME = 29,
    LAST = 49,
    ROWS_MAX = 4000,
    SUBMISSIONS = 3,
};

typedef struct Row {
    Text fields[LAST + 1];
} Row;

typedef struct Submission {
    Row *rows;
    size_t count;
} Submission;

static CountyFiles files;
static Submission submissions[SUBMISSIONS];

static int compare_rows(const void *a, const void *b)
{
    static const int key[] = {LOCAL_ID, TYPE, REFERENCE};
    const Row *one = a, *other = b;
    int order = 0;

    for (size_t i = 0; i < sizeof key / sizeof key[0] && order == 0; i++)
        order = text_compare(one->fields[key[i]], other->fields[key[i]]);
    return order;
}

/* The rows that are good, by their key. */
static Submission read_submission(const char *month, const char *council)
{
    Text path = text_format(files.arena, "extracts/%s/social_care_event/%s.csv", month, council);
    Submission read = {.rows = arena_alloc(files.arena, ROWS_MAX * sizeof *read.rows)};
    CsvFile csv = csv_open(&files, path, ',');
    size_t count;
    const LinkRow *links = county_files_links(&files, path, &count);

    while (csv_next(&csv)) {
        if (!text_equal(links[csv.line].state, TEXT("ok")))
            continue;
        cr_assert_lt(read.count, ROWS_MAX);
        for (size_t i = 0; i <= LAST; i++)
            read.rows[read.count].fields[i] = csv_field(&csv, i);
        read.count++;
    }
    qsort(read.rows, read.count, sizeof *read.rows, compare_rows);
    return read;
}

static void set_up(void)
{
    static const char *const months[SUBMISSIONS] = {"2026-07", "2026-08", "2026-09"};
    SynthOptions options = synth_options_default();

    options.people = 30000;
    files = county_files_make(&options);
    for (size_t i = 0; i < SUBMISSIONS; i++)
        submissions[i] = read_submission(months[i], "kent-county-council");
}

static void tear_down(void)
{
    county_files_close(&files);
}

TestSuite(care, .init = set_up, .fini = tear_down);

static const Row *find(const Submission *in, const Row *row)
{
    return bsearch(row, in->rows, in->count, sizeof *row, compare_rows);
}

static bool is_in(const Row *row, Text first, Text last)
{
    return text_compare(row->fields[START], last) <= 0 &&
           (row->fields[END].length == 0 || text_compare(row->fields[END], first) >= 0);
}

Test(care, each_submission_covers_three_months_and_every_row_has_a_day_in_them)
{
    static const char *const from[] = {"2026-05-01", "2026-06-01", "2026-07-01"}, *const to[] = {
                                                                                      "2026-07-31",
                                                                                      "2026-08-31",
                                                                                      "2026-09-30"};

    for (size_t i = 0; i < SUBMISSIONS; i++) {
        cr_assert_gt(submissions[i].count, 400);
        for (size_t r = 0; r < submissions[i].count; r++) {
            const Row *row = &submissions[i].rows[r];
            cr_expect(text_equal(row->fields[FROM], text_from(from[i])));
            cr_expect(text_equal(row->fields[TO], text_from(to[i])));
            cr_expect(is_in(row, text_from(from[i]), text_from(to[i])));
        }
    }
}

typedef struct Retold {
    int same, ended, settled, other, gone, late, repeated_events;
} Retold;

static bool same_but(const Row *a, const Row *b, int but)
{
    static const int told[] = {LOCAL_ID, TYPE, REFERENCE, START, END, 30, 31, 39, 41, 48};

    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (told[i] != but && !text_equal(a->fields[told[i]], b->fields[told[i]]))
            return false;
    return but == OUTCOME || text_equal(a->fields[OUTCOME], b->fields[OUTCOME]) || but == END;
}

static void compare_telling(const Row *earlier, const Row *now, Retold *retold)
{
    bool is_event = !text_equal(earlier->fields[TYPE], TEXT("Service"));

    retold->repeated_events += is_event;
    if (same_but(earlier, now, -1))
        retold->same++;
    else if (earlier->fields[END].length == 0 && same_but(earlier, now, END))
        retold->ended++;
    else if (text_equal(earlier->fields[OUTCOME], TEXT("Unknown")) && same_but(earlier, now, OUTCOME))
        retold->settled++;
    else
        retold->other++;
}

/* What the newer of two submissions makes of what the earlier told in both their windows. */
static Retold retell(const Submission *earlier, const Submission *newer, const char *first, const char *last)
{
    Retold retold = {0};

    for (size_t i = 0; i < earlier->count; i++) {
        const Row *row = &earlier->rows[i], *now = find(newer, row);
        if (now != NULL)
            compare_telling(row, now, &retold);
        else
            retold.gone += is_in(row, text_from(first), text_from(last));
    }
    for (size_t i = 0; i < newer->count; i++)
        retold.late += !text_equal(newer->rows[i].fields[TYPE], TEXT("Service")) &&
                       text_compare(newer->rows[i].fields[START], text_from(last)) <= 0 &&
                       find(earlier, &newer->rows[i]) == NULL;
    return retold;
}

/* Red when an event draws from the month that tells it, or has a number of the submission for a reference. */
Test(care, the_newer_of_two_submissions_repeats_amends_drops_and_adds_within_both_windows)
{
    Retold retold = retell(&submissions[1], &submissions[2], "2026-07-01", "2026-08-31");

    cr_expect_gt(retold.same, 400, "%d", retold.same);
    cr_expect_gt(retold.repeated_events, 60, "%d", retold.repeated_events);
    cr_expect_gt(retold.ended, 0);
    cr_expect_gt(retold.settled, 0);
    cr_expect_gt(retold.gone, 0);
    cr_expect_gt(retold.late, 0);
    cr_expect_eq(retold.other, 0, "%d rows are told otherwise for no reason", retold.other);
}

Test(care, what_ended_before_its_window_is_told_no_more)
{
    int outside = 0;

    for (size_t i = 0; i < submissions[0].count; i++) {
        const Row *row = &submissions[0].rows[i];
        if (is_in(row, TEXT("2026-07-01"), TEXT("2026-07-31")))
            continue;
        outside++;
        cr_expect_null(find(&submissions[2], row));
    }

    cr_expect_gt(outside, 60, "%d: what a release still takes from the first submission", outside);
}

Test(care, the_submission_whose_window_is_a_quarter_is_final_and_the_others_are_provisional)
{
    CsvFile deliveries = csv_open(&files, TEXT("deliveries.csv"), ',');
    int seen = 0;

    while (csv_next(&deliveries)) {
        if (!text_equal(csv_field(&deliveries, 0), TEXT("social_care_event")))
            continue;
        bool is_quarter = text_equal(csv_field(&deliveries, 2), TEXT("2026-09"));
        cr_expect(text_equal(csv_field(&deliveries, 3), is_quarter ? TEXT("final") : TEXT("provisional")));
        seen++;
    }

    cr_expect_eq(seen, 6);
}

Test(care, a_client_who_moved_to_the_other_council_is_served_by_one_at_a_time)
{
    int moved = 0;

    for (size_t i = 0; i < SUBMISSIONS; i++) {
        static const char *const months[SUBMISSIONS] = {"2026-07", "2026-08", "2026-09"};
        Submission medway = read_submission(months[i], "medway-council");
        for (size_t r = 0; r < submissions[i].count; r++) {
            const Row *row = &submissions[i].rows[r];
            if (!text_equal(row->fields[TYPE], TEXT("Service")))
                continue;
            for (size_t m = 0; m < medway.count; m++) {
                const Row *other = &medway.rows[m];
                if (!text_equal(row->fields[REFERENCE], other->fields[REFERENCE]))
                    continue;
                moved++;
                cr_expect(!is_in(row, other->fields[START],
                                 other->fields[END].length > 0 ? other->fields[END] : TEXT("9999-12-31")));
            }
        }
    }

    cr_expect_gt(moved, 0);
}
