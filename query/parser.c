/* A query from its heading to its end; definitions.c, expression.c and parser_table.c take its parts. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "query/expression.h"

enum { WORDS_MAX = 4 };

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

Result parser_expect_one(Parser *parser, const char *const *words, size_t *which, Error *error)
{
    Text candidates[WORDS_MAX], all = TEXT("");
    size_t count = 0;

    for (; words[count] != NULL; count++) {
        assert(count < WORDS_MAX);
        candidates[count] = text_from(words[count]);
        all = text_format(parser->arena, "%.*s%s'%s'", TEXT_ARG(all), count > 0 ? " or " : "", words[count]);
        *which = count;
        if (token_is(&parser->token, words[count]))
            return parser_advance(parser, error);
    }
    Text nearest =
        parser->token.kind == TOKEN_WORD ? text_nearest(parser->token.text, candidates, count) : TEXT("");
    if (nearest.length == 0)
        return parser_fail(parser, error, "expected %.*s", TEXT_ARG(all));
    return parser_fail(parser, error, "expected %.*s; did you mean %.*s?", TEXT_ARG(all), TEXT_ARG(nearest));
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

Result parser_string(Parser *parser, const char *what, Text *text, Error *error)
{
    if (parser->token.kind != TOKEN_STRING || parser->token.text.length == 0)
        return parser_fail(parser, error, "%s: expected a text in double quotes", what);
    *text = parser->token.text;
    return parser_advance(parser, error);
}

/* ---- the whole ---- */

static Result take_date(Parser *parser, Date *date, Error *error)
{
    if (parser->token.kind != TOKEN_DATE)
        return parser_fail(parser, error, "expected a date (CCYY-MM-DD)");
    *date = parser->token.date;
    return parser_advance(parser, error);
}

/* A parameter is declared behind the day that it gives. */
static Result take_as_at(Parser *parser, Error *error)
{
    TRY(parser_expect(parser, "at", error));
    parser->as_at = parser->token;
    parser->tree->day_at = parser_mention_at(parser, parser->token.place);
    if (parser->token.kind != TOKEN_DATE && parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a date (CCYY-MM-DD) or a parameter");
    if (parser->token.kind == TOKEN_DATE)
        parser->tree->as_at = parser->token.date;
    return parser_advance(parser, error);
}

static Result find_as_at(const Parser *parser, Error *error)
{
    Tree *tree = parser->tree;

    if (parser->as_at.kind != TOKEN_WORD)
        return RESULT_OK;
    tree->as_at_of = parser_parameter(parser, parser->as_at.text);
    if (tree->as_at_of == NULL)
        return parser_fail_parameter(parser, &parser->as_at, error);
    tree->as_at = tree->as_at_of->values->node->date;
    if (tree->as_at_of->type == TYPE_DATE)
        return RESULT_OK;
    return source_text_fail(&parser->input->source, parser->as_at.place, error, "expected %s, this is %s",
                            QUERY_TYPE_NAMES[TYPE_DATE], QUERY_TYPE_NAMES[tree->as_at_of->type]);
}

/* [as at DAY] [as known at DATE] */
static Result take_days(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;
    bool has_day, is_known;

    tree->as_at = tree->known_at = DATE_NONE;
    TRY(parser_accept(parser, "as", &has_day, error));
    if (!has_day)
        return RESULT_OK;
    TRY(parser_accept(parser, "known", &is_known, error));
    if (!is_known) {
        TRY(take_as_at(parser, error));
        TRY(parser_accept(parser, "as", &is_known, error));
        if (!is_known)
            return RESULT_OK;
        TRY(parser_expect(parser, "known", error));
    }
    TRY(parser_expect(parser, "at", error));
    tree->known_day_at = parser_mention_at(parser, parser->token.place);
    TRY(take_date(parser, &tree->known_at, error));
    if (token_is(&parser->token, "as"))
        return parser_fail(parser, error, "`as at` stands before `as known at`");
    return RESULT_OK;
}

static Result take_heading(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;

    TRY(parser_expect(parser, "query", error));
    TRY(parser_string(parser, "query", &tree->title, error));
    TRY(parser_expect(parser, "project", error));
    if (parser->token.kind != TOKEN_WORD || parser->token.text.length > 40)
        return parser_fail(parser, error, "expected the project's number");
    tree->project = parser->token.text;
    tree->project_at = parser_mention_at(parser, parser->token.place);
    tree->day_at = tree->known_day_at = tree->project_at;
    TRY(parser_advance(parser, error));
    return take_days(parser, error);
}

/* A word that is no statement may also be meant to go on with the expression before it. */
static Result fail_statement(const Parser *parser, const char *const *expected, Error *error)
{
    Text candidates[EXPRESSION_CANDIDATES_MAX];
    size_t count = 0;

    for (; expected[count] != NULL; count++)
        candidates[count] = text_from(expected[count]);
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a statement: %s", expected[0]);
    count += expression_words_behind(candidates + count);
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "statement",
                                    parser->token.text, candidates, count, error);
}

static Result take_query(Parser *parser, Error *error)
{
    static const char *const before_cohort[] = {"cohort", "codes", "let", "use", "parameter", "as", NULL};
    static const char *const before_table[] = {"table", NULL};
    static const char *const behind_tables[] = {"table", "measure", NULL};
    bool more;

    TRY(take_heading(parser, error));
    TRY(parser_definitions(parser, error));
    TRY(find_as_at(parser, error));
    if (!token_is(&parser->token, "cohort"))
        return fail_statement(parser, before_cohort, error);
    TRY(parser_advance(parser, error));
    Place place = parser->token.place;
    TRY(parser_expression(parser, &parser->tree->cohort, error));
    if (parser->tree->cohort->type != TYPE_BOOL)
        TRY(expression_check_misspelt(parser, error));
    if (parser->tree->cohort->type != TYPE_BOOL)
        return source_text_fail(&parser->input->source, place, error, "the cohort is a condition, this is %s",
                                QUERY_TYPE_NAMES[parser->tree->cohort->type]);
    if (!token_is(&parser->token, "table"))
        return fail_statement(parser, before_table, error);
    TRY(parser_accept(parser, "table", &more, error));
    while (more) {
        TRY(parser_table(parser, error));
        TRY(parser_accept(parser, "table", &more, error));
    }
    if (parser->token.kind != TOKEN_END)
        return fail_statement(parser, behind_tables, error);
    return parser_check_tables(parser, error);
}

Result parser_check_text(const SourceText *source, size_t bytes_max, Error *error)
{
    size_t length = source->text.length, good = text_utf8_length(source->text);
    const char *nul = memchr(source->text.data, '\0', length);
    Mention at = {.text = source};

    if (length > bytes_max) {
        at.place = source_text_place(source, bytes_max);
        return source_text_fail_at(&at, ERROR_LIMIT, error, "longer than %zu bytes", bytes_max);
    }
    if (good < length)
        return source_text_fail(source, source_text_place(source, good), error, "not UTF-8");
    if (nul != NULL)
        return source_text_fail(source, source_text_place(source, (size_t)(nul - source->text.data)), error,
                                "a NUL character");
    return RESULT_OK;
}

Result tree_parse(const ParseInput *input, Arena *arena, Tree **tree, Error *error)
{
    Parser parser = {
        .input = input,
        .text = parser_keep_text(&input->source, arena),
        .lexer = {.source = input->source, .arena = arena, .at = {.line = 1, .column = 1}},
        .arena = arena,
        .tree = arena_alloc(arena, sizeof(Tree)),
    };

    parser.tree->source_at =
        arena_alloc(arena, (input->catalogue->source_count + 1) * sizeof *parser.tree->source_at);
    TRY(parser_advance(&parser, error));
    TRY(take_query(&parser, error));
    TRY(tree_make_parts(parser.tree, arena, error));
    parser.tree->sources =
        arena_alloc(arena, (input->catalogue->source_count + 1) * sizeof(CatalogueSource *));
    parser.tree->sent_asked = arena_alloc(arena, (input->catalogue->source_count + 1) * sizeof(Node *));
    tree_use(parser.tree, input->catalogue);
    *tree = parser.tree;
    return parser_check_parameters(parser.tree, error);
}
