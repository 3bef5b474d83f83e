/* What a release's blocks hold is what its tables hold, cell by cell and in order. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "query/dataset_listed.h"
#include "query/engine.h"
#include "query/index.h"
#include "tests/query/county.h"

enum { LINE_BYTES = 256 };

static Hash manifest_of(int release)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "manifest",
                                   .sql = "SELECT manifest FROM release.release WHERE release_id = $1",
                                   .parameters = {VALUE_INT4},
                                   .columns = {VALUE_BYTES}};
    const Value parameters[] = {value_int4(release)};
    Hash hash = {0};

    COUNTY_MUST(db_run(db, &statement, parameters, &rows, must));
    cr_assert_eq(db_text(rows, 0, 0).length, HASH_BYTES);
    memcpy(hash.bytes, db_text(rows, 0, 0).data, HASH_BYTES);
    return hash;
}

static DatasetHold *open_release(Db *reader, int release)
{
    Hash manifest = manifest_of(release);
    DatasetHold *hold = NULL;

    COUNTY_MUST(dataset_open(reader, release, &manifest, &hold, must));
    return hold;
}

static void fetch_all(DatasetHold *hold, Db *reader, int source)
{
    const DataSource *data = &dataset_of(hold)->sources[source];

    for (size_t c = 0; c < data->column_count; c++) {
        const DatasetColumn column = {.source = (uint16_t)source, .column = (uint16_t)c};
        COUNTY_MUST(dataset_fetch(hold, reader, &column, 1, must));
    }
}

/* As PostgreSQL writes it as text; of decimals with two places; a dash for what is not known. */
static Text cell_text(const Dataset *dataset, const DataColumn *column, size_t row, char text[LINE_BYTES])
{
    int64_t number = NUMBER_UNKNOWN;

    if (column->decimals != NULL) {
        snprintf(text, LINE_BYTES, isfinite(column->decimals[row]) ? "%.2f" : "-", column->decimals[row]);
        return text_from(text);
    }
    if (column->wide != NULL)
        number = column->wide[row];
    else if (column->narrow[row] != SMALL_UNKNOWN)
        number = column->narrow[row];
    if (number == NUMBER_UNKNOWN)
        return TEXT("-");
    switch (column->type) {
    case TYPE_BOOL:
        return number == 1 ? TEXT("true") : TEXT("false");
    case TYPE_DATE:
        return text_from(date_format((Date)number, text));
    case TYPE_TEXT:
        return dataset->words[number];
    default:
        snprintf(text, LINE_BYTES, "%" PRId64, number);
        return text_from(text);
    }
}

/* sql: person_number and the columns as texts, in order. Gives the number of rows. */
static size_t expect_same(Db *db, const Dataset *dataset, int number, const char *sql)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DataSource *source = &dataset->sources[number];
    DbStatement statement = {.name = "table", .sql = sql, .columns = {VALUE_INT4}};
    char text[LINE_BYTES];
    size_t row = 0;

    for (size_t c = 0; c < source->column_count; c++)
        statement.columns[c + 1] = VALUE_TEXT;
    COUNTY_MUST(db_run(db, &statement, NULL, &rows, must));
    cr_assert_eq(source->begin[dataset->people], db_row_count(rows), "source %d", number);
    for (uint32_t p = 0; p < dataset->people; p++)
        for (; row < source->begin[p + 1]; row++) {
            cr_assert_eq(db_int(rows, row, 0), p + 1, "source %d row %zu", number, row);
            for (size_t c = 0; c < source->column_count; c++) {
                Text expected = db_is_null(rows, row, c + 1) ? TEXT("-") : db_text(rows, row, c + 1);
                Text held = cell_text(dataset, &source->columns[c], row, text);
                cr_assert(text_equal(expected, held), "source %d column %zu row %zu: %.*s is %.*s", number, c,
                          row, TEXT_ARG(expected), TEXT_ARG(held));
            }
        }
    return row;
}

/* Columns of the table in its order, texts as bytes order them. */
static const char table_sql[] =
    "SELECT format('SELECT %1$s.person_number%2$s%3$s FROM release_1.%4$I AS t %5$s ORDER BY 1%6$s%7$s',"
    "  CASE WHEN bool_or(a.attname = 'household_number' AND a.attnum = 1) THEN 'h' ELSE 't' END,"
    "  string_agg(format(', t.%I::text', a.attname), '' ORDER BY a.attnum) FILTER (WHERE shown),"
    "  CASE WHEN bool_or(a.attname = 'household_number' AND a.attnum = 1)"
    "       THEN ', h.valid_from::text, h.valid_to::text' END,"
    "  min(c.relname),"
    "  CASE WHEN bool_or(a.attname = 'household_number' AND a.attnum = 1)"
    "       THEN 'JOIN release_1.household AS h USING (household_number)' END,"
    "  string_agg(format(', t.%I%s NULLS FIRST', a.attname, CASE WHEN a.atttypid = 'text'::regtype"
    "             THEN ' COLLATE \"C\"' END), '' ORDER BY a.attnum) FILTER (WHERE shown),"
    "  CASE WHEN bool_or(a.attname = 'household_number' AND a.attnum = 1)"
    "       THEN ', h.valid_from NULLS FIRST, h.valid_to NULLS FIRST' END)"
    "  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0,"
    "       LATERAL (SELECT a.attname NOT IN ('person_number', 'record_number')"
    "                       AND NOT (a.attname = 'household_number' AND a.attnum = 1) AS shown) AS s"
    " WHERE c.oid = format('release_1.%I', $1)::regclass";

/* Gives how many columns have them. */
static size_t expect_codes(const DataSource *source, uint32_t people)
{
    size_t cells = source->begin[people], coded = 0;

    for (size_t c = 0; c < source->column_count; c++) {
        const DataCodes *codes = &source->codes[c];
        const int32_t *narrow = source->columns[c].narrow;
        cr_assert(codes->cells == NULL || narrow != NULL);
        cr_expect(codes->cells != NULL || narrow == NULL || cells > DATA_CODES_MAX, "few cells, few values");
        coded += codes->cells != NULL;
        for (size_t i = 0; codes->cells != NULL && i < cells; i++) {
            uint8_t code = codes->cells[i];
            cr_assert_eq(narrow[i], code == 0 ? SMALL_UNKNOWN : codes->values[code - 1]);
        }
    }
    return coded;
}

static size_t expect_source(Db *reader, DatasetHold *hold, int source)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const Dataset *dataset = dataset_of(hold);
    const DbStatement statement = {
        .name = "table", .sql = table_sql, .parameters = {VALUE_TEXT}, .columns = {VALUE_TEXT}};
    const Value parameters[] = {value_text(dataset->sources[source].name)};

    COUNTY_MUST(db_run(db, &statement, parameters, &rows, must));
    fetch_all(hold, reader, source);
    size_t coded = expect_codes(&dataset->sources[source], dataset->people);
    cr_expect(coded > 0 || source > 0, "of people some columns have few values");
    return expect_same(db, dataset, source, text_to_string(arena, db_text(rows, 0, 0)));
}

static void expect_release(size_t least_rows)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    size_t rows = 0;

    for (size_t s = 0; s < dataset_of(hold)->source_count; s++)
        rows += expect_source(reader, hold, (int)s);
    cr_expect_geq(rows, least_rows);
}

/* All that can be unknown is, somewhere; a number of more than 32 bits, the empty text, one beyond ASCII. */
static const char odd_cells[] =
    "UPDATE records.gp_event SET clinical_effective_date = NULL WHERE line_number % 7 = 0;"
    "UPDATE records.gp_event SET code = NULL WHERE line_number % 11 = 0;"
    "UPDATE records.gp_event SET result_value = line_number * -1.07 WHERE line_number % 3 = 0;"
    "UPDATE records.gp_event SET result_value = 999999999999.99 WHERE line_number = 12;"
    "UPDATE records.gp_event SET code = '' WHERE line_number = 13;"
    "UPDATE records.gp_event SET code = 'd\303\251j\303\240' WHERE line_number = 14;"
    "UPDATE records.gp_event SET clinical_effective_date = '1870-02-28' WHERE line_number = 15;"
    "UPDATE records.apc_spell SET length_of_hospital_stay = -5000000000 WHERE line_number = 20;"
    "UPDATE records.patient_list SET care_home = NULL, business_effective_from = NULL WHERE line_number % 9 "
    "= 0;"
    "UPDATE records.fire_visit SET risk_level = NULL WHERE line_number % 8 = 0;"
    "UPDATE subjects.subject SET birth_year = NULL, birth_month = NULL, sex = NULL"
    " WHERE subject_id % 100000000 % 13 = 0";

/* How many columns and lists are stored as differences, and how many are not. */
static void count_forms(const Manifest *manifest, size_t forms[2])
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(block_unpacker_close) BlockUnpacker *unpacker = NULL;
    const DbStatement statement = {
        .name = "blocks",
        .sql = "SELECT kind, source, \"column\", part, content FROM release_1.block WHERE kind IN (4, 6, 7)",
        .columns = {VALUE_INT4, VALUE_INT4, VALUE_INT4, VALUE_INT4, VALUE_BYTES}};

    COUNTY_MUST(block_unpacker_open(&unpacker, must));
    COUNTY_MUST(db_run(db, &statement, NULL, &rows, must));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        const BlockPlace place = {.kind = (uint32_t)db_int(rows, i, 0),
                                  .source = (uint32_t)db_int(rows, i, 1),
                                  .column = (uint32_t)db_int(rows, i, 2),
                                  .part = (uint32_t)db_int(rows, i, 3)};
        Text raw;
        cr_assert(block_unpacker_unpack(unpacker, db_text(rows, i, 4),
                                        manifest_block(manifest, &place)->bytes, &raw));
        forms[raw.data[1] != 0]++;
    }
}

/* Switch: replace_block in query/index_blocks.c. */
static void expect_both_forms(void)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    size_t forms[2] = {0};

    count_forms(&hold->kept->manifest, forms);

    cr_expect_gt(forms[0], 10);
    cr_expect_gt(forms[1], 10);
}

Test(dataset, blocks_hold_what_the_tables_hold)
{
    index_part_people = 37;
    county_make(300, 4);
    county_sql(odd_cells);

    county_release();

    expect_release(1500);
    expect_both_forms();
    cr_expect_gt(
        county_number("SELECT count(*) FROM release_1.gp_event WHERE clinical_effective_date IS NULL"), 10,
        "of each kind there is one");
    cr_expect_gt(county_number("SELECT count(*) FROM release_1.block"), 100);
}

static const char one_opt_out[] =
    "INSERT INTO records.opt_out (load_id, line_number, subject_id, decision, list_date)"
    " VALUES (5, 1, 500000001, 'not_allowed', '2026-06-20')";

Test(dataset, blocks_hold_one_person)
{
    county_make(1, 2);
    county_sql(one_opt_out);
    county_sql("UPDATE records.opt_out SET decision = 'allowed'");

    county_release();

    expect_release(3);
}

Test(dataset, blocks_hold_nobody)
{
    county_make(1, 2);
    county_sql(one_opt_out);

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 0);
    expect_release(0);
}

/* As the queries that are made from it find them. */
Test(dataset, sources_are_found_by_name_and_person_is_the_first)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    county_make(60, 1);
    county_release();

    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);

    const Dataset *dataset = dataset_of(hold);
    cr_expect_eq(dataset_source(dataset, TEXT("person")), 0);
    cr_expect_eq(dataset_source(dataset, TEXT("registration")), 1);
    cr_expect_eq(dataset_source(dataset, TEXT("guard")), -1, "what controls compare is no source");
    int fire = dataset_source(dataset, TEXT("fire_visit"));
    cr_assert_geq(fire, 0);
    cr_expect_eq(dataset_column(&dataset->sources[fire], TEXT("visit_date")), 0);
    cr_expect_eq(dataset_column(&dataset->sources[fire], TEXT("household_from")), 2);
    cr_expect_eq(dataset_column(&dataset->sources[fire], TEXT("household_to")), 3);
    cr_expect_eq(dataset_column(&dataset->sources[fire], TEXT("record_number")), -1);
    cr_expect_null(dataset->sources[fire].begin, "nothing is fetched that was not asked for");
    cr_expect_null(dataset->sources[fire].columns[0].narrow);
    int gp = dataset_source(dataset, TEXT("gp_event"));
    cr_expect_eq(dataset->sources[gp].columns[2].type, TYPE_DECIMAL);
    cr_expect_geq(dataset_word(dataset, TEXT("D1")), 0);
    cr_expect_eq(dataset_word(dataset, TEXT("D0")), -1);
}

/* ---- posting lists ---- */

enum { ALL_LISTS_MAX = 4096, CODE = 1, DAY = 0 }; /* columns of gp_event */

static PostingWant want_of(const Dataset *dataset, int source, const uint32_t *lists, size_t count)
{
    return (PostingWant){
        .source = (uint16_t)source, .postings = dataset->sources[source].postings, lists, count};
}

/* Every step-th list, as if an answer wanted them. */
static void fetch_lists(DatasetHold *hold, Db *reader, int source, uint32_t first, uint32_t step)
{
    uint32_t lists[ALL_LISTS_MAX];
    size_t count = 0;

    COUNTY_MUST(listed_find(hold, reader, (uint16_t)source, must));
    const Postings *postings = dataset_of(hold)->sources[source].postings;
    cr_assert_leq(postings->list_count, ALL_LISTS_MAX);
    for (uint32_t i = first; i < postings->list_count; i += step)
        lists[count++] = i;
    const PostingWant want = want_of(dataset_of(hold), source, lists, count);
    COUNTY_MUST(listed_fetch(hold, reader, &want, must));
}

static void expect_same_lists(const Postings *held, const Postings *made)
{
    cr_assert_eq(held->list_count, made->list_count);
    cr_expect_eq(held->first_day, made->first_day);
    cr_expect_eq(held->last_day, made->last_day);
    for (uint32_t i = 0; i < made->list_count; i++) {
        const PostingList *a = &held->lists[i], *b = &made->lists[i];
        cr_assert_eq(held->codes[i], made->codes[i]);
        cr_assert_eq(a->count, b->count);
        cr_assert_not_null(a->days, "list %u", i);
        cr_assert_eq(memcmp(a->days, b->days, b->count * sizeof *b->days), 0, "list %u", i);
        cr_assert_eq(memcmp(a->people, b->people, b->count * sizeof *b->people), 0, "list %u", i);
    }
}

/* Against those that are made of the columns in memory; 75,000 rows are more than a block of lists holds. */
static void expect_lists(int people, int events, const char *change)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(arena_close) Arena *arena = arena_create(1 << 26);
    Postings made;
    index_part_people = 1000;
    county_make(people, events);
    county_sql(change);
    county_release();
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    int source = dataset_source(dataset_of(hold), TEXT("gp_event"));

    fetch_lists(hold, reader, source, 0, 3);
    fetch_lists(hold, reader, source, 1, 2);
    fetch_lists(hold, reader, source, 0, 1);

    fetch_all(hold, reader, source);
    postings_build(dataset_of(hold), (uint16_t)source, CODE, DAY, 1, arena, &made);
    expect_same_lists(dataset_of(hold)->sources[source].postings, &made);
}

Test(dataset, lists_hold_the_rows_by_code_and_day)
{
    expect_lists(2500, 30, "SELECT 1");
}

Test(dataset, lists_hold_rows_without_code_or_day)
{
    expect_lists(300, 4, odd_cells);
}

/* People with an event of this code. */
static Plan *plan_exists(const Dataset *dataset, int source, Text code, Arena *arena)
{
    Plan *plan = plan_create(dataset, 16, arena);
    const uint16_t level = (uint16_t)source;
    PlanId equal[2], rows[2];

    equal[0] = plan_add(
        plan, (PlanNode){.kind = PLAN_COLUMN, .type = TYPE_TEXT, .level = level, .column = CODE}, NULL, 0);
    equal[1] = plan_constant(plan, TYPE_TEXT, dataset_word(dataset, code));
    rows[0] = plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = level}, NULL, 0);
    rows[1] = plan_add(plan, (PlanNode){.kind = PLAN_EQUAL, .type = TYPE_BOOL}, equal, 2);
    rows[0] = plan_add(plan, (PlanNode){.kind = PLAN_KEEP}, rows, 2);
    (void)plan_add(plan, (PlanNode){.kind = PLAN_EXISTS, .type = TYPE_BOOL}, rows, 1);
    return plan;
}

/* Switch: posting_wants in fetch_node (query/dataset_open.c). */
Test(dataset, columns_of_what_lists_answer_are_not_fetched)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(engine_close) Engine *engine = NULL;
    county_make(300, 4);
    county_release();
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    int source = dataset_source(dataset_of(hold), TEXT("gp_event"));
    Plan *plan = plan_exists(dataset_of(hold), source, TEXT("D1"), arena);
    engine = engine_create_as(plan, ENGINE_SHORTENS);

    COUNTY_MUST(dataset_fetch_plan(hold, reader, plan, engine_postings(engine), must));

    cr_expect_null(dataset_of(hold)->sources[source].columns[CODE].narrow);
    engine_chunk(engine, 0, dataset_of(hold)->people);
    const Vector *exists = engine_value(engine, (PlanId)plan->count - 1);
    int64_t people = 0;
    for (uint32_t p = 0; p < dataset_of(hold)->people; p++)
        people += vector_number(exists, p);
    cr_expect_eq(people, 98, "every third of 300, but for 150 and 300, who opted out");
    COUNTY_MUST(dataset_fetch_plan(hold, reader, plan, NULL, must));
    cr_expect_not_null(dataset_of(hold)->sources[source].columns[CODE].narrow, "for a scan");
}

/* Switch: the lists in find_oldest (query/dataset_kept.c). */
Test(dataset, lists_that_nobody_uses_give_way)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn sex = {.source = 0, .column = 2};
    county_make(60, 1);
    county_release();
    DatasetHold *first = open_release(reader, 1);
    int source = dataset_source(dataset_of(first), TEXT("gp_event"));
    fetch_lists(first, reader, source, 0, 1);
    dataset_close(&first);
    kept_bytes_max = kept_bytes() + 8;

    SCOPED(dataset_close) DatasetHold *second = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(second, reader, &sex, 1, must));

    cr_expect_null(dataset_of(second)->sources[source].postings->lists[0].days);
    cr_expect_gt(dataset_of(second)->sources[source].postings->lists[0].count, 0);
    fetch_lists(second, reader, source, 0, 1 << 20);
    cr_expect_not_null(dataset_of(second)->sources[source].postings->lists[0].days);
}

/* Switch: take_block in query/dataset_fetch.c. */
Test(dataset, a_flipped_byte_in_a_list_is_refused)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const uint32_t lists[] = {0};
    Error error = {0};
    county_make(60, 1);
    county_release();
    county_sql("UPDATE release_1.block SET content = set_byte(content, length(content) / 2,"
               " get_byte(content, length(content) / 2) # 1) WHERE kind = 7");
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    int source = dataset_source(dataset_of(hold), TEXT("gp_event"));
    COUNTY_MUST(listed_find(hold, reader, (uint16_t)source, must));
    const PostingWant want = want_of(dataset_of(hold), source, lists, 1);

    Result result = listed_fetch(hold, reader, &want, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, ": not what was published"), "%s", error.message);
    cr_expect_null(want.postings->lists[0].days);
}

/* ---- what is not as published ---- */

static void expect_open_refused(const char *change, bool at_open)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    DatasetHold *hold = NULL;
    Error error = {0};
    county_make(60, 1);
    county_release();
    Hash manifest = manifest_of(1);
    county_sql(change);

    Result result = dataset_open(reader, 1, &manifest, &hold, &error);
    cr_expect_eq(result.ok, !at_open, "%s", error.message);
    if (result.ok) {
        const DatasetColumn column = {.source = 0, .column = 2};
        result = dataset_fetch(hold, reader, &column, 1, &error);
        cr_expect_null(dataset_of(hold)->sources[0].columns[2].narrow);
    }

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not_null(strstr(error.message, ": not what was published"), "%s", error.message);
    dataset_close(&hold);
}

/* Switch, here and in the next: the comparison of hashes in take_block (query/dataset_fetch.c). */
Test(dataset, a_flipped_byte_in_a_column_is_refused)
{
    expect_open_refused("UPDATE release_1.block SET content = set_byte(content, length(content) / 2,"
                        " get_byte(content, length(content) / 2) # 1) WHERE kind = 4 AND source = 0",
                        false);
}

Test(dataset, a_column_in_the_place_of_another_is_refused)
{
    expect_open_refused("UPDATE release_1.block AS b SET content = o.content FROM release_1.block AS o"
                        " WHERE b.kind = 4 AND b.source = 0 AND b.\"column\" = 2"
                        "   AND o.kind = 4 AND o.source = 0 AND o.\"column\" = 3",
                        false);
}

Test(dataset, a_missing_block_is_refused)
{
    expect_open_refused("DELETE FROM release_1.block WHERE kind = 4 AND source = 0", false);
}

/* Switch: the comparison of hashes in read_manifest. */
Test(dataset, a_flipped_byte_in_the_manifest_is_refused)
{
    expect_open_refused(
        "UPDATE release_1.block SET content = set_byte(content, 40, get_byte(content, 40) # 1)"
        " WHERE kind = 0",
        true);
}

Test(dataset, a_flipped_byte_in_the_words_is_refused)
{
    expect_open_refused(
        "UPDATE release_1.block SET content = set_byte(content, 20, get_byte(content, 20) # 1)"
        " WHERE kind = 1",
        true);
}

/* The same by way of a query. Switch: take_block (query/dataset_fetch.c). */
Test(dataset, a_query_that_reads_a_changed_block_is_refused)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    size_t table_count;
    Error error = {0};
    county_make(200, 1);
    county_release();
    county_sql(
        "UPDATE release_1.block SET content = set_byte(content, length(content) / 2,"
        " get_byte(content, length(content) / 2) # 1) WHERE kind = 4 AND source = 0 AND \"column\" = 2");
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "t.cohort",
                           TEXT("query \"t\" project PHM-2026-014 cohort sex = \"1\" table \"t\" by district "
                                "measure people"),
                           NULL, &query, must));
    county_approve(query);

    Result result =
        run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &table_count, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not_null(strstr(error.message, ": not what was published"), "%s", error.message);
    cr_expect_eq(table_count, 0);
}

/* Switch: release.manifest_hash in release.verify. */
Test(dataset, verify_finds_a_changed_block)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 1);
    county_release();
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(query_release_verify(releaser, 1, must));

    county_sql("UPDATE release_1.block SET content = content || '\\x00' WHERE kind = 4 AND source = 0"
               " AND \"column\" = 2");
    Result result = query_release_verify(releaser, 1, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
}

/* Switch: the check of manifest_hash in release.build_publish. */
Test(dataset, a_release_without_its_blocks_is_not_published)
{
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 1);
    county_sql(
        "CREATE OR REPLACE FUNCTION release.build_block(permit bytea, wanted int4, kind int4, source int4,"
        " \"column\" int4, part int4, content bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS $$ BEGIN IF kind = 4 AND source = 2 THEN RETURN;"
        " END IF; EXECUTE format('INSERT INTO %I.block VALUES ($1, $2, $3, $4, $5)',"
        " release.schema_name(wanted)) USING kind, source, \"column\", part, content; END $$");
    releaser = support_database("cinque_releaser");

    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, "its blocks are not those of its manifest"), "%s",
                       error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
}

/* What stands for an unknown day must not come in as a known one. Switch: take_number in query/index_part.c.
 */
Test(dataset, a_day_that_is_none_stops_the_build)
{
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 1);
    county_sql("UPDATE records.gp_event SET clinical_effective_date = '-infinity' WHERE line_number = 3");
    releaser = support_database("cinque_releaser");

    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(
        strstr(error.message, "source gp_event column clinical_effective_date: a value is out of range"),
        "%s", error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
}

/* ---- who may read ---- */

/* Switch: REVOKE in release.build_publish. */
Test(dataset, the_builder_reads_nothing_of_a_release_once_it_is_published)
{
    county_make(60, 1);

    county_release();

    cr_expect_eq(
        county_number("SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
                      " ON n.oid = c.relnamespace WHERE n.nspname = 'release_1'"
                      " AND has_table_privilege('cinque_releaser', c.oid, 'SELECT')"),
        0);
    cr_expect_eq(
        county_number("SELECT has_schema_privilege('cinque_releaser', 'release_1', 'USAGE')::int4::int8"), 0);
}

/* Switch: release.opened_check. */
Test(dataset, a_build_that_let_its_builder_read_is_not_kept_unpublished)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 1);
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(db_script(releaser, "begin",
                          "BEGIN; SELECT release.build_begin(decode(repeat('01', 16), 'hex'), 317, 'phm',"
                          " 'provisional', NULL);"
                          "SELECT release.build_places(decode(repeat('01', 16), 'hex'), 1);"
                          "SELECT release.build_columns(decode(repeat('01', 16), 'hex'), 1);"
                          "SELECT count(*) FROM release_1.registration",
                          must));

    Result result = db_script(releaser, "commit", "COMMIT", &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, "begun and not published"), "%s", error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'release_1'"),
                 0);
}

/* ---- what is kept ---- */

static bool is_mapped(const void *data)
{
    unsigned char resident;

    return mincore((void *)((uintptr_t)data & ~(uintptr_t)4095), 1, &resident) == 0;
}

Test(dataset, a_column_is_kept_for_the_next_query)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn column = {.source = 0, .column = 2};
    county_make(60, 1);
    county_release();
    DatasetHold *first = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(first, reader, &column, 1, must));
    const int32_t *data = dataset_of(first)->sources[0].columns[2].narrow;
    dataset_close(&first);

    SCOPED(dataset_close) DatasetHold *second = open_release(reader, 1);

    cr_expect_eq(dataset_of(second)->sources[0].columns[2].narrow, data);
}

/* Switch: the test of `live` in drop_retired, and kept_keep_only behind it. */
Test(dataset, a_retired_release_is_refused_and_dropped)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn column = {.source = 0, .column = 2};
    Error error = {0};
    county_make(60, 1);
    county_release();
    Hash manifest = manifest_of(1);
    DatasetHold *hold = open_release(reader, 1), *again = NULL;
    COUNTY_MUST(dataset_fetch(hold, reader, &column, 1, must));
    const int32_t *data = dataset_of(hold)->sources[0].columns[2].narrow;
    county_sql("SELECT release.retire_now(1, '\\x02')");

    Result result = dataset_open(reader, 1, &manifest, &again, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(is_mapped(data), "who runs on it comes to the end");
    dataset_close(&hold);
    cr_expect_not(is_mapped(data));
    cr_expect_eq(kept_bytes(), 0);
}

Test(dataset, what_is_live_stays_when_what_is_retired_goes)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    county_make(60, 1);
    county_release();
    DatasetHold *hold = open_release(reader, 1);
    dataset_close(&hold);
    uint64_t bytes = kept_bytes();

    COUNTY_MUST(query_forget_retired(reader, must));

    cr_assert_gt(bytes, 0);
    cr_expect_eq(kept_bytes(), bytes);
    county_sql("SELECT release.retire_now(1, '\\x02')");
    COUNTY_MUST(query_forget_retired(reader, must));
    cr_expect_eq(kept_bytes(), 0);
}

/* Switch: drop_oldest in kept_reserve. */
Test(dataset, columns_that_nobody_uses_give_way)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn sex = {.source = 0, .column = 2}, died = {.source = 0, .column = 4};
    county_make(60, 1);
    county_release();
    DatasetHold *first = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(first, reader, &sex, 1, must));
    cr_expect_not_null(dataset_of(first)->sources[0].codes[2].cells);
    dataset_close(&first);
    kept_bytes_max = kept_bytes() + 8;

    SCOPED(dataset_close) DatasetHold *second = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(second, reader, &died, 1, must));

    cr_expect_not_null(dataset_of(second)->sources[0].columns[4].narrow);
    cr_expect_null(dataset_of(second)->sources[0].columns[2].narrow);
    cr_expect_null(dataset_of(second)->sources[0].codes[2].cells);
    cr_expect_leq(kept_bytes(), kept_bytes_max);
}

Test(dataset, a_query_that_reads_more_than_may_be_kept_is_refused)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn columns[] = {{.source = 0, .column = 2}, {.source = 0, .column = 4}};
    Error error = {0};
    county_make(60, 1);
    county_release();
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(hold, reader, columns, 1, must));
    kept_bytes_max = kept_bytes() + 8;

    Result result = dataset_fetch(hold, reader, columns, 2, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not_null(dataset_of(hold)->sources[0].columns[2].narrow, "what is in use stays");
}

/* The kernel writes where we may. Switch: PROT_READ in sealed_seal. */
Test(dataset, what_is_sealed_cannot_be_written_any_more)
{
    int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    Sealed memory = {0};
    COUNTY_MUST(sealed_create(8192, &memory, must));
    memset(memory.draft, 7, 8192);
    COUNTY_MUST(sealed_seal(&memory, must));

    ssize_t written = read(zeros, (void *)memory.data, 1);

    cr_expect_eq(written, -1);
    cr_expect_eq(errno, EFAULT);
    cr_expect_eq(((const char *)memory.data)[0], 7);
    cr_expect_eq(((const char *)memory.data)[8191], 7);
    sealed_close(&memory);
    close(zeros);
}
