/* What a query names: code lists and `let`, its own or of a file that it uses. */
#include "query/parser.h"

static const char *const reserved[] = {
    "query",     "project",  "as",       "at",       "codes",      "from",       "let",      "cohort",
    "table",     "by",       "totals",   "measure",  "people",     "band",       "as_at",    "exists",
    "count",     "of",       "where",    "in",       "on",         "or",         "and",      "not",
    "before",    "after",    "within",   "months",   "to",         "registered", "use",      "value",
    "values",    "distinct", "sum",      "mean",     "min",        "max",        "first",    "last",
    "most",      "exactly",  "episodes", "case",     "when",       "then",       "else",     "end",
    "otherwise", "is",       "known",    "contains", "category",   "between",    "days",     "day",
    "weeks",     "week",     "month",    "years",    "year",       "least",      "greatest", "earliest",
    "latest",    "person",   "other",    "the",      "household",  "parameter",  "quarter",  "quarters",
    "financial", "start",    "per",      "median",   "percentile",
};

bool parser_is_reserved(Text word)
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

static bool is_let(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->let_count; i++)
        if (text_equal(name, parser->tree->lets[i].name))
            return true;
    return false;
}

Result parser_new_name(Parser *parser, Text *name, Error *error)
{
    TRY(take_new_name(parser, name, error));
    if (parser_is_reserved(*name))
        return parser_fail(parser, error, "this name is taken");
    return parser_advance(parser, error);
}

Result parser_new_value_name(Parser *parser, Text *name, Error *error)
{
    TRY(take_new_name(parser, name, error));
    if (is_let(parser, *name) || parser_parameter(parser, *name) != NULL)
        return parser_fail(parser, error, "this name is taken");
    return parser_new_name(parser, name, error);
}

/* ---- codes ---- */

const CodeList *parser_code_list(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->code_list_count; i++)
        if (text_equal(name, parser->tree->code_lists[i].name))
            return &parser->tree->code_lists[i];
    return NULL;
}

/* "I21", "I22" as "other" */
static Result take_literal_code(Parser *parser, CodeList *list, Error *error)
{
    bool has_category, is_inactive;

    if (list->count == QUERY_CODES_MAX)
        return parser_fail(parser, error, "more than %d codes", QUERY_CODES_MAX);
    TRY(parser_check_prefix(parser, error));
    TRY(parser_string(parser, "code", &list->codes[list->count], error));
    TRY(parser_accept(parser, "as", &has_category, error));
    if (has_category && list->categories == NULL)
        list->categories = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->categories);
    if (has_category)
        TRY(parser_string(parser, "category", &list->categories[list->count], error));
    TRY(parser_accept(parser, "inactive", &is_inactive, error));
    if (is_inactive && list->inactive == NULL)
        list->inactive = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->inactive);
    if (list->inactive != NULL)
        list->inactive[list->count] = is_inactive;
    list->count++;
    return RESULT_OK;
}

static Result take_literal_codes(Parser *parser, CodeList *list, Error *error)
{
    bool more = true;

    TRY(parser_expect(parser, "(", error));
    list->codes = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->codes);
    while (more) {
        TRY(take_literal_code(parser, list, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    return parser_expect(parser, ")", error);
}

/* terminology "SNOMED CT" release "2026-04-01" */
static Result take_terminology(Parser *parser, CodeList *list, bool *is_there, Error *error)
{
    bool has_release = false;

    TRY(parser_accept(parser, "terminology", is_there, error));
    if (*is_there) {
        TRY(parser_string(parser, "terminology", &list->terminology, error));
        TRY(parser_accept(parser, "release", &has_release, error));
    }
    return has_release ? parser_string(parser, "release", &list->release, error) : RESULT_OK;
}

static Result take_codes_from(Parser *parser, CodeList *list, Error *error)
{
    Place place = parser->token.place;
    Text file_name = {0};

    TRY(parser_string(parser, "code list file", &file_name, error));
    return codes_read(parser, file_name, place, list, error);
}

static Result take_code_list(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;
    CodeList list = {.at = parser_mention_at(parser, parser->token.place)};
    bool is_literal, has_terminology;

    TRY(take_new_name(parser, &list.name, error));
    if (parser_is_reserved(list.name) || parser_code_list(parser, list.name) != NULL)
        return parser_fail(parser, error, "this name is taken");
    if (tree->code_list_count == QUERY_NAMES_MAX)
        return parser_fail(parser, error, "more than %d code lists", QUERY_NAMES_MAX);
    TRY(parser_advance(parser, error));
    TRY(take_terminology(parser, &list, &has_terminology, error));
    TRY(parser_accept(parser, "=", &is_literal, error));
    if (has_terminology && !is_literal)
        return parser_fail(parser, error, "expected '='; a file says its own terminology");
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
    if (is_let(parser, let.name) || parser_parameter(parser, let.name) != NULL ||
        (parser_is_reserved(let.name) && !text_equal(let.name, TEXT("age"))))
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

/* ---- use ---- */

/* Definitions of another file, as if they stood here; they end up in the canonical text like the query's own.
 */
static Result take_use(Parser *parser, Error *error)
{
    Place place = parser->token.place;
    Text file_name = {0};
    ParseInput input = *parser->input;
    Parser inner = *parser;

    TRY(parser_string(parser, "definitions file", &file_name, error));
    if (parser->is_shared)
        return source_text_fail(&parser->input->source, place, error, "a file of definitions uses no other");
    TRY(codes_read_file(parser, file_name, place, &input.source.text, error));
    input.source.file_name = text_to_string(parser->arena, file_name);
    TRY(parser_check_text(&input.source, CODES_FILE_BYTES_MAX, error));
    inner.input = &input;
    inner.text = parser_keep_text(&input.source, parser->arena);
    inner.lexer = (Lexer){.source = input.source, .arena = parser->arena, .at = {.line = 1, .column = 1}};
    inner.is_shared = true;
    TRY(parser_advance(&inner, error));
    TRY(parser_definitions(&inner, error));
    if (inner.token.kind != TOKEN_END)
        return parser_fail(&inner, error, "a file of definitions holds 'codes', 'let' and 'parameter' alone");
    return RESULT_OK;
}

Result parser_definitions(Parser *parser, Error *error)
{
    static const struct {
        const char *word;
        Result (*take)(Parser *parser, Error *error);
    } statements[] = {{"codes", take_code_list},
                      {"let", take_let},
                      {"use", take_use},
                      {"parameter", parser_take_parameter}};
    bool is_there = true;

    while (is_there)
        for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
            TRY(parser_accept(parser, statements[i].word, &is_there, error));
            if (!is_there)
                continue;
            TRY(statements[i].take(parser, error));
            break;
        }
    return RESULT_OK;
}
