/* Of each fixture the rows that its own spec takes: what is proposed for them takes them too. */
#include <sys/stat.h>

#include "base/input.h"
#include "ingest/pass.h"
#include "tests/sources/shipped.h"
#include "tests/support/support.h"

enum { FIXTURE_BYTES = 1 << 20, COPIES = 12 };

static const char fixtures[] = "tests/sources/fixtures";

typedef struct Good {
    Text file;
    TextBuilder rows;
} Good;

/* support_file keeps each path: too few for all fixtures. */
static const char *write_file(const char *name, Text content, char path[SHIPPED_PATH_BYTES])
{
    snprintf(path, SHIPPED_PATH_BYTES, "%s/%s", support_folder(), name);
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    cr_assert_eq(fwrite(content.data, 1, content.length, out), content.length);
    cr_assert_eq(fclose(out), 0);
    return path;
}

static Text line_of(Text file, uint64_t line)
{
    Text rest = file, found = {0};

    for (uint64_t i = 0; i < line; i++)
        found = text_next(&rest, '\n');
    return found;
}

static Result keep_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Good *good = context;

    (void)row;
    (void)error;
    text_add(&good->rows, line_of(good->file, line));
    text_add_char(&good->rows, '\n');
    return RESULT_OK;
}

static Result leave_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    (void)context;
    (void)record;
    (void)row;
    (void)error;
    return RESULT_OK;
}

/* The header and so many copies of the good rows. */
static const char *clean_sample(const char *name, size_t copies)
{
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    static char sample_path[SHIPPED_PATH_BYTES];
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    char path[SHIPPED_PATH_BYTES], csv[SHIPPED_PATH_BYTES];
    Good good = {.rows = text_builder(FIXTURE_BYTES)};
    TextBuilder sample = text_builder(2 * COPIES * FIXTURE_BYTES);
    IngestReport report = {0};
    Hash content;
    Error error = {0};

    cr_assert(ingest_spec_open(shipped_path("sources", name, ".yaml", path), NULL, &spec, &error).ok, "%s",
              error.message);
    shipped_path(fixtures, name, ".csv", csv);
    cr_assert(input_read_all(csv, FIXTURE_BYTES, arena, &good.file, &error).ok, "%s", error.message);
    const Pass pass = {.spec = spec,
                       .path = csv,
                       .period = RULE_ANY_PERIOD,
                       .sink = {.context = &good, .good = keep_good, .bad = leave_bad}};
    cr_assert(pass_run(&pass, &report, &content, &error).ok, "%s: %s", name, error.message);
    text_add(&sample, line_of(good.file, 1));
    text_add_char(&sample, '\n');
    for (size_t i = 0; i < copies; i++)
        text_add(&sample, text_built(&good.rows));
    write_file("sample.csv", text_built(&sample), sample_path);
    text_builder_close(&good.rows);
    text_builder_close(&sample);
    return sample_path;
}

static IngestSpec *propose(const char *sample, const char *name, bool with_codes)
{
    char codes[SHIPPED_PATH_BYTES], path[SHIPPED_PATH_BYTES];
    IngestProposal wanted = {.source = "proposed"};
    IngestSpec *spec = NULL;
    Error error = {0};
    FILE *out = fopen(write_file("proposed.yaml", TEXT(""), path), "w");

    cr_assert_not_null(out);
    snprintf(codes, sizeof codes, "%s/codes-%s", support_folder(), name);
    cr_assert_eq(mkdir(codes, 0700), 0);
    wanted.codes_folder = with_codes ? codes : NULL;
    cr_assert(ingest_propose(sample, &wanted, out, &error).ok, "%s: %s", name, error.message);
    fclose(out);
    cr_assert(ingest_spec_open(path, codes, &spec, &error).ok, "%s: %s", name, error.message);
    return spec;
}

static void expect_all_taken(const char *name, size_t copies, bool with_codes)
{
    const char *sample = clean_sample(name, copies);
    SCOPED(ingest_spec_close) IngestSpec *spec = propose(sample, name, with_codes);
    IngestReport report;
    Error error = {0};

    cr_assert(ingest_check(spec, sample, &report, &error).ok, "%s: %s", name, error.message);

    cr_expect_eq(report.rows_quarantined, 0, "%s: %s", name, report.rules[0].rule);
    cr_expect_gt(report.rows_loaded, 0, "%s", name);
}

static void for_each_fixture(void (*expect)(const char *name, size_t copies, bool with_codes), size_t copies,
                             bool with_codes)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, fixtures, ".csv", names);

    cr_assert_geq(count, 30);
    for (size_t i = 0; i < count; i++)
        expect(names[i], copies, with_codes);
}

Test(propose, what_is_proposed_for_the_good_rows_of_every_fixture_takes_them)
{
    for_each_fixture(expect_all_taken, 1, false);
}

/* Of so many copies each value is in ten rows: every column of few values gets its list. */
Test(propose, what_is_proposed_with_code_lists_takes_them_too)
{
    for_each_fixture(expect_all_taken, COPIES, true);
}

static void expect_opens(const char *name, size_t copies, bool with_codes)
{
    char csv[SHIPPED_PATH_BYTES];
    SCOPED(ingest_spec_close)
    IngestSpec *spec = propose(shipped_path(fixtures, name, ".csv", csv), name, with_codes);
    IngestReport report;
    Error error = {0};

    (void)copies;
    cr_expect(ingest_check(spec, csv, &report, &error).ok, "%s: %s", name, error.message);
}

Test(propose, what_is_proposed_for_a_file_with_bad_rows_can_be_opened)
{
    for_each_fixture(expect_opens, 1, false);
}

static SpecUse use_of(const IngestSpec *spec, const char *name)
{
    int column = spec_find(spec, text_from(name));

    cr_assert_neq(column, SPEC_NONE, "%s", name);
    return spec->columns[column].use;
}

Test(propose, identities_of_the_patient_list_are_found)
{
    const char *sample = clean_sample("patient_list", COPIES);
    SCOPED(ingest_spec_close) IngestSpec *spec = propose(sample, "patient_list", false);
    static const struct {
        const char *name;
        IdentityField field;
    } expected[] = {
        {"nhs_number", IDENTITY_NHS_NUMBER},
        {"uprn", IDENTITY_UPRN},
        {"postcode", IDENTITY_POSTCODE},
        {"date_of_birth", IDENTITY_BIRTH_DATE},
        {"gender", IDENTITY_SEX},
        {"family_name", IDENTITY_FAMILY_NAME},
        {"given_name", IDENTITY_GIVEN_NAME},
        {"address_line", IDENTITY_ADDRESS},
    };

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        int column = spec_find(spec, text_from(expected[i].name));
        cr_assert_neq(column, SPEC_NONE);
        cr_expect(spec_column_identifies(&spec->columns[column]), "%s", expected[i].name);
        cr_expect_eq(spec->columns[column].field, expected[i].field, "%s", expected[i].name);
    }
    cr_expect_eq(use_of(spec, "business_effective_from"), SPEC_DATE);
    cr_expect(text_equal(spec->subject, TEXT("person")));
}
