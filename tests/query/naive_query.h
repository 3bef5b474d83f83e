#pragma once
/* Random expressions of the cohort language. */
#include "tests/query/naive_person.h"

typedef enum ExpressionKind {
    SAY_AND,
    SAY_OR,
    SAY_NOT,
    SAY_COMPARE,
    SAY_RANGE,
    SAY_WITHIN,
    SAY_IN,
    SAY_REGISTERED,
    SAY_EXISTS,
    SAY_COUNT,
    SAY_NUMBER,
    SAY_DATE,
    SAY_TEXT,
    SAY_AS_AT,
    SAY_ATTRIBUTE,
    SAY_AGE,
    SAY_COLUMN,
    /* of records: column */
    SAY_SUM,
    SAY_DISTINCT,
    SAY_MIN,
    SAY_MAX,
    SAY_PICKED,          /* the record at `number` by the day */
    SAY_DAYS_REGISTERED, /* from `number` on, so many `months` days */
    SAY_HOUSEHOLD,       /* others: is_after; months: on the day `number`, not as_at */
    /* of values */
    SAY_PLUS,
    SAY_MINUS,
    SAY_TIMES,
    SAY_OTHERWISE,
    SAY_SHIFT, /* a date by `number` days or `months` months */
    SAY_DAYS,  /* from parts[0] to parts[1] */
    SAY_KNOWN,
    /* in a measure of a series */
    SAY_PERIOD_START,
    SAY_PERIOD_END,
} ExpressionKind;

enum { PARTS_MAX = 4, EXPRESSIONS_MAX = 4000, LETS_MAX = 60, NO_SOURCE = -1, QUERY_TEXT_MAX = 32768 };

static const char *const OPERATORS[] = {"=", "!=", "<", "<=", ">", ">="};
static const char *const DATE_OPERATORS[] = {"=", "!=", "before", "on or before", "after", "on or after"};

typedef struct Expression Expression;
struct Expression {
    ExpressionKind kind;
    FactType type;
    const Expression *parts[PARTS_MAX];
    int part_count;
    int operator_index, months;
    bool is_after, is_list_named;
    int source, column, attribute; /* source NO_SOURCE: about the person */
    int64_t number;
    const char *text, *texts[2];
    int let; /* 1 and up: written down as a let of this number */
};

static Expression expressions[EXPRESSIONS_MAX];
static int expression_count, let_count;

static Expression *expression(ExpressionKind kind, FactType type)
{
    cr_assert_lt(expression_count, EXPRESSIONS_MAX);
    Expression *made = &expressions[expression_count++];

    *made = (Expression){.kind = kind, .type = type, .source = NO_SOURCE};
    return made;
}

static const Expression *condition(int source, int depth);
/* A number or a date of a person, made of records or of other values. */
static const Expression *worked_out(FactType type, int depth);
/* The same, behind a let, as it has to be among records; or a constant. */
static const Expression *day_of_person(void);

/* ---- values ---- */

static const Expression *constant(FactType type, const char *const *words)
{
    static const ExpressionKind kinds[] = {SAY_NUMBER, SAY_DATE, SAY_TEXT};
    if (type == FACT_DATE && naive.unit != NULL && chance(2) == 0)
        return expression(chance(2) == 0 ? SAY_PERIOD_START : SAY_PERIOD_END, FACT_DATE);
    Expression *made = expression(type == FACT_DATE && chance(3) == 0 ? SAY_AS_AT : kinds[type], type);

    if (type == FACT_NUMBER)
        made->number = (int64_t)chance(9);
    else if (type == FACT_DATE)
        made->number = random_day();
    else
        made->text = chance(10) == 0 ? "no \"such\" word" : words[chance(4)];
    return made;
}

/* A column of this type, or NULL. */
static Expression *column_of(int source, FactType type)
{
    int first = (int)chance((uint64_t)COLUMN_COUNTS[source]);

    for (int i = 0; i < COLUMN_COUNTS[source]; i++) {
        int column = (first + i) % COLUMN_COUNTS[source];
        if (COLUMNS[source][column].type != type)
            continue;
        Expression *made = expression(SAY_COLUMN, type);
        made->source = source;
        made->column = column;
        return made;
    }
    return NULL;
}

static Expression *records_of(ExpressionKind kind, int depth)
{
    Expression *made = expression(kind, kind == SAY_COUNT ? FACT_NUMBER : FACT_BOOL);

    made->source = (int)chance(SOURCES);
    if (chance(5) != 0) {
        made->parts[0] = condition(made->source, depth - 1);
        made->part_count = 1;
    }
    return made;
}

static const Expression *household(int depth)
{
    Expression *made = expression(SAY_HOUSEHOLD, FACT_NUMBER);

    made->is_after = chance(2) == 0;
    made->months = chance(3) == 0;
    made->number = random_day();
    if (chance(5) == 0)
        return made;
    made->parts[0] = condition(NO_SOURCE, depth - 1);
    made->part_count = 1;
    return made;
}

static const char *const *attribute_words(int attribute)
{
    static const char *const words[][4] = {
        {"1", "2", "9", "1"},
        {"A", "B", "Z", "99"},
        {"Ashford", "Canterbury", "Dartford", "Dover"},
        {"E05000000", "E05000001", "E05000002", "E05000003"},
        {"East Kent", "West Kent", "East Kent", "West Kent"},
        {"U00001", "U00002", "U00001", "U00002"},
        {"G00001", "G00002", "G00003", "G00001"},
    };
    return words[attribute];
}

static const Expression *number_of_person(int depth)
{
    Expression *made;

    switch (chance(depth > 0 ? 10 : 2)) {
    case 0:
        made = expression(SAY_AGE, FACT_NUMBER);
        if (chance(2) == 0) {
            made->parts[0] = constant(FACT_DATE, NULL);
            made->part_count = 1;
        }
        return made;
    case 1:
        made = expression(SAY_ATTRIBUTE, FACT_NUMBER);
        made->attribute = NAIVE_IMD;
        return made;
    case 2:
    case 3:
        return records_of(SAY_COUNT, depth);
    case 4:
        return household(depth);
    case 5:
        made = expression(SAY_DAYS_REGISTERED, FACT_NUMBER);
        made->number = random_day();
        made->months = (int)chance(400);
        return made;
    default:
        return worked_out(FACT_NUMBER, depth);
    }
}

/* ---- conditions ---- */

/* in month */
static const Expression *within_period(const Expression *left)
{
    Expression *made = expression(SAY_RANGE, FACT_BOOL);

    made->parts[made->part_count++] = left;
    made->parts[made->part_count++] = expression(SAY_PERIOD_START, FACT_DATE);
    made->parts[made->part_count++] = expression(SAY_PERIOD_END, FACT_DATE);
    return made;
}

static const Expression *compare(const Expression *left, const char *const *words)
{
    if (naive.unit != NULL && left->type == FACT_DATE && chance(2) == 0)
        return within_period(left);
    ExpressionKind kind = left->type == FACT_TEXT ? (chance(2) == 0 ? SAY_IN : SAY_COMPARE)
                          : chance(3) != 0        ? SAY_COMPARE
                          : left->type == FACT_DATE && chance(2) == 0 ? SAY_WITHIN
                                                                      : SAY_RANGE;
    Expression *made = expression(kind, FACT_BOOL);
    bool is_age = left->kind == SAY_AGE;

    made->parts[made->part_count++] = left;
    if (kind == SAY_IN) {
        made->is_list_named = chance(2) == 0;
        for (int i = 0; i < 2; i++)
            made->texts[i] = made->is_list_named ? naive.codes[i] : words[chance(4)];
        return made;
    }
    made->operator_index = (int)chance(left->type == FACT_TEXT ? 2 : 6);
    made->months = 1 + (int)chance(30);
    made->is_after = chance(2) == 0;
    for (int i = 0; i < (kind == SAY_RANGE ? 2 : 1); i++) {
        Expression *right = (Expression *)(uintptr_t)constant(left->type, words);
        if (left->type == FACT_DATE && left->kind == SAY_COLUMN && chance(4) == 0)
            right = (Expression *)(uintptr_t)day_of_person();
        if (is_age)
            right->number = (int64_t)chance(100);
        made->parts[made->part_count++] = right;
    }
    return made;
}

static const Expression *about_record(int source)
{
    static const FactType types[] = {FACT_NUMBER, FACT_DATE, FACT_TEXT, FACT_BOOL};
    Expression *left = NULL;

    while (left == NULL)
        left = column_of(source, types[chance(4)]);
    if (left->type == FACT_BOOL)
        return left;
    return compare(left, left->type == FACT_TEXT ? WORDS_OF[source][left->column] : NULL);
}

static const Expression *about_person(int depth)
{
    Expression *made;

    switch (chance(depth > 0 ? 12 : 5)) {
    case 0:
        made = expression(SAY_REGISTERED, FACT_BOOL);
        made->parts[0] = constant(FACT_DATE, NULL);
        made->part_count = 1;
        return made;
    case 1:
        made = expression(SAY_ATTRIBUTE, FACT_BOOL);
        made->attribute = NAIVE_CARE_HOME;
        return made;
    case 2:
        made = expression(SAY_ATTRIBUTE, FACT_TEXT);
        made->attribute = (int)chance(NAIVE_PRACTICE + 1);
        return compare(made, attribute_words(made->attribute));
    case 3:
        return compare(expression(SAY_AS_AT, FACT_DATE), NULL);
    case 4:
    case 5:
        return compare(number_of_person(depth), NULL);
    case 6:
    case 7:
        return compare(worked_out(FACT_DATE, depth), NULL);
    case 8:
        made = expression(SAY_KNOWN, FACT_BOOL);
        made->parts[made->part_count++] = worked_out(chance(2) == 0 ? FACT_DATE : FACT_NUMBER, depth);
        return made;
    default:
        return records_of(SAY_EXISTS, depth);
    }
}

static const Expression *join(int source, int depth)
{
    Expression *made = expression(chance(2) == 0 ? SAY_AND : SAY_OR, FACT_BOOL);

    for (uint64_t n = 2 + chance(PARTS_MAX - 1); n > 0; n--)
        made->parts[made->part_count++] = condition(source, depth - 1);
    return made;
}

static const Expression *condition(int source, int depth)
{
    Expression *made;

    if (depth <= 0 || chance(5) < 2)
        made = (Expression *)(uintptr_t)(source == NO_SOURCE ? about_person(depth) : about_record(source));
    else if (chance(4) == 0) {
        made = expression(SAY_NOT, FACT_BOOL);
        made->parts[made->part_count++] = condition(source, depth - 1);
    } else {
        made = (Expression *)(uintptr_t)join(source, depth);
    }
    if (source == NO_SOURCE && made->let == 0 && let_count < LETS_MAX && chance(6) == 0)
        made->let = ++let_count;
    return made;
}

#include "tests/query/naive_values.h"
