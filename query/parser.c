/* Statements of a query, in their fixed order; expressions are in expression.c. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "query/parser.h"

static const char *const reserved[] = {
    "query",  "project", "as",     "at",   "codes",  "from",   "let",    "cohort", "table", "by",
    "totals", "measure", "people", "band", "as_at",  "exists", "count",  "of",     "where", "in",
    "on",     "or",      "and",    "not",  "before", "after",  "within", "months", "to",    "registered",
};

Result parser_fail(const Parser *parser, Error *error, const char *format, ...)
{
    char rule[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);
    return source_text_fail(&parser->input->source, parser->token.place, error, "%s", rule);
}

Result parser_advance(Parser *parser, Error *error)
{
    return lexer_next(&parser->lexer, &parser->token, error);
}

Result parser_expect(Parser *parser, const char *word, Error *error)
{
    Text candidate = text_from(word);

    if (token_is(&parser->token, word))
        return parser_advance(parser, error);
    if (parser->token.kind == TOKEN_WORD && text_nearest(parser->token.text, &candidate, 1).length > 0)
        return parser_fail(parser, error, "expected '%s'; did you mean %s?", word, word);
    return parser_fail(parser, error, "expected '%s'", word);
}

Result parser_accept(Parser *parser, const char *word, bool *accepted, Error *error)
{
    *accepted = token_is(&parser->token, word);
    return *accepted ? parser_advance(parser, error) : RESULT_OK;
}

Result parser_integer(Parser *parser, const char *what, int64_t min, int64_t max, int64_t *value,
                      Error *error)
{
    if (parser->token.kind != TOKEN_INTEGER || parser->token.integer < min || parser->token.integer > max)
        return parser_fail(parser, error, "%s: expected a whole number from %d to %d", what, (int)min,
                           (int)max);
    *value = parser->token.integer;
    return parser_advance(parser, error);
}

/* ---- sources ---- */

Result parser_reads(Parser *parser, const CatalogueSource *source, Error *error)
{
    Tree *tree = parser->tree;

    for (size_t i = 0; i < tree->source_count; i++)
        if (tree->sources[i] == source)
            return RESULT_OK;
    if (tree->source_count == QUERY_NAMES_MAX)
        return parser_fail(parser, error, "more than %d sources", QUERY_NAMES_MAX);
    tree->sources[tree->source_count++] = source;
    return RESULT_OK;
}

/* What an attribute is made of is read too: approval, grants and coverage ask for those sources. */
Result parser_reads_attribute(Parser *parser, const Attribute *attribute, Error *error)
{
    const Catalogue *catalogue = parser->input->catalogue;

    for (size_t i = 0; attribute->is_gathered && i < catalogue->source_count; i++) {
        const CatalogueSource *source = &catalogue->sources[i];
        if (!source->is_household && catalogue_column(source, text_from(attribute->name)) != NULL)
            TRY(parser_reads(parser, source, error));
    }
    return RESULT_OK;
}

static Result take_string(Parser *parser, const char *what, Text *text, Error *error)
{
    if (parser->token.kind != TOKEN_STRING || parser->token.text.length == 0)
        return parser_fail(parser, error, "%s: expected a text in double quotes", what);
    *text = parser->token.text;
    return parser_advance(parser, error);
}

static bool is_reserved(Text word)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (text_equal(word, text_from(reserved[i])))
            return true;
    return attribute_find(word) != NULL;
}

static bool is_new_name(Text word)
{
    bool is_plain = word.length <= 40;

    for (size_t i = 0; i < word.length && is_plain; i++)
        is_plain = word.data[i] != '-' && (word.data[i] < 'A' || word.data[i] > 'Z');
    return is_plain;
}

static Result take_new_name(Parser *parser, Text *name, Error *error)
{
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a name");
    if (!is_new_name(parser->token.text))
        return parser_fail(parser, error, "a name is at most 40 of a-z, 0-9 and _");
    *name = parser->token.text;
    return RESULT_OK;
}

/* ---- codes ---- */

const CodeList *parser_code_list(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->code_list_count; i++)
        if (text_equal(name, parser->tree->code_lists[i].name))
            return &parser->tree->code_lists[i];
    return NULL;
}

static Result take_literal_codes(Parser *parser, CodeList *list, Error *error)
{
    bool more = true;

    TRY(parser_expect(parser, "(", error));
    list->codes = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->codes);
    while (more) {
        if (list->count == QUERY_CODES_MAX)
            return parser_fail(parser, error, "more than %d codes", QUERY_CODES_MAX);
        TRY(take_string(parser, "code", &list->codes[list->count], error));
        list->count++;
        TRY(parser_accept(parser, ",", &more, error));
    }
    return parser_expect(parser, ")", error);
}

static Result take_codes_from(Parser *parser, CodeList *list, Error *error)
{
    Place place = parser->token.place;
    Text file_name = {0};

    TRY(take_string(parser, "code list file", &file_name, error));
    return codes_read(parser, file_name, place, list, error);
}

static Result take_code_list(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;
    CodeList list = {0};
    bool is_literal;

    TRY(take_new_name(parser, &list.name, error));
    if (is_reserved(list.name) || parser_code_list(parser, list.name) != NULL)
        return parser_fail(parser, error, "this name is taken");
    if (tree->code_list_count == QUERY_NAMES_MAX)
        return parser_fail(parser, error, "more than %d code lists", QUERY_NAMES_MAX);
    TRY(parser_advance(parser, error));
    TRY(parser_accept(parser, "=", &is_literal, error));
    if (is_literal) {
        TRY(take_literal_codes(parser, &list, error));
    } else {
        TRY(parser_expect(parser, "from", error));
        TRY(take_codes_from(parser, &list, error));
    }
    codes_sort(&list);
    tree->code_count += list.count;
    if (tree->code_count > QUERY_CODES_MAX)
        return parser_fail(parser, error, "more than %d codes over all lists", QUERY_CODES_MAX);
    tree->code_lists[tree->code_list_count++] = list;
    return RESULT_OK;
}

/* ---- let ---- */

static bool is_let(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->let_count; i++)
        if (text_equal(name, parser->tree->lets[i].name))
            return true;
    return false;
}

/* `let age = age at as_at` changes no word's meaning; any other second meaning would mislead who reads it
 * aloud. */
static bool is_age_today(const Let *let)
{
    return text_equal(let->name, TEXT("age")) && let->value->kind == NODE_AGE &&
           let->value->operands[0]->kind == NODE_AS_AT;
}

static Result take_let(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;
    Token name = parser->token;
    Let let = {0};

    TRY(take_new_name(parser, &let.name, error));
    if (is_let(parser, let.name) || (is_reserved(let.name) && !text_equal(let.name, TEXT("age"))))
        return parser_fail(parser, error, "this name is taken");
    if (tree->let_count == QUERY_NAMES_MAX)
        return parser_fail(parser, error, "more than %d names", QUERY_NAMES_MAX);
    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "=", error));
    TRY(parser_expression(parser, &let.value, error));
    if (text_equal(let.name, TEXT("age")) && !is_age_today(&let))
        return source_text_fail(&parser->input->source, name.place, error,
                                "'age' is the age at as_at; give another age another name");
    tree->lets[tree->let_count++] = let;
    return RESULT_OK;
}

/* ---- table ---- */

bool dimension_equal(const Dimension *a, const Dimension *b)
{
    return a->attribute == b->attribute && a->band_years == b->band_years;
}

static Result fail_dimension(const Parser *parser, Error *error)
{
    Text candidates[16] = {TEXT("band")};
    size_t count = 1;
    const Attribute *attribute = attribute_find(parser->token.text);

    if (attribute != NULL && !attribute->is_dimension)
        return parser_fail(parser, error, "'%s' has too many values to group by; use band(%s, 5)",
                           attribute->name, attribute->name);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (ATTRIBUTES[i].is_dimension)
            candidates[count++] = text_from(ATTRIBUTES[i].name);
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "dimension",
                                    parser->token.text, candidates, count, error);
}

static Result take_band(Parser *parser, Dimension *dimension, Error *error)
{
    TRY(parser_expect(parser, "(", error));
    TRY(parser_expect(parser, "age", error));
    TRY(parser_expect(parser, ",", error));
    dimension->attribute = attribute_find(TEXT("age"));
    TRY(parser_integer(parser, "band", QUERY_BAND_YEARS_MIN, QUERY_BAND_YEARS_MAX, &dimension->band_years,
                       error));
    return parser_expect(parser, ")", error);
}

static Result take_dimension(Parser *parser, Dimension *dimension, Error *error)
{
    bool is_band;

    *dimension = (Dimension){.place = parser->token.place};
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a dimension");
    TRY(parser_accept(parser, "band", &is_band, error));
    if (is_band)
        return take_band(parser, dimension, error);
    dimension->attribute = attribute_find(parser->token.text);
    if (dimension->attribute == NULL || !dimension->attribute->is_dimension)
        return fail_dimension(parser, error);
    TRY(parser_reads_attribute(parser, dimension->attribute, error));
    return parser_advance(parser, error);
}

static Result take_by(Parser *parser, TableNode *table, Error *error)
{
    bool more = true;

    TRY(parser_expect(parser, "by", error));
    while (more) {
        Dimension *dimension = &table->dimensions[table->dimension_count];
        if (table->dimension_count == QUERY_DIMENSIONS_MAX)
            return parser_fail(parser, error, "more than %d dimensions", QUERY_DIMENSIONS_MAX);
        TRY(take_dimension(parser, dimension, error));
        for (size_t i = 0; i < table->dimension_count; i++)
            if (table->dimensions[i].attribute == dimension->attribute)
                return source_text_fail(&parser->input->source, dimension->place, error,
                                        "this dimension is already there");
        table->dimension_count++;
        TRY(parser_accept(parser, ",", &more, error));
    }
    return RESULT_OK;
}

/* `totals band(age, 5)` or, as there is one band at most, `totals age`. */
static Result take_total(Parser *parser, TableNode *table, Error *error)
{
    Dimension wanted = {.place = parser->token.place};

    if (token_is(&parser->token, "age")) {
        wanted.attribute = attribute_find(TEXT("age"));
        TRY(parser_advance(parser, error));
    } else {
        TRY(take_dimension(parser, &wanted, error));
    }
    for (size_t i = 0; i < table->dimension_count; i++) {
        const Dimension *dimension = &table->dimensions[i];
        if (dimension->attribute != wanted.attribute ||
            (wanted.band_years != 0 && wanted.band_years != dimension->band_years))
            continue;
        table->totals[i] = true;
        return RESULT_OK;
    }
    return source_text_fail(&parser->input->source, wanted.place, error,
                            "totals are over dimensions that stand behind 'by'");
}

static Result take_totals(Parser *parser, TableNode *table, Error *error)
{
    bool more;

    TRY(parser_accept(parser, "totals", &more, error));
    table->has_totals = more;
    while (more) {
        TRY(take_total(parser, table, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    return RESULT_OK;
}

static Result take_measure(Parser *parser, Error *error)
{
    static const Text people = TEXT("people");

    TRY(parser_expect(parser, "measure", error));
    if (!token_is(&parser->token, "people"))
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "measure",
                                        parser->token.text, &people, 1, error);
    return parser_advance(parser, error);
}

static bool same_family(const Dimension *a, const Dimension *b)
{
    assert(a->attribute != NULL && b->attribute != NULL);
    return strcmp(a->attribute->family, b->attribute->family) == 0 && !dimension_equal(a, b);
}

/*
 * Wards add up to districts, narrow bands to wide ones: two tables of one query that hold both levels are
 * linked by sums that the suppression of either does not see. They stand in one table or not in one query.
 */
static Result check_families(const Parser *parser, const TableNode *added, Error *error)
{
    const Tree *tree = parser->tree;

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            for (size_t j = 0; j < added->dimension_count; j++)
                if (same_family(&tree->tables[t].dimensions[i], &added->dimensions[j]))
                    return source_text_fail(&parser->input->source, added->dimensions[j].place, error,
                                            "an earlier table has another level of this dimension; "
                                            "levels can be subtracted from each other, ask two queries");
    return RESULT_OK;
}

/* A dimension that one table alone has, and a table that lies within another, close no ring. */
static bool drop_ends(uint32_t *sets, size_t count)
{
    bool has_dropped = false;

    for (size_t i = 0; i < count; i++) {
        uint32_t elsewhere = 0, left = sets[i];
        for (size_t j = 0; j < count; j++) {
            elsewhere |= j != i ? sets[j] : 0;
            if (j != i && (sets[i] & ~sets[j]) == 0)
                left = 0;
        }
        left &= elsewhere;
        has_dropped |= left != sets[i];
        sets[i] = left;
    }
    return has_dropped;
}

/*
 * Three tables by a and b, b and c, a and c have counts that agree two by two and yet belong to no one set of
 * people, so the audit's other solution would prove nothing. Graham's reduction finds such rings; where there
 * are none, tables that agree two by two always have a common one.
 */
static Result check_rings(const Parser *parser, Error *error)
{
    const Tree *tree = parser->tree;
    uint32_t sets[QUERY_TABLES_MAX] = {0};

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            sets[t] |= UINT32_C(1) << (tree->tables[t].dimensions[i].attribute - ATTRIBUTES);
    while (drop_ends(sets, tree->table_count))
        ;
    for (size_t t = tree->table_count; t-- > 0;)
        if (sets[t] != 0)
            return source_text_fail(&parser->input->source, tree->tables[t].dimensions[0].place, error,
                                    "the dimensions of the tables form a ring, from which hidden cells can "
                                    "be worked out; ask one table by all of them");
    return RESULT_OK;
}

static Result take_table(Parser *parser, Error *error)
{
    TableNode table = {0};
    bool again;

    if (parser->tree->table_count == QUERY_TABLES_MAX)
        return parser_fail(parser, error, "more than %d tables", QUERY_TABLES_MAX);
    TRY(take_string(parser, "table", &table.title, error));
    TRY(take_by(parser, &table, error));
    TRY(take_totals(parser, &table, error));
    TRY(take_measure(parser, error));
    TRY(parser_accept(parser, "measure", &again, error));
    if (again)
        return parser_fail(parser, error, "a table has the one measure people");
    TRY(check_families(parser, &table, error));
    parser->tree->tables[parser->tree->table_count++] = table;
    return RESULT_OK;
}

/* ---- the whole ---- */

static Result take_heading(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;
    bool has_date;

    TRY(parser_expect(parser, "query", error));
    TRY(take_string(parser, "query", &tree->title, error));
    TRY(parser_expect(parser, "project", error));
    if (parser->token.kind != TOKEN_WORD || parser->token.text.length > 40)
        return parser_fail(parser, error, "expected the project's number");
    tree->project = parser->token.text;
    TRY(parser_advance(parser, error));

    tree->as_at = DATE_NONE;
    TRY(parser_accept(parser, "as", &has_date, error));
    if (!has_date)
        return RESULT_OK;
    TRY(parser_expect(parser, "at", error));
    if (parser->token.kind != TOKEN_DATE)
        return parser_fail(parser, error, "expected a date (CCYY-MM-DD)");
    tree->as_at = parser->token.date;
    return parser_advance(parser, error);
}

static Result take_definitions(Parser *parser, Error *error)
{
    for (;;) {
        bool is_codes, is_let_statement = false;
        TRY(parser_accept(parser, "codes", &is_codes, error));
        if (!is_codes)
            TRY(parser_accept(parser, "let", &is_let_statement, error));
        if (is_codes)
            TRY(take_code_list(parser, error));
        else if (is_let_statement)
            TRY(take_let(parser, error));
        else
            return RESULT_OK;
    }
}

static Result fail_statement(const Parser *parser, const Text *expected, size_t count, Error *error)
{
    if (parser->token.kind == TOKEN_WORD)
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "statement",
                                        parser->token.text, expected, count, error);
    return parser_fail(parser, error, "expected a statement: %.*s", TEXT_ARG(expected[0]));
}

static Result take_query(Parser *parser, Error *error)
{
    static const Text before_cohort[] = {TEXT("cohort"), TEXT("codes"), TEXT("let"), TEXT("as")};
    static const Text table_word = TEXT("table");
    bool more;

    TRY(take_heading(parser, error));
    TRY(take_definitions(parser, error));
    if (!token_is(&parser->token, "cohort"))
        return fail_statement(parser, before_cohort, 4, error);
    TRY(parser_advance(parser, error));
    Place place = parser->token.place;
    TRY(parser_expression(parser, &parser->tree->cohort, error));
    if (parser->tree->cohort->type != TYPE_BOOL)
        return source_text_fail(&parser->input->source, place, error, "the cohort is a condition, this is %s",
                                QUERY_TYPE_NAMES[parser->tree->cohort->type]);
    if (!token_is(&parser->token, "table"))
        return fail_statement(parser, &table_word, 1, error);
    TRY(parser_accept(parser, "table", &more, error));
    while (more) {
        TRY(take_table(parser, error));
        TRY(parser_accept(parser, "table", &more, error));
    }
    if (parser->token.kind != TOKEN_END)
        return fail_statement(parser, &table_word, 1, error);
    return check_rings(parser, error);
}

Result tree_parse(const ParseInput *input, Arena *arena, Tree **tree, Error *error)
{
    Parser parser = {
        .input = input,
        .lexer = {.source = input->source, .arena = arena, .at = {.line = 1, .column = 1}},
        .arena = arena,
        .tree = arena_alloc(arena, sizeof(Tree)),
    };

    if (!text_is_utf8(input->source.text))
        return fail(error, ERROR_INPUT, "%s: not UTF-8", input->source.file_name);
    if (memchr(input->source.text.data, '\0', input->source.text.length) != NULL)
        return fail(error, ERROR_INPUT, "%s: holds a NUL character", input->source.file_name);
    TRY(parser_advance(&parser, error));
    TRY(take_query(&parser, error));
    *tree = parser.tree;
    return RESULT_OK;
}
