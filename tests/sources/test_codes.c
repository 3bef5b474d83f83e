#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ingest/pass.h"
#include "tests/support/support.h"

static const char spec_text[] =
    "source: course\ntitle: Courses\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: replace_by_period\ncontroller: sender\nsubject: none\n"
    "rejects: { rows_max: 9, percent_max: 100 }\n"
    "columns:\n  - { name: drug, use: code, list: drug }\n";

static const char dated_list[] = "code,meaning,valid_from,valid_to\n"
                                 "old,Withdrawn,,2026-06-30\n"
                                 "new,Introduced,2026-07-31,\n"
                                 "july,In July,2026-07-01,2026-07-31\n"
                                 "ever,Always,,\n";

static Result try_spec(const char *list, IngestSpec **spec, Error *error)
{
    char folder[512];

    snprintf(folder, sizeof folder, "%s/codes", support_folder());
    mkdir(folder, 0700);
    support_file("codes/drug.csv", list);
    return ingest_spec_open(support_file("spec.yaml", spec_text), NULL, spec, error);
}

static Result take_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    (void)context;
    (void)line;
    (void)row;
    (void)error;
    return RESULT_OK;
}

static Result take_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    (void)context;
    (void)record;
    (void)row;
    (void)error;
    return RESULT_OK;
}

/* What a delivery of this period with this one code breaks; NULL: nothing. */
static const char *broken(Month period, const char *code)
{
    static IngestReport report;
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    char content[64];
    Error error = {0};
    Hash hash;

    cr_assert(try_spec(dated_list, &spec, &error).ok, "%s", error.message);
    snprintf(content, sizeof content, "drug\n%s\n", code);
    const Pass pass = {.spec = spec,
                       .path = support_file("extract.csv", content),
                       .period = period,
                       .sink = {.good = take_good, .bad = take_bad}};
    report = (IngestReport){0};
    cr_assert(pass_run(&pass, &report, &hash, &error).ok, "%s", error.message);
    return report.rule_count > 0 ? report.rules[0].rule : NULL;
}

/* Switch: codes_valid in check_code. */
Test(codes, a_code_must_be_valid_on_a_day_of_the_period)
{
    static const char not_now[] = "column drug: not in list drug in this period";
    const Month june = month_from(2026, 6), july = month_from(2026, 7), august = month_from(2026, 8);

    cr_expect_null(broken(june, "old"), "on its last day");
    cr_expect_str_eq(broken(july, "old"), not_now);
    cr_expect_str_eq(broken(june, "new"), not_now);
    cr_expect_null(broken(july, "new"), "from the last day of the month on");
    cr_expect_null(broken(august, "new"));
    cr_expect_str_eq(broken(june, "july"), not_now);
    cr_expect_null(broken(july, "july"));
    cr_expect_str_eq(broken(august, "july"), not_now);
    cr_expect_null(broken(june, "ever"));
    cr_expect_null(broken(august, "ever"));
}

Test(codes, a_code_that_never_was_is_told_apart)
{
    cr_expect_str_eq(broken(month_from(2026, 7), "none"), "column drug: not in list drug");
}

Test(codes, a_check_without_period_takes_codes_of_all_times)
{
    cr_expect_null(broken(RULE_ANY_PERIOD, "old"));
    cr_expect_null(broken(RULE_ANY_PERIOD, "july"));
    cr_expect_str_eq(broken(RULE_ANY_PERIOD, "none"), "column drug: not in list drug");
}

Test(codes, the_days_are_part_of_the_hash)
{
    SCOPED(ingest_spec_close) IngestSpec *dated = NULL;
    SCOPED(ingest_spec_close) IngestSpec *later = NULL;
    Error error = {0};

    cr_assert(try_spec("code,meaning,valid_from,valid_to\nA,a,2026-01-01,\n", &dated, &error).ok);
    cr_assert(try_spec("code,meaning,valid_from,valid_to\nA,a,2026-01-02,\n", &later, &error).ok);

    cr_expect_neq(memcmp(dated->hash.bytes, later->hash.bytes, HASH_BYTES), 0);
}

Test(codes, wrong_days_are_named)
{
    static const struct {
        const char *list, *message;
    } cases[] = {
        {"code,meaning,valid_from\nA,a,\n", "drug.csv line 1: the header must be code,meaning, then"},
        {"code,meaning,valid_to,valid_from\nA,a,,\n",
         "drug.csv line 1: the header must be code,meaning, then"},
        {"code,meaning,valid_from,valid_to\nA,a,2026-02-30,\n",
         "drug.csv line 2: a date is CCYY-MM-DD, or empty"},
        {"code,meaning,valid_from,valid_to\nA,a,,20260101\n",
         "drug.csv line 2: a date is CCYY-MM-DD, or empty"},
        {"code,meaning,valid_from,valid_to\nA,a,,\nB,b,2026-02-01,2026-01-31\n",
         "drug.csv line 3: valid_to is before valid_from"},
        {"code,meaning,valid_from,valid_to\nA,a,\n", "drug.csv line 2: another number of fields"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
        Error error = {0};

        Result result = try_spec(cases[i].list, &spec, &error);

        cr_expect(!result.ok, "case %zu", i);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect(strstr(error.message, cases[i].message) != NULL, "%s", error.message);
    }
}
