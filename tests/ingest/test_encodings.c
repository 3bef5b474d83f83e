/* Encodings of subjects: made where a rule lets somebody link by them, kept apart, and nowhere else. */
#include <stdio.h>
#include <string.h>

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
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding WHERE octet_length(head) ="
                             " ingest.encoding_head_bytes(head)"),
                 2);
    cr_expect_eq(
        world_count("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging' AND tablename LIKE 'enc%'"),
        0);
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

Test(encodings, no_name_stands_in_what_is_stored)
{
    SCOPED(close_tried) Tried tried = open_tried(ALLOWED);

    (void)load(&tried, HEADER ROWS, 0);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding JOIN subjects.encoding_filter USING "
                             "(subject_id) WHERE position(convert_to('quill', 'UTF8') IN head || filters) > 0"
                             " OR position(convert_to('QUILL', 'UTF8') IN head || filters) > 0"
                             " OR position(convert_to('1961', 'UTF8') IN head || filters) > 0"),
                 0);
}
