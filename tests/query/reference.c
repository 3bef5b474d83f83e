#include "tests/query/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_OF_A_PERSON_MAX = 4096, NO_ROW = -1 };

typedef struct List {
    size_t count;
    uint32_t *rows; /* in the order asked for */
} List;

static Answer value(const Plan *plan, PlanId id, uint32_t person, int64_t row);

static const Answer unknown = {0};

/* The one number that stands for unknown is none that can be reached. */
static Answer number(int64_t n)
{
    return n == NUMBER_UNKNOWN ? unknown : (Answer){.is_known = true, .number = n};
}

/* A whole number of at most 18 digits. */
static Answer worked_out(int64_t n)
{
    return n >= 1000000000000000000 || n <= -1000000000000000000 ? unknown : number(n);
}

static Answer real(double d)
{
    return isfinite(d) ? (Answer){.is_known = true, .is_decimal = true, .decimal = d} : unknown;
}

static Answer truth(bool is_true)
{
    return number(is_true ? 1 : 0);
}

bool answer_equal(Answer a, Answer b)
{
    if (!a.is_known || !b.is_known)
        return a.is_known == b.is_known;
    if (a.is_decimal || b.is_decimal)
        return a.is_decimal == b.is_decimal && a.decimal == b.decimal;
    return a.number == b.number;
}

/* Below 0: a comes first. Unknown comes before all. */
static int order(Answer a, Answer b)
{
    if (!a.is_known || !b.is_known)
        return (a.is_known ? 1 : 0) - (b.is_known ? 1 : 0);
    if (a.is_decimal)
        return a.decimal < b.decimal ? -1 : a.decimal > b.decimal;
    return a.number < b.number ? -1 : a.number > b.number;
}

/* ---- rows ---- */

static void drop(List *list, size_t at)
{
    list->count--;
    for (size_t i = at; i < list->count; i++)
        list->rows[i] = list->rows[i + 1];
}

static List rows_of(const Plan *plan, PlanId id, uint32_t person)
{
    const PlanNode *node = &plan->nodes[id];
    List list = {0};

    if (node->kind == PLAN_ROWS) {
        const DataSource *source = &plan->dataset->sources[node->level];
        list.rows = calloc(ROWS_OF_A_PERSON_MAX, sizeof *list.rows);
        for (uint32_t row = source->begin[person]; row < source->begin[person + 1]; row++)
            list.rows[list.count++] = row;
        return list;
    }
    list = rows_of(plan, node->operands[0], person);
    if (node->kind == PLAN_PICK) {
        int64_t place = node->integer > 0 ? node->integer - 1 : (int64_t)list.count + node->integer;
        bool is_there = place >= 0 && place < (int64_t)list.count;
        list.rows[0] = is_there ? list.rows[place] : 0;
        list.count = is_there ? 1 : 0;
        return list;
    }
    if (node->kind == PLAN_SORT) { /* by insertion */
        for (size_t i = 1; i < list.count; i++)
            for (size_t j = i; j > 0 && order(value(plan, node->operands[1], person, list.rows[j - 1]),
                                              value(plan, node->operands[1], person, list.rows[j])) > 0;
                 j--) {
                uint32_t row = list.rows[j];
                list.rows[j] = list.rows[j - 1];
                list.rows[j - 1] = row;
            }
        return list;
    }
    for (size_t i = list.count; i-- > 0;) {
        Answer holds = value(plan, node->operands[1], person, list.rows[i]);
        bool is_true = holds.is_known && holds.number == 1;
        if (is_true != (node->kind == PLAN_KEEP))
            drop(&list, i);
    }
    return list;
}

/* ---- what rows add up to ---- */

static int compare_row_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static Answer sum(const Answer *values, size_t count)
{
    double decimal = 0;
    int64_t whole = 0;

    for (size_t i = 0; i < count; i++) {
        if (values[i].is_decimal)
            decimal += values[i].decimal;
        else if (__builtin_add_overflow(whole, values[i].number, &whole))
            return unknown;
    }
    if (count == 0)
        return unknown;
    return values[0].is_decimal ? real(decimal) : worked_out(whole);
}

static Answer mean(const Answer *values, size_t count)
{
    double total = 0;

    for (size_t i = 0; i < count; i++)
        total += values[i].is_decimal ? values[i].decimal : (double)values[i].number;
    return count == 0 ? unknown : real(total / (double)count);
}

static Answer extreme(const Answer *values, size_t count, int sign)
{
    Answer best = unknown;

    for (size_t i = 0; i < count; i++)
        if (!best.is_known || sign * order(values[i], best) > 0)
            best = values[i];
    return best;
}

static Answer distinct(const Answer *values, size_t count)
{
    int64_t different = 0;

    for (size_t i = 0; i < count; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen |= order(values[i], values[j]) == 0;
        different += !seen;
    }
    return number(different);
}

/* A day begins an episode when none of the days before it is near. */
static Answer episodes(const Answer *values, size_t count, int64_t gap)
{
    int64_t begun = 0;

    for (size_t i = 0; i < count; i++) {
        bool continues = false;
        for (size_t j = 0; j < count; j++)
            continues |=
                values[j].number < values[i].number && (__int128)values[i].number - values[j].number <= gap;
        for (size_t j = 0; j < i; j++)
            continues |= values[j].number == values[i].number;
        begun += !continues;
    }
    return number(begun);
}

/* From each day on, how many stand in the days that begin with it. */
static Answer most(const Answer *values, size_t count, int64_t days)
{
    int64_t best = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t held = 0;
        for (size_t j = 0; j < count; j++)
            held +=
                values[j].number >= values[i].number && (__int128)values[j].number - values[i].number < days;
        best = held > best ? held : best;
    }
    return number(best);
}

static Answer gathered(const Plan *plan, const PlanNode *node, uint32_t person, const List *list)
{
    Answer values[ROWS_OF_A_PERSON_MAX];
    size_t count = 0;

    if (node->kind == PLAN_EXISTS)
        return truth(list->count > 0);
    if (node->kind == PLAN_COUNT)
        return number((int64_t)list->count);
    if (node->kind == PLAN_VALUE)
        return list->count == 0 ? unknown : value(plan, node->operands[1], person, list->rows[0]);
    qsort(list->rows, list->count, sizeof *list->rows, compare_row_numbers);
    for (size_t i = 0; i < list->count; i++) {
        values[count] = value(plan, node->operands[1], person, list->rows[i]);
        count += values[count].is_known;
    }
    switch (node->kind) {
    case PLAN_SUM:
        return sum(values, count);
    case PLAN_MEAN:
        return mean(values, count);
    case PLAN_SMALLEST:
        return extreme(values, count, -1);
    case PLAN_LARGEST:
        return extreme(values, count, 1);
    case PLAN_MOST:
        return most(values, count, node->integer);
    case PLAN_EPISODES:
        return episodes(values, count, node->integer);
    default:
        return distinct(values, count);
    }
}

static Answer in_rows(const Plan *plan, const PlanNode *node, uint32_t person, int64_t row)
{
    Answer sought = value(plan, node->operands[0], person, row);
    List list = rows_of(plan, node->operands[1], person);
    Answer found = list.count == 0 || sought.is_known ? truth(false) : unknown;

    for (size_t i = 0; i < list.count && sought.is_known; i++) {
        Answer theirs = value(plan, node->operands[2], person, list.rows[i]);
        if (theirs.is_known && order(theirs, sought) == 0)
            found = truth(true);
    }
    free(list.rows);
    return found;
}

/* ---- place by place ---- */

static Answer column(const Plan *plan, const PlanNode *node, uint32_t person, int64_t row)
{
    const DataSource *source = &plan->dataset->sources[node->level == PLAN_PEOPLE ? 0 : node->level];
    const DataColumn *held = &source->columns[node->column];
    size_t at = node->level == PLAN_PEOPLE ? person : (size_t)row;

    if (held->decimals != NULL)
        return real(held->decimals[at]);
    if (held->wide != NULL)
        return held->wide[at] == NUMBER_UNKNOWN ? unknown : number(held->wide[at]);
    return held->narrow[at] == SMALL_UNKNOWN ? unknown : number(held->narrow[at]);
}

static Answer compared(PlanKind kind, Answer a, Answer b)
{
    if (!a.is_known || !b.is_known)
        return unknown;
    switch (kind) {
    case PLAN_EQUAL:
        return truth(order(a, b) == 0);
    case PLAN_NOT_EQUAL:
        return truth(order(a, b) != 0);
    case PLAN_LESS:
        return truth(order(a, b) < 0);
    case PLAN_AT_MOST:
        return truth(order(a, b) <= 0);
    case PLAN_MORE:
        return truth(order(a, b) > 0);
    default:
        return truth(order(a, b) >= 0);
    }
}

static Answer calculated(PlanKind kind, Answer a, Answer b)
{
    int64_t result = 0;

    if (!a.is_known || !b.is_known)
        return unknown;
    if (a.is_decimal) {
        double x = a.decimal, y = b.decimal;
        if ((kind == PLAN_DIVIDE || kind == PLAN_DIVIDE_DOWN) && y == 0)
            return unknown;
        return real(kind == PLAN_ADD        ? x + y
                    : kind == PLAN_SUBTRACT ? x - y
                    : kind == PLAN_MULTIPLY ? x * y
                    : kind == PLAN_DIVIDE   ? x / y
                    : kind == PLAN_POWER    ? pow(x, y)
                                            : floor(x / y));
    }
    if (kind == PLAN_ADD)
        return __builtin_add_overflow(a.number, b.number, &result) ? unknown : worked_out(result);
    if (kind == PLAN_SUBTRACT)
        return __builtin_sub_overflow(a.number, b.number, &result) ? unknown : worked_out(result);
    if (kind == PLAN_MULTIPLY)
        return __builtin_mul_overflow(a.number, b.number, &result) ? unknown : worked_out(result);
    if (b.number == 0)
        return unknown;
    result = a.number / b.number; /* towards 0; down is one less where something is left over below 0 */
    __int128 left = (__int128)a.number - (__int128)result * b.number;
    if ((left < 0 && b.number > 0) || (left > 0 && b.number < 0))
        result--;
    return number(result);
}

static Answer logic(const Plan *plan, const PlanNode *node, uint32_t person, int64_t row)
{
    bool any_true = false, any_false = false, any_unknown = false;

    for (size_t i = 0; i < node->operand_count; i++) {
        Answer part = value(plan, node->operands[i], person, row);
        any_unknown |= !part.is_known;
        any_true |= part.is_known && part.number == 1;
        any_false |= part.is_known && part.number == 0;
    }
    if (node->kind == PLAN_OR && any_true)
        return truth(true);
    if (node->kind == PLAN_AND && any_false)
        return truth(false);
    return any_unknown ? unknown : truth(node->kind == PLAN_AND);
}

static Answer in_set(const PlanNode *node, Answer sought)
{
    for (size_t i = 0; i < node->set_count && sought.is_known; i++)
        if (node->set[i] == sought.number)
            return node->kind == PLAN_IN               ? truth(true)
                   : node->mapped[i] == NUMBER_UNKNOWN ? unknown
                                                       : number(node->mapped[i]);
    if (node->kind == PLAN_MAP || (!sought.is_known && node->set_count > 0))
        return unknown;
    return truth(false);
}

/* ---- texts ---- */

static bool begins(Text text, size_t at, Text piece)
{
    for (size_t i = 0; i < piece.length; i++)
        if (at + i >= text.length || text.data[at + i] != piece.data[i])
            return false;
    return true;
}

static bool is_letter_or_digit(char c)
{
    return strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", c) != NULL && c != '\0';
}

static bool contains(Text text, Text piece, bool is_code)
{
    for (size_t at = 0; at <= text.length; at++) {
        bool is_begin = at < text.length && is_letter_or_digit(text.data[at]) &&
                        (at == 0 || !is_letter_or_digit(text.data[at - 1]));
        if (begins(text, at, piece) && (!is_code || is_begin))
            return true;
    }
    return false;
}

static Answer in_text(const Plan *plan, const PlanNode *node, Answer text, Answer piece)
{
    const Text *words = plan->dataset->words;
    bool found = false;

    if (!text.is_known || !piece.is_known)
        return unknown;
    if (node->kind == PLAN_CONTAINS)
        return truth(contains(words[text.number], words[piece.number], false));
    for (size_t i = 0; i < node->set_count; i++)
        found |= contains(words[text.number], words[node->set[i]], true);
    return truth(found);
}

/* ---- dates ---- */

static bool is_day(Answer day)
{
    return day.is_known && day.number >= date_from_civil(1600, 1, 1) &&
           day.number <= date_from_civil(2400, 12, 31);
}

/* Month by month; the day that a month does not have is the first of the next. */
static Answer shifted(Date day, int64_t months)
{
    CivilDate civil = date_to_civil(day);

    for (; months > 0 && civil.year <= 2400; months--)
        civil = civil.month == 12 ? (CivilDate){civil.year + 1, 1, civil.day}
                                  : (CivilDate){civil.year, civil.month + 1, civil.day};
    for (; months < 0 && civil.year >= 1600; months++)
        civil = civil.month == 1 ? (CivilDate){civil.year - 1, 12, civil.day}
                                 : (CivilDate){civil.year, civil.month - 1, civil.day};
    if (civil.year < 1600 || civil.year > 2400)
        return unknown;
    if (date_is_valid(civil.year, civil.month, civil.day))
        return number(date_from_civil(civil.year, civil.month, civil.day));
    return number(date_from_civil(civil.year, civil.month + 1, 1));
}

/* The most months that may be added without coming past the other day. */
static int64_t months_between(Date from, Date to)
{
    int64_t months = 12 * (date_to_civil(to).year - date_to_civil(from).year) - 13;

    while (shifted(from, months + 1).is_known && shifted(from, months + 1).number <= to)
        months++;
    return months;
}

static Answer with_days(PlanKind kind, Answer a, Answer b)
{
    if (kind == PLAN_SHIFT_DAYS || kind == PLAN_DAYS_BETWEEN)
        return calculated(kind == PLAN_SHIFT_DAYS ? PLAN_ADD : PLAN_SUBTRACT, kind == PLAN_SHIFT_DAYS ? a : b,
                          kind == PLAN_SHIFT_DAYS ? b : a);
    if (!is_day(a) || !b.is_known || (kind != PLAN_SHIFT_MONTHS && !is_day(b)))
        return unknown;
    if (kind == PLAN_SHIFT_MONTHS)
        return shifted((Date)a.number, b.number);
    int64_t months = months_between((Date)a.number, (Date)b.number);
    if (kind == PLAN_MONTHS_BETWEEN)
        return number(months);
    return number((months - ((months % 12) + 12) % 12) / 12);
}

static Answer of_day(PlanKind kind, Answer day)
{
    CivilDate civil;

    if (!is_day(day))
        return unknown;
    civil = date_to_civil((Date)day.number);
    return number(kind == PLAN_YEAR             ? civil.year
                  : kind == PLAN_MONTH          ? civil.month
                  : kind == PLAN_DAY            ? civil.day
                  : kind == PLAN_FIRST_OF_MONTH ? date_from_civil(civil.year, civil.month, 1)
                                                : date_from_civil(civil.year, 1, 1));
}

/* ---- homes ---- */

/* Whoever has the same number, one by one; from 11 on it is no household. */
static Answer at_home(const Plan *plan, const PlanNode *node, uint32_t person)
{
    Answer mine = value(plan, node->operands[0], person, NO_ROW);
    int64_t people = 0, meant = 0;

    if (!mine.is_known || mine.number < 1 || mine.number > 1 << 27)
        return unknown;
    for (uint32_t other = 0; other < plan->dataset->people; other++) {
        Answer theirs = value(plan, node->operands[0], other, NO_ROW);
        if (!theirs.is_known || theirs.number != mine.number)
            continue;
        people++;
        Answer holds = value(plan, node->operands[1], other, NO_ROW);
        bool is_meant = holds.is_known && holds.number == 1;
        meant += is_meant && (node->kind == PLAN_PEOPLE_AT_HOME || other != person);
    }
    return people > 10 ? unknown : number(meant);
}

/* ---- choice ---- */

static Answer chosen(const Plan *plan, const PlanNode *node, uint32_t person, int64_t row)
{
    Answer best = unknown;

    if (node->kind == PLAN_CASE) {
        for (size_t i = 0; i + 1 < node->operand_count; i += 2) {
            Answer holds = value(plan, node->operands[i], person, row);
            if (holds.is_known && holds.number == 1)
                return value(plan, node->operands[i + 1], person, row);
        }
        if (node->operand_count % 2 == 1)
            return value(plan, node->operands[node->operand_count - 1], person, row);
        return unknown;
    }
    for (size_t i = 0; i < node->operand_count; i++) {
        Answer part = value(plan, node->operands[i], person, row);
        if (!part.is_known || (best.is_known && node->kind == PLAN_COALESCE))
            continue;
        if (!best.is_known || (node->kind == PLAN_LEAST ? order(part, best) < 0 : order(part, best) > 0))
            best = part;
    }
    return best;
}

static Answer of_one(PlanKind kind, Answer a)
{
    if (kind == PLAN_IS_KNOWN)
        return truth(a.is_known);
    if (!a.is_known)
        return unknown;
    switch (kind) {
    case PLAN_NOT:
        return truth(a.number == 0);
    case PLAN_ABSOLUTE:
        return a.is_decimal ? real(fabs(a.decimal)) : number(a.number < 0 ? -a.number : a.number);
    case PLAN_TO_INTEGER:
        if (!a.is_decimal)
            return a;
        return fabs(a.decimal) < 4611686018427387904.0 ? worked_out((int64_t)trunc(a.decimal)) : unknown;
    case PLAN_TO_DECIMAL:
        return a.is_decimal ? a : real((double)a.number);
    default:
        return of_day(kind, a);
    }
}

static Answer of_operands(const Plan *plan, const PlanNode *node, uint32_t person, int64_t row)
{
    Answer a = value(plan, node->operands[0], person, row);
    Answer b = node->operand_count > 1 ? value(plan, node->operands[1], person, row) : truth(true);

    switch (node->kind) {
    case PLAN_EQUAL:
    case PLAN_NOT_EQUAL:
    case PLAN_LESS:
    case PLAN_AT_MOST:
    case PLAN_MORE:
    case PLAN_AT_LEAST:
        return compared(node->kind, a, b);
    case PLAN_IN:
    case PLAN_MAP:
        return in_set(node, a);
    case PLAN_CONTAINS:
    case PLAN_CONTAINS_CODE:
        return in_text(plan, node, a, b);
    case PLAN_ADD:
    case PLAN_SUBTRACT:
    case PLAN_MULTIPLY:
    case PLAN_DIVIDE:
    case PLAN_DIVIDE_DOWN:
    case PLAN_POWER:
        return calculated(node->kind, a, b);
    case PLAN_SHIFT_DAYS:
    case PLAN_SHIFT_MONTHS:
    case PLAN_DAYS_BETWEEN:
    case PLAN_MONTHS_BETWEEN:
    case PLAN_YEARS_BETWEEN:
        return with_days(node->kind, a, b);
    default:
        return of_one(node->kind, a);
    }
}

static Answer value(const Plan *plan, PlanId id, uint32_t person, int64_t row)
{
    const PlanNode *node = &plan->nodes[id];

    switch (node->kind) {
    case PLAN_NUMBER:
        return node->integer == NUMBER_UNKNOWN ? unknown : number(node->integer);
    case PLAN_DECIMAL:
        return real(node->decimal);
    case PLAN_COLUMN:
        return column(plan, node, person, row);
    case PLAN_AND:
    case PLAN_OR:
        return logic(plan, node, person, row);
    case PLAN_CASE:
    case PLAN_LEAST:
    case PLAN_GREATEST:
    case PLAN_COALESCE:
        return chosen(plan, node, person, row);
    case PLAN_IN_ROWS:
        return in_rows(plan, node, person, row);
    case PLAN_PEOPLE_AT_HOME:
    case PLAN_OTHERS_AT_HOME:
        return at_home(plan, node, person);
    default:
        break;
    }
    if (node->kind < PLAN_EXISTS || node->kind > PLAN_EPISODES)
        return of_operands(plan, node, person, row);
    List list = rows_of(plan, node->operands[0], person);
    Answer answer = gathered(plan, node, person, &list);
    free(list.rows);
    return answer;
}

Answer reference_value(const Plan *plan, PlanId id, uint32_t person)
{
    return value(plan, id, person, NO_ROW);
}
