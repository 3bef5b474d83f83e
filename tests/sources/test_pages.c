#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "ingest/spec.h"
#include "tests/sources/shipped.h"

enum { PAGE_BYTES = 1 << 20 };

static IngestSpec *shipped_spec(const char *name)
{
    IngestSpec *spec = NULL;
    char path[SHIPPED_PATH_BYTES];
    Error error = {0};

    cr_assert(ingest_spec_open(shipped_path("sources", name, ".yaml", path), NULL, &spec, &error).ok, "%s",
              error.message);
    return spec;
}

/* Remedy: cinque source show NAME --markdown > docs/sources/NAME.md */
static void expect_page(const char *name)
{
    static char printed[PAGE_BYTES];
    SCOPED(ingest_spec_close) IngestSpec *spec = shipped_spec(name);
    SCOPED(arena_close) Arena *arena = arena_create(4 * PAGE_BYTES);
    char path[SHIPPED_PATH_BYTES];
    Error error = {0};
    Text written;

    FILE *out = fmemopen(printed, sizeof printed, "w");
    cr_assert_not_null(out);
    ingest_spec_page(spec, true, out);
    cr_assert_eq(fclose(out), 0);

    cr_assert(
        input_read_all(shipped_path("docs/sources", name, ".md", path), PAGE_BYTES, arena, &written, &error)
            .ok,
        "%s", error.message);
    cr_expect(text_equal(written, text_from(printed)), "docs/sources/%s.md is not what the program prints",
              name);
}

Test(pages, each_page_in_docs_is_what_the_program_prints)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, "sources", ".yaml", names);

    cr_assert_gt(count, 12);
    for (size_t i = 0; i < count; i++)
        expect_page(names[i]);
}

Test(pages, docs_hold_no_page_of_a_source_that_is_gone)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *sources[SHIPPED_MAX], *pages[SHIPPED_MAX];

    size_t source_count = shipped_names(arena, "sources", ".yaml", sources);
    size_t page_count = shipped_names(arena, "docs/sources", ".md", pages);

    cr_assert_eq(page_count, source_count);
    for (size_t i = 0; i < page_count; i++)
        cr_expect_str_eq(pages[i], sources[i]);
}

static void expect_meanings(const char *name)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = shipped_spec(name);

    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]))
            cr_expect_gt(spec->columns[i].meaning.length, 0, "%s.%s", name, spec->columns[i].stored.data);
}

Test(pages, each_stored_column_says_what_it_means)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const char *names[SHIPPED_MAX];
    size_t count = shipped_names(arena, "sources", ".yaml", names);

    cr_assert_gt(count, 12);
    for (size_t i = 0; i < count; i++)
        expect_meanings(names[i]);
}

static Text terminology_of(const char *source, const char *column, Arena *arena)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = shipped_spec(source);
    IngestQueried queried;

    cr_assert(ingest_spec_queried(spec, arena, &queried));
    for (size_t i = 0; i < queried.column_count; i++)
        if (text_equal(queried.columns[i].name, text_from(column)))
            return queried.columns[i].terminology;
    return TEXT("no such column");
}

/* schema/030_ingest.sql says the same of the database's catalogue: tests/broker/test_catalogue.c */
Test(pages, diagnoses_are_of_icd_10_and_procedures_of_opcs_4)
{
    static const char *const cases[][3] = {
        {"apc_spell", "primary_diagnosis", "ICD-10"},
        {"apc_spell", "primary_procedure", "OPCS-4"},
        {"apc_episode", "diag_20", "ICD-10"},
        {"apc_episode", "opertn_12", "OPCS-4"},
        {"mhsds_spell", "primary_diagnosis", "ICD-10"},
        {"gp_event", "code", "SNOMED CT"},
        {"apc_spell", "core_hrg", ""},
        {"apc_spell", "admission_method", ""},
    };
    SCOPED(arena_close) Arena *arena = arena_create(4 << 20);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(text_equal(terminology_of(cases[i][0], cases[i][1], arena), text_from(cases[i][2])),
                  "%s.%s", cases[i][0], cases[i][1]);
}
