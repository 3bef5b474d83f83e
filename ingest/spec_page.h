#pragma once
/* Private to ingest/spec_page*.c: a spec on its way to a page. */
#include "ingest/spec.h"

enum { SPEC_PAGE_CELLS_MAX = 6 };

typedef struct SpecPage {
    const IngestSpec *spec;
    FILE *out;
    bool is_markdown;
    Arena *arena; /* of the cells */
    Table *table; /* the one being printed, on a terminal */
    size_t cell_count;
} SpecPage;

void spec_page_table(SpecPage *page, const char *title, const char *const *headings, size_t count);
void spec_page_row(SpecPage *page, const Text cells[SPEC_PAGE_CELLS_MAX]);
void spec_page_table_end(SpecPage *page);

/* Of a column that the spec refers to; empty: SPEC_NONE. */
static inline Text spec_page_name(const IngestSpec *spec, int column)
{
    return column == SPEC_NONE ? (Text){0} : spec->columns[column].name;
}

/* spec_page_source.c */
void spec_page_source(SpecPage *page);
/* spec_page_columns.c: what is kept of each, and what a row must keep to */
void spec_page_columns(SpecPage *page);
