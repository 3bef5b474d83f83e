#pragma once
/* Sources, subjects and presence written straight by the owner, and runs under real permits. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "linkage/linkage.h"
#include "tests/support/support.h"

enum { BENCH_TEXT_BYTES = 4096 };

typedef struct Bench {
    Db *owner, *linker;
    Governance *governance;
} Bench;

/*
 * bench.person(id, source, number, uprn) adds a subject that is present from 2020-01-01; bench.merger(id,
 * superseded, current) one of the merger source; bench.home(id, source, number, uprn, address) one with an
 * address. Numbers and UPRNs are short names, hashed into tokens. Presence is kept apart from the subject, so
 * that a test can end or withdraw it.
 */
static const char bench_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead)"
    " VALUES ('engineer', 4001, 'An Engineer', true, false, false);"
    "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode) VALUES"
    " ('list', 'List', 'person', 'register', 'snapshot'), ('spell', 'Spells', 'person', NULL, 'snapshot'),"
    " ('merging', 'Mergers', 'person', 'merger', 'snapshot'), ('tax', 'Tax', 'household', NULL, 'snapshot');"
    "CREATE TABLE records.bench (subject_id int8, source text, valid_from date, valid_to date);"
    "CREATE VIEW presence.list AS SELECT subject_id, 1 AS load_id, valid_from, valid_to FROM records.bench"
    " WHERE source = 'list';"
    "CREATE VIEW presence.merging AS SELECT subject_id, 1 AS load_id, valid_from, valid_to FROM records.bench"
    " WHERE source = 'merging';"
    "RESET ROLE; CREATE SCHEMA bench;"
    "CREATE FUNCTION bench.token(name text) RETURNS bytea LANGUAGE sql AS"
    " 'SELECT substr(sha256(convert_to(name, ''UTF8'')), 1, 16)';"
    "CREATE FUNCTION bench.add(id int8, source text, number text, superseded text, uprn text) RETURNS void"
    " LANGUAGE sql AS $$"
    "  INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_token,"
    "         superseded_nhs_token, uprn_token, nhs_state, birth_year, birth_month, sex)"
    "  SELECT id, s.source_id, bench.token('digest' || id), 1, 1, bench.token(number), "
    "bench.token(superseded),"
    "         bench.token(uprn), CASE WHEN number IS NULL THEN 0 ELSE 1 END,"
    "         extract(year FROM current_date)::int2 - 30, 1, '2'"
    "    FROM ingest.source AS s WHERE s.name = source;"
    "  INSERT INTO records.bench VALUES (id, source, '2020-01-01', NULL) $$;"
    "CREATE FUNCTION bench.person(id int8, source text, number text, uprn text) RETURNS void LANGUAGE sql AS"
    " $$ SELECT bench.add(id, source, number, NULL, uprn) $$;"
    "CREATE FUNCTION bench.home(id int8, source text, number text, uprn text, address text) RETURNS void"
    " LANGUAGE sql AS $$ SELECT bench.add(id, source, number, NULL, uprn);"
    "  UPDATE subjects.subject SET address_token = bench.token(address) WHERE subject_id = id $$;"
    "CREATE FUNCTION bench.merger(id int8, superseded text, current text) RETURNS void LANGUAGE sql AS"
    " $$ SELECT bench.add(id, 'merging', current, superseded, NULL) $$;";

static inline void bench_run(Db *db, const char *sql)
{
    Error error = {0};
    Result done = db_script(db, "bench", sql, &error);

    cr_assert(done.ok, "%s", error.message);
}

static inline Bench bench_open(void)
{
    Bench bench = {.owner = support_database(NULL)};
    Error error = {0};

    bench_run(bench.owner, bench_sql);
    bench.linker = support_connect("cinque_linker");
    Result opened = governance_open(support_conninfo("cinque_governor"), &bench.governance, &error);
    cr_assert(opened.ok, "%s", error.message);
    return bench;
}

static inline void bench_close(Bench *bench)
{
    db_close(&bench->owner);
    db_close(&bench->linker);
    governance_close(&bench->governance);
}

static inline GovernancePermit *bench_permit(Bench *bench, GovernanceAction action, const char *object)
{
    const GovernanceRequest request = {
        .action = action, .person_id = "engineer", .object = text_from(object)};
    GovernancePermit *permit = NULL;
    Error error = {0};
    Result granted = governance_request(bench->governance, &request, &permit, &error);

    cr_assert(granted.ok, "%s", error.message);
    return permit;
}

/*
 * Stands for the opener of stored encodings, which linkage knows by its promise alone: what is sealed here is
 * load, subject and part in clear before the bytes, and opens in that place only.
 */
static inline Result bench_add_load(void *context, int64_t load_id, int key_version, Text header,
                                    Error *error)
{
    (void)context;
    (void)header;
    return key_version == 1
               ? RESULT_OK
               : fail(error, ERROR_CONFIG, "load %" PRId64 ": no key of version %d", load_id, key_version);
}

static inline Result bench_open_sealed(void *context, const LinkageSealed *sealed, char *opened,
                                       size_t *length, Error *error)
{
    char place[64];
    int place_length = snprintf(place, sizeof place, "%" PRId64 " %" PRId64 " %d:", sealed->load_id,
                                sealed->subject_id, (int)sealed->part);

    (void)context;
    if (sealed->bytes.length < (size_t)place_length ||
        memcmp(sealed->bytes.data, place, (size_t)place_length) != 0)
        return fail(error, ERROR_INPUT, "load %" PRId64 ": an encoding in another's place", sealed->load_id);
    *length = sealed->bytes.length - (size_t)place_length;
    memcpy(opened, sealed->bytes.data + place_length, *length);
    return RESULT_OK;
}

static const LinkageOpener bench_opener = {.add_load = bench_add_load, .open = bench_open_sealed};

static inline Result bench_try_link(Bench *bench, LinkageReport *report, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = bench_permit(bench, GOVERNANCE_LINK, "link");

    return linkage_run(bench->linker, &bench_opener, permit, report, error);
}

static inline LinkageReport bench_link(Bench *bench)
{
    LinkageReport report = {0};
    Error error = {0};
    Result done = bench_try_link(bench, &report, &error);

    cr_assert(done.ok, "%s", error.message);
    return report;
}

static inline Result bench_try_undo(Bench *bench, int64_t run_id, Error *error)
{
    char object[24];

    snprintf(object, sizeof object, "%" PRId64, run_id);
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(bench, GOVERNANCE_LINK_UNDO, object);
    return linkage_undo(bench->linker, permit, run_id, error);
}

static inline void bench_undo(Bench *bench, int64_t run_id)
{
    Error error = {0};
    Result done = bench_try_undo(bench, run_id, &error);

    cr_assert(done.ok, "%s", error.message);
}

/* One text from the database; sql gives one row of one text. */
static inline const char *bench_text(Bench *bench, const char *sql, char out[BENCH_TEXT_BYTES])
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "bench text", .sql = sql, .columns = {VALUE_TEXT}};
    Error error = {0};
    Result done = db_run(bench->owner, &statement, NULL, &rows, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_assert_eq(db_row_count(rows), 1);
    snprintf(out, BENCH_TEXT_BYTES, "%.*s", TEXT_ARG(db_text(rows, 0, 0)));
    return out;
}

/* Who is one person: "1,2|3", subjects in order, whatever the ids of people are. */
static inline const char *bench_people(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(
        bench,
        "SELECT coalesce(string_agg(members, '|' ORDER BY first), '') FROM ("
        " SELECT min(subject_id) AS first, string_agg(subject_id::text, ',' ORDER BY subject_id) AS members"
        "   FROM linkage.current_link GROUP BY person_id) AS person",
        out);
}

/* All that a run may have made, for "as it was before". */
static inline const char *bench_state(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(
        bench,
        "SELECT concat_ws(' / ',"
        " (SELECT string_agg(l::text, ' ' ORDER BY subject_id) FROM linkage.link AS l),"
        " (SELECT string_agg(p::text, ' ' ORDER BY person_id) FROM linkage.person AS p),"
        " (SELECT string_agg(h::text, ' ' ORDER BY household_id) FROM linkage.household AS h),"
        " (SELECT string_agg(s::text, ' ' ORDER BY subject_id) FROM linkage.subject_household AS s),"
        " (SELECT string_agg(r::text, ' ' ORDER BY person_id, household_id, valid_from) FROM "
        "linkage.residence AS r))",
        out);
}

static inline const char *bench_residences(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(
        bench,
        "SELECT coalesce(string_agg(concat(l.subject_id, ' ', r.valid_from, '..', r.valid_to), '; '"
        "       ORDER BY l.subject_id, r.valid_from, r.valid_to), '')"
        "  FROM linkage.residence AS r"
        "  JOIN (SELECT person_id, min(subject_id) AS subject_id FROM linkage.current_link GROUP BY 1) AS l"
        " USING (person_id)",
        out);
}
