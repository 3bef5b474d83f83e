/*
 * Every spec in sources/ has a fixture, fixtures/NAME.csv, of synthetic rows of June 2026, good and bad, and
 * what must come of it, fixtures/NAME.expect: rows by outcome, then how many rows break which rule, sorted.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "ingest/pass.h"
#include "ingest/rule_value.h"
#include "tests/sources/shipped.h"

enum { FIXTURE_BYTES = 1 << 20 };

static const char fixtures[] = "tests/sources/fixtures";

typedef struct Counts {
    const IngestSpec *spec;
    const SpecColumn *nhs_number; /* NULL: the source has none */
    int64_t good, withheld, valid, invalid, absent;
} Counts;

static Result count_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Counts *counts = context;
    Text number = row->identity.fields[IDENTITY_NHS_NUMBER];

    (void)line;
    (void)error;
    counts->good++;
    counts->withheld += row->identity.is_withheld;
    if (counts->nhs_number == NULL)
        return RESULT_OK;
    if (number.length == 0 || row->identity.is_withheld)
        counts->absent++;
    else if (rule_identifier_is_valid(counts->spec, counts->nhs_number, number))
        counts->valid++;
    else
        counts->invalid++;
    return RESULT_OK;
}

static Result count_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    (void)context; /* the pass has counted it */
    (void)record;
    (void)row;
    (void)error;
    return RESULT_OK;
}

static int compare_rules(const void *a, const void *b)
{
    return strcmp(((const IngestRuleCount *)a)->rule, ((const IngestRuleCount *)b)->rule);
}

/* As the .expect files are written. */
static Text outcome(Arena *arena, const Counts *counts, IngestReport *report)
{
    Text text = text_format(arena,
                            "read %" PRId64 "\ngood %" PRId64 "\nbad %" PRId64 "\nexcluded %" PRId64
                            "\nwithheld %" PRId64 "\nnhs valid %" PRId64 ", invalid %" PRId64
                            ", absent %" PRId64 "\n",
                            report->rows_read, counts->good, report->rows_quarantined, report->rows_excluded,
                            counts->withheld, counts->valid, counts->invalid, counts->absent);

    qsort(report->rules, report->rule_count, sizeof *report->rules, compare_rules);
    for (size_t i = 0; i < report->rule_count; i++)
        text = text_format(arena, "%.*s%s: %" PRId64 "\n", TEXT_ARG(text), report->rules[i].rule,
                           report->rules[i].rows);
    return text;
}

static void expect_outcome(Arena *arena, const char *name)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    char path[SHIPPED_PATH_BYTES], fixture[SHIPPED_PATH_BYTES];
    IngestReport report = {0};
    Error error = {0};
    Text expected;
    Hash hash;
    cr_assert(ingest_spec_open(shipped_path("sources", name, ".yaml", path), NULL, &spec, &error).ok, "%s",
              error.message);
    cr_expect_str_eq(ingest_spec_source(spec), name, "a spec is found by its source's name");
    cr_assert(
        input_read_all(shipped_path(fixtures, name, ".expect", path), FIXTURE_BYTES, arena, &expected, &error)
            .ok,
        "%s", error.message);
    Counts counts = {.spec = spec};
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_identifies(&spec->columns[i]) && spec->columns[i].field == IDENTITY_NHS_NUMBER)
            counts.nhs_number = &spec->columns[i];
    const Pass pass = {.spec = spec,
                       .path = shipped_path(fixtures, name, ".csv", fixture),
                       .period = month_from(2026, 6),
                       .sink = {.context = &counts, .good = count_good, .bad = count_bad}};

    cr_assert(pass_run(&pass, &report, &hash, &error).ok, "%s", error.message);

    Text got = outcome(arena, &counts, &report);
    cr_expect(text_equal(got, expected), "%s: got\n%.*s\nexpected\n%.*s", name, TEXT_ARG(got),
              TEXT_ARG(expected));
}

Test(sources, each_source_takes_and_rejects_what_its_fixture_says)
{
    SCOPED(arena_close) Arena *arena = arena_create(16 * FIXTURE_BYTES);
    const char *names[SHIPPED_MAX];

    size_t count = shipped_names(arena, "sources", ".yaml", names);

    cr_assert_geq(count, 33);
    for (size_t i = 0; i < count; i++)
        expect_outcome(arena, names[i]);
}

Test(sources, no_fixture_is_of_a_source_that_is_gone)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *sources[SHIPPED_MAX], *names[SHIPPED_MAX];

    size_t source_count = shipped_names(arena, "sources", ".yaml", sources);
    size_t count = shipped_names(arena, fixtures, ".csv", names);

    cr_assert_eq(count, source_count);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(names[i], sources[i]);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void expect_test_numbers(const char *name, Text text)
{
    char digits[16];

    for (size_t i = 0, run = 0; i <= text.length; i++) {
        if (i < text.length && is_digit(text.data[i])) {
            run++;
            continue;
        }
        Text number = text_slice(text, i - run, i);
        if (run == 10 && pseudonymise_nhs_number(number, digits) == IDENTIFIER_VALID)
            cr_expect(text_starts_with(number, TEXT("999")), "%s.csv: an NHS number not of the 999 range",
                      name);
        run = 0;
    }
}

/* Numbers that start with 999 are never issued to people. */
Test(sources, fixtures_hold_no_nhs_number_that_a_person_could_have)
{
    SCOPED(arena_close) Arena *arena = arena_create(16 * FIXTURE_BYTES);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, fixtures, ".csv", names);

    for (size_t i = 0; i < count; i++) {
        char path[SHIPPED_PATH_BYTES];
        Error error = {0};
        Text text;
        cr_assert(input_read_all(shipped_path(fixtures, names[i], ".csv", path), FIXTURE_BYTES, arena, &text,
                                 &error)
                      .ok);
        expect_test_numbers(names[i], text);
    }
}

/* Switch: the subject of drug_treatment. Its people gave consent to the treatment, not to this. */
Test(sources, drug_treatment_identifies_nobody)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    char path[SHIPPED_PATH_BYTES];
    Error error = {0};

    cr_assert(
        ingest_spec_open(shipped_path("sources", "drug_treatment", ".yaml", path), NULL, &spec, &error).ok);

    cr_expect(text_equal(spec->subject, TEXT("none")));
    for (size_t i = 0; i < spec->column_count; i++)
        cr_expect(!spec_column_identifies(&spec->columns[i]));
}

static bool has_limit(const IngestSpec *spec, Text measure)
{
    for (size_t i = 0; i < spec->limit_count; i++)
        if (text_equal(spec->limits[i].measure, measure))
            return true;
    return false;
}

/* A partial top-up sent as if it were the month: the first month has no history that a fall could be told by.
 */
Test(sources, each_source_tells_of_a_file_that_was_cut_and_of_a_smaller_resubmission)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, "sources", ".yaml", names);

    for (size_t i = 0; i < count; i++) {
        SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
        char path[SHIPPED_PATH_BYTES];
        Error error = {0};
        cr_assert(ingest_spec_open(shipped_path("sources", names[i], ".yaml", path), NULL, &spec, &error).ok,
                  "%s", error.message);
        cr_expect_gt(spec->protection_count, 0, "%s: unprotected", names[i]);
        cr_expect(has_limit(spec, TEXT("shrunk")), "%s", names[i]);
    }
}

/* One that names no source, or not all of its key, would never be measured. */
static void expect_references_fit(const IngestSpec *spec, int64_t *by_key)
{
    for (size_t i = 0; i < spec->reference_count; i++) {
        const SpecReference *reference = &spec->references[i];
        SCOPED(ingest_spec_close) IngestSpec *target = NULL;
        char path[SHIPPED_PATH_BYTES];
        Error error = {0};
        cr_assert(ingest_spec_open(shipped_path("sources", reference->source.data, ".yaml", path), NULL,
                                   &target, &error)
                      .ok,
                  "%s: %s", spec->source, error.message);
        *by_key += reference->is_by_key;
        if (reference->is_by_key)
            cr_expect_eq(reference->column_count, target->key_count, "%s", spec->source);
    }
}

Test(sources, each_reference_to_a_record_key_names_all_of_its_columns)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, "sources", ".yaml", names);
    int64_t by_key = 0;

    for (size_t i = 0; i < count; i++) {
        SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
        char path[SHIPPED_PATH_BYTES];
        Error error = {0};
        cr_assert(ingest_spec_open(shipped_path("sources", names[i], ".yaml", path), NULL, &spec, &error).ok,
                  "%s", error.message);
        expect_references_fit(spec, &by_key);
    }

    cr_expect_eq(by_key, 3, "episodes to spells, contacts of both kinds to referrals");
}
