#include "query/released_prices.h"

#include <inttypes.h>

#include "query/prices.h"

void released_prices_note(ReleasedTable *table, const Tree *tree)
{
    for (size_t i = 0; tree != NULL && i < tree->price_count; i++) {
        const Prices *prices = &tree->prices[i];
        if (prices->published != NULL)
            table->prices[table->price_count++] =
                (ReleasedPublished){.name = prices_said(prices, table->arena),
                                    .origin = text_copy(table->arena, prices->published->origin),
                                    .day = prices->published->day,
                                    .content = prices->published->content};
    }
}

json_t *released_prices_json(const ReleasedTable *table)
{
    json_t *all = json_array();

    for (size_t i = 0; i < table->price_count; i++) {
        const ReleasedPublished *prices = &table->prices[i];
        char hex[HASH_TEXT_BYTES];
        json_array_append_new(all,
                              json_pack("{s:s%, s:s%, s:s}", "prices", prices->name.data, prices->name.length,
                                        "origin", prices->origin.data, prices->origin.length, "content",
                                        hash_format(&prices->content, hex)));
    }
    return all;
}

/* ---- of whom a cost is not known ---- */

static bool is_all(const ReleasedTable *table, const ReleasedLine *line)
{
    for (size_t d = 0; d < table->dimension_count; d++)
        if (line->place[d] < table->dimensions[d].value_count)
            return false;
    return true;
}

/* As many as the released table says: a count like any other, hidden like any other. NULL: no line is of
 * all. */
static const ReleasedCell *unknown_of_all(const ReleasedTable *table, const ReleasedMeasure *measure)
{
    size_t answers = measure->answers.value_count;

    for (size_t i = 0; i < table->line_count; i++)
        if (is_all(table, &table->lines[i]) && answers > 1)
            return &measure->cells[i * answers + 1];
    return NULL;
}

static void print_unknown(const ReleasedTable *table, const ReleasedMeasure *measure, FILE *out)
{
    const ReleasedCell *unknown = unknown_of_all(table, measure);

    if (unknown == NULL)
        fputs("people", out);
    else if (unknown->is_hidden)
        fputs("* people (hidden)", out);
    else
        fprintf(out, "%" PRId64 " people", unknown->people);
}

void released_prices_print(const ReleasedTable *table, const char *before, FILE *out)
{
    char hex[HASH_TEXT_BYTES];

    for (size_t i = 0; i < table->price_count; i++)
        fprintf(out, "%sPrices %.*s, content %s: %.*s.\n", before, TEXT_ARG(table->prices[i].name),
                hash_format(&table->prices[i].content, hex), TEXT_ARG(table->prices[i].origin));
    for (size_t m = 0; m < table->measure_count; m++) {
        const ReleasedMeasure *measure = &table->measures[m];
        if (!measure->is_cost)
            continue;
        fprintf(out, "%sCost %.*s is in pounds; left out, not counted as 0, are ", before,
                TEXT_ARG(measure->name));
        print_unknown(table, measure, out);
        fputs(" with a record that has no price.\n", out);
    }
}
