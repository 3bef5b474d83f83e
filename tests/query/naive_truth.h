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

static int64_t count_records(const Expression *said, int person)
{
    int64_t count = 0;

    for (int i = 0; i < naive.row_counts[said->source]; i++) {
        const Row *row = &naive.rows[said->source][i];
        count += is_owned(said->source, row, person) &&
                 (said->part_count == 0 || truth(said->parts[0], person, row) == YES);
    }
    return count;
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
    case SAY_ATTRIBUTE:
        return attribute_fact(person, said->attribute);
    case SAY_AGE:
        return age(person,
                   said->part_count > 0 ? (Date)fact(said->parts[0], person, row).number : naive.as_at);
    case SAY_COLUMN:
        return row->facts[said->column];
    case SAY_COUNT:
        return known(count_records(said, person));
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
    if (!left.is_known)
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
        return !left.is_known ? UNSURE
                              : sure(left.number >= right.number &&
                                     left.number <= fact(said->parts[2], person, row).number);
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
