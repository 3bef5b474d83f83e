/* Stored encodings, opened for the moment that they are looked at. */
#include "base/arena.h"
#include "linkage/alike.h"
#include "linkage_sql.h"

static const DbStatement seals_statement = {
    .name = "linkage_encoding_seals",
    .sql = linkage_sql_encoding_seals,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_BYTES},
};

Result alike_open_loads(AlikeRun *run, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(run->linker, &seals_statement, NULL, &rows, error));
    for (size_t i = 0; i < db_row_count(rows); i++)
        TRY(run->opener->add_load(run->opener->context, db_int(rows, i, 0), (int)db_int(rows, i, 1),
                                  db_text(rows, i, 2), error));
    return RESULT_OK;
}

Result alike_open(AlikeRun *run, const LinkageSealed *sealed, size_t after, Text *opened, Error *error)
{
    size_t length;

    if (after > LINKAGE_ENCODING_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "linkage: the head of an encoding is longer than any");
    TRY(run->opener->open(run->opener->context, sealed, run->opened + after, &length, error));
    *opened = (Text){.data = run->opened, .length = after + length};
    return RESULT_OK;
}

Result alike_open_head(AlikeRun *run, const Value *row, Text *head, Error *error)
{
    const LinkageSealed sealed = {
        .load_id = row[2].integer, .subject_id = row[0].integer, .part = LINKAGE_HEAD, .bytes = row[3].text};

    return alike_open(run, &sealed, 0, head, error);
}
