/* The table of a page that says what the source is. */
#include <inttypes.h>
#include <math.h>

#include "ingest/spec_page.h"

static void put_fact(SpecPage *page, const char *name, Text text)
{
    if (text.length > 0)
        spec_page_row(page, (const Text[SPEC_PAGE_CELLS_MAX]){text_from(name), text});
}

static Text in_effect(const SpecPage *page)
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

static void put_change(SpecPage *page)
{
    const IngestSpec *spec = page->spec;

    if (spec->change.operation != SPEC_NONE)
        put_fact(page, "newest by",
                 text_format(page->arena, "%.*s %.*s; taken away where %.*s is %.*s",
                             TEXT_ARG(spec_page_name(spec, spec->change.date)),
                             TEXT_ARG(spec_page_name(spec, spec->change.time)),
                             TEXT_ARG(spec_page_name(spec, spec->change.operation)),
                             TEXT_ARG(spec->change.remove)));
    if (spec->replaces.group != SPEC_NONE)
        put_fact(page, "replaces",
                 text_format(page->arena, "of a %.*s the days %.*s to %.*s%s%.*s",
                             TEXT_ARG(spec_page_name(spec, spec->replaces.group)),
                             TEXT_ARG(spec_page_name(spec, spec->replaces.from)),
                             TEXT_ARG(spec_page_name(spec, spec->replaces.to)),
                             spec->replaces.until != SPEC_NONE ? ", and what lasts into them by " : "",
                             TEXT_ARG(spec_page_name(spec, spec->replaces.until))));
}

static Text joined_key(const SpecPage *page)
{
    Text joined = {0};

    for (size_t i = 0; i < page->spec->key_count; i++)
        joined = text_format(page->arena, "%.*s%s%.*s", TEXT_ARG(joined), i > 0 ? ", " : "",
                             TEXT_ARG(page->spec->columns[page->spec->key[i]].name));
    return joined;
}

static void put_excludes(SpecPage *page)
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
                             TEXT_ARG(spec_page_name(spec, exclude->column)), TEXT_ARG(exclude->equals),
                             TEXT_ARG(kept)));
    }
}

static Text dates_as(const IngestSpec *spec)
{
    static const char *const formats[] = {"CCYY-MM-DD", "CCYYMMDD", "DD/MM/CCYY"};
    return text_from(formats[spec->date_format]);
}

static Text file_format(const SpecPage *page)
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

static Text threshold(const SpecPage *page, const char *what, double from)
{
    return isnan(from) ? (Text){0} : text_format(page->arena, ", %s from %g", what, from);
}

/* What whole deliveries are held to. */
static void put_quality(SpecPage *page)
{
    const IngestSpec *spec = page->spec;
    Text protected_by = spec->protection_count == 0
                            ? TEXT("nothing: a file cut at a row's end is not noticed")
                            : spec->protected_by[0];

    for (size_t i = 1; i < spec->protection_count; i++)
        protected_by =
            text_format(page->arena, "%.*s, %.*s", TEXT_ARG(protected_by), TEXT_ARG(spec->protected_by[i]));
    put_fact(page, "protected by", protected_by);
    put_fact(page, "cost of a row", spec_page_name(spec, spec->cost));
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

void spec_page_source(SpecPage *page)
{
    static const char *const headings[] = {"what", "how"};
    const IngestSpec *spec = page->spec;
    Arena *arena = page->arena;

    spec_page_table(page, "The source", headings, 2);
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
             spec->controller == SPEC_NONE ? TEXT("the sender") : spec_page_name(spec, spec->controller));
    put_fact(page, "update", update_mode(spec));
    put_change(page);
    put_fact(page, "record key", joined_key(page));
    put_fact(page, "event date", spec_page_name(spec, spec->event_date));
    put_fact(page, "in the period", spec_page_name(spec, spec->period_date));
    put_fact(page, "valid from", spec_page_name(spec, spec->valid_from));
    put_fact(page, "valid to", spec_page_name(spec, spec->valid_to));
    put_fact(page, "dates", dates_as(spec));
    put_fact(page, "identity withheld", spec_page_name(spec, spec->withheld));
    put_excludes(page);
    put_fact(page, "refused past",
             text_format(arena, "%" PRId64 " rejected rows, or %g percent", spec->rejects_max,
                         spec->rejects_percent_max));
    put_quality(page);
    spec_page_table_end(page);
}
