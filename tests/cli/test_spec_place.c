/* Versions of a source's spec beside each other, and which of them a month is read by. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/spec_place.h"
#include "tests/support/support.h"

#define SPEC(version, days)                                                                                  \
    "source: visit\ntitle: T\nversion: " version "\n" days "file: { format: delimited }\n"                   \
    "update: snapshot\ncontroller: sender\nsubject: none\nrejects: { rows_max: 3, percent_max: 50 }\n"       \
    "columns:\n  - { name: seen_on, use: date, required: true }\n"
#define OLD "effective_from: 2024-04-01\neffective_to: 2025-03-31\n"
#define NEW "effective_from: 2025-04-01\n"

static const char *newest(const char *old, const char *new)
{
    support_file("visit@1.yaml", old);
    return support_file("visit.yaml", new);
}

static int version_for(const char *name, int year, int month)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    Error error = {0};

    cr_assert(spec_open_for(name, month_from(year, month), &spec, &error).ok, "%s", error.message);
    return ingest_spec_version(spec);
}

/* Switch: ingest_spec_covers in cli/spec_place.c. */
Test(spec_place, a_month_is_read_by_the_version_that_was_in_effect)
{
    const char *path = newest(SPEC("1", OLD), SPEC("2", NEW));

    cr_expect_eq(version_for(path, 2025, 3), 1, "a late month of the old layout");
    cr_expect_eq(version_for(path, 2025, 4), 2);
    cr_expect_eq(version_for(path, 2027, 1), 2);
}

Test(spec_place, a_period_as_it_is_typed_chooses_and_none_means_the_newest)
{
    SCOPED(ingest_spec_close) IngestSpec *late = NULL, *newest_of = NULL, *none = NULL;
    const char *path = newest(SPEC("1", OLD), SPEC("2", NEW));
    Error error = {0};

    cr_assert(spec_open_in(path, "2025-03", &late, &error).ok, "%s", error.message);
    cr_assert(spec_open_in(path, NULL, &newest_of, &error).ok, "%s", error.message);

    cr_expect_eq(ingest_spec_version(late), 1);
    cr_expect_eq(ingest_spec_version(newest_of), 2);
    cr_expect_not(spec_open_in(path, "2025-3", &none, &error).ok);
    cr_expect_eq(error.code, ERROR_USAGE);
}

/* A check or a comparison that says nothing of it would praise what a load refuses. */
Test(spec_place, a_month_of_which_a_load_would_be_refused_is_refused)
{
    SCOPED(ingest_spec_close) IngestSpec *none = NULL;
    const char *path = newest(SPEC("1", OLD), SPEC("2", NEW));
    Error error = {0};

    cr_expect_not(spec_open_in(path, "2019-01", &none, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "not in effect yet in the delivery's period"), "%s",
                       error.message);
}

Test(spec_place, an_older_version_that_is_named_is_meant_alone)
{
    newest(SPEC("1", OLD), SPEC("2", NEW));

    cr_expect_eq(version_for(support_file("visit@1.yaml", SPEC("1", OLD)), 2026, 1), 1);
}

static void expect_error(const char *old, const char *new, const char *message)
{
    SCOPED(spec_versions_close) SpecVersions versions = {0};
    Error error = {0};

    cr_expect_not(spec_open_versions(newest(old, new), &versions, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, message) != NULL, "%s", error.message);
}

Test(spec_place, versions_that_overlap_or_leave_a_gap_are_refused)
{
    expect_error(SPEC("1", OLD), SPEC("2", "effective_from: 2025-03-31\n"), "overlap those of");
    expect_error(SPEC("1", OLD), SPEC("2", "effective_from: 2025-04-02\n"), "a gap of days without a layout");
    expect_error(SPEC("1", "effective_from: 2024-04-01\n"), SPEC("2", NEW), "needs an effective_to");
    expect_error(SPEC("2", OLD), SPEC("2", NEW), "its version must be below");
}

Test(spec_place, a_version_of_another_source_is_refused)
{
    expect_error("source: other"
                 "\ntitle: T\nversion: 1\n" OLD "file: { format: delimited }\nupdate: snapshot\n"
                 "controller: sender\nsubject: none\nrejects: { rows_max: 3, percent_max: 50 }\n"
                 "columns:\n  - { name: seen_on, use: date, required: true }\n",
                 SPEC("2", NEW), "not of the source that");
}

Test(spec_place, both_versions_are_opened_oldest_first)
{
    SCOPED(spec_versions_close) SpecVersions versions = {0};
    Error error = {0};

    cr_assert(spec_open_versions(newest(SPEC("1", OLD), SPEC("2", NEW)), &versions, &error).ok, "%s",
              error.message);

    cr_assert_eq(versions.count, 2);
    cr_expect_eq(ingest_spec_version(versions.specs[0]), 1);
    cr_expect_eq(ingest_spec_version(versions.specs[1]), 2);
}

/* Switch: base_name in cli/spec_place.c. */
Test(spec_place, an_at_sign_in_the_folders_name_hides_no_older_version)
{
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s/me@home", support_folder());
    cr_assert_eq(mkdir(folder, 0700), 0);
    support_file("me@home/visit@1.yaml", SPEC("1", OLD));
    const char *path = support_file("me@home/visit.yaml", SPEC("2", NEW));

    cr_expect_eq(version_for(path, 2025, 3), 1);
}
