/* Encodings of subjects: made where a rule lets somebody link by them, kept apart, and nowhere else. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/ingest/world.h"

static const char people_spec[] = "source: list\n"
                                  "title: List\n"
                                  "version: 1\n"
                                  "effective_from: 2024-04-01\n"
                                  "file: { format: delimited, line_bytes_max: 1024 }\n"
                                  "update: snapshot\n"
                                  "controller: sender\n"
                                  "subject: person\n"
                                  "record_key: [list_id]\n"
                                  "rejects: { rows_max: 3, percent_max: 50 }\n"
                                  "columns:\n"
                                  "  - { name: list_id, use: ignored, required: true }\n"
                                  "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
                                  "  - { name: family_name, use: demographic, identity: family_name }\n"
                                  "  - { name: given_name, use: demographic, identity: given_name }\n"
                                  "  - { name: birth_date, use: demographic, identity: birth_date }\n"
                                  "  - { name: postcode, use: demographic, identity: postcode }\n"
                                  "  - { name: kind, use: code, list: kind }\n";

#define HEADER "list_id,nhs_number,family_name,given_name,birth_date,postcode,kind\n"
#define ROWS                                                                                                 \
    "1,,Quillfeather,Marguerite,1961-05-02,ME14 1XX,A\n"                                                     \
    "2,,Quillfeather,Margarete,1961-05-02,ME14 1XX,B\n"                                                      \
    "3,,,,1961-05-02,,A\n"

#define ALLOWED                                                                                              \
    "INSERT INTO governance.linkage (purpose, source_a, source_b, valid_from, valid_to)"                     \
    " VALUES ('phm', 'list', 'list', '2020-01-01', '2090-12-31');"

typedef struct Tried {
    World world;
    IngestSpec *spec;
} Tried;

static Tried open_tried(const char *rules)
{
    Tried tried = {.world = world_open(), .spec = NULL};

    tried.spec = world_spec(people_spec);
    world_apply(tried.spec);
    world_script(rules);
    return tried;
}

static void close_tried(Tried *tried)
{
    ingest_spec_close(&tried->spec);
    world_close(&tried->world);
}

static IngestReport load(const Tried *tried, const char *content, int months)
{
    IngestDelivery delivery = world_delivery(content);

    delivery.period += months;
    return world_must_load(&tried->world, tried->spec, &delivery);
}

Test(encodings, new_subjects_get_one_where_a_rule_lets_them_be_linked)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);

    (void)load(&tried, HEADER ROWS, 0);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 3);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding JOIN subjects.encoding_filter USING "
                             "(subject_id) JOIN subjects.subject USING (subject_id, source_id)"),
                 2, "a birth date alone is in no block");
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 3);
    cr_expect_eq(world_count("SELECT count(DISTINCT (octet_length(head), octet_length(filters))) FROM"
                             " subjects.encoding JOIN subjects.encoding_filter USING (subject_id)"),
                 1, "all are as long as the others");
    cr_expect_eq(
        world_count("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging' AND tablename LIKE 'enc%'"),
        0);
}

/* A file is sorted by names more often than not. Switch: DISTINCT ON and its ORDER BY in
 * ingest.encodings_keep. */
Test(encodings, where_they_lie_tells_nothing_of_the_order_of_the_file)
{
    enum { PEOPLE = 40 };
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    SCOPED(text_builder_close) TextBuilder file = text_builder(1 << 13);

    text_add_string(&file, HEADER);
    for (int i = 0; i < PEOPLE; i++)
        text_add_format(&file, "%d,,%c%cling,Anne,1961-05-%02d,ME14 1XX,A\n", i, 'A' + i / 2,
                        i % 2 == 0 ? 'a' : 'o', 1 + i % 28);
    (void)load(&tried, text_built(&file).data, 0);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), PEOPLE);
    cr_expect_eq(world_count("SELECT count(*) FROM (SELECT subject_id < lag(subject_id) OVER (ORDER BY ctid)"
                             " AS falls FROM subjects.encoding) AS t WHERE falls"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM (SELECT subject_id < lag(subject_id) OVER (ORDER BY ctid)"
                             " AS falls FROM subjects.encoding_filter) AS t WHERE falls"),
                 0);
    cr_expect_gt(world_count("SELECT count(*) FROM (SELECT subject_id < lag(subject_id) OVER (ORDER BY"
                             " line_number) AS falls FROM records.list) AS t WHERE falls"),
                 PEOPLE / 4, "the file has them in another order");
}

/* Switch: ingest.is_encoded in ingest.encoding_open; with `true` in its place this turns red. */
Test(encodings, none_are_made_where_no_rule_lets_anybody_link)
{
    SCOPED(close_tried) Tried tried = open_tried("SELECT 1");

    (void)load(&tried, HEADER ROWS, 0);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_filter"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 0);
}

/* Switch: ingest.is_encoded in ingest.encodings_keep. */
Test(encodings, a_rule_that_ended_while_the_load_waited_keeps_them_out)
{
    SCOPED(close_tried)
    Tried tried =
        open_tried(ALLOWED "CREATE FUNCTION public.end_rule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                           " UPDATE governance.linkage SET ended_on = now(); RETURN NEW; END $$;"
                           "CREATE TRIGGER late BEFORE UPDATE ON ingest.load FOR EACH ROW"
                           " EXECUTE FUNCTION public.end_rule();");

    world_script("GRANT USAGE ON SCHEMA public TO cinque_owner");
    (void)load(&tried, HEADER ROWS, 0);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 3);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0);
}

Test(encodings, those_who_came_before_the_rule_get_theirs_when_they_come_again)
{
    SCOPED(close_tried) Tried tried = open_tried("SELECT 1");

    (void)load(&tried, HEADER ROWS, 0);
    world_script(ALLOWED);
    IngestReport again = load(&tried, HEADER ROWS "4,,Other,Someone,1970-01-01,ME14 1XX,A\n", 1);
    (void)load(&tried, HEADER ROWS, 2);

    cr_expect_eq(again.subjects_new, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 3);
}

Test(encodings, a_load_that_failed_leaves_none)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    IngestDelivery delivery = world_delivery(HEADER ROWS "5,,A,B,no date,ME14 1XX,A\nx\ny\nz\nw\n");
    IngestReport report;
    Error error = {0};

    cr_assert(world_load(&tried.world, tried.spec, &delivery, &report, &error).ok, "%s", error.message);

    cr_expect_eq(report.outcome, INGEST_REJECTED);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0);
    cr_expect_eq(
        world_count("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging' AND tablename LIKE 'enc%'"),
        0);
}

Test(encodings, no_name_stands_in_what_is_sealed)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);

    (void)load(&tried, HEADER ROWS, 0);
    world_open_encodings(&tried.world, "public.opened");

    cr_expect_eq(world_count("SELECT count(*) FROM public.opened WHERE get_byte(encoding, 0) = 1 AND"
                             " get_byte(encoding, 1) = 1"),
                 2, "by blocks");
    cr_expect_eq(world_count("SELECT count(*) FROM public.opened"
                             " WHERE position(convert_to('quill', 'UTF8') IN encoding) > 0"
                             " OR position(convert_to('QUILL', 'UTF8') IN encoding) > 0"
                             " OR position(convert_to('1961', 'UTF8') IN encoding) > 0"),
                 0);
}

/* Switch: encoding_seal in copy_entry; where the encoding is stored as it is this turns red. */
Test(encodings, nothing_of_an_encoding_stands_in_the_tables)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);

    (void)load(&tried, HEADER ROWS, 0);
    world_open_encodings(&tried.world, "public.opened");

    cr_expect_eq(world_count("SELECT count(*) FROM public.opened AS o, subjects.encoding AS e,"
                             " subjects.encoding_filter AS f, generate_series(1, 200) AS n"
                             " WHERE position(substring(o.encoding FROM n FOR 4) IN e.head || f.filters) > 0"
                             "   AND substring(o.encoding FROM n FOR 4) <> '\\x00000000'"),
                 0);
}

/* The program that loads never needs, nor reads, what opens. */
Test(encodings, a_load_stores_them_where_no_key_is_that_opens_them)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    char path[512];
    snprintf(path, sizeof path, "%s/encodings-1.private", tried.world.keyring_folder);
    cr_assert_eq(unlink(path), 0);

    (void)load(&tried, HEADER ROWS, 0);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 2);
}

Test(encodings, who_is_named_again_keeps_what_the_first_load_sealed)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);

    (void)load(&tried, HEADER ROWS, 0);
    (void)load(&tried, HEADER ROWS "4,,Other,Someone,1970-01-01,ME14 1XX,A\n", 1);
    world_open_encodings(&tried.world, "public.opened");

    cr_expect_eq(world_count("SELECT count(*) FROM public.opened"), 3);
    cr_expect_eq(world_count("SELECT count(DISTINCT load_id) FROM subjects.encoding"), 2);
    cr_expect_eq(world_count("SELECT count(DISTINCT header) FROM subjects.encoding_seal"), 2);
}

/* ---- the end of encodings ---- */

static void withdraw(const Tried *tried, int64_t load_id)
{
    Error error = {0};

    cr_assert(world_withdraw(&tried->world, load_id, &error).ok, "%s", error.message);
}

/* Switch: the trigger encodings_unneeded. */
Test(encodings, those_that_a_withdrawn_load_alone_names_go_with_it)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    int64_t load_id = load(&tried, HEADER ROWS, 0).load_id;

    withdraw(&tried, load_id);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_filter"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 0);
}

Test(encodings, whom_another_load_names_keeps_it_until_that_is_withdrawn_too)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    int64_t first = load(&tried, HEADER ROWS, 0).load_id,
            second = load(&tried, HEADER "1,,Quillfeather,Marguerite,1961-05-02,ME14 1XX,A\n", 1).load_id;

    withdraw(&tried, first);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding JOIN subjects.encoding_filter USING"
                             " (subject_id)"),
                 1);

    withdraw(&tried, second);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0, "the first load had sealed it");
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_filter"), 0);
}

Test(encodings, those_whom_a_corrected_delivery_names_no_more_go)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    int64_t first = load(&tried, HEADER ROWS, 0).load_id;
    IngestDelivery corrected = world_delivery(HEADER "1,,Quillfeather,Marguerite,1961-05-02,ME14 1XX,A\n"
                                                     "4,,Other,Someone,1970-01-01,ME14 1XX,A\n");
    char sql[128];
    corrected.replace = true;

    (void)world_must_load(&tried.world, tried.spec, &corrected);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding JOIN subjects.encoding_filter USING"
                             " (subject_id)"),
                 2);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM subjects.encoding WHERE load_id = %d", (int)first);
    cr_expect_eq(world_count(sql), 1, "who is still named keeps theirs");
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_filter"), 2);
}

/* Switch: 'replaced' in the condition of the trigger encodings_unneeded. */
Test(encodings, what_a_replaced_load_sampled_goes_when_it_is_withdrawn)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    int64_t first = load(&tried, HEADER ROWS, 0).load_id;
    IngestDelivery corrected = world_delivery(HEADER "1,,Quillfeather,Marguerite,1961-05-02,ME14 1XX,A\n");
    char sql[128];
    corrected.replace = true;
    (void)world_must_load(&tried.world, tried.spec, &corrected);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM subjects.encoding_reference WHERE load_id = %d",
             (int)first);
    cr_assert_gt(world_count(sql), 0);

    withdraw(&tried, first);

    cr_expect_eq(world_count(sql), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 1);
}

Test(encodings, who_is_delivered_again_after_a_withdrawal_gets_another)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    withdraw(&tried, load(&tried, HEADER ROWS, 0).load_id);

    (void)load(&tried, HEADER ROWS "4,,Other,Someone,1970-01-01,ME14 1XX,A\n", 1);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 3);
}

/* ---- the end of their key ---- */

static Error forget(const Tried *tried, const char *object)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(db_close) Db *keeper = support_connect("cinque_keeper");
    const GovernanceRequest request = {
        .action = GOVERNANCE_KEY_DESTROY, .person_id = "eng", .object = text_from(object)};
    Error error = {0};
    int64_t gone;

    cr_assert(governance_request(tried->world.governance, &request, &permit, &error).ok, "%s", error.message);
    (void)ingest_encodings_forget(keeper, permit, 1, &gone, &error).ok;
    return error;
}

Test(encodings, those_under_a_key_that_is_destroyed_go_and_come_again)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    int version;
    Error error = {0};
    (void)load(&tried, HEADER ROWS, 0);
    cr_assert(keyring_rotate_encodings(tried.world.keyring_folder, &version, &error).ok, "%s", error.message);
    keyring_close(&tried.world.keyring);
    cr_assert(keyring_open(tried.world.keyring_folder, &tried.world.keyring, &error).ok, "%s", error.message);
    (void)load(&tried, HEADER "4,,Other,Someone,1970-01-01,ME14 1XX,A\n", 1);

    error = forget(&tried, "encodings-1");

    cr_assert_eq(error.code, ERROR_NONE, "%s", error.message);
    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.encoding JOIN subjects.encoding_filter USING"
                    " (subject_id) JOIN subjects.encoding_seal USING (load_id) WHERE key_version = 2"),
        1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_filter"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_seal"), 1);
    (void)load(&tried, HEADER ROWS, 2);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 3);
}

Test(encodings, a_permit_for_another_key_forgets_none)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);
    (void)load(&tried, HEADER ROWS, 0);

    Error error = forget(&tried, "1");

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 2);
}
