/* Numbers from outside that rates are per, where there is no outside: as many for each place of a table. */
#include <inttypes.h>
#include <string.h>

#include "query/dummy.h"

enum { PEOPLE_EACH = 1000, MADE_LINES_MAX = 20000, PENCE_EACH = 5000, PRICES_MADE = 7, RECORDS_MAX = 50 };

static size_t values_of(Dummy *dummy, const Dimension *dimension, const DummyCategories *categories,
                        Text *values)
{
    size_t count = 0;

    for (; count < dimension->bands.count; count++)
        values[count] = bands_label(&dimension->bands, count, dummy->arena);
    for (size_t i = 0; dimension->bands.count == 0 && i < categories->count; i++)
        if (text_equal(categories->items[i].dimension, text_from(dimension->attribute->name)))
            values[count++] = categories->items[i].value;
    return count;
}

static const Published *make_population(Dummy *dummy, const TableNode *table, Text name, Date day,
                                        const DummyCategories *categories)
{
    Published *population = arena_alloc(dummy->arena, sizeof *population);
    size_t width = table->dimension_count, counts[QUERY_DIMENSIONS_MAX];
    Text *values[QUERY_DIMENSIONS_MAX];

    *population = (Published){.name = name, .origin = TEXT("DUMMY, made up"), .day = day, .line_count = 1};
    population->content = hash_of(name.data, name.length);
    population->dimensions = arena_alloc(dummy->arena, (width + 1) * sizeof(Text));
    population->dimension_count = width;
    for (size_t d = 0; d < width; d++) {
        values[d] = arena_alloc(dummy->arena, (categories->count + BANDS_MAX) * sizeof(Text));
        counts[d] = values_of(dummy, &table->dimensions[d], categories, values[d]);
        population->dimensions[d] = text_from(table->dimensions[d].attribute->name);
        population->line_count *= counts[d];
    }
    population->line_count =
        population->line_count > MADE_LINES_MAX ? MADE_LINES_MAX : population->line_count;
    population->values = arena_alloc(dummy->arena, (population->line_count * width + 1) * sizeof(Text));
    population->numbers = arena_alloc(dummy->arena, (population->line_count + 1) * sizeof(int64_t));
    for (size_t i = 0; i < population->line_count; i++) {
        size_t rest = i;
        population->numbers[i] = PEOPLE_EACH;
        for (size_t d = width; d-- > 0; rest /= counts[d])
            population->values[i * width + d] = values[d][rest % counts[d]];
    }
    return population;
}

/* Of each word: what a record of a real source may lack, none lacks here. */
void dummy_prices(Dummy *dummy)
{
    Tree *tree = dummy->query->tree;
    const Dataset *dataset = &dummy->dataset;

    for (size_t i = 0; i < tree->price_count; i++) {
        Published *published = arena_alloc(dummy->arena, sizeof *published);
        *published = (Published){.name = tree->prices[i].name,
                                 .origin = TEXT("DUMMY, made up"),
                                 .content = hash_of(tree->prices[i].name.data, tree->prices[i].name.length),
                                 .line_count = dataset->word_count};
        published->values = arena_alloc(dummy->arena, (dataset->word_count + 1) * sizeof(Text));
        published->numbers = arena_alloc(dummy->arena, (dataset->word_count + 1) * sizeof(int64_t));
        for (size_t w = 0; w < dataset->word_count; w++) {
            published->values[w] = dataset->words[w];
            published->numbers[w] = PENCE_EACH * (int64_t)(w % PRICES_MADE + 1);
        }
        tree->prices[i].published = published;
    }
}

static double price_of(const Dummy *dummy, const Prices *prices, double code)
{
    static const double pence_of_a_pound = 100;

    return dummy_is_word(dummy, code) ? (double)prices->published->numbers[(size_t)code] / pence_of_a_pound
                                      : NAN;
}

/* Records until they cost so much, or one fewer: which of the two a bound wants is not known here. */
void wish_cost(const Wish *wish, const Node *node, double target)
{
    DummyTable *table = dummy_table(wish->dummy, node->source->name);
    size_t column = (size_t)dummy_column(table, node->column->stored);
    bool is_below = dummy_chance(wish->dummy, 2) == 0;
    double cost = 0;

    for (int i = 0; cost < target && i < RECORDS_MAX; i++) {
        double code = dummy_fill(wish->dummy, table, column);
        double price = price_of(wish->dummy, node->prices, code);
        if (isnan(price))
            continue;
        cost += price;
        if (is_below && i > 0 && cost > target)
            return;
        (void)wish_add_row(wish, node, true, (int)column, code);
    }
}

void dummy_populations(Dummy *dummy, const DummyCategories *categories, Provenance *provenance)
{
    const Tree *tree = dummy->query->tree;
    size_t most = (size_t)QUERY_TABLES_MAX * QUERY_MEASURES_MAX * QUERY_PERIODS_MAX;
    PopulationUse *uses = arena_alloc(dummy->arena, most * sizeof *uses);

    provenance->populations = uses;
    for (size_t t = 0; t < tree->table_count; t++) {
        const TableNode *table = &tree->tables[t];
        for (size_t m = 0; m < table->measure_count; m++) {
            Text name = table->measures[m].population;
            size_t periods = table->series.count > 0 ? table->series.count : 1;
            for (size_t p = 0; name.length > 0 && p < periods; p++) {
                Date day = population_day(table, dummy->as_at, p);
                if (population_find(uses, provenance->population_count, name, day) == NULL)
                    uses[provenance->population_count++] =
                        (PopulationUse){name, day, make_population(dummy, table, name, day, categories)};
            }
        }
    }
}
