#include <assert.h>
#include <inttypes.h>

#include "query/compile.h"

enum { SQL_BYTES_MAX = 8 << 20 };

typedef struct Compiler {
    TextBuilder joins; /* aggregated subqueries of `count of` */
    int64_t release_id;
    Date as_at;
    Text *texts;
    size_t text_count;
    int64_t *numbers;
    size_t number_count, number_max, count_count;
} Compiler;

static void add_node(Compiler *compiler, TextBuilder *sql, const Node *node);

/* ---- values ---- */

static void add_number(Compiler *compiler, TextBuilder *sql, int64_t number)
{
    if (compiler->number_count == compiler->number_max) {
        compiler->number_max = compiler->number_max == 0 ? 64 : 2 * compiler->number_max;
        compiler->numbers =
            memory_resize(compiler->numbers, compiler->number_max * sizeof *compiler->numbers);
    }
    compiler->numbers[compiler->number_count++] = number;
    text_add_format(sql, "($2)[%zu]", compiler->number_count);
}

static void add_date(Compiler *compiler, TextBuilder *sql, Date date)
{
    text_add_string(sql, "(date '2000-01-01' + ");
    add_number(compiler, sql, date);
    text_add_string(sql, "::int4)");
}

/* Items stay together: a list is a slice of the array. */
static size_t keep_texts(Compiler *compiler, const Text *texts, size_t count)
{
    size_t first = compiler->text_count + 1;

    compiler->texts =
        memory_resize(compiler->texts, (compiler->text_count + count + 1) * sizeof *compiler->texts);
    for (size_t i = 0; i < count; i++)
        compiler->texts[compiler->text_count++] = texts[i];
    return first;
}

static void add_relation(const Compiler *compiler, TextBuilder *sql, Text name)
{
    text_add_format(sql, "release_%" PRId64 ".", compiler->release_id);
    db_add_identifier(sql, name);
}

/* ---- about a person ---- */

static Date constant_date(const Compiler *compiler, const Node *node)
{
    return node->kind == NODE_AS_AT ? compiler->as_at : node->date;
}

/* Only year and month of birth are held: the birthday is taken to be the first of the month. */
static void add_age(Compiler *compiler, TextBuilder *sql, Date at)
{
    CivilDate civil = date_to_civil(at);

    text_add_char(sql, '(');
    add_number(compiler, sql, civil.year);
    text_add_string(sql, " - p.birth_year - (p.birth_month > ");
    add_number(compiler, sql, civil.month);
    text_add_string(sql, ")::int4)");
}

static void add_covers(Compiler *compiler, TextBuilder *sql, const char *alias, Date day)
{
    text_add_format(sql, "(%s.valid_from IS NULL OR %s.valid_from <= ", alias, alias);
    add_date(compiler, sql, day);
    text_add_format(sql, ") AND (%s.valid_to IS NULL OR %s.valid_to >= ", alias, alias);
    add_date(compiler, sql, day);
    text_add_char(sql, ')');
}

static void add_registered(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    Date at = constant_date(compiler, node->operands[0]);

    text_add_string(sql, "((p.death_date IS NULL OR p.death_date >= ");
    add_date(compiler, sql, at);
    if (at == compiler->as_at) {
        text_add_string(sql, ") AND r.person_number IS NOT NULL)");
        return;
    }
    text_add_string(sql, ") AND EXISTS (SELECT FROM ");
    add_relation(compiler, sql, TEXT("registration"));
    text_add_string(sql, " AS g WHERE g.person_number = p.person_number AND ");
    add_covers(compiler, sql, "g", at);
    text_add_string(sql, "))");
}

static void add_attribute(TextBuilder *sql, const Attribute *attribute)
{
    text_add_format(sql, "%s.", attribute->table);
    db_add_identifier(sql, text_from(attribute->column));
}

/* ---- sources: `s` is a record, `h` the household a person lives in on the query's day ---- */

static const char *owner_alias(const CatalogueSource *source)
{
    return source->is_household ? "h" : "s";
}

static void add_source(Compiler *compiler, TextBuilder *sql, const CatalogueSource *source)
{
    add_relation(compiler, sql, source->name);
    text_add_string(sql, " AS s");
    if (!source->is_household)
        return;
    text_add_string(sql, " JOIN ");
    add_relation(compiler, sql, TEXT("household"));
    text_add_string(sql, " AS h ON h.household_number = s.household_number AND ");
    add_covers(compiler, sql, "h", compiler->as_at);
}

static void add_where(Compiler *compiler, TextBuilder *sql, const Node *node, const char *before)
{
    if (node->operand_count == 0)
        return;
    text_add_string(sql, before);
    add_node(compiler, sql, node->operands[0]);
}

static void add_exists(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    text_add_string(sql, "EXISTS (SELECT FROM ");
    add_source(compiler, sql, node->source);
    text_add_format(sql, " WHERE %s.person_number = p.person_number", owner_alias(node->source));
    add_where(compiler, sql, node, " AND ");
    text_add_char(sql, ')');
}

static void add_count(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    size_t number = ++compiler->count_count;
    const char *owner = owner_alias(node->source);

    text_add_format(sql, "coalesce(c%zu.records, 0)", number);
    text_add_format(&compiler->joins, "\n  LEFT JOIN (SELECT %s.person_number, count(*) AS records FROM ",
                    owner);
    add_source(compiler, &compiler->joins, node->source);
    add_where(compiler, &compiler->joins, node, " WHERE ");
    text_add_format(&compiler->joins,
                    " GROUP BY %s.person_number) AS c%zu ON c%zu.person_number = p.person_number", owner,
                    number, number);
}

/* ---- conditions ---- */

static const Node *behind_let(const Node *node)
{
    while (node->kind == NODE_LET)
        node = node->let->value;
    return node;
}

/* `count of X >= 1` asks only whether there is one. */
static bool asks_for_one(const Node *node)
{
    const Node *left = behind_let(node->operands[0]), *right = behind_let(node->operands[1]);

    return left->kind == NODE_COUNT && right->kind == NODE_INTEGER &&
           ((node->comparison == IS_AT_LEAST && right->integer == 1) ||
            (node->comparison == IS_MORE && right->integer == 0));
}

static void add_compare(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    static const char *const operators[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};

    if (asks_for_one(node)) {
        add_exists(compiler, sql, behind_let(node->operands[0]));
        return;
    }
    text_add_char(sql, '(');
    add_node(compiler, sql, node->operands[0]);
    text_add_string(sql, operators[node->comparison]);
    add_node(compiler, sql, node->operands[1]);
    text_add_char(sql, ')');
}

static void add_range(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    text_add_char(sql, '(');
    add_node(compiler, sql, node->operands[0]);
    text_add_string(sql, " BETWEEN ");
    add_node(compiler, sql, node->operands[1]);
    text_add_string(sql, " AND ");
    add_node(compiler, sql, node->operands[2]);
    text_add_char(sql, ')');
}

/* A day that the month has not is the first of the next. */
static void add_shifted(Compiler *compiler, TextBuilder *sql, const Node *node, const char *sign)
{
    text_add_string(sql, "(SELECT CASE WHEN extract(day FROM x) < extract(day FROM d) THEN x + 1 ELSE x END"
                         " FROM (SELECT d, (d ");
    text_add_format(sql, "%s make_interval(months => ", sign);
    add_number(compiler, sql, node->integer);
    text_add_string(sql, "::int4))::date AS x FROM (SELECT ");
    add_node(compiler, sql, node->operands[1]);
    text_add_string(sql, " AS d) AS of_day) AS shifted)");
}

/* Before: later than N months before the day, up to the day. After: from the day, up to before N months
 * later. */
static void add_within(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    text_add_char(sql, '(');
    add_node(compiler, sql, node->operands[0]);
    text_add_string(sql, node->is_after ? " >= " : " <= ");
    add_node(compiler, sql, node->operands[1]);
    text_add_string(sql, " AND ");
    add_node(compiler, sql, node->operands[0]);
    text_add_string(sql, node->is_after ? " < " : " > ");
    add_shifted(compiler, sql, node, node->is_after ? "+" : "-");
    text_add_char(sql, ')');
}

static void add_in(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    bool is_codes = node->kind == NODE_IN_CODES;
    const Text *items = is_codes ? node->codes->codes : node->items;
    size_t count = is_codes ? node->codes->count : node->item_count;
    size_t first = keep_texts(compiler, items, count);

    text_add_char(sql, '(');
    add_node(compiler, sql, node->operands[0]);
    text_add_format(sql, " = ANY (($1)[%zu:%zu]))", first, first + count - 1);
}

static void add_chain(Compiler *compiler, TextBuilder *sql, const Node *node, const char *word)
{
    text_add_char(sql, '(');
    for (size_t i = 0; i < node->operand_count; i++) {
        text_add_string(sql, i > 0 ? word : "");
        add_node(compiler, sql, node->operands[i]);
    }
    text_add_char(sql, ')');
}

static void add_node(Compiler *compiler, TextBuilder *sql, const Node *node)
{
    switch (node->kind) {
    case NODE_INTEGER:
        add_number(compiler, sql, node->integer);
        return;
    case NODE_DATE:
    case NODE_AS_AT:
        add_date(compiler, sql, constant_date(compiler, node));
        return;
    case NODE_STRING:
        text_add_format(sql, "($1)[%zu]", keep_texts(compiler, &node->text, 1));
        return;
    case NODE_ATTRIBUTE:
        add_attribute(sql, node->attribute);
        return;
    case NODE_AGE:
        add_age(compiler, sql, constant_date(compiler, node->operands[0]));
        return;
    case NODE_COLUMN:
        text_add_string(sql, "s.");
        db_add_identifier(sql, node->column->stored);
        return;
    case NODE_LET:
        add_node(compiler, sql, node->let->value);
        return;
    case NODE_REGISTERED:
        add_registered(compiler, sql, node);
        return;
    case NODE_EXISTS:
        add_exists(compiler, sql, node);
        return;
    case NODE_COUNT:
        add_count(compiler, sql, node);
        return;
    case NODE_COMPARE:
        add_compare(compiler, sql, node);
        return;
    case NODE_RANGE:
        add_range(compiler, sql, node);
        return;
    case NODE_WITHIN:
        add_within(compiler, sql, node);
        return;
    case NODE_IN_CODES:
    case NODE_IN_LIST:
        add_in(compiler, sql, node);
        return;
    case NODE_NOT:
        text_add_string(sql, "(NOT ");
        add_node(compiler, sql, node->operands[0]);
        text_add_char(sql, ')');
        return;
    case NODE_AND:
        add_chain(compiler, sql, node, " AND ");
        return;
    case NODE_OR:
        add_chain(compiler, sql, node, " OR ");
        return;
    }
}

/* ---- the statement ---- */

/* Who has no known birth, or none before the day, is in no band. */
static void add_dimension(Compiler *compiler, TextBuilder *sql, const Dimension *dimension)
{
    if (dimension->band_years == 0) {
        add_attribute(sql, dimension->attribute);
        text_add_string(sql, "::text");
        return;
    }
    text_add_string(sql, "(CASE WHEN ");
    add_age(compiler, sql, compiler->as_at);
    text_add_string(sql, " >= 0 THEN least(");
    add_age(compiler, sql, compiler->as_at);
    text_add_string(sql, " / ");
    add_number(compiler, sql, dimension->band_years);
    text_add_string(sql, " * ");
    add_number(compiler, sql, dimension->band_years);
    text_add_string(sql, ", ");
    add_number(compiler, sql, band_top(dimension->band_years));
    text_add_string(sql, ") END)::text");
}

size_t compiled_dimension(const Compiled *compiled, const Dimension *dimension)
{
    size_t i = 0;

    while (i < compiled->dimension_count && !dimension_equal(&compiled->dimensions[i], dimension))
        i++;
    return i;
}

static void collect_dimensions(const Tree *tree, Compiled *compiled)
{
    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++) {
            const Dimension *dimension = &tree->tables[t].dimensions[i];
            if (compiled_dimension(compiled, dimension) < compiled->dimension_count)
                continue;
            assert(compiled->dimension_count < COMPILED_DIMENSIONS_MAX);
            compiled->dimensions[compiled->dimension_count++] = *dimension;
        }
}

/* The parameters' types have to be known even when nothing uses them. */
static void add_statement(Compiler *compiler, const Tree *tree, const Compiled *compiled, TextBuilder *sql)
{
    SCOPED(text_builder_close) TextBuilder condition = text_builder(SQL_BYTES_MAX);

    add_node(compiler, &condition, tree->cohort);
    text_add_string(sql, "SELECT ");
    for (size_t i = 0; i < compiled->dimension_count; i++) {
        add_dimension(compiler, sql, &compiled->dimensions[i]);
        text_add_string(sql, ", ");
    }
    text_add_string(sql, "array_agg(p.person_number::int8)\n  FROM ");
    add_relation(compiler, sql, TEXT("person"));
    text_add_string(sql, " AS p\n  LEFT JOIN ");
    add_relation(compiler, sql, TEXT("registration"));
    text_add_string(sql, " AS r ON r.person_number = p.person_number AND ");
    add_covers(compiler, sql, "r", compiler->as_at);
    text_add(sql, text_built(&compiler->joins));
    text_add_string(sql, "\n WHERE $1::text[] IS NOT NULL AND $2::int8[] IS NOT NULL AND ");
    text_add(sql, text_built(&condition));
    text_add_string(sql, "\n GROUP BY ");
    for (size_t i = 0; i < compiled->dimension_count; i++)
        text_add_format(sql, "%s%zu", i > 0 ? ", " : "", i + 1);
}

static void *copy_items(Arena *arena, const void *items, size_t bytes)
{
    char *copy = arena_alloc(arena, bytes + 1);

    for (size_t i = 0; i < bytes; i++)
        copy[i] = ((const char *)items)[i];
    return copy;
}

void compile(const Tree *tree, int64_t release_id, Date as_at, Arena *arena, Compiled *compiled)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(2 * SQL_BYTES_MAX);
    Compiler compiler = {.joins = text_builder(SQL_BYTES_MAX), .release_id = release_id, .as_at = as_at};

    *compiled = (Compiled){0};
    collect_dimensions(tree, compiled);
    add_statement(&compiler, tree, compiled, &sql);
    compiled->sql = text_copy(arena, text_built(&sql));
    compiled->texts = copy_items(arena, compiler.texts, compiler.text_count * sizeof *compiler.texts);
    compiled->text_count = compiler.text_count;
    compiled->numbers = copy_items(arena, compiler.numbers, compiler.number_count * sizeof *compiler.numbers);
    compiled->number_count = compiler.number_count;
    memory_free(compiler.texts);
    memory_free(compiler.numbers);
    text_builder_close(&compiler.joins);
}
