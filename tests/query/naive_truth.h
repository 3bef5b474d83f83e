#pragma once
/* What an expression is of one person: three values, as docs/query-language.md has them. */
#include "tests/query/naive_query.h"

typedef enum Truth { NO, UNSURE, YES } Truth; /* and: the least; or: the greatest */

static Truth truth(const Expression *said, int person, const Row *row);

static bool is_owned(int source, const Row *row, int person)
{
    if (source != FIRE_VISIT)
        return row->is_used && row->owner == person;
    const Row *at = registration(person, naive.as_at);
    return at != NULL && at->address == row->owner && has_home(at->address);
}

static bool is_meant(const Expression *said, int person, const Row *row)
{
    return is_owned(said->source, row, person) &&
           (said->part_count == 0 || truth(said->parts[0], person, row) == YES);
}

static int64_t count_records(const Expression *said, int person)
{
    int64_t count = 0;

    for (int i = 0; i < naive.row_counts[said->source]; i++)
        count += is_meant(said, person, &naive.rows[said->source][i]);
    return count;
}

/* ---- what records add up to ---- */

static int compare_facts(Fact a, Fact b, FactType type)
{
    if (!a.is_known || !b.is_known)
        return a.is_known - b.is_known;
    if (type == FACT_TEXT)
        return strcmp(a.text, b.text);
    return a.number < b.number ? -1 : a.number > b.number;
}

/* By the day, which is the last column here; equal ones by the columns as county.sql has them in order. */
static int compare_rows(int source, const Row *a, const Row *b)
{
    static const int gp_event[] = {2, 0, 1}, apc_spell[] = {0, 1, 3, 2};
    const int *order = source == GP_EVENT ? gp_event : apc_spell;
    int last = COLUMN_COUNTS[source] - 1,
        difference = compare_facts(a->facts[last], b->facts[last], FACT_DATE);

    for (int i = 0; difference == 0 && i <= last; i++)
        difference = compare_facts(a->facts[order[i]], b->facts[order[i]], COLUMNS[source][order[i]].type);
    return difference;
}

/* The record that so many others stand before; of equal ones any. */
static Fact picked(const Expression *said, int person)
{
    int64_t before = said->number > 0 ? said->number - 1 : count_records(said, person) + said->number;

    for (int i = 0; i < naive.row_counts[said->source]; i++) {
        const Row *row = &naive.rows[said->source][i];
        int64_t earlier = 0, same = 0;
        if (!is_meant(said, person, row))
            continue;
        for (int j = 0; j < naive.row_counts[said->source]; j++) {
            const Row *other = &naive.rows[said->source][j];
            int order = is_meant(said, person, other) ? compare_rows(said->source, other, row) : 1;
            earlier += order < 0;
            same += order == 0;
        }
        if (before >= earlier && before < earlier + same)
            return row->facts[said->column];
    }
    return (Fact){0};
}

/* Of the known ones: their sum, the least, the greatest; of none unknown. */
static Fact amount(const Expression *said, int person)
{
    Fact so_far = {0};

    for (int i = 0; i < naive.row_counts[said->source]; i++) {
        const Row *row = &naive.rows[said->source][i];
        Fact of = row->facts[said->column];
        if (!is_meant(said, person, row) || !of.is_known)
            continue;
        if (!so_far.is_known)
            so_far = of;
        else if (said->kind == SAY_SUM)
            so_far.number += of.number;
        else if ((said->kind == SAY_MIN) == (of.number < so_far.number))
            so_far = of;
    }
    return so_far;
}

static Fact distinct(const Expression *said, int person)
{
    FactType type = COLUMNS[said->source][said->column].type;
    int64_t count = 0;

    for (int i = 0; i < naive.row_counts[said->source]; i++) {
        const Row *row = &naive.rows[said->source][i];
        bool is_new = is_meant(said, person, row) && row->facts[said->column].is_known;
        for (int j = 0; j < i && is_new; j++) {
            const Row *other = &naive.rows[said->source][j];
            is_new = !is_meant(said, person, other) ||
                     compare_facts(other->facts[said->column], row->facts[said->column], type) != 0;
        }
        count += is_new;
    }
    return known(count);
}

/* ---- who lives together ---- */

/* Who is alive, registered, in no care home, and at an address that is one. */
static int home_worked_out(int person, Date day)
{
    const Row *at = registration(person, day);

    if (at == NULL || !has_home(at->address) || !is_in_release(person) || is_dead_before(person, day))
        return NOBODY;
    return at->facts[CARE_HOME].is_known && at->facts[CARE_HOME].number != 0 ? NOBODY : at->address;
}

/* Days are asked for again and again. */
static int home_of(int person, Date day)
{
    int i = 0;

    while (i < naive.home_day_count && naive.home_days[i] != day)
        i++;
    if (i < naive.home_day_count)
        return naive.homes[i][person];
    i = naive.home_day_count < HOME_DAYS_MAX ? naive.home_day_count++ : 0;
    naive.home_days[i] = day;
    for (int p = 0; p < naive.person_count; p++)
        naive.homes[i][p] = home_worked_out(p, day);
    return naive.homes[i][person];
}

/* More than ten are none. */
static bool is_of_household(int person, Date day)
{
    int home = home_of(person, day), living = 0;

    for (int p = 0; home != NOBODY && p < naive.person_count; p++)
        living += home_of(p, day) == home;
    return living >= 1 && living <= 10;
}

static Date household_day(const Expression *said)
{
    return said->months > 0 ? (Date)said->number : naive.as_at;
}

static Fact housemates(const Expression *said, int person)
{
    Date day = household_day(said);
    int home = home_of(person, day), meant = 0;

    if (!is_of_household(person, day))
        return (Fact){0};
    for (int p = 0; p < naive.person_count; p++)
        if (home_of(p, day) == home && (p != person || !said->is_after))
            meant += said->part_count == 0 || truth(said->parts[0], p, NULL) == YES;
    return known(meant);
}

/* Who is not, on a day of which homes or their records are asked, is not counted. */
__attribute__((unused)) static bool has_households(const Expression *said, int person)
{
    bool has = (said->source != FIRE_VISIT || is_of_household(person, naive.as_at)) &&
               (said->kind != SAY_HOUSEHOLD || is_of_household(person, household_day(said)));

    for (int i = 0; i < said->part_count; i++)
        has = has && has_households(said->parts[i], person);
    return has;
}

/* Day by day. */
static Fact days_registered(const Expression *said, int person)
{
    int days = 0;

    for (int i = 0; i < said->months; i++) {
        Date day = (Date)said->number + i;
        days += registration(person, day) != NULL && !is_dead_before(person, day);
    }
    return known(days);
}

/* ---- what values come to ---- */

static Fact calculated_fact(const Expression *said, Fact a, Fact b)
{
    if (said->kind == SAY_OTHERWISE)
        return a.is_known ? a : b;
    if (!a.is_known || !b.is_known)
        return (Fact){0};
    return known(said->kind == SAY_PLUS    ? a.number + b.number
                 : said->kind == SAY_MINUS ? a.number - b.number
                 : said->kind == SAY_TIMES ? a.number * b.number
                                           : b.number - a.number);
}

static Fact shifted_fact(const Expression *said, Fact day)
{
    int sign = said->is_after ? 1 : -1;

    if (!day.is_known)
        return day;
    return known(said->months == 0 ? day.number + sign * said->number
                                   : date_shift_months((Date)day.number, sign * said->months));
}

static Fact fact(const Expression *said, int person, const Row *row);

static Fact fact_of_values(const Expression *said, int person, const Row *row)
{
    Fact first = fact(said->parts[0], person, row);

    if (said->kind == SAY_SHIFT)
        return shifted_fact(said, first);
    return calculated_fact(said, first, fact(said->parts[1], person, row));
}

static Fact fact(const Expression *said, int person, const Row *row)
{
    switch (said->kind) {
    case SAY_NUMBER:
    case SAY_DATE:
        return known(said->number);
    case SAY_TEXT:
        return word(said->text);
    case SAY_AS_AT:
        return known(naive.as_at);
    case SAY_PERIOD_START:
        return known(naive.first);
    case SAY_PERIOD_END:
        return known(naive.last);
    case SAY_ATTRIBUTE:
        return attribute_fact(person, said->attribute);
    case SAY_AGE:
        return age(person,
                   said->part_count > 0 ? (Date)fact(said->parts[0], person, row).number : naive.as_at);
    case SAY_COLUMN:
        return row->facts[said->column];
    case SAY_COUNT:
        return known(count_records(said, person));
    case SAY_PICKED:
        return picked(said, person);
    case SAY_SUM:
    case SAY_MIN:
    case SAY_MAX:
        return amount(said, person);
    case SAY_DISTINCT:
        return distinct(said, person);
    case SAY_DAYS_REGISTERED:
        return days_registered(said, person);
    case SAY_HOUSEHOLD:
        return housemates(said, person);
    case SAY_PLUS:
    case SAY_MINUS:
    case SAY_TIMES:
    case SAY_OTHERWISE:
    case SAY_SHIFT:
    case SAY_DAYS:
        return fact_of_values(said, person, row);
    default:
        cr_assert(false, "not a value");
        return (Fact){0};
    }
}

static Truth sure(bool is_true)
{
    return is_true ? YES : NO;
}

static Truth compared(const Expression *said, Fact left, Fact right)
{
    if (!left.is_known || !right.is_known)
        return UNSURE;
    int64_t difference =
        said->parts[0]->type == FACT_TEXT ? strcmp(left.text, right.text) : left.number - right.number;
    const bool answers[] = {difference == 0, difference != 0, difference<0, difference <= 0, difference> 0,
                            difference >= 0};
    return sure(answers[said->operator_index]);
}

static Truth within(const Expression *said, Fact left, Fact day)
{
    if (!left.is_known || !day.is_known)
        return UNSURE;
    if (said->is_after)
        return sure(left.number >= day.number &&
                    left.number < date_shift_months((Date)day.number, said->months));
    return sure(left.number <= day.number &&
                left.number > date_shift_months((Date)day.number, -said->months));
}

static Truth chained(const Expression *said, int person, const Row *row)
{
    Truth least = YES, greatest = NO;

    for (int i = 0; i < said->part_count; i++) {
        Truth part = truth(said->parts[i], person, row);
        least = part < least ? part : least;
        greatest = part > greatest ? part : greatest;
    }
    return said->kind == SAY_AND ? least : greatest;
}

/* From and to: either can tell alone that it is not. */
static Truth ranged(Fact value, Fact from, Fact to)
{
    bool is_below = value.is_known && from.is_known && value.number < from.number,
         is_above = value.is_known && to.is_known && value.number > to.number;

    if (is_below || is_above)
        return NO;
    return value.is_known && from.is_known && to.is_known ? YES : UNSURE;
}

static Truth truth(const Expression *said, int person, const Row *row)
{
    Fact left = {0}, right = {0};

    if (said->kind >= SAY_COMPARE && said->kind <= SAY_REGISTERED)
        left = fact(said->parts[0], person, row);
    if (said->kind >= SAY_COMPARE && said->kind <= SAY_WITHIN)
        right = fact(said->parts[1], person, row);
    switch (said->kind) {
    case SAY_AND:
    case SAY_OR:
        return chained(said, person, row);
    case SAY_NOT:
        return (Truth)(YES - truth(said->parts[0], person, row));
    case SAY_COMPARE:
        return compared(said, left, right);
    case SAY_RANGE:
        return ranged(left, right, fact(said->parts[2], person, row));
    case SAY_KNOWN:
        return sure(fact(said->parts[0], person, row).is_known);
    case SAY_WITHIN:
        return within(said, left, right);
    case SAY_IN:
        return !left.is_known
                   ? UNSURE
                   : sure(strcmp(left.text, said->texts[0]) == 0 || strcmp(left.text, said->texts[1]) == 0);
    case SAY_REGISTERED:
        return sure(registration(person, (Date)left.number) != NULL &&
                    !is_dead_before(person, (Date)left.number));
    case SAY_EXISTS:
        return sure(count_records(said, person) > 0);
    default:
        left = fact(said, person, row); /* a condition that is a fact: care_home */
        return !left.is_known ? UNSURE : sure(left.number != 0);
    }
}
