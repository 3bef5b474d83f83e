/*
 * One layout for a query, comments kept: a statement begins a line, what belongs to a table is indented by
 * two, and a line that its author broke within a statement stays broken, indented by four. The words and
 * symbols are the same before and after; that is checked here, so that no layout can change a meaning.
 */
#include <string.h>

#include "query/parser.h"

/* A byte and a line end become at most a line end, an indent, the byte and another line end. */
enum { INDENT_TABLE = 2, INDENT_WITHIN = 4, GROWS_BY_MAX = 8 };

typedef struct Layout {
    Lexer lexer;
    Token token, before; /* this one, and the one before it */
    TextBuilder out;
    size_t end;    /* of the text: where the token before ends */
    unsigned open; /* parentheses */
    bool has_line; /* something stands on the line */
    bool in_table;
} Layout;

/* ---- where lines begin ---- */

static bool begins_statement(const Layout *layout)
{
    static const char *const words[] = {"query", "project",   "codes",  "let",
                                        "use",   "parameter", "cohort", "table"};

    if (layout->open > 0)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(&layout->token, words[i]))
            return true;
    return false;
}

/* `as at` of the heading stands behind the project's number, `as` of a code within parentheses. */
static bool begins_heading(const Layout *layout)
{
    return token_is(&layout->token, "as") && layout->open == 0;
}

static bool begins_part(const Layout *layout)
{
    if (!layout->in_table || layout->open > 0)
        return false;
    return token_is(&layout->token, "totals") || token_is(&layout->token, "measure") ||
           (token_is(&layout->token, "by") && layout->before.kind == TOKEN_STRING);
}

static void end_line(Layout *layout)
{
    if (layout->has_line)
        text_add_char(&layout->out, '\n');
    layout->has_line = false;
}

static void indent(Layout *layout, unsigned columns)
{
    for (; columns > 0; columns--)
        text_add_char(&layout->out, ' ');
}

/* ---- what stands between two tokens: line ends and comments ---- */

typedef struct Gap {
    Text rest;
    unsigned lines; /* ended since the last token or comment */
} Gap;

static bool next_comment(Gap *gap, Text *comment)
{
    while (gap->rest.length > 0 && gap->rest.data[0] != '#') {
        gap->lines += gap->rest.data[0] == '\n';
        gap->rest = text_slice(gap->rest, 1, gap->rest.length);
    }
    if (gap->rest.length == 0)
        return false;
    const char *end = memchr(gap->rest.data, '\n', gap->rest.length);
    size_t length = end == NULL ? gap->rest.length : (size_t)(end - gap->rest.data);
    *comment = text_slice(gap->rest, 0, length);
    gap->rest = text_slice(gap->rest, length, gap->rest.length);
    while (comment->length > 0 && strchr(" \t\r", comment->data[comment->length - 1]) != NULL)
        comment->length--;
    return true;
}

static bool ends_statement(const Layout *layout)
{
    return layout->token.kind == TOKEN_END || begins_statement(layout) || begins_heading(layout);
}

/* A comment beside something stays there; one on a line of its own stands as deep as what follows it. */
static void put_comments(Layout *layout, Gap *gap)
{
    Text comment;

    while (next_comment(gap, &comment)) {
        bool is_beside = layout->has_line && gap->lines == 0;
        if (is_beside) {
            text_add_string(&layout->out, "  ");
        } else {
            end_line(layout);
            if (gap->lines > 1 && layout->out.length > 0)
                text_add_char(&layout->out, '\n');
            indent(layout, ends_statement(layout) ? 0 : begins_part(layout) ? INDENT_TABLE : INDENT_WITHIN);
        }
        text_add(&layout->out, comment);
        layout->has_line = true;
        end_line(layout);
        gap->lines = 0;
        if (gap->rest.length > 0) /* the comment's own line end */
            gap->rest = text_slice(gap->rest, 1, gap->rest.length);
        gap->lines = 1;
    }
}

/* ---- tokens ---- */

/* The minus of a number stands at it, as its author wrote it. */
static bool is_joined(const Layout *layout)
{
    bool touches = layout->token.place.offset == layout->end;

    if (token_is(&layout->token, ")") || token_is(&layout->token, ",") || token_is(&layout->before, "("))
        return true;
    if (token_is(&layout->token, "("))
        return token_is(&layout->before, "band");
    return touches && token_is(&layout->before, "-") &&
           (layout->token.kind == TOKEN_INTEGER || layout->token.kind == TOKEN_DECIMAL);
}

static void begin_line(Layout *layout, const Gap *gap, unsigned columns)
{
    bool keeps_blank = gap->lines > 1 && layout->out.length > 0;

    end_line(layout);
    if (keeps_blank && columns == 0)
        text_add_char(&layout->out, '\n');
    indent(layout, columns);
}

static void place_token(Layout *layout, const Gap *gap)
{
    if (begins_statement(layout) || begins_heading(layout)) {
        layout->in_table = token_is(&layout->token, "table");
        begin_line(layout, gap, 0);
    } else if (begins_part(layout)) {
        begin_line(layout, gap, INDENT_TABLE);
    } else if (gap->lines > 0 || !layout->has_line) {
        begin_line(layout, gap, INDENT_WITHIN);
    } else if (!is_joined(layout)) {
        text_add_char(&layout->out, ' ');
    }
}

static void put_token(Layout *layout)
{
    Text whole = layout->lexer.source.text;
    size_t from = layout->token.place.offset, to = layout->lexer.at.offset;
    Gap gap = {.rest = text_slice(whole, layout->end, from)};

    put_comments(layout, &gap);
    if (layout->token.kind == TOKEN_END)
        return;
    place_token(layout, &gap);
    text_add(&layout->out, text_slice(whole, from, to));
    layout->has_line = true;
    layout->open += token_is(&layout->token, "(");
    layout->open -= token_is(&layout->token, ")") && layout->open > 0;
    layout->end = to;
    layout->before = layout->token;
}

static Result lay_out(Layout *layout, Error *error)
{
    do {
        TRY(lexer_next(&layout->lexer, &layout->token, error));
        put_token(layout);
    } while (layout->token.kind != TOKEN_END);
    end_line(layout);
    return RESULT_OK;
}

/* ---- the same words and symbols ---- */

static Lexer lexer_of(const char *file_name, Text text, Arena *arena)
{
    return (Lexer){
        .source = {.file_name = file_name, .text = text}, .arena = arena, .at = {.line = 1, .column = 1}};
}

static Result check_same(const char *file_name, Text a, Text b, Arena *arena, Error *error)
{
    Lexer left = lexer_of(file_name, a, arena), right = lexer_of(file_name, b, arena);
    Token of_left = {.kind = TOKEN_SYMBOL}, of_right;

    while (of_left.kind != TOKEN_END) {
        TRY(lexer_next(&left, &of_left, error));
        TRY(lexer_next(&right, &of_right, error));
        if (of_left.kind != of_right.kind || !text_equal(of_left.text, of_right.text))
            return source_text_fail(&left.source, of_left.place, error,
                                    "the layout would change this; write it another way");
    }
    return RESULT_OK;
}

Result query_format(const char *file_name, Text text, Arena *arena, Text *formatted, Error *error)
{
    Text kept = text_copy(arena, text); /* ends in a NUL, as the lexer wants */
    Layout layout = {.lexer = lexer_of(file_name, kept, arena),
                     .out = text_builder(GROWS_BY_MAX * QUERY_TEXT_BYTES_MAX)};

    const SourceText source = {.file_name = file_name, .text = kept};

    TRY(parser_check_text(&source, QUERY_TEXT_BYTES_MAX, error));
    Result done = lay_out(&layout, error);
    *formatted = text_copy(arena, text_built(&layout.out));
    text_builder_close(&layout.out);
    if (!done.ok)
        return done;
    return check_same(file_name, kept, *formatted, arena, error);
}
