/* Nothing is dated before its person is born, as no row is that is loaded: held each time the data are built,
 * whatever was wished for. Who is born on no known day has no such bound. */
#include "query/dummy.h"

/* The first of the month; NAN: not known. */
static double born_on(const Dummy *dummy, uint32_t person)
{
    const DummyTable *people = &dummy->tables[DUMMY_PERSON];
    const double *cells = people->rows[person]->cells;
    double year = cells[dummy_column(people, TEXT("birth_year"))];
    double month = cells[dummy_column(people, TEXT("birth_month"))];

    return isnan(year) || isnan(month) ? NAN : date_from_civil((int)year, (int)month, 1);
}

void dummy_bear(Dummy *dummy, uint32_t person, double day)
{
    const DummyTable *people = &dummy->tables[DUMMY_PERSON];
    double *cells = people->rows[person]->cells;
    const CivilDate birth = isnan(day) ? (CivilDate){0} : date_to_civil((Date)day);

    cells[dummy_column(people, TEXT("birth_year"))] = isnan(day) ? NAN : birth.year;
    cells[dummy_column(people, TEXT("birth_month"))] = isnan(day) ? NAN : birth.month;
}

/* One day of their life: who asks for another one finds that it is not so. */
static double day_of_life(Dummy *dummy, double born)
{
    return born >= dummy->as_at ? born
                                : born + (double)dummy_chance(dummy, (uint64_t)(dummy->as_at - born) + 1);
}

static void date_rows(Dummy *dummy, const DummyTable *table, uint32_t person, double born)
{
    for (DummyRow *row = table->rows[person]; row != NULL; row = row->next)
        for (size_t c = 0; c < table->column_count; c++)
            if (table->columns[c].type == TYPE_DATE && row->cells[c] < born)
                row->cells[c] = day_of_life(dummy, born);
}

/* From birth on; one that ended before it was none. */
static void date_registrations(DummyTable *table, uint32_t person, double born)
{
    for (DummyRow *row = table->rows[person], *next; row != NULL; row = next) {
        next = row->next;
        if (row->cells[1] < born)
            dummy_remove(table, person, row);
        else if (row->cells[0] < born)
            row->cells[0] = born;
    }
}

void dummy_date_from_birth(Dummy *dummy)
{
    for (uint32_t p = 0; p < dummy->people; p++) {
        double born = born_on(dummy, p);
        if (isnan(born))
            continue;
        date_registrations(&dummy->tables[DUMMY_REGISTRATION], p, born);
        for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++)
            if (!dummy->tables[t].is_by_home)
                date_rows(dummy, &dummy->tables[t], p, born);
    }
}
