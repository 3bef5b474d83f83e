#include "query/released_linkage.h"

#include "query_sql.h"

static const DbStatement linkage_statement = {
    .name = "linkage",
    .sql = query_sql_linkage,
    .parameters = {VALUE_INT4, VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_BOOL},
};

Result linkage_lines_read(Db *reader, int64_t release_id, const Text *sources, size_t source_count,
                          Arena *arena, LinkageLines *lines, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {
        value_int4(release_id),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = sources, .count = source_count}},
    };

    TRY(db_run(reader, &linkage_statement, parameters, &rows, error));
    LinkageLine *read = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof *read);
    for (size_t i = 0; i < db_row_count(rows); i++)
        read[i] = (LinkageLine){
            .kind = text_copy(arena, db_text(rows, i, 0)),
            .value = text_copy(arena, db_text(rows, i, 1)),
            .rate = text_copy(arena, db_text(rows, i, 2)),
            .low = text_copy(arena, db_text(rows, i, 3)),
            .high = text_copy(arena, db_text(rows, i, 4)),
            .change = text_copy(arena, db_text(rows, i, 5)),
            .is_weak = db_value(rows, i, 6).boolean,
        };
    *lines = (LinkageLines){read, db_row_count(rows)};
    return RESULT_OK;
}

LinkageLines linkage_lines_copy(const LinkageLines *from, Arena *arena)
{
    LinkageLine *lines = arena_alloc(arena, (from->count + 1) * sizeof *lines);

    for (size_t i = 0; i < from->count; i++)
        lines[i] = (LinkageLine){
            .kind = text_copy(arena, from->lines[i].kind),
            .value = text_copy(arena, from->lines[i].value),
            .rate = text_copy(arena, from->lines[i].rate),
            .low = text_copy(arena, from->lines[i].low),
            .high = text_copy(arena, from->lines[i].high),
            .change = text_copy(arena, from->lines[i].change),
            .is_weak = from->lines[i].is_weak,
        };
    return (LinkageLines){lines, from->count};
}

static bool is_of(const LinkageLine *line, const char *kind)
{
    return text_equal(line->kind, text_from(kind));
}

static bool is_source(const LinkageLine *line)
{
    return is_of(line, "source") || is_of(line, "household source");
}

/* Days are said of the whole. */
static bool is_day(const LinkageLine *line)
{
    return is_of(line, "run") || is_of(line, "run before");
}

/* NULL: there is none. */
static const LinkageLine *find(const LinkageLines *lines, const char *kind, const char *value)
{
    for (size_t i = 0; i < lines->count; i++)
        if (is_of(&lines->lines[i], kind) &&
            (value == NULL || text_equal(lines->lines[i].value, text_from(value))))
            return &lines->lines[i];
    return NULL;
}

/* ---- JSON ---- */

/* As text: a number would be rounded to the digits of a table's amounts. */
static json_t *share_json(Text share)
{
    return share.length == 0 ? json_null() : json_stringn(share.data, share.length);
}

static json_t *day_json(const LinkageLine *line)
{
    return line == NULL ? json_null() : json_stringn(line->value.data, line->value.length);
}

static json_t *line_json(const LinkageLine *line)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "group",
                     json_stringn(line->kind.data, line->kind.length), "value",
                     json_stringn(line->value.data, line->value.length), "rate", share_json(line->rate),
                     "low", share_json(line->low), "high", share_json(line->high), "change",
                     share_json(line->change), "weak", line->is_weak);
}

json_t *linkage_lines_json(const LinkageLines *lines)
{
    json_t *groups = NULL;

    if (lines->count == 0)
        return json_null();
    groups = json_array();
    for (size_t i = 0; i < lines->count; i++)
        if (!is_day(&lines->lines[i]))
            json_array_append_new(groups, line_json(&lines->lines[i]));
    return json_pack("{s:o, s:o, s:o}", "run", day_json(find(lines, "run", NULL)), "run_before",
                     day_json(find(lines, "run before", NULL)), "groups", groups);
}

/* ---- for people ---- */

static double percent_of(Text share)
{
    double value = 0;

    (void)text_to_double(share, &value);
    return value * 100;
}

static void print_rate(const LinkageLine *line, FILE *out)
{
    if (line->rate.length == 0) {
        fputs("hidden", out);
        return;
    }
    fprintf(out, "%.2f %%", percent_of(line->rate));
    if (line->low.length > 0)
        fprintf(out, " (%.2f to %.2f)", percent_of(line->low), percent_of(line->high));
}

static void print_group(const LinkageLine *line, const char *between, FILE *out)
{
    fprintf(out, "%s%.*s %.*s ", between, TEXT_ARG(line->kind), TEXT_ARG(line->value));
    print_rate(line, out);
}

static void print_change(const LinkageLine *line, const LinkageLine *before, FILE *out)
{
    if (line != NULL && before != NULL && line->change.length > 0)
        fprintf(out, ", %+.2f points since %.*s", percent_of(line->change), TEXT_ARG(before->value));
}

static void print_estimates(const LinkageLines *lines, FILE *out)
{
    const LinkageLine *wrong = find(lines, "estimate", "false matches"),
                      *missed = find(lines, "estimate", "missed matches");

    if (wrong == NULL || missed == NULL) {
        fputs("; false and missed matches are not estimated", out);
        return;
    }
    fputs("; of links by likeness expected false ", out);
    print_rate(wrong, out);
    fputs(", missed ", out);
    print_rate(missed, out);
}

/* Begins a line with the first. */
static void print_those(const LinkageLines *lines, bool (*is_one)(const LinkageLine *line),
                        const char *heading, const char *before, FILE *out)
{
    bool is_first = true;

    for (size_t i = 0; i < lines->count; i++) {
        if (!is_one(&lines->lines[i]))
            continue;
        if (is_first)
            fprintf(out, "%s  %s", before, heading);
        print_group(&lines->lines[i], is_first ? "" : ", ", out);
        is_first = false;
    }
    if (!is_first)
        fputc('\n', out);
}

static bool is_weak(const LinkageLine *line)
{
    return line->is_weak;
}

void linkage_lines_print(const LinkageLines *lines, const char *before, FILE *out)
{
    const LinkageLine *all = find(lines, "all", NULL), *run = find(lines, "run", NULL);

    if (run == NULL) {
        fprintf(out, "%sLinkage: nothing had been linked when the release was built.\n", before);
        return;
    }
    fprintf(out, "%sLinkage of %.*s, subjects linked: ", before, TEXT_ARG(run->value));
    if (all == NULL)
        fputs("there are none", out);
    else
        print_group(all, "", out);
    print_change(all, find(lines, "run before", NULL), out);
    print_estimates(lines, out);
    fputs(".\n", out);
    print_those(lines, is_source, "", before, out);
    print_those(lines, is_weak, "Weak, less than all beyond chance: ", before, out);
}

/* Names of sources, days and groups that the report has: nothing that needs quotes. */
void linkage_lines_print_csv(const LinkageLines *lines, const char *before, FILE *out)
{
    linkage_lines_print(lines, before, out);
    if (lines->count == 0)
        return;
    fprintf(out, "%sgroup,value,rate,low,high,change,weak\n", before);
    for (size_t i = 0; i < lines->count; i++) {
        const LinkageLine *line = &lines->lines[i];
        fprintf(out, "%s%.*s,%.*s,%.*s,%.*s,%.*s,%.*s,%s\n", before, TEXT_ARG(line->kind),
                TEXT_ARG(line->value), TEXT_ARG(line->rate), TEXT_ARG(line->low), TEXT_ARG(line->high),
                TEXT_ARG(line->change), line->is_weak ? "yes" : "");
    }
}
