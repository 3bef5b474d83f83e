/* Reads what a release holds of sources: as a whole, and month by month. */
#include "query/coverage.h"

#include "query_sql.h"

static const DbStatement coverage_statement = {
    .name = "coverage",
    .sql = query_sql_coverage,
    .parameters = {VALUE_INT4, VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT, VALUE_INT4, VALUE_INT4, VALUE_INT8, VALUE_INT4, VALUE_TEXT, VALUE_INT8,
                VALUE_INT8, VALUE_INT8},
};
static const DbStatement months_statement = {
    .name = "coverage months",
    .sql = query_sql_coverage_months,
    .parameters = {VALUE_INT4, VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_TEXT, VALUE_INT8,
                VALUE_INT8},
};

int64_t coverage_match_percent(int64_t rows, int64_t linked, int64_t people_min)
{
    int64_t unlinked = rows - linked;

    if (rows == 0 || (linked > 0 && linked < people_min) || (unlinked > 0 && unlinked < people_min))
        return -1;
    return 100 * linked / rows;
}

/* ---- months ---- */

static Result run_months(Db *reader, int64_t release_id, const Text *sources, size_t count, DbRows **rows,
                         Error *error)
{
    const Value parameters[] = {value_int4(release_id),
                                {.type = VALUE_TEXT_ARRAY, .array = {.items = sources, .count = count}}};

    return db_run(reader, &months_statement, parameters, rows, error);
}

static CoverageMonth *months_of(const DbRows *rows, Arena *arena)
{
    CoverageMonth *months = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof *months);

    for (size_t i = 0; i < db_row_count(rows); i++)
        months[i] = (CoverageMonth){
            .month = (Month)db_int(rows, i, 1),
            .status = db_is_null(rows, i, 2) ? TEXT("") : text_copy(arena, db_text(rows, i, 2)),
            .senders = db_int(rows, i, 3),
            .missing = db_int(rows, i, 4),
            .missing_names = text_copy(arena, db_text(rows, i, 5)),
            .rows = db_int(rows, i, 6),
            .linked = db_int(rows, i, 7),
        };
    return months;
}

Result coverage_read_months(Db *reader, int64_t release_id, Text source, Arena *arena,
                            const CoverageMonth **months, size_t *count, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(run_months(reader, release_id, &source, 1, &rows, error));
    *months = months_of(rows, arena);
    *count = db_row_count(rows);
    return RESULT_OK;
}

/* Both are sorted by source. */
static Result add_months(Db *reader, int64_t release_id, Coverage *coverage, size_t count, Arena *arena,
                         Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text *sources = arena_alloc(arena, (count + 1) * sizeof *sources);
    size_t row = 0;

    for (size_t i = 0; i < count; i++)
        sources[i] = coverage[i].source;
    TRY(run_months(reader, release_id, sources, count, &rows, error));
    const CoverageMonth *months = months_of(rows, arena);
    for (size_t i = 0; i < count; i++) {
        coverage[i].by_month = &months[row];
        while (row < db_row_count(rows) && text_equal(db_text(rows, row, 0), coverage[i].source))
            row++;
        coverage[i].month_count = (size_t)(&months[row] - coverage[i].by_month);
    }
    return RESULT_OK;
}

/* ---- sources ---- */

Result coverage_read(Db *reader, int64_t release_id, const Text *sources, size_t source_count, Arena *arena,
                     const Coverage **coverage, size_t *count, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {
        value_int4(release_id),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = sources, .count = source_count}},
    };

    TRY(db_run(reader, &coverage_statement, parameters, &rows, error));
    Coverage *read = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof *read);
    for (size_t i = 0; i < db_row_count(rows); i++)
        read[i] = (Coverage){
            .source = text_copy(arena, db_text(rows, i, 0)),
            .from = (Month)db_int(rows, i, 1),
            .to = (Month)db_int(rows, i, 2),
            .months = db_int(rows, i, 3),
            .senders = db_int(rows, i, 4),
            .status = text_copy(arena, db_text(rows, i, 5)),
            .rows = db_int(rows, i, 6),
            .linked = db_int(rows, i, 7),
            .practices_left_out = db_int(rows, i, 8),
        };
    *coverage = read;
    *count = db_row_count(rows);
    return add_months(reader, release_id, read, *count, arena, error);
}
