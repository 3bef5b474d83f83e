#pragma once
/* A register and mergers under hub version 1, what is held of them, and a rotation of the key. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/ingest/world.h"

static World world;
static IngestSpec *list, *stay;
static Db *keeper;

/* A register with each kind of token, and mergers. */
static const char list_text[] =
    "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\nrole: register\n"
    "validity: { from: from, to: to }\nrejects: { rows_max: 0, percent_max: 0 }\n"
    "columns:\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: local_id, use: identifier, identity: local_id, issuer: hospital }\n"
    "  - { name: hospital, use: ignored }\n"
    "  - { name: uprn, use: identifier, identity: uprn }\n"
    "  - { name: from, as: held_from, use: date, required: true }\n"
    "  - { name: to, as: held_to, use: date }\n";
static const char stay_text[] =
    "source: stay\ntitle: Mergers\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\nrole: merger\n"
    "validity: { from: from, to: to }\nrejects: { rows_max: 0, percent_max: 0 }\n"
    "columns:\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: superseded, use: identifier, identity: superseded_nhs_number }\n"
    "  - { name: from, as: held_from, use: date, required: true }\n"
    "  - { name: to, as: held_to, use: date }\n";

#define LIST_HEADER "nhs_number,local_id,hospital,uprn,from,to\n"
/* Four people, of whom a merger makes three, and one without a number; two at one address. */
#define LIST_ROWS                                                                                            \
    "9990000018,1,RVV,100,2026-01-01,\n"                                                                     \
    "9990000026,2,RVV,100,2026-01-01,\n"                                                                     \
    "9990000034,3,RVV,200,2026-01-01,\n"                                                                     \
    "9990000042,,,,2026-01-01,\n"                                                                            \
    ",5,RVV,200,2026-01-01,\n"
#define STAY_HEADER "nhs_number,superseded,from,to\n"
#define STAY_ROWS   "9990000018,9990000026,2026-01-01,\n"

static inline void load_all(const char *sender)
{
    IngestDelivery delivery = world_delivery(LIST_HEADER LIST_ROWS);
    delivery.sender = sender;
    world_must_load(&world, list, &delivery);
    delivery = world_delivery(STAY_HEADER STAY_ROWS);
    delivery.sender = sender;
    world_must_load(&world, stay, &delivery);
}

static inline void set_up(void)
{
    world = world_open();
    list = world_spec(list_text);
    world_apply(list);
    stay = world_spec(stay_text);
    world_apply(stay);
    keeper = support_connect("cinque_keeper");
    load_all("hosp_a");
}

static inline void tear_down(void)
{
    db_close(&keeper);
    ingest_spec_close(&list);
    ingest_spec_close(&stay);
    world_close(&world);
}

static inline GovernancePermit *permit_for(GovernanceAction action, const char *object)
{
    const GovernanceRequest request = {.action = action, .person_id = "eng", .object = text_from(object)};
    GovernancePermit *permit = NULL;
    Error error = {0};

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    return permit;
}

static inline void link_subjects(void)
{
    static const char *const steps[] = {
        "SELECT linkage.run_mergers($1, $2)", "SELECT linkage.run_people($1, $2)",
        "SELECT linkage.run_households($1, $2)", "SELECT linkage.run_residences($1, $2)",
        "SELECT people FROM linkage.run_finish($1, $2)"};
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_LINK, "link");
    SCOPED(db_close) Db *linker = support_connect("cinque_linker");
    const DbStatement begin = {.name = "begin",
                               .sql = "SELECT linkage.run_begin($1, 1::int2)::int8",
                               .parameters = {VALUE_BYTES},
                               .columns = {VALUE_INT8}};
    Value values[2] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES)};
    Error error = {0};
    int64_t number;

    cr_assert(db_begin(linker, &error).ok, "%s", error.message);
    cr_assert(db_run_int8(linker, &begin, values, &number, NULL, &error).ok, "%s", error.message);
    values[1] = value_int4(number);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const DbStatement step = {.name = "step",
                                  .sql = steps[i],
                                  .parameters = {VALUE_BYTES, VALUE_INT4},
                                  .columns = {VALUE_INT8}};
        cr_assert(db_run_int8(linker, &step, values, &number, NULL, &error).ok, "%s", error.message);
    }
    cr_assert(db_commit(linker, &error).ok, "%s", error.message);
}

/* Makes hub version 2, which world.keyring does not know. */
static inline Keyring *rotated(void)
{
    Keyring *keyring = NULL;
    Error error = {0};
    int version;

    cr_assert(keyring_rotate(world.keyring_folder, &version, &error).ok, "%s", error.message);
    cr_assert_eq(version, 2);
    cr_assert(keyring_open(world.keyring_folder, &keyring, &error).ok, "%s", error.message);
    return keyring;
}

static inline Result try_rekey(const Keyring *keyring, IngestRekeyReport *report, Error *error)
{
    char object[INGEST_VERSION_BYTES];
    ingest_rekey_object(keyring_hub_version(keyring), object);
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_REKEY, object);

    return ingest_rekey(keeper, keyring, permit, report, error);
}

static inline IngestRekeyReport must_rekey(const Keyring *keyring)
{
    IngestRekeyReport report = {0};
    Error error = {0};

    cr_assert(try_rekey(keyring, &report, &error).ok, "%s", error.message);
    return report;
}

/* From here on the world's loads are under this keyring. */
static inline void use_keyring(Keyring *keyring)
{
    keyring_close(&world.keyring);
    world.keyring = keyring;
}

enum { DUMP_BYTES = 16384 };

static inline const char *dump(const char *sql, char out[DUMP_BYTES])
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "dump", .sql = sql, .columns = {VALUE_TEXT}};
    Error error = {0};

    cr_assert(db_run(db, &statement, NULL, &rows, &error).ok, "%s", error.message);
    Text text = db_text(rows, 0, 0);
    cr_assert_lt(text.length, (size_t)DUMP_BYTES);
    snprintf(out, DUMP_BYTES, "%.*s", TEXT_ARG(text));
    return out;
}

/* All outer tokens and whose they are. */
static const char tokens_sql[] =
    "SELECT concat((SELECT string_agg(concat_ws(' ', subject_id, key_version, coalesce(nhs_token, '\\x00'),"
    "        coalesce(superseded_nhs_token, '\\x00'), coalesce(local_token, '\\x00'),"
    "        coalesce(uprn_token, '\\x00')), '; ' ORDER BY subject_id) FROM subjects.subject), ' / ',"
    "  (SELECT string_agg(concat_ws(' ', p.subject_id, h.uprn_token), '; ' ORDER BY p.subject_id)"
    "     FROM linkage.household AS h JOIN linkage.subject_household AS p USING (household_id)))";
static const char mergers_sql[] = "SELECT string_agg(concat_ws(' ', nhs_token, root_token, is_superseded), "
                                  "'; ' ORDER BY nhs_token) FROM linkage.merger_token";
/* All that is no token: subjects, links, people, households, residences. */
static const char others_sql[] =
    "SELECT concat_ws(' / ',"
    "  (SELECT string_agg((to_jsonb(s) - "
    "'{key_version,nhs_token,superseded_nhs_token,local_token,uprn_token}'"
    "     ::text[])::text, ' ' ORDER BY subject_id) FROM subjects.subject AS s),"
    "  (SELECT string_agg(l::text, ' ' ORDER BY subject_id) FROM linkage.link AS l),"
    "  (SELECT string_agg(p::text, ' ' ORDER BY person_id) FROM linkage.person AS p),"
    "  (SELECT string_agg(concat(household_id, run_id), ' ' ORDER BY household_id) FROM linkage.household),"
    "  (SELECT string_agg(s::text, ' ' ORDER BY subject_id) FROM linkage.subject_household AS s),"
    "  (SELECT string_agg(r::text, ' ' ORDER BY person_id, household_id) FROM linkage.residence AS r))";

/* As a SIGKILL leaves it: an open load with a staged subject, and no session that holds its lock. */
static const char leftover_sql[] =
    "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
    " permit_id, may_replace) VALUES (1, 'hosp_b', 300, 'final', 1, '\\x00', false);"
    "SELECT ingest.staging_make('list', 3, false);"
    "INSERT INTO staging.subject_3 SELECT s.subject_id + 1, s.source_id, s.digest, 3, s.key_version, "
    "s.nhs_token, NULL, NULL, NULL, NULL, NULL, NULL, s.nhs_state FROM subjects.subject AS s";
