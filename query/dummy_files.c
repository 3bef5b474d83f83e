/* The dummy data as CSV, for an analyst to look at: every line says what it is. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "query/dummy.h"

enum { COLUMNS_MAX = 264, MARKED = 2 /* the mark, and whose row it is */ };

Text dummy_cell_text(Dummy *dummy, const DummyTable *table, size_t column, double cell)
{
    char day[DATE_TEXT_BYTES];

    if (isnan(cell))
        return TEXT("");
    switch (table->columns[column].type) {
    case TYPE_TEXT:
        return dummy_is_word(dummy, cell) ? dummy->dataset.words[(size_t)cell] : TEXT("");
    case TYPE_DATE:
        return text_format(dummy->arena, "%s", date_format((Date)cell, day));
    case TYPE_BOOL:
        return cell != 0 ? TEXT("true") : TEXT("false");
    case TYPE_DECIMAL:
        return text_format(dummy->arena, "%.2f", cell);
    default:
        return text_format(dummy->arena, "%" PRId64, (int64_t)cell);
    }
}

static Table *list_rows(Dummy *dummy, const DummyTable *table)
{
    const char *headings[COLUMNS_MAX] = {"DUMMY", table->is_by_home ? "home" : "person"};
    size_t own = table->column_count - (table->is_by_home ? 2 : 0);
    uint32_t owners = table->is_by_home ? dummy->homes : dummy->people;
    Text cells[COLUMNS_MAX] = {TEXT("DUMMY")};

    for (size_t c = 0; c < own; c++)
        headings[MARKED + c] = text_format(dummy->arena, "%.*s", TEXT_ARG(table->columns[c].name)).data;
    Table *listed = table_create(headings, NULL, MARKED + own);
    for (uint32_t owner = 0; owner < owners; owner++)
        for (const DummyRow *row = table->rows[owner]; row != NULL; row = row->next) {
            cells[1] = text_format(dummy->arena, "%" PRIu32, owner);
            for (size_t c = 0; c < own; c++)
                cells[MARKED + c] = dummy_cell_text(dummy, table, c, row->cells[c]);
            table_row(listed, cells);
        }
    return listed;
}

/* Never over what is there: it may be somebody's real file. */
static Result write_table(const Table *table, const char *path, Error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");

    if (out == NULL)
        return fail_errno(error, "%s", path);
    table_print(table, TABLE_CSV, out);
    bool is_bad = ferror(out) != 0;
    if (fclose(out) != 0 || is_bad)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

Result dummy_write(Dummy *dummy, const char *folder, Error *error)
{
    for (size_t t = 0; t < dummy->dataset.source_count; t++) {
        Text name = dummy->sources[t].name;
        if (dummy->tables[t].row_count == 0)
            continue;
        SCOPED(table_close) Table *rows = list_rows(dummy, &dummy->tables[t]);
        TRY(write_table(rows, text_format(dummy->arena, "%s/dummy_%.*s.csv", folder, TEXT_ARG(name)).data,
                        error));
    }
    return RESULT_OK;
}
