/* A spec as a page for people: what a source is, what is kept of each column, and what a row must keep to. */
#include "ingest/spec_page.h"

#include <string.h>

enum { PAGE_BYTES_MAX = 64 << 20 };

/* ---- headings and tables ---- */

void spec_page_table(SpecPage *page, const char *title, const char *const *headings, size_t count)
{
    page->cell_count = count;
    fprintf(page->out, page->is_markdown ? "\n## %s\n\n" : "\n%s\n", title);
    if (!page->is_markdown) {
        page->table = table_create(headings, NULL, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        fprintf(page->out, "| %s ", headings[i]);
    fputs("|\n", page->out);
    for (size_t i = 0; i < count; i++)
        fputs("|---", page->out);
    fputs("|\n", page->out);
}

/* A bar would end the cell, and a backslash escape what follows. */
static void put_escaped(Text cell, FILE *out)
{
    for (size_t i = 0; i < cell.length; i++) {
        if (strchr("|\\<*", cell.data[i]) != NULL)
            fputc('\\', out);
        fputc(cell.data[i], out);
    }
}

void spec_page_row(SpecPage *page, const Text cells[SPEC_PAGE_CELLS_MAX])
{
    if (!page->is_markdown) {
        table_row(page->table, cells);
        return;
    }
    for (size_t i = 0; i < page->cell_count; i++) {
        fputs("| ", page->out);
        put_escaped(cells[i], page->out);
        fputs(cells[i].length > 0 ? " " : "", page->out);
    }
    fputs("|\n", page->out);
}

void spec_page_table_end(SpecPage *page)
{
    if (page->table != NULL)
        table_print(page->table, TABLE_TERMINAL, page->out);
    table_close(&page->table);
}

/* ---- code lists ---- */

static Text day(const SpecPage *page, Date date)
{
    char text[DATE_TEXT_BYTES];

    return date == DATE_NONE ? (Text){0} : text_format(page->arena, "%s", date_format(date, text));
}

static Text class_name(const Code *code)
{
    static const char *const names[] = {
        [CODE_VALID] = "", [CODE_OTHER] = "other", [CODE_DEFAULT] = "default"};

    return text_from(names[code->class]);
}

static void put_list(SpecPage *page, const CodeList *list)
{
    const char *headings[SPEC_PAGE_CELLS_MAX] = {"code", "meaning"};
    size_t count = 2;

    if (list->is_dated) {
        headings[count++] = "from";
        headings[count++] = "to";
    }
    if (list->is_classed)
        headings[count++] = "class";
    spec_page_table(page, text_format(page->arena, "List %.*s", TEXT_ARG(list->name)).data, headings, count);
    for (size_t i = 0; i < list->count; i++) {
        const Code *code = &list->codes[i];
        Text cells[SPEC_PAGE_CELLS_MAX] = {code->code, code->meaning};
        if (list->is_dated) {
            cells[2] = day(page, code->valid_from);
            cells[3] = day(page, code->valid_to);
        }
        if (list->is_classed)
            cells[count - 1] = class_name(code);
        spec_page_row(page, cells);
    }
    spec_page_table_end(page);
}

void ingest_spec_page(const IngestSpec *spec, bool is_markdown, FILE *out)
{
    SpecPage page = {
        .spec = spec, .out = out, .is_markdown = is_markdown, .arena = arena_create(PAGE_BYTES_MAX)};

    if (is_markdown)
        fprintf(out, "<!-- Written by: cinque source show %s --markdown -->\n# ", spec->source);
    fprintf(out, "%.*s\n", TEXT_ARG(spec->title));
    spec_page_source(&page);
    spec_page_columns(&page);
    for (size_t i = 0; i < spec->list_count; i++)
        put_list(&page, &spec->lists[i]);
    arena_close(&page.arena);
}
