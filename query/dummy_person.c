/* People: their age, where and when they are registered, and who lives with them. */
#include <string.h>

#include "query/dummy.h"

enum { MONTHS_OF_A_YEAR = 12, BACK_DAYS = 1500, AGE_MAX = 150, DAYS_MAX = 150 * 366 };

static bool covers(const DummyRow *row, Date day)
{
    return !(row->cells[0] > day) && !(row->cells[1] < day);
}

static DummyRow *registration_on(const Wish *wish, Date day)
{
    DummyRow *row = wish->dummy->tables[DUMMY_REGISTRATION].rows[wish->person];

    while (row != NULL && !covers(row, day))
        row = row->next;
    return row;
}

/* The last one alone, as a day has at most one. */
static DummyRow *register_over(const Wish *wish, Date from, Date to)
{
    Dummy *dummy = wish->dummy;
    DummyTable *table = &dummy->tables[DUMMY_REGISTRATION];
    DummyRow *row = table->rows[wish->person];

    if (row == NULL) {
        row = dummy_add(dummy, table, wish->person);
        for (size_t c = 0; c < table->column_count; c++)
            row->cells[c] = dummy_fill(dummy, table, c);
    }
    while (row->next != NULL)
        dummy_remove(table, wish->person, row->next);
    row->cells[0] = from;
    row->cells[1] = to == DATE_NONE ? NAN : to;
    return row;
}

static void end_death(const Wish *wish)
{
    Dummy *dummy = wish->dummy;

    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++)
        while (dummy->tables[t].of->is_death && dummy->tables[t].rows[wish->person] != NULL)
            dummy_remove(&dummy->tables[t], wish->person, dummy->tables[t].rows[wish->person]);
}

static double death_of(const Wish *wish)
{
    const DummyTable *people = &wish->dummy->tables[DUMMY_PERSON];

    return people->rows[wish->person]->cells[dummy_column(people, TEXT("death_date"))];
}

void wish_registered(const Wish *wish, Date day, bool wanted)
{
    Dummy *dummy = wish->dummy;
    DummyRow *row = registration_on(wish, day);
    bool at_bound = dummy_chance(dummy, 3) == 0;

    if (!wanted) {
        if (row != NULL && dummy_chance(dummy, 2) == 0)
            row->cells[1] = day - 1;
        else if (row != NULL)
            dummy_remove(&dummy->tables[DUMMY_REGISTRATION], wish->person, row);
        return;
    }
    if (death_of(wish) < day)
        end_death(wish);
    if (row == NULL)
        (void)register_over(wish, at_bound ? day : day - 1 - (Date)dummy_chance(dummy, BACK_DAYS),
                            dummy_chance(dummy, 4) == 0 ? day : DATE_NONE);
}

void wish_attribute(const Wish *wish, const Node *node, double target)
{
    Dummy *dummy = wish->dummy;
    bool is_of_person = strcmp(node->attribute->table, "p") == 0;
    DummyTable *table = &dummy->tables[is_of_person ? DUMMY_PERSON : DUMMY_REGISTRATION];
    double day = node->operand_count > 0 ? wish_value(wish, node->operands[0]) : dummy->as_at;
    int column = dummy_column(table, text_from(node->attribute->column));

    if (is_of_person) {
        table->rows[wish->person]->cells[column] = target;
        return;
    }
    if (isnan(day)) {
        wish_known(wish, node->operands[0]);
        return;
    }
    if (registration_on(wish, (Date)day) == NULL)
        wish_registered(wish, (Date)day, true);
    DummyRow *row = registration_on(wish, (Date)day);
    if (row != NULL && column >= 0)
        row->cells[column] = target;
}

/* Its first and last months too: who is born on the first of a month has had the birthday in it. */
void wish_age(const Wish *wish, const Node *node, double target)
{
    double day = wish_value(wish, node->operands[0]);
    static const uint64_t since[] = {0, 11, 5};

    if (isnan(day)) {
        wish_known(wish, node->operands[0]);
        return;
    }
    dummy_bear(wish->dummy, wish->person, NAN);
    if (isnan(target) || fabs(target) > AGE_MAX) /* nobody is: then it is not known how old */
        return;
    dummy_bear(
        wish->dummy, wish->person,
        date_add_months(month_first_day(month_of_date((Date)day)),
                        -(int)(MONTHS_OF_A_YEAR * target + (double)since[dummy_chance(wish->dummy, 3)])));
}

void wish_time_registered(const Wish *wish, const Node *node, double target)
{
    static const double days_of_a_year = 365.25;
    double from = wish_value(wish, node->operands[0]);
    double days = node->unit == UNIT_DAYS ? target : ceil(target * days_of_a_year);

    if (isnan(from) || isnan(days))
        wish_known(wish, node->operands[0]);
    else if (days < 1)
        wish_registered(wish, (Date)from, false);
    else if (days <= DAYS_MAX)
        (void)register_over(wish, (Date)from, (Date)(from + days - 1));
}

/* ---- homes ---- */

static void move_home(Dummy *dummy, uint32_t person, double home)
{
    dummy->tables[DUMMY_HOUSEHOLD].rows[person]->cells[0] = home;
}

static uint32_t people_of_home(Dummy *dummy, uint32_t home, uint32_t *people, uint32_t most)
{
    uint32_t count = 0;

    for (uint32_t p = 0; p < dummy->people && count < most; p++)
        if (dummy_home(dummy, p) == home)
            people[count++] = p;
    return count;
}

static void be_at_home(const Wish *wish, Date day)
{
    wish_registered(wish, day, true);
    DummyRow *row = registration_on(wish, day);
    int care_home = dummy_column(&wish->dummy->tables[DUMMY_REGISTRATION], TEXT("care_home"));
    if (row != NULL)
        row->cells[care_home] = 0;
}

/* A home has so many of whom the condition is true; others move in, or out to a home of their own. */
void wish_household(const Wish *wish, const Node *node, double target)
{
    Dummy *dummy = wish->dummy;
    double day = wish_value(wish, node->operands[0]);
    uint32_t members[PLAN_HOME_PEOPLE_MAX + 1], home = dummy_home(dummy, wish->person);
    uint32_t count = people_of_home(dummy, home, members, PLAN_HOME_PEOPLE_MAX + 1);
    double met = 0;

    if (isnan(day) || isnan(target))
        return;
    be_at_home(wish, (Date)day);
    for (; count < PLAN_HOME_PEOPLE_MAX && count < target + node->is_of_others; count++) {
        members[count] = (uint32_t)dummy_chance(dummy, dummy->people);
        move_home(dummy, members[count], home);
    }
    for (uint32_t i = 0; i < count; i++) {
        Wish of_member = *wish;
        of_member.person = members[i];
        of_member.depth++;
        if (node->is_of_others && members[i] == wish->person)
            continue;
        bool wanted = met < target;
        met += wanted;
        if (wanted)
            be_at_home(&of_member, (Date)day);
        if (node->operand_count > 1)
            wish_condition(&of_member, node->operands[1], wanted);
        else if (!wanted && members[i] != wish->person)
            move_home(dummy, members[i], dummy->homes - 1 - (double)dummy_chance(dummy, dummy->people / 2));
    }
}
