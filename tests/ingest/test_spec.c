#include "tests/ingest/world.h"

#include <stdio.h>
#include <string.h>

#include "ingest/spec.h"

enum { TEXT_BYTES = 8192 };

/* WORLD_SPEC with the first `from` replaced. */
static const char *changed(const char *from, const char *to)
{
    static char text[TEXT_BYTES];
    const char *at = strstr(WORLD_SPEC, from);

    cr_assert_not_null(at, "the spec has no: %s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - WORLD_SPEC), WORLD_SPEC, to, at + strlen(from));
    return text;
}

static void expect_error(const char *from, const char *to, const char *message)
{
    Error error = {0};

    Result result = world_try_spec(changed(from, to), &error);

    cr_expect(!result.ok, "accepted: %s", to);
    cr_expect_eq(error.code, ERROR_CONFIG, "%s", error.message);
    cr_expect(strstr(error.message, message) != NULL, "got:      %s\nexpected: %s", error.message, message);
}

Test(spec, a_good_spec_is_read_whole)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(WORLD_SPEC);

    cr_expect_str_eq(ingest_spec_source(spec), "visit");
    cr_expect_eq(ingest_spec_version(spec), 1);
    cr_expect_eq(spec->column_count, 12);
    cr_expect_eq(spec->payload_count, 7);
    cr_expect_eq(spec->format.record_bytes_max, 1024);
    cr_expect_eq(spec->event_date, 4);
    cr_expect_eq(spec->exclude_count, 1);
    cr_expect_eq(spec->excludes[0].column, 11);
    cr_expect_eq(spec->excludes[0].kept_count, 3);
    cr_expect_eq(spec->excludes[0].kept[0].length, 0, "empty is a value");
    cr_expect_eq(spec->key_count, 1);
    cr_expect_eq(spec->rejects_max, 3);
    cr_expect_eq(spec->columns[8].max, 100000, "in hundredths");
    cr_expect(text_equal(spec->update, TEXT("replace_by_period")));
}

Test(spec, every_source_of_the_project_is_good)
{
    static const char *const names[] = {"apc_spell",
                                        "council_tax_account",
                                        "death",
                                        "ec_attendance",
                                        "fire_visit",
                                        "gp_event",
                                        "imd",
                                        "lsoa",
                                        "opt_out",
                                        "patient_list",
                                        "practice",
                                        "patient_merger",
                                        "social_care_event"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
        char path[512];
        Error error = {0};
        snprintf(path, sizeof path, "%s/../../sources/%s.yaml", TEST_FILES, names[i]);
        cr_assert(ingest_spec_open(path, NULL, &spec, &error).ok, "%s", error.message);
        cr_expect_str_eq(ingest_spec_source(spec), names[i], "a spec is found by its source's name");
    }
}

Test(spec, a_change_of_text_or_codes_changes_the_hash)
{
    SCOPED(ingest_spec_close) IngestSpec *first = world_spec(WORLD_SPEC);
    SCOPED(ingest_spec_close) IngestSpec *same = world_spec(WORLD_SPEC);
    SCOPED(ingest_spec_close) IngestSpec *commented = world_spec(changed("title: Visits", "title: Visit"));
    SCOPED(ingest_spec_close) IngestSpec *recoded = NULL;
    Error error = {0};

    support_file("codes/kind.csv", "code,meaning\nA,Acute\n");
    cr_assert(ingest_spec_open(support_file("spec.yaml", WORLD_SPEC), NULL, &recoded, &error).ok);

    cr_expect_eq(memcmp(first->hash.bytes, same->hash.bytes, HASH_BYTES), 0);
    cr_expect_neq(memcmp(first->hash.bytes, commented->hash.bytes, HASH_BYTES), 0);
    cr_expect_neq(memcmp(first->hash.bytes, recoded->hash.bytes, HASH_BYTES), 0);
}

Test(spec, what_is_no_spec_is_refused_with_its_place)
{
    expect_error("title: Visits", "title: [", "spec.yaml line 2 column 8:");
    expect_error("title: Visits", "titel: Visits", "unexpected key: titel");
    expect_error("title: Visits\n", "", "missing required mapping field: title");
    expect_error("version: 1", "version: one", "spec.yaml line 3 column 10: invalid INT value");
    expect_error("title: Visits", "title: &t Visits\nrole: *t", "alias");
    expect_error("use: ignored, required: true", "use: ignored, requird: true", "unexpected key: requird");
    expect_error("use: ignored, required: true", "use: ignored, required: nein", "invalid ENUM value: nein");
    expect_error("title: Visits", "title: Visits\nlayout: { confirmed: unconfirmed }",
                 "spec.yaml line 3 column 22: invalid ENUM value");
}

Test(spec, an_empty_spec_is_refused)
{
    Error error = {0};

    cr_expect(!world_try_spec("", &error).ok);
    cr_expect(strstr(error.message, "spec.yaml: empty") != NULL, "%s", error.message);
}

Test(spec, a_spec_that_is_not_utf8_is_refused)
{
    expect_error("Visits", "Vis\xffts", "spec.yaml: not utf-8 text");
}

Test(spec, the_head_is_checked)
{
    expect_error("source: visit", "source: Visit", "line 1, source: a name has up to 40");
    expect_error("source: visit", "source: visit_12", "line 1, source: a name has up to 40");
    expect_error("source: visit", "source: subject", "line 1, source: a name has up to 40");
    expect_error("source: visit", "source: active_x", "line 1, source: a name has up to 40");
    expect_error("source: visit", "source: visit_1a", "line 1, source: a name has up to 40");
    expect_error("source: visit", "source: visit_12b", "line 1, source: a name has up to 40");
    expect_error("source: visit", "source: encoding", "line 1, source: a name has up to 40");
    expect_error("version: 1", "version: 0", "line 3, version: counts from 1");
    expect_error("2024-04-01", "2024-04-31", "line 4, effective_from: a date is");
    expect_error("2024-04-01", "2024-04-01\neffective_to: 2024-03-01", "effective_to: a date is");
    expect_error("update: replace_by_period", "update: never",
                 "update: one of snapshot, replace_by_period, net_change, bulk_replacement");
    expect_error("subject: person", "subject: dog", "subject: one of person, household, none");
    expect_error("subject: person", "subject: person\nrole: king", "role: one of register, merger");
    expect_error("subject: person", "subject: person\ndate_format: us",
                 "date_format: one of iso, compact, british");
    expect_error("subject: person", "subject: person\nextra: keep", "extra: ignore or reject");
    expect_error("rows_max: 3", "rows_max: -1", "rejects: rows_max is 0 or more");
    expect_error("percent_max: 50", "percent_max: 101", "rejects: rows_max is 0 or more");
    expect_error("subject: person", "subject: none", "subject: none, but a column identifies");
    expect_error("subject: person", "subject: household\nonce_a_delivery: true",
                 "once_a_delivery: is said of a source whose subject is a person");
    expect_error("subject: person", "subject: household", "subject: household, but no column is a uprn");
    expect_error("use: identifier, identity: nhs_number", "use: ignored",
                 "subject: person, but no column is a person's identifier");
}

Test(spec, the_file_is_checked)
{
    expect_error("format: delimited", "format: csv",
                 "file: format: delimited, fixed, json_lines, xml or postgres_binary");
    expect_error("line_bytes_max: 1024", "line_bytes_max: 63", "line_bytes_max: 64 to 1048576");
    expect_error("line_bytes_max: 1024", "line_bytes_max: 1048577", "line_bytes_max: 64 to 1048576");
    expect_error("line_bytes_max: 1024", "encoding: latin-1",
                 "encoding: utf-8, utf-16le, utf-16be or windows-1252");
    expect_error("line_bytes_max: 1024", "delimiter: \"abcde\"", "delimiter: 1 to 4 bytes");
    expect_error("line_bytes_max: 1024", "delimiter: \"\\n\"", "delimiter: 1 to 4 bytes");
    expect_error("line_bytes_max: 1024", "quote: xx", "quote: \", ', ` or none");
    expect_error("line_bytes_max: 1024", "skip_lines: -1", "skip_lines: 0 to 1000");
}

Test(spec, references_are_checked)
{
    expect_error("controller: sender", "controller: nobody", "controller: names no column");
    expect_error("controller: sender", "controller: nhs_number",
                 "controller: sender, or a column of use dimension");
    expect_error("event_date: visit_date", "event_date: kind", "event_date: names a column that is no date");
    expect_error("period_date: visit_date", "period_date: when", "period_date: names no column");
    expect_error("withheld: withheld", "withheld: hidden", "withheld: names no column");
    expect_error("column: withheld", "column: id", "exclude: names no column");
    expect_error("record_key: [visit_id]", "record_key: [id]", "record_key: names no column");
    expect_error("subject: person", "subject: person\nvalidity: { from: kind, to: end_date }",
                 "validity: names a column that is no date");
    expect_error("[\"\", \"01\"", "[SECRET, \"01\"", "exclude: a value is both excluded and kept");
    expect_error(", otherwise: [\"\", \"01\", \"03\"]", "", "missing required mapping field: otherwise");
    expect_error("not_before: visit_date", "not_before: cost", "rules: names a column that is no date");
    expect_error("not_before: visit_date", "required_with: none", "rules: names no column");
    expect_error("not_before: visit_date", "equals: A", "rules: one of not_before and required_with");
    expect_error("not_before: visit_date", "not_before: visit_date, equals: A",
                 "rules: one of not_before and required_with");
    expect_error("not_before: visit_date", "not_before: visit_date, required_with: kind",
                 "rules: one of not_before and required_with");
    expect_error("name: ends_before_it_starts", "name: Ends", "rules: a rule's name");
}

Test(spec, columns_are_checked)
{
    expect_error("use: code, list: kind", "use: codes, list: kind", "line 22, column kind: use: identifier,");
    expect_error("use: code, list: kind", "use: code",
                 "column kind: stored text needs a list, a shape or a check");
    expect_error("use: code, list: kind", "use: text",
                 "column kind: stored text needs a list, a shape or a check");
    expect_error("use: code, list: kind", "use: code, list: kind, shape: A",
                 "stored text needs a list, a shape or a check");
    expect_error("use: code, list: kind", "use: code, list: kind, check: snomed",
                 "stored text needs a list, a shape or a check");
    expect_error("use: code, list: kind", "use: code, check: luhn",
                 "column kind: check: only `snomed` is known");
    expect_error("use: code, list: kind", "use: time, list: kind", "column kind: `list` is for");
    expect_error("use: code, list: kind", "use: code, list: ../kind", "column kind: list: a name has");
    expect_error("shape: \"A99?\"", "shape: \"A9?9\"",
                 "column ward: shape: a place that must be there follows");
    expect_error("shape: \"A99?\"", "shape: \"?\"", "column ward: shape: `?` stands behind nothing");
    expect_error("shape: \"A99?\"", "shape: \"\\t\"", "column ward: shape: not printable ASCII");
    expect_error("shape: \"A99?\"", "shape: \"9999999999\"", "column ward: shape: 8 or more bare digits");
    expect_error("shape: \"A99?\"", "shape: \"XXXXXXXX\"", "column ward: shape: 8 or more bare digits");
    expect_error("shape: \"A99?\"", "shape: \"9999999?9?9?9?9?\"", "column ward: shape: 8 or more bare");
    expect_error("min: 1, max: 9", "max: 9", "column beds: a measure needs min and max");
    expect_error("min: 1, max: 9", "min: 1", "column beds: a measure needs min and max");
    expect_error("type: decimal", "type: float", "column cost: a measure has type integer or decimal");
    expect_error("type: integer, ", "", "column beds: a measure has type integer or decimal");
    expect_error("min: 1, max: 9", "min: 9, max: 1", "column beds: min is above max");
    expect_error("max: 9 }", "max: 1.0e300 }", "column beds: min, max: past what is stored");
    expect_error("name: beds", "name: cost", "column cost: is there twice");
    expect_error("name: beds, use: measure", "name: beds, as: cost, use: measure",
                 "column beds: two columns would be stored under one name");
    expect_error("name: beds, use: measure", "name: No. of beds, use: measure",
                 "column No. of beds: cannot be stored under this name");
    expect_error("name: beds, use: measure", "name: beds, as: load_id, use: measure", "this name is taken");
}

Test(spec, a_meaning_is_one_line_of_at_most_160_bytes)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    const char *longest = text_format(arena, "use: presence, meaning: \"%0160d\"", 0).data;
    const char *longer = text_format(arena, "use: presence, meaning: \"%0161d\"", 0).data;

    spec = world_spec(changed("use: presence", longest));

    cr_expect_eq(spec->columns[10].meaning.length, 160);
    cr_expect_eq(spec->columns[0].meaning.length, 0, "not said");
    expect_error("use: presence", longer, "line 26, column urgent: meaning: more than 160 bytes");
    expect_error("use: presence", "use: presence, meaning: \"one\\ntwo\"",
                 "line 26, column urgent: meaning: one line of text, without control characters");
    expect_error("use: presence", "use: presence, meaning: \"\\e[2J\"", "column urgent: meaning: one line");
    expect_error("use: presence", "use: presence, meaning: \"\\N\"", "column urgent: meaning: one line");
    expect_error("use: presence", "use: presence, meaning: \"\"", "line 26 column");
}

Test(spec, keys_stand_where_they_mean_something)
{
    expect_error("use: presence", "use: presence, list: kind", "column urgent: `list` is for");
    expect_error("use: presence", "use: presence, shape: A", "column urgent: `shape` is for");
    expect_error("use: presence", "use: presence, check: snomed", "column urgent: `check` is for");
    expect_error("use: presence", "use: presence, type: integer", "column urgent: `type` is for");
    expect_error("use: presence", "use: presence, min: 1", "column urgent: `min` and `max` are for");
    expect_error("use: presence", "use: presence, identity: sex", "column urgent: `identity` is for");
    expect_error("use: presence", "use: presence, issuer: kind", "column urgent: an issuer is for");
    expect_error("use: presence", "use: presence, scheme: plain", "column urgent: `scheme` is for");
    expect_error("use: presence", "use: presence, invalid: reject", "column urgent: `invalid` is for");
    expect_error("identity: nhs_number", "identity: nhs_number, as: number", "`as` is for what is stored");
}

Test(spec, identities_are_checked)
{
    expect_error("identity: nhs_number", "identity: passport", "column nhs_number: `identity` must name");
    expect_error(", identity: nhs_number", "", "column nhs_number: `identity` must name");
    expect_error("identity: birth_date", "identity: uprn", "use: numbers are identifiers");
    expect_error("identity: birth_date", "identity: nhs_number", "use: numbers are identifiers");
    expect_error("use: demographic, identity: birth_date", "use: identifier, identity: nhs_number",
                 "column birth_date: two columns have this identity");
    expect_error("identity: nhs_number", "identity: nhs_number, invalid: maybe", "invalid: blank or reject");
    expect_error("identity: nhs_number", "identity: local_id", "local_id, and it alone, has one of");
    expect_error("identity: nhs_number", "identity: nhs_number, issuer: kind",
                 "local_id, and it alone, has one of");
    expect_error("identity: nhs_number", "identity: local_id, issuer: nobody", "issuer: no such column");
    expect_error("identity: nhs_number", "identity: nhs_number, shape: \"9\"", "needs `scheme: plain`");
    expect_error("identity: nhs_number", "identity: nhs_number, scheme: fancy, shape: \"9\"",
                 "only `plain` is known");
    expect_error("identity: nhs_number", "identity: nhs_number, scheme: plain",
                 "for identity nhs_number, with a shape");
}

Test(spec, a_missing_code_list_is_named)
{
    Error error = {0};

    Result result = world_try_spec(changed("use: code, list: kind", "use: code, list: none"), &error);

    cr_expect(!result.ok);
    cr_expect(strstr(error.message, "line 22, column kind: ") != NULL, "%s", error.message);
    cr_expect(strstr(error.message, "codes/none.csv") != NULL, "%s", error.message);
}

Test(spec, code_lists_are_checked)
{
    static const struct {
        const char *list, *message;
    } cases[] = {
        {"", "kind.csv line 1: the header must be code,meaning"},
        {"code\nA\n", "kind.csv line 1: the header must be code,meaning"},
        {"code,meaning\n", "kind.csv: no codes"},
        {"code,meaning\nA\n", "kind.csv line 2: another number of fields"},
        {"code,meaning\nA,x\n,y\n", "kind.csv line 3: a code has 1 to 128 bytes"},
        {"code,meaning\n A,x\n", "kind.csv line 2: a code has 1 to 128 bytes"},
        {"code,meaning\nA,x\nB,y\nA,z\n", "kind.csv: code 3 is there twice"},
    };
    Error error = {0};
    cr_assert(world_try_spec(WORLD_SPEC, &error).ok);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
        support_file("codes/kind.csv", cases[i].list);
        error = (Error){0};
        cr_expect(!ingest_spec_open(support_file("spec.yaml", WORLD_SPEC), NULL, &spec, &error).ok);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect(strstr(error.message, cases[i].message) != NULL, "%s", error.message);
    }
}

Test(spec, shapes_match_what_they_say)
{
    static const struct {
        const char *shape, *text;
        bool matches;
    } cases[] = {
        {"A99999", "G82001", true},   {"A99999", "g82001", false}, {"A99999", "G8200", false},
        {"A99999", "G820011", false}, {"A99X?", "I10", true},      {"A99X?", "E119", true},
        {"A99X?", "E11X", true},      {"A99X?", "E11.", false},    {"99:99", "09:30", true},
        {"99:99", "09-30", false},    {"9-99?9?", "1-234", true},  {"9-99?9?", "1-2345", false},
        {"XX", "\xc3\xa9", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Shape shape;
        cr_assert_null(shape_parse(text_from(cases[i].shape), &shape));
        cr_expect_eq(shape_matches(&shape, text_from(cases[i].text)), cases[i].matches, "%s %s",
                     cases[i].shape, cases[i].text);
    }
}

/* ---- registering ---- */

static Result apply_text(const char *text, char out[TEXT_BYTES], Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(text);
    SCOPED(db_close) Db *owner = support_connect("cinque_owner");
    FILE *file = fmemopen(out, TEXT_BYTES, "w");

    memset(out, 0, TEXT_BYTES);
    Result result = ingest_source_apply(owner, spec, file, error);
    fclose(file);
    return result;
}

static void open_database(void)
{
    Db *db = support_database(NULL);

    db_close(&db);
}

static char said[TEXT_BYTES];

Test(spec_ddl, a_new_source_gets_its_tables_and_says_so, .init = open_database)
{
    Error error = {0};

    cr_assert(apply_text(WORLD_SPEC, said, &error).ok, "%s", error.message);

    cr_expect_str_eq(said, "source visit: new, version 1, 7 columns\n");
    cr_expect_eq(
        world_count("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'records' AND"
                    " table_name = 'visit'"),
        12);
    cr_expect_eq(
        world_count(
            "SELECT count(*) FROM ingest.source WHERE name = 'visit' AND subject_kind = 'person' AND"
            " update_mode = 'replace_by_period' AND event_date_column = 'visit_date' AND role IS NULL"),
        1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.source_column WHERE name = 'cost' AND type = 'decimal' AND"
                    " value_max = 100000 AND NOT required"),
        1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_code WHERE list = 'kind' AND"
                             " (code, meaning) IN (('A', 'Acute'), ('C, D', 'Comma, or \"D\"'))"),
                 2);
}

Test(spec_ddl, what_a_column_means_is_kept_and_renewed, .init = open_database)
{
    Error error = {0};
    cr_assert(apply_text(changed("use: presence", "use: presence, meaning: Urgent or not"), said, &error).ok,
              "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_column WHERE name = 'urgent' AND meaning ="
                             " 'Urgent or not'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_column WHERE meaning IS NULL"), 6);

    cr_assert(apply_text(changed("use: presence", "use: presence, meaning: Whether urgent"), said, &error).ok,
              "%s", error.message);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_column WHERE meaning = 'Whether urgent' AND"
                             " last_version = 1"),
                 1);
}

Test(spec_ddl, that_a_delivery_names_each_once_is_kept, .init = open_database)
{
    Error error = {0};
    cr_assert(
        apply_text(changed("subject: person", "subject: person\nonce_a_delivery: true"), said, &error).ok,
        "%s", error.message);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source WHERE name = 'visit' AND once_a_delivery"),
                 1);
}

Test(spec_ddl, the_same_spec_again_changes_nothing, .init = open_database)
{
    Error error = {0};
    cr_assert(apply_text(WORLD_SPEC, said, &error).ok);

    cr_assert(apply_text(WORLD_SPEC, said, &error).ok, "%s", error.message);

    cr_expect_str_eq(said, "source visit: version 1 is registered as it stands\n");
}

Test(spec_ddl, a_newer_version_widens_the_table, .init = open_database)
{
    Error error = {0};
    cr_assert(apply_text(WORLD_SPEC, said, &error).ok);
    char text[TEXT_BYTES];
    snprintf(text, sizeof text, "%s",
             changed("  - { name: urgent, use: presence }\n",
                     "  - { name: urgent, use: presence }\n  - { name: floor, use: measure, type: integer, "
                     "min: 0, max: 9 }\n"));
    *strstr(text, "version: 1") = 'v';
    strstr(text, "version: 1")[9] = '2';

    cr_assert(apply_text(text, said, &error).ok, "%s", error.message);

    cr_expect_str_eq(said, "source visit: version 2\nsource visit: new column floor\n");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_column WHERE first_version = 2"), 1);
    cr_expect_eq(world_count("SELECT count(floor) FROM records.active_visit"), 0, "the view has it too");
}

Test(spec_ddl, an_older_version_stays_beside_a_newer_one_but_never_comes_after_it, .init = open_database)
{
    Error error = {0};
    char second[TEXT_BYTES], third[TEXT_BYTES];
    cr_assert(apply_text(WORLD_SPEC, said, &error).ok);
    snprintf(second, sizeof second, "%s", changed("version: 1", "version: 2"));
    snprintf(third, sizeof third, "%s", changed("version: 1", "version: 3"));
    cr_assert(apply_text(third, said, &error).ok, "%s", error.message);

    cr_expect(apply_text(WORLD_SPEC, said, &error).ok, "%s", error.message);
    cr_expect_str_eq(said, "source visit: version 1 is registered as it stands\n");
    cr_expect_not(apply_text(second, said, &error).ok);
    cr_expect(strstr(error.message, "a newer version than 2 is registered") != NULL, "%s", error.message);
}

Test(spec_ddl, what_is_stored_keeps_its_type, .init = open_database)
{
    Error error = {0};
    cr_assert(apply_text(WORLD_SPEC, said, &error).ok);

    Result result = apply_text(changed("type: integer, min: 1", "type: decimal, min: 1"), said, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "column beds is stored with another type") != NULL, "%s", error.message);
}

Test(spec_ddl, subject_and_update_of_a_source_never_change, .init = open_database)
{
    Error error = {0};
    cr_assert(apply_text(WORLD_SPEC, said, &error).ok);

    Result result = apply_text(changed("update: replace_by_period", "update: snapshot"), said, &error);

    cr_expect(!result.ok);
    cr_expect(strstr(error.message, "subject and update of a registered source cannot change") != NULL, "%s",
              error.message);
}

Test(spec_ddl, a_version_with_loads_keeps_its_text, .init = open_database)
{
    Error error = {0};
    cr_assert(apply_text(WORLD_SPEC, said, &error).ok);
    cr_assert(apply_text(changed("title: Visits", "title: Visit"), said, &error).ok,
              "without loads it may change");
    world_script(
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, 'x', 300, 'final', 1, '\\x00', false)");

    Result result = apply_text(WORLD_SPEC, said, &error);

    cr_expect(!result.ok);
    cr_expect(strstr(error.message, "version 1 has loads and is registered with another text") != NULL, "%s",
              error.message);
}

Test(spec_ddl, only_the_owner_registers, .init = open_database)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(WORLD_SPEC);
    SCOPED(db_close) Db *loader = support_connect("cinque_loader");
    Error error = {0};

    Result result = ingest_source_apply(loader, spec, stdout, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}
