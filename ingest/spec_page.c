/* A spec as a page for people: what a source is, what is kept of each column, and what a row must keep to. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "ingest/spec.h"

enum { PAGE_BYTES_MAX = 64 << 20, CELLS_MAX = 5 };

typedef struct Page {
    const IngestSpec *spec;
    FILE *out;
    bool is_markdown;
    Arena *arena; /* of the cells */
    Table *table; /* the one being printed, on a terminal */
    size_t cell_count;
} Page;

static const char *const kept_of_identity[IDENTITY_FIELD_COUNT] = {
    [IDENTITY_NHS_NUMBER] = "token",
    [IDENTITY_SUPERSEDED_NHS_NUMBER] = "token",
    [IDENTITY_LOCAL_ID] = "token",
    [IDENTITY_UPRN] = "token",
    [IDENTITY_POSTCODE] = "small areas (LSOA)",
    [IDENTITY_BIRTH_DATE] = "year and month",
    [IDENTITY_SEX] = "sex",
    [IDENTITY_FAMILY_NAME] = "nothing",
    [IDENTITY_GIVEN_NAME] = "nothing",
    [IDENTITY_ADDRESS] = "nothing",
    [IDENTITY_FOREIGN_PSEUDONYM] = "token of its space",
    [IDENTITY_FOREIGN_PSEUDONYM_TO] = "token of its space",
};

/* ---- headings and tables ---- */

static void start_table(Page *page, const char *title, const char *const *headings, size_t count)
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

static void put_row(Page *page, const Text cells[CELLS_MAX])
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

static void end_table(Page *page)
{
    if (page->table != NULL)
        table_print(page->table, TABLE_TERMINAL, page->out);
    table_close(&page->table);
}

/* ---- the source ---- */

static void put_fact(Page *page, const char *name, Text text)
{
    if (text.length > 0)
        put_row(page, (const Text[CELLS_MAX]){text_from(name), text});
}

static Text column_name(const IngestSpec *spec, int column)
{
    return column == SPEC_NONE ? (Text){0} : spec->columns[column].name;
}

static Text in_effect(const Page *page)
{
    const IngestSpec *spec = page->spec;

    if (spec->effective_to.length == 0)
        return text_format(page->arena, "from %.*s", TEXT_ARG(spec->effective_from));
    return text_format(page->arena, "%.*s to %.*s", TEXT_ARG(spec->effective_from),
                       TEXT_ARG(spec->effective_to));
}

static Text about(const IngestSpec *spec)
{
    if (text_equal(spec->subject, TEXT("none")))
        return TEXT("nobody: it identifies no one and is never linked");
    return text_equal(spec->subject, TEXT("person")) ? TEXT("people") : TEXT("households");
}

static Text update_mode(const IngestSpec *spec)
{
    static const struct {
        const char *name, *meaning;
    } modes[] = {
        {"snapshot", "snapshot: each sender's newest period holds all"},
        {"replace_by_period", "by period: a delivery holds its period alone"},
        {"net_change", "net change: the newest word on a record counts"},
        {"bulk_replacement", "bulk replacement: of a group and its days, all said before is replaced"},
    };

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (text_equal(spec->update, text_from(modes[i].name)))
            return text_from(modes[i].meaning);
    return spec->update;
}

static void put_change(Page *page)
{
    const IngestSpec *spec = page->spec;

    if (spec->change.operation != SPEC_NONE)
        put_fact(page, "newest by",
                 text_format(page->arena, "%.*s %.*s; taken away where %.*s is %.*s",
                             TEXT_ARG(column_name(spec, spec->change.date)),
                             TEXT_ARG(column_name(spec, spec->change.time)),
                             TEXT_ARG(column_name(spec, spec->change.operation)),
                             TEXT_ARG(spec->change.remove)));
    if (spec->replaces.group != SPEC_NONE)
        put_fact(page, "replaces",
                 text_format(page->arena, "of a %.*s the days %.*s to %.*s%s%.*s",
                             TEXT_ARG(column_name(spec, spec->replaces.group)),
                             TEXT_ARG(column_name(spec, spec->replaces.from)),
                             TEXT_ARG(column_name(spec, spec->replaces.to)),
                             spec->replaces.until != SPEC_NONE ? ", and what lasts into them by " : "",
                             TEXT_ARG(column_name(spec, spec->replaces.until))));
}

static Text joined_key(const Page *page)
{
    Text joined = {0};

    for (size_t i = 0; i < page->spec->key_count; i++)
        joined = text_format(page->arena, "%.*s%s%.*s", TEXT_ARG(joined), i > 0 ? ", " : "",
                             TEXT_ARG(page->spec->columns[page->spec->key[i]].name));
    return joined;
}

static void put_excludes(Page *page)
{
    const IngestSpec *spec = page->spec;

    for (size_t i = 0; i < spec->exclude_count; i++) {
        const SpecExclude *exclude = &spec->excludes[i];
        Text kept = {0};
        for (size_t j = 0; j < exclude->kept_count; j++)
            kept = text_format(page->arena, "%.*s%s%.*s", TEXT_ARG(kept), j > 0 ? ", " : "",
                               TEXT_ARG(exclude->kept[j].length > 0 ? exclude->kept[j] : TEXT("(empty)")));
        put_fact(page, "never stored",
                 text_format(page->arena, "rows whose %.*s is %.*s; it must else be one of: %.*s",
                             TEXT_ARG(column_name(spec, exclude->column)), TEXT_ARG(exclude->equals),
                             TEXT_ARG(kept)));
    }
}

static Text dates_as(const IngestSpec *spec)
{
    static const char *const formats[] = {"CCYY-MM-DD", "CCYYMMDD", "DD/MM/CCYY"};
    return text_from(formats[spec->date_format]);
}

static Text file_format(const Page *page)
{
    static const char *const kinds[] = {[READER_DELIMITED] = "delimited by",
                                        [READER_FIXED] = "fixed width",
                                        [READER_JSON_LINES] = "JSON lines",
                                        [READER_XML] = "XML, records",
                                        [READER_POSTGRES_BINARY] = "PostgreSQL's binary copy"};
    static const char *const headers[] = {[READER_HEADER_EXACT] = "named by a header",
                                          [READER_HEADER_NORMALISED] =
                                              "named by a header, however it is written",
                                          [READER_HEADER_NONE] = "by position"};
    const ReaderFormat *format = &page->spec->format;
    Text mark = format->kind == READER_DELIMITED ? format->delimiter
                : format->kind == READER_XML     ? format->record_element
                                                 : (Text){0};
    Text text = text_format(page->arena, "%s%s%.*s", kinds[format->kind], mark.length > 0 ? " " : "",
                            TEXT_ARG(text_equal(mark, TEXT("\t")) ? TEXT("tab") : mark));

    if (format->kind == READER_DELIMITED)
        text = text_format(page->arena, "%.*s, columns %s", TEXT_ARG(text), headers[format->header]);
    return text_format(page->arena, "%.*s; %s; other columns %s", TEXT_ARG(text),
                       format->is_windows_1252 ? "Windows-1252" : "UTF-8",
                       page->spec->ignores_extra ? "are not read" : "reject the file");
}

static Text threshold(const Page *page, const char *what, double from)
{
    return isnan(from) ? (Text){0} : text_format(page->arena, ", %s from %g", what, from);
}

/* What whole deliveries are held to. */
static void put_quality(Page *page)
{
    const IngestSpec *spec = page->spec;
    Text protected_by = spec->protection_count == 0
                            ? TEXT("nothing: a file cut at a row's end is not noticed")
                            : spec->protected_by[0];

    for (size_t i = 1; i < spec->protection_count; i++)
        protected_by =
            text_format(page->arena, "%.*s, %.*s", TEXT_ARG(protected_by), TEXT_ARG(spec->protected_by[i]));
    put_fact(page, "protected by", protected_by);
    put_fact(page, "cost of a row", column_name(spec, spec->cost));
    for (size_t i = 0; i < spec->limit_count; i++) {
        const SpecLimit *limit = &spec->limits[i];
        put_fact(page, "limit",
                 text_format(page->arena, "%.*s%s%.*s, %s%.*s%.*s%.*s", TEXT_ARG(limit->measure),
                             limit->place.length > 0 ? " " : "", TEXT_ARG(limit->place),
                             limit->is_rows ? "rows" : "percent",
                             TEXT_ARG(threshold(page, "warn", limit->warn)),
                             TEXT_ARG(threshold(page, "hold", limit->hold)),
                             TEXT_ARG(threshold(page, "refuse", limit->refuse))));
    }
    for (size_t i = 0; i < spec->reference_count; i++)
        put_fact(page, "refers to",
                 text_format(page->arena, "%s%.*s by %.*s",
                             spec->references[i].is_by_key ? "a record of " : "",
                             TEXT_ARG(spec->references[i].source), TEXT_ARG(spec->references[i].name)));
}

static void put_source(Page *page)
{
    static const char *const headings[] = {"what", "how"};
    const IngestSpec *spec = page->spec;
    Arena *arena = page->arena;

    start_table(page, "The source", headings, 2);
    put_fact(page, "source", text_format(arena, "%s, version %d", spec->source, spec->version));
    put_fact(page, "layout of", spec->publisher);
    put_fact(page, "confirmed",
             spec->is_confirmed ? TEXT("yes: columns as published")
                                : TEXT("no: compare the first file with it before relying on it"));
    put_fact(page, "note", spec->layout_note);
    put_fact(page, "in effect", in_effect(page));
    put_fact(page, "file", file_format(page));
    put_fact(page, "trailer", spec->format.trailer.name);
    put_fact(page, "about", about(spec));
    put_fact(page, "role", spec->role);
    put_fact(page, "once a delivery", spec->is_once_a_delivery ? TEXT("each person") : TEXT(""));
    put_fact(page, "controller",
             spec->controller == SPEC_NONE ? TEXT("the sender") : column_name(spec, spec->controller));
    put_fact(page, "update", update_mode(spec));
    put_change(page);
    put_fact(page, "record key", joined_key(page));
    put_fact(page, "event date", column_name(spec, spec->event_date));
    put_fact(page, "in the period", column_name(spec, spec->period_date));
    put_fact(page, "valid from", column_name(spec, spec->valid_from));
    put_fact(page, "valid to", column_name(spec, spec->valid_to));
    put_fact(page, "dates", dates_as(spec));
    put_fact(page, "identity withheld", column_name(spec, spec->withheld));
    put_excludes(page);
    put_fact(page, "refused past",
             text_format(arena, "%" PRId64 " rejected rows, or %g percent", spec->rejects_max,
                         spec->rejects_percent_max));
    put_quality(page);
    end_table(page);
}

/* ---- columns ---- */

static Text kept_as(const SpecColumn *column)
{
    if (column->use == SPEC_IGNORED)
        return TEXT("nothing");
    return spec_column_identifies(column) ? text_from(kept_of_identity[column->field]) : column->stored;
}

static Text use_of(const Page *page, const SpecColumn *column)
{
    const char *use = SPEC_USE_NAMES[column->use];

    if (spec_column_identifies(column))
        return text_format(page->arena, "%s: %s", use, IDENTITY_FIELD_NAMES[column->field]);
    return text_from(use);
}

static Text limit_of(const Page *page, const SpecColumn *column)
{
    double scale = column->type == SPEC_DECIMAL ? 100 : 1;
    int decimals = column->type == SPEC_DECIMAL ? 2 : 0;

    return text_format(page->arena, "%s, %.*f to %.*f", column->type == SPEC_DECIMAL ? "a number" : "whole",
                       decimals, (double)column->min / scale, decimals, (double)column->max / scale);
}

static Text rule_of_identity(const Page *page, const SpecColumn *column)
{
    const char *otherwise = column->rejects_invalid ? "; not valid: the row is rejected" : "";

    if (column->scheme.length > 0)
        return text_format(page->arena, "shape %.*s%s", TEXT_ARG(column->shape_text), otherwise);
    if (column->issuer != SPEC_NONE)
        return text_format(page->arena, "issuer %.*s%s", TEXT_ARG(page->spec->columns[column->issuer].name),
                           otherwise);
    if (column->issuer_fixed.length > 0)
        return text_format(page->arena, "issuer \"%.*s\"%s", TEXT_ARG(column->issuer_fixed), otherwise);
    return text_from(otherwise[0] != '\0' ? otherwise + 2 : "");
}

static Text rule_of(const Page *page, const SpecColumn *column)
{
    if (spec_column_identifies(column))
        return rule_of_identity(page, column);
    if (column->use == SPEC_MEASURE)
        return limit_of(page, column);
    if (column->list != SPEC_NONE)
        return text_format(page->arena, "list %.*s", TEXT_ARG(page->spec->lists[column->list].name));
    if (column->shape_text.length > 0)
        return text_format(page->arena, "shape %.*s", TEXT_ARG(column->shape_text));
    if (column->is_snomed)
        return TEXT("a SNOMED CT concept");
    return column->use == SPEC_PRESENCE ? TEXT("whether there is a value") : (Text){0};
}

static void put_columns(Page *page)
{
    static const char *const headings[CELLS_MAX] = {"column", "kept as", "use", "rule", "required"};
    const IngestSpec *spec = page->spec;

    start_table(page, "Columns", headings, CELLS_MAX);
    for (size_t i = 0; i < spec->column_count; i++) {
        const SpecColumn *column = &spec->columns[i];
        const Text cells[CELLS_MAX] = {column->name, kept_as(column), use_of(page, column),
                                       rule_of(page, column), column->is_required ? TEXT("yes") : (Text){0}};
        put_row(page, cells);
    }
    end_table(page);
}

static Text breach(const Page *page, const SpecRule *rule)
{
    const IngestSpec *spec = page->spec;
    Text column = column_name(spec, rule->column), with = column_name(spec, rule->required_with);

    if (rule->not_before != SPEC_NONE)
        return text_format(page->arena, "%.*s is before %.*s", TEXT_ARG(column),
                           TEXT_ARG(column_name(spec, rule->not_before)));
    if (rule->equals.length == 0)
        return text_format(page->arena, "%.*s is missing where %.*s has a value", TEXT_ARG(column),
                           TEXT_ARG(with));
    return text_format(page->arena, "%.*s is missing where %.*s is %.*s", TEXT_ARG(column), TEXT_ARG(with),
                       TEXT_ARG(rule->equals));
}

static void put_rules(Page *page)
{
    static const char *const headings[] = {"rule broken", "when"};
    const IngestSpec *spec = page->spec;

    if (spec->rule_count == 0)
        return;
    start_table(page, "Rules across columns", headings, 2);
    for (size_t i = 0; i < spec->rule_count; i++)
        put_row(page, (const Text[CELLS_MAX]){spec->rules[i].name, breach(page, &spec->rules[i])});
    end_table(page);
}

/* ---- code lists ---- */

static Text day(const Page *page, Date date)
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

static void put_list(Page *page, const CodeList *list)
{
    const char *headings[CELLS_MAX] = {"code", "meaning"};
    size_t count = 2;

    if (list->is_dated) {
        headings[count++] = "from";
        headings[count++] = "to";
    }
    if (list->is_classed)
        headings[count++] = "class";
    start_table(page, text_format(page->arena, "List %.*s", TEXT_ARG(list->name)).data, headings, count);
    for (size_t i = 0; i < list->count; i++) {
        const Code *code = &list->codes[i];
        Text cells[CELLS_MAX] = {code->code, code->meaning};
        if (list->is_dated) {
            cells[2] = day(page, code->valid_from);
            cells[3] = day(page, code->valid_to);
        }
        if (list->is_classed)
            cells[count - 1] = class_name(code);
        put_row(page, cells);
    }
    end_table(page);
}

void ingest_spec_page(const IngestSpec *spec, bool is_markdown, FILE *out)
{
    Page page = {.spec = spec, .out = out, .is_markdown = is_markdown, .arena = arena_create(PAGE_BYTES_MAX)};

    if (is_markdown)
        fprintf(out, "<!-- Written by: cinque source show %s --markdown -->\n# ", spec->source);
    fprintf(out, "%.*s\n", TEXT_ARG(spec->title));
    put_source(&page);
    put_columns(&page);
    put_rules(&page);
    for (size_t i = 0; i < spec->list_count; i++)
        put_list(&page, &spec->lists[i]);
    arena_close(&page.arena);
}
