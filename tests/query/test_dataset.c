/* What a release's blocks hold is what its tables hold, cell by cell and in order. */
#include "tests/query/datasets.h"

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
