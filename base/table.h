#pragma once
/*
 * A small table of text cells for reports: aligned for a terminal, CSV
 * (RFC 4180, cells that a spreadsheet would take for a formula are prefixed
 * with '), or JSON (an array of objects). It knows nothing of disclosure:
 * only what may be printed may be put into one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"

typedef struct Table Table;
typedef enum TableFormat { TABLE_TERMINAL, TABLE_CSV, TABLE_JSON } TableFormat;

/* Copies all it is given. right_aligned may be NULL; JSON writes the cells of such columns that are numbers
 * as numbers, and empty ones as null. */
Table *table_create(const char *const *headings, const bool *right_aligned, size_t column_count);
void table_row(Table *table, const Text *cells); /* column_count cells */
size_t table_row_count(const Table *table);
void table_print(const Table *table, TableFormat format, FILE *out);
void table_close(Table **table);
bool table_format_parse(Text text, TableFormat *format); /* "terminal", "csv", "json" */
