#include "tests/conformance/ehrql_tree.h"

#include <string.h>

#include "tests/conformance/ehrql_data.h"

enum { ARGUMENTS_MAX = 16 };

/* A value, of people or of the rows named, or only rows. */
typedef struct Series {
    PlanId value, rows;
    QueryType type;
    bool is_rows;
} Series;

static Series translate(EhrqlCase *of, const json_t *tree, QueryType wanted);

static Series translate_plainly(EhrqlCase *of, const json_t *tree)
{
    return translate(of, tree, TYPE_TEXT);
}

static Series add(EhrqlCase *of, PlanKind kind, QueryType type, const Series *operands, size_t count)
{
    PlanId ids[ARGUMENTS_MAX];
    Series made = {0};

    for (size_t i = 0; i < count; i++) {
        ids[i] = operands[i].value;
        made.rows = of->plan->nodes[ids[i]].level != PLAN_PEOPLE ? operands[i].rows : made.rows;
    }
    made.value = plan_add(of->plan, (PlanNode){.kind = kind, .type = type}, ids, count);
    made.type = of->plan->nodes[made.value].type;
    return made;
}

/* ---- literals ---- */

static Series constant(EhrqlCase *of, QueryType type, int64_t integer)
{
    return (Series){.value = plan_constant(of->plan, type, integer), .type = type};
}

int64_t ehrql_item(const EhrqlCase *of, const json_t *value, QueryType type)
{
    int64_t day;

    if (type == TYPE_DATE)
        return ehrql_day(value, &day) ? day : NUMBER_UNKNOWN;
    if (json_is_string(value) || json_object_get(value, "code") != NULL)
        return dataset_word(
            of->plan->dataset,
            text_from(json_string_value(json_is_string(value) ? value : json_object_get(value, "code"))));
    return json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
}

static Series literal(EhrqlCase *of, const json_t *value, QueryType wanted)
{
    if (json_is_real(value))
        return (Series){.value = plan_decimal(of->plan, json_real_value(value)), .type = TYPE_DECIMAL};
    if (json_is_integer(value))
        return constant(of, TYPE_NUMBER, json_integer_value(value));
    if (json_is_boolean(value))
        return constant(of, TYPE_BOOL, json_is_true(value));
    /* a text beside a date is one */
    QueryType type = wanted == TYPE_DATE || json_object_get(value, "date") != NULL ? TYPE_DATE : TYPE_TEXT;
    return constant(of, type, ehrql_item(of, value, type));
}

static bool is_literal(const json_t *tree)
{
    return !json_is_object(tree) || json_object_get(tree, "date") != NULL ||
           json_object_get(tree, "code") != NULL;
}

/* ---- rows ---- */

static Series table(EhrqlCase *of, const char *wanted)
{
    PlanNode draft = {.kind = PLAN_ROWS, .level = 1};
    const char *name;
    json_t *ignored;

    json_object_foreach((json_t *)of->tables, name, ignored)
    {
        if (strcmp(name, wanted) == 0)
            break;
        draft.level++;
    }
    Series made = {.value = plan_add(of->plan, draft, NULL, 0), .is_rows = true};
    made.rows = made.value;
    if (strcmp(wanted, "p") == 0) /* one row a person */
        made.value = made.rows =
            plan_add(of->plan, (PlanNode){.kind = PLAN_PICK, .integer = 1}, &made.rows, 1);
    return made;
}

static Series column(EhrqlCase *of, Series rows, const char *name)
{
    uint16_t level = of->plan->nodes[rows.rows].level;
    const DataSource *source = &of->plan->dataset->sources[level];
    PlanNode draft = {.kind = PLAN_COLUMN, .type = ehrql_type(name), .level = level};

    while (draft.column < source->column_count &&
           !text_equal(source->columns[draft.column].name, text_from(name)))
        draft.column++;
    Series made = {.value = plan_add(of->plan, draft, NULL, 0), .rows = rows.rows, .type = draft.type};
    if (of->plan->nodes[rows.rows].kind != PLAN_PICK)
        return made;
    const PlanId operands[] = {rows.rows, made.value};
    made.value = plan_add(of->plan, (PlanNode){.kind = PLAN_VALUE, .type = draft.type}, operands, 2);
    return made;
}

/* Keys from last to first: each sorting leaves the order of the one before where it finds equals. */
static Series change_rows(EhrqlCase *of, PlanKind kind, const json_t *of_tree, const json_t *arguments)
{
    Series rows = translate_plainly(of, of_tree);

    for (size_t i = json_array_size(arguments); i-- > 0;) {
        const PlanId operands[] = {rows.rows, translate_plainly(of, json_array_get(arguments, i)).value};
        rows.rows = plan_add(of->plan, (PlanNode){.kind = kind}, operands, 2);
    }
    if (kind == PLAN_PICK)
        rows.rows = plan_add(of->plan, (PlanNode){.kind = kind, .integer = 1}, &rows.rows, 1);
    return rows;
}

static Series gather(EhrqlCase *of, PlanKind kind, Series from, int64_t integer)
{
    const PlanId operands[] = {from.rows, from.value};
    PlanNode draft = {.kind = kind, .type = from.type, .integer = integer};

    if (kind == PLAN_EXISTS)
        draft.type = TYPE_BOOL;
    if (kind == PLAN_COUNT || kind == PLAN_COUNT_DISTINCT || kind == PLAN_EPISODES)
        draft.type = TYPE_NUMBER;
    if (kind == PLAN_MEAN)
        draft.type = TYPE_DECIMAL;
    return (Series){.value = plan_add(of->plan, draft, operands, from.is_rows ? 1 : 2), .type = draft.type};
}

/* ---- sets and lists ---- */

static Series in_set(EhrqlCase *of, PlanKind kind, Series value, const json_t *list)
{
    int64_t items[ARGUMENTS_MAX];
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count; i++)
        items[i] = ehrql_item(of, json_array_get(list, i), value.type);
    value.value =
        plan_set(of->plan, (PlanNode){.kind = kind, .type = TYPE_BOOL}, value.value, items, NULL, count);
    value.type = TYPE_BOOL;
    return value;
}

static Series in_codes(EhrqlCase *of, Series value, const json_t *list)
{
    json_t *codes = json_array();

    for (size_t i = 1; i < json_array_size(json_object_get(list, "args")); i++)
        json_array_append(codes, json_array_get(json_object_get(list, "args"), i));
    if (json_is_array(json_array_get(json_object_get(list, "args"), 0))) {
        json_array_clear(codes);
        const json_t *lines = json_array_get(json_object_get(list, "args"), 0);
        for (size_t i = 1; i < json_array_size(lines); i++)
            json_array_append(codes, json_array_get(lines, i));
    }
    Series made = in_set(of, PLAN_IN, value, codes);
    json_decref(codes);
    return made;
}

static Series in_rows(EhrqlCase *of, Series value, Series theirs)
{
    const PlanId operands[] = {value.value, theirs.rows, theirs.value};

    return (Series){.value =
                        plan_add(of->plan, (PlanNode){.kind = PLAN_IN_ROWS, .type = TYPE_BOOL}, operands, 3),
                    .type = TYPE_BOOL};
}

static Series is_in(EhrqlCase *of, const json_t *of_tree, const json_t *arguments, bool is_not)
{
    Series value = translate_plainly(of, of_tree);
    const json_t *list = json_array_get(arguments, 0), *set = json_object_get(list, "set");
    const char *operation = json_string_value(json_object_get(list, "op"));

    if (json_is_array(list) || set != NULL)
        value = in_set(of, PLAN_IN, value, set != NULL ? set : list);
    else if (operation != NULL && strcmp(operation, "codelist_from_csv_lines") == 0)
        value = in_codes(of, value, list);
    else
        value = in_rows(of, value, translate_plainly(of, list));
    return is_not ? add(of, PLAN_NOT, TYPE_BOOL, &value, 1) : value;
}

static Series with_default(EhrqlCase *of, Series mapped, const json_t *options)
{
    const json_t *otherwise = json_object_get(options, "default");

    if (otherwise == NULL)
        return mapped;
    const Series operands[] = {mapped, literal(of, otherwise, mapped.type)};
    return add(of, PLAN_COALESCE, mapped.type, operands, 2);
}

static Series map(EhrqlCase *of, const json_t *of_tree, const json_t *pairs, const json_t *options)
{
    Series value = translate_plainly(of, of_tree);
    int64_t items[ARGUMENTS_MAX], mapped[ARGUMENTS_MAX];
    size_t count = json_array_size(pairs);

    for (size_t i = 0; i < count; i++) {
        items[i] = ehrql_item(of, json_array_get(json_array_get(pairs, i), 0), value.type);
        mapped[i] = ehrql_item(of, json_array_get(json_array_get(pairs, i), 1), TYPE_TEXT);
    }
    value.value = plan_set(of->plan, (PlanNode){.kind = PLAN_MAP, .type = TYPE_TEXT}, value.value, items,
                           mapped, count);
    value.type = TYPE_TEXT;
    return with_default(of, value, options);
}

/* Lines of CSV with the code first and its category second. */
static Series map_codes(EhrqlCase *of, const json_t *of_tree, const json_t *list)
{
    const json_t *arguments = json_object_get(list, "args");
    const json_t *lines =
        json_is_array(json_array_get(arguments, 0)) ? json_array_get(arguments, 0) : arguments;
    json_t *pairs = json_array();

    for (size_t i = 1; i < json_array_size(lines); i++) {
        Text rest = text_from(json_string_value(json_array_get(lines, i)));
        Text code = text_next(&rest, ',');
        json_array_append_new(pairs, json_pack("[s%s%]", code.data, code.length, rest.data, rest.length));
    }
    Series made = map(of, of_tree, pairs, NULL);
    json_decref(pairs);
    return made;
}

/* ---- operations ---- */

typedef enum Form { PLAIN, GATHERED, ROW_CHANGE } Form;

static const struct {
    const char *name;
    PlanKind kind;
    QueryType type; /* TYPE_TEXT: that of the first operand */
    Form form;
} OPERATIONS[] = {
    {"count_rows", PLAN_COUNT, TYPE_NUMBER, GATHERED},
    {"exists", PLAN_EXISTS, TYPE_BOOL, GATHERED},
    {"count_distinct", PLAN_COUNT_DISTINCT, TYPE_NUMBER, GATHERED},
    {"mean", PLAN_MEAN, TYPE_DECIMAL, GATHERED},
    {"sum", PLAN_SUM, TYPE_TEXT, GATHERED},
    {"min", PLAN_SMALLEST, TYPE_TEXT, GATHERED},
    {"max", PLAN_LARGEST, TYPE_TEXT, GATHERED},
    {"count_episodes_for_patient", PLAN_EPISODES, TYPE_NUMBER, GATHERED},
    {"sort", PLAN_SORT, TYPE_TEXT, ROW_CHANGE},
    {"filter_keep", PLAN_KEEP, TYPE_TEXT, ROW_CHANGE},
    {"filter_drop", PLAN_DROP, TYPE_TEXT, ROW_CHANGE},
    {"pick_first", PLAN_PICK, TYPE_TEXT, ROW_CHANGE},
    {"lt", PLAN_LESS, TYPE_BOOL, PLAIN},
    {"is_before", PLAN_LESS, TYPE_BOOL, PLAIN},
    {"gt", PLAN_MORE, TYPE_BOOL, PLAIN},
    {"is_after", PLAN_MORE, TYPE_BOOL, PLAIN},
    {"le", PLAN_AT_MOST, TYPE_BOOL, PLAIN},
    {"is_on_or_before", PLAN_AT_MOST, TYPE_BOOL, PLAIN},
    {"ge", PLAN_AT_LEAST, TYPE_BOOL, PLAIN},
    {"is_on_or_after", PLAN_AT_LEAST, TYPE_BOOL, PLAIN},
    {"eq", PLAN_EQUAL, TYPE_BOOL, PLAIN},
    {"ne", PLAN_NOT_EQUAL, TYPE_BOOL, PLAIN},
    {"and", PLAN_AND, TYPE_BOOL, PLAIN},
    {"or", PLAN_OR, TYPE_BOOL, PLAIN},
    {"not", PLAN_NOT, TYPE_BOOL, PLAIN},
    {"contains", PLAN_CONTAINS, TYPE_BOOL, PLAIN},
    {"is_not_null", PLAN_IS_KNOWN, TYPE_BOOL, PLAIN},
    {"to_int", PLAN_TO_INTEGER, TYPE_NUMBER, PLAIN},
    {"to_float", PLAN_TO_DECIMAL, TYPE_DECIMAL, PLAIN},
    {"mul", PLAN_MULTIPLY, TYPE_TEXT, PLAIN},
    {"truediv", PLAN_DIVIDE, TYPE_DECIMAL, PLAIN},
    {"floordiv", PLAN_DIVIDE_DOWN, TYPE_TEXT, PLAIN},
    {"pow", PLAN_POWER, TYPE_DECIMAL, PLAIN},
    {"absolute", PLAN_ABSOLUTE, TYPE_TEXT, PLAIN},
    {"minimum_of", PLAN_LEAST, TYPE_TEXT, PLAIN},
    {"maximum_of", PLAN_GREATEST, TYPE_TEXT, PLAIN},
    {"coalesce", PLAN_COALESCE, TYPE_TEXT, PLAIN},
    {"to_first_of_month", PLAN_FIRST_OF_MONTH, TYPE_DATE, PLAIN},
    {"to_first_of_year", PLAN_FIRST_OF_YEAR, TYPE_DATE, PLAIN},
};

/* `of` and `args` in one list; what is written out takes the type of what is not. */
static size_t take_operands(EhrqlCase *of, const json_t *tree, Series operands[ARGUMENTS_MAX])
{
    const json_t *trees[ARGUMENTS_MAX], *first = json_object_get(tree, "of"),
                                        *rest = json_object_get(tree, "args");
    size_t count = 0;
    QueryType type = TYPE_TEXT;

    if (first != NULL)
        trees[count++] = first;
    for (size_t i = 0; i < json_array_size(rest) && count < ARGUMENTS_MAX; i++)
        trees[count++] = json_array_get(rest, i);
    for (size_t i = 0; i < count; i++) {
        if (is_literal(trees[i]))
            continue;
        operands[i] = translate_plainly(of, trees[i]);
        type = operands[i].type;
    }
    for (size_t i = 0; i < count; i++)
        if (is_literal(trees[i]))
            operands[i] = literal(of, trees[i], type);
    return count;
}

/* Of something like days(3). */
static bool takes_length(const json_t *tree, const char **unit)
{
    *unit = json_string_value(json_object_get(tree, "op"));
    return *unit != NULL && (strcmp(*unit, "days") == 0 || strcmp(*unit, "months") == 0 ||
                             strcmp(*unit, "years") == 0 || strcmp(*unit, "weeks") == 0);
}

static Series times(EhrqlCase *of, Series value, int64_t factor)
{
    const Series operands[] = {value, constant(of, TYPE_NUMBER, factor)};

    return factor == 1 ? value : add(of, PLAN_MULTIPLY, TYPE_NUMBER, operands, 2);
}

static Series shift(EhrqlCase *of, Series date, const json_t *length, const char *unit, int64_t sign)
{
    Series amount = translate_plainly(of, json_array_get(json_object_get(length, "args"), 0));
    bool is_days = unit[0] == 'd' || unit[0] == 'w';
    const Series operands[] = {date, times(of, amount,
                                           sign * (unit[0] == 'y'   ? 12
                                                   : unit[0] == 'w' ? 7
                                                                    : 1))};

    return add(of, is_days ? PLAN_SHIFT_DAYS : PLAN_SHIFT_MONTHS, TYPE_DATE, operands, 2);
}

static Series plus_or_minus(EhrqlCase *of, const json_t *tree, bool is_minus)
{
    const json_t *last =
        json_array_get(json_object_get(tree, "args"), json_array_size(json_object_get(tree, "args")) - 1);
    const json_t *first = json_object_get(tree, "of");
    Series operands[ARGUMENTS_MAX];
    const char *unit;

    if (takes_length(last, &unit))
        return shift(of,
                     translate(of, first != NULL ? first : json_array_get(json_object_get(tree, "args"), 0),
                               TYPE_DATE),
                     last, unit, is_minus ? -1 : 1);
    (void)take_operands(of, tree, operands);
    return add(of, is_minus ? PLAN_SUBTRACT : PLAN_ADD, operands[0].type, operands, 2);
}

/* (a - b).months: from b to a. */
static Series difference(EhrqlCase *of, const json_t *tree, const char *unit)
{
    Series operands[ARGUMENTS_MAX];

    (void)take_operands(of, tree, operands);
    const Series turned[] = {operands[1], operands[0]};
    PlanKind kind = unit[0] == 'd'   ? PLAN_DAYS_BETWEEN
                    : unit[0] == 'm' ? PLAN_MONTHS_BETWEEN
                                     : PLAN_YEARS_BETWEEN;
    return add(of, kind, TYPE_NUMBER, turned, 2);
}

static Series between(EhrqlCase *of, const json_t *tree, PlanKind from, PlanKind to)
{
    const json_t *value = json_object_get(tree, "of"), *arguments = json_object_get(tree, "args");
    size_t at = value == NULL;

    value = value == NULL ? json_array_get(arguments, 0) : value;
    if (json_is_array(json_array_get(arguments, at))) {
        arguments = json_array_get(arguments, at);
        at = 0;
    }
    Series first[] = {translate_plainly(of, value), literal(of, json_array_get(arguments, at), TYPE_DATE)};
    Series second[] = {first[0], literal(of, json_array_get(arguments, at + 1), TYPE_DATE)};
    const Series both[] = {add(of, from, TYPE_BOOL, first, 2), add(of, to, TYPE_BOOL, second, 2)};
    return add(of, PLAN_AND, TYPE_BOOL, both, 2);
}

/* case(then(when(c), v), ...), perhaps inside otherwise(..., v). */
static Series choose(EhrqlCase *of, const json_t *tree, const json_t *otherwise)
{
    const json_t *branches = json_object_get(tree, "args");
    Series operands[ARGUMENTS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(branches); i++) {
        const json_t *then = json_array_get(branches, i), *when = json_object_get(then, "of");
        operands[count++] = translate_plainly(of, json_array_get(json_object_get(when, "args"), 0));
        operands[count++] = translate_plainly(of, json_array_get(json_object_get(then, "args"), 0));
    }
    if (otherwise != NULL)
        operands[count++] = translate_plainly(of, otherwise);
    return add(of, PLAN_CASE, operands[1].type, operands, count);
}

static Series otherwise(EhrqlCase *of, const json_t *tree)
{
    const json_t *inner = json_object_get(tree, "of");
    const json_t *value = json_array_get(json_object_get(tree, "args"), 0);

    if (strcmp(json_string_value(json_object_get(inner, "op")), "case") == 0)
        return choose(of, inner, value);
    json_t *one = json_pack("{s[O]}", "args", inner);
    Series made = choose(of, one, value);
    json_decref(one);
    return made;
}

static Series pick_last(EhrqlCase *of, const json_t *of_tree)
{
    Series rows = translate_plainly(of, of_tree);

    rows.rows = plan_add(of->plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &rows.rows, 1);
    return rows;
}

static Series plain(EhrqlCase *of, const json_t *tree, PlanKind kind, QueryType type)
{
    Series operands[ARGUMENTS_MAX];
    size_t count = take_operands(of, tree, operands);

    return add(of, kind, type == TYPE_TEXT ? operands[0].type : type, operands, count);
}

static Series from_table(EhrqlCase *of, const json_t *tree, const char *name)
{
    const json_t *inner = json_object_get(tree, "of"), *arguments = json_object_get(tree, "args");

    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
        if (strcmp(OPERATIONS[i].name, name) != 0)
            continue;
        if (OPERATIONS[i].form == ROW_CHANGE)
            return change_rows(of, OPERATIONS[i].kind, inner, arguments);
        if (OPERATIONS[i].form == PLAIN)
            return plain(of, tree, OPERATIONS[i].kind, OPERATIONS[i].type);
        const json_t *length = json_object_get(json_array_get(arguments, 0), "args");
        return gather(of, OPERATIONS[i].kind, translate_plainly(of, inner),
                      json_integer_value(json_array_get(length, 0)));
    }
    of->untranslated = name;
    return constant(of, TYPE_BOOL, NUMBER_UNKNOWN);
}

static Series operation(EhrqlCase *of, const json_t *tree, const char *name)
{
    const json_t *inner = json_object_get(tree, "of"), *arguments = json_object_get(tree, "args");
    const json_t *first = json_array_get(arguments, 0);

    if (strcmp(name, "is_in") == 0 || strcmp(name, "not_in") == 0) {
        json_t *rest = json_array();
        for (size_t i = inner == NULL; i < json_array_size(arguments); i++)
            json_array_append(rest, json_array_get(arguments, i));
        Series made = is_in(of, inner == NULL ? first : inner, rest, name[0] == 'n');
        json_decref(rest);
        return made;
    }
    if (strcmp(name, "map") == 0)
        return map(of, inner == NULL ? first : inner,
                   json_object_get(json_array_get(arguments, inner == NULL), "map"),
                   json_object_get(tree, "options"));
    if (strcmp(name, "map_codes") == 0)
        return map_codes(of, inner == NULL ? first : inner, json_array_get(arguments, inner == NULL));
    if (strcmp(name, "contains_any") == 0)
        return in_set(of, PLAN_CONTAINS_CODE, translate_plainly(of, inner == NULL ? first : inner),
                      json_array_get(arguments, inner == NULL));
    if (strcmp(name, "add") == 0 || strcmp(name, "sub") == 0)
        return plus_or_minus(of, tree, name[0] == 's');
    if (strcmp(name, "is_on_or_between") == 0 || strcmp(name, "is_during") == 0)
        return between(of, tree, PLAN_AT_LEAST, PLAN_AT_MOST);
    if (strcmp(name, "is_between_but_not_on") == 0)
        return between(of, tree, PLAN_MORE, PLAN_LESS);
    if (strcmp(name, "case") == 0)
        return choose(of, tree, NULL);
    if (strcmp(name, "otherwise") == 0)
        return otherwise(of, tree);
    if (strcmp(name, "pick_last") == 0)
        return pick_last(of, inner);
    return from_table(of, tree, name);
}

static Series field(EhrqlCase *of, const json_t *tree, const char *name)
{
    static const struct {
        const char *name;
        PlanKind kind;
    } parts[] = {{"year", PLAN_YEAR}, {"month", PLAN_MONTH}, {"day", PLAN_DAY}};
    const json_t *inner = json_object_get(tree, "of");
    const char *operation_name = json_string_value(json_object_get(inner, "op"));

    if (operation_name != NULL && strcmp(operation_name, "sub") == 0)
        return difference(of, inner, name);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0) {
            Series date = translate(of, inner, TYPE_DATE);
            return add(of, parts[i].kind, TYPE_NUMBER, &date, 1);
        }
    return column(of, translate_plainly(of, inner), name);
}

static Series translate(EhrqlCase *of, const json_t *tree, QueryType wanted)
{
    const char *name;

    if (is_literal(tree))
        return literal(of, tree, wanted);
    if ((name = json_string_value(json_object_get(tree, "table"))) != NULL)
        return table(of, name);
    if ((name = json_string_value(json_object_get(tree, "field"))) != NULL)
        return field(of, tree, name);
    name = json_string_value(json_object_get(tree, "op"));
    return operation(of, tree, name == NULL ? "" : name);
}

PlanId ehrql_translate(EhrqlCase *of, const json_t *tree)
{
    return translate_plainly(of, tree).value;
}
