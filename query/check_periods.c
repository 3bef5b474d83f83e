#include "query/check_periods.h"

#include "query/coverage.h"

static bool is_read(const Tree *tree, Text source)
{
    for (size_t i = 0; i < tree->source_count; i++)
        if (text_equal(tree->sources[i]->name, source))
            return true;
    return false;
}

static void say_table(const Tree *tree, const TableNode *table, Date as_at, const Coverage *held,
                      TextBuilder *out)
{
    Month first = month_of_date(series_period(&table->series, as_at, 0).first);
    char begins[DATE_TEXT_BYTES], sent[DATE_TEXT_BYTES];
    Mention at = tree_mention(tree, table->place);

    if (first >= held->from)
        return;
    source_text_warn(
        &at, out,
        "the series begins with %s, deliveries of %.*s with %s: of the time before, 0 may say that "
        "nobody sent it",
        month_format(first, begins), TEXT_ARG(held->source), month_format(held->from, sent));
}

Result check_periods(Db *reader, int64_t release_id, const Tree *tree, Date as_at, Arena *arena,
                     TextBuilder *out, Error *error)
{
    Text *sources = arena_alloc(arena, (tree->source_count + 1) * sizeof *sources);
    const Coverage *held;
    size_t count;

    for (size_t i = 0; i < tree->source_count; i++)
        sources[i] = tree->sources[i]->name;
    TRY(coverage_read(reader, release_id, sources, tree->source_count, arena, &held, &count, error));
    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; tree->tables[t].series.count > 0 && i < count; i++)
            if (is_read(tree, held[i].source))
                say_table(tree, &tree->tables[t], as_at, &held[i], out);
    return RESULT_OK;
}
