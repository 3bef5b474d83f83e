/* Random people, homes and records: what stands there before anything is wished for. */
#include <string.h>

#include "query/dummy.h"

enum {
    UNKNOWN_ONE_IN = 12,
    YEARS_BACK = 6,
    DAYS_OF_A_YEAR = 365,
    AGES = 101,
    ROWS_EACH_MAX = 3,
    NUMBER_RANGE_MAX = 100,
};

/* Values of what no spec describes. */
static double one_of(Dummy *dummy, const char *const *words, size_t count)
{
    return dummy_word(dummy, text_from(words[dummy_chance(dummy, count)]));
}

/* Then there were the same places. */
static Text without_then(Text column)
{
    static const Text then = TEXT("_then");

    if (column.length < then.length)
        return column;
    size_t length = column.length - then.length;
    return memcmp(column.data + length, then.data, then.length) == 0 ? (Text){column.data, length} : column;
}

static double random_place(Dummy *dummy, Text column)
{
    static const struct {
        const char *column, *words[4];
        size_t count;
    } places[] = {
        {"sex", {"1", "2", "1", "2"}, 4},
        {"district", {"Dummy North", "Dummy South"}, 2},
        {"ward", {"DUMMY-W1", "DUMMY-W2", "DUMMY-W3"}, 3},
        {"hcp", {"DUMMY-H1", "DUMMY-H2"}, 2},
        {"pcn", {"DUMMY-P1", "DUMMY-P2"}, 2},
        {"practice", {"DUMMY-A", "DUMMY-B", "DUMMY-C", "DUMMY-D"}, 4},
        {"practice_now", {"DUMMY-A", "DUMMY-B", "DUMMY-C"}, 3},
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (text_equal(without_then(column), text_from(places[i].column)))
            return one_of(dummy, places[i].words, places[i].count);
    return text_equal(column, TEXT("imd_decile")) ? 1 + (double)dummy_chance(dummy, 10)
                                                  : (double)(dummy_chance(dummy, 20) == 0);
}

double dummy_unlisted(Dummy *dummy)
{
    static const char *const words[] = {"dummy-1", "dummy-2", "dummy-3"};

    return one_of(dummy, words, 3);
}

/* ---- columns of sources ---- */

static double random_number(Dummy *dummy, const DummyColumn *of)
{
    double range = of->highest - of->lowest;

    range = range > 0 && range < NUMBER_RANGE_MAX ? range : NUMBER_RANGE_MAX;
    return (of->lowest < 0 ? 0 : of->lowest) + (double)dummy_chance(dummy, (uint64_t)range + 1);
}

static double random_day(Dummy *dummy)
{
    return dummy->as_at + 30 - (double)dummy_chance(dummy, (uint64_t)YEARS_BACK * DAYS_OF_A_YEAR);
}

static double random_code(Dummy *dummy, const DummyColumn *of)
{
    if (of->code_count > 0)
        return dummy_word(dummy, of->codes[dummy_chance(dummy, of->code_count)]);
    return dummy_unlisted(dummy);
}

double dummy_fill(Dummy *dummy, const DummyTable *table, size_t column)
{
    const DummyColumn *of = dummy_described(table, column);

    if (of == NULL) /* an attribute */
        return random_place(dummy, table->columns[column].name);
    if (!of->is_required && dummy_chance(dummy, UNKNOWN_ONE_IN) == 0)
        return NAN;
    switch (table->columns[column].type) {
    case TYPE_DATE:
        return random_day(dummy);
    case TYPE_TEXT:
        return random_code(dummy, of);
    case TYPE_BOOL:
        return (double)dummy_chance(dummy, 2);
    default:
        return random_number(dummy, of);
    }
}

/* ---- people ---- */

/* As a source's list of them says, where any has one. */
static double random_ethnic_category(Dummy *dummy)
{
    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++) {
        int column = dummy_column(&dummy->tables[t], TEXT("ethnic_category"));
        const DummyColumn *of = column < 0 ? NULL : dummy_described(&dummy->tables[t], (size_t)column);
        if (of != NULL && of->form == NULL && of->code_count > 0)
            return dummy_fill(dummy, &dummy->tables[t], (size_t)column);
    }
    return dummy_word(dummy, TEXT("dummy-1"));
}

double dummy_attribute(Dummy *dummy, Text column)
{
    return text_equal(column, TEXT("ethnic_category")) ? random_ethnic_category(dummy)
                                                       : random_place(dummy, column);
}

static void set_cell(const DummyTable *table, DummyRow *row, Text column, double value)
{
    int index = dummy_column(table, column);

    if (index >= 0)
        row->cells[index] = value;
}

static void make_person(Dummy *dummy, uint32_t person)
{
    DummyTable *table = &dummy->tables[DUMMY_PERSON];
    DummyRow *row = dummy_add(dummy, table, person);
    CivilDate today = date_to_civil(dummy->as_at);
    bool is_known = dummy_chance(dummy, 3 * UNKNOWN_ONE_IN) != 0;

    set_cell(table, row, TEXT("sex"),
             dummy_chance(dummy, 3 * UNKNOWN_ONE_IN) == 0 ? NAN : random_place(dummy, TEXT("sex")));
    set_cell(table, row, TEXT("ethnic_category"), dummy_attribute(dummy, TEXT("ethnic_category")));
    if (!is_known)
        return;
    set_cell(table, row, TEXT("birth_year"), today.year - (double)dummy_chance(dummy, AGES));
    set_cell(table, row, TEXT("birth_month"), 1 + (double)dummy_chance(dummy, (uint64_t)today.month));
}

/* Now and then two, one after the other; or none. */
static void make_registrations(Dummy *dummy, uint32_t person)
{
    DummyTable *table = &dummy->tables[DUMMY_REGISTRATION];
    double moved = dummy->as_at - (double)dummy_chance(dummy, (uint64_t)2 * YEARS_BACK * DAYS_OF_A_YEAR);
    uint64_t kind = dummy_chance(dummy, UNKNOWN_ONE_IN);

    for (int i = 0; i < 2 && kind > 0; i++) {
        if (i == 1 && kind > 2)
            return;
        DummyRow *row = dummy_add(dummy, table, person);
        for (size_t c = 0; c < table->column_count; c++)
            row->cells[c] = dummy_chance(dummy, 2 * UNKNOWN_ONE_IN) == 0
                                ? NAN
                                : random_place(dummy, table->columns[c].name);
        set_cell(table, row, TEXT("valid_from"), i == 0 ? moved : moved - DAYS_OF_A_YEAR);
        set_cell(table, row, TEXT("valid_to"), i == 0 ? NAN : moved - 1);
    }
}

static void make_home(Dummy *dummy, uint32_t person)
{
    DummyRow *row = dummy_add(dummy, &dummy->tables[DUMMY_HOUSEHOLD], person);

    row->cells[0] = 1 + (double)dummy_chance(dummy, dummy->people / DUMMY_HOMES_EACH + 1);
}

static bool is_read(const Dummy *dummy, const DummyTable *table)
{
    for (size_t s = 0; s < dummy->query->tree->source_count; s++)
        if (text_equal(dummy->query->tree->sources[s]->name, table->of->name))
            return true;
    return false;
}

static void make_rows(Dummy *dummy, DummyTable *table, uint32_t owner)
{
    uint64_t rows = table->of->is_death ? dummy_chance(dummy, UNKNOWN_ONE_IN) == 0
                                        : dummy_chance(dummy, ROWS_EACH_MAX + 1);

    for (uint64_t i = 0; i < rows; i++) {
        DummyRow *row = dummy_add(dummy, table, owner);
        for (size_t c = 0; c < table->column_count; c++)
            row->cells[c] = dummy_fill(dummy, table, c);
    }
}

void dummy_random(Dummy *dummy)
{
    for (uint32_t p = 0; p < dummy->people; p++) {
        make_person(dummy, p);
        make_registrations(dummy, p);
        make_home(dummy, p);
    }
    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++) {
        DummyTable *table = &dummy->tables[t];
        uint32_t owners = table->is_by_home ? dummy->homes : dummy->people;
        for (uint32_t owner = table->is_by_home; is_read(dummy, table) && owner < owners; owner++)
            make_rows(dummy, table, owner);
    }
}
