#pragma once
/*
 * The grammar of docs/query-language.md, read from the page: does a text follow it, and a random text that
 * does. Knows nothing of the parser but its tokens and a catalogue's words.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "query/lexer.h"
#include "tests/query/chance.h"
#include "tests/query/words.h"

enum { RULES_MAX = 48, FORMS_MAX = 48, TEXT_TOKENS_MAX = 512, HEIGHT_MAX = 99 };

typedef enum FormKind { FORM_WORD, FORM_NAME, FORM_SEQUENCE, FORM_CHOICE, FORM_OPTION, FORM_REPEAT } FormKind;

typedef struct Form Form;
struct Form {
    FormKind kind;
    Text text; /* a word, or a rule's name */
    const Form *forms[FORMS_MAX];
    size_t count;
    int height; /* the least depth of what it stands for */
};

typedef struct Rule {
    Text name;
    Form *form;
} Rule;

static Rule rules[RULES_MAX];
static size_t rule_count;
static Arena *grammar_arena;

/* ---- the page ---- */

static const char *grammar_at;

static void skip_blanks_of_page(void)
{
    for (;; grammar_at++)
        if (strncmp(grammar_at, "(*", 2) == 0)
            grammar_at = strstr(grammar_at, "*)") + 1;
        else if (*grammar_at == '\0' || strchr(" \n", *grammar_at) == NULL)
            return;
}

static bool take_mark(char mark)
{
    skip_blanks_of_page();
    if (*grammar_at != mark)
        return false;
    grammar_at++;
    return true;
}

static Form *new_form(FormKind kind)
{
    Form *made = arena_alloc(grammar_arena, sizeof *made);

    made->kind = kind;
    made->height = HEIGHT_MAX;
    return made;
}

static Form *add_form(Form *to, const Form *form)
{
    cr_assert_lt(to->count, (size_t)FORMS_MAX);
    to->forms[to->count++] = form;
    return to;
}

static Form *take_choice(void);

static Form *take_between(FormKind kind, char closing)
{
    Form *made = add_form(new_form(kind), take_choice());

    cr_assert(take_mark(closing), "%.40s", grammar_at);
    return made;
}

static Form *take_word(const char *ends, FormKind kind)
{
    Form *made = new_form(kind);
    size_t length = strcspn(grammar_at, ends);

    cr_assert_gt(length, (size_t)0, "%.40s", grammar_at);
    made->text = (Text){grammar_at, length};
    grammar_at += length + (kind == FORM_WORD);
    return made;
}

static Form *take_form(void)
{
    if (take_mark('['))
        return take_between(FORM_OPTION, ']');
    if (take_mark('{'))
        return take_between(FORM_REPEAT, '}');
    if (take_mark('('))
        return take_between(FORM_SEQUENCE, ')');
    if (take_mark('"'))
        return take_word("\"", FORM_WORD);
    return take_word(" \n;|()[]{}\"=", FORM_NAME);
}

static Form *take_sequence(void)
{
    Form *made = new_form(FORM_SEQUENCE);

    do {
        add_form(made, take_form());
        skip_blanks_of_page();
    } while (strchr("|;)]}", *grammar_at) == NULL);
    return made;
}

static Form *take_choice(void)
{
    Form *made = new_form(FORM_CHOICE);

    do
        add_form(made, take_sequence());
    while (take_mark('|'));
    return made;
}

static void take_rules(void)
{
    for (skip_blanks_of_page(); *grammar_at != '\0'; skip_blanks_of_page()) {
        cr_assert_lt(rule_count, (size_t)RULES_MAX);
        Rule *rule = &rules[rule_count++];
        rule->name = take_word(" ", FORM_NAME)->text;
        cr_assert(take_mark('='));
        rule->form = take_choice();
        cr_assert(take_mark(';'), "%.40s", grammar_at);
    }
}

static size_t rule_of(Text name)
{
    size_t i = 0;

    while (i < rule_count && !text_equal(rules[i].name, name))
        i++;
    return i;
}

/* ---- does a text follow it? ---- */

typedef struct Ends {
    bool at[TEXT_TOKENS_MAX + 1]; /* where what was looked for may end */
} Ends;

static Token text_tokens[TEXT_TOKENS_MAX];
static size_t token_count;
static Ends *known_ends[RULES_MAX][TEXT_TOKENS_MAX + 1];

static bool is_word_of(const Form *form, Text word)
{
    bool found = form->kind == FORM_WORD && text_equal(form->text, word);

    for (size_t i = 0; i < form->count && !found; i++)
        found = is_word_of(form->forms[i], word);
    return found;
}

static bool is_grammar_word(Text word)
{
    bool found = false;

    for (size_t i = 0; i < rule_count && !found; i++)
        found = is_word_of(rules[i].form, word);
    return found;
}

static bool is_column(Text word)
{
    bool found = false;

    for (size_t i = 0; i < WORDS.source_count && !found; i++)
        found = catalogue_column(&WORDS.sources[i], word) != NULL;
    return found;
}

static bool is_token(Text kind, const Token *token)
{
    static const struct {
        const char *name;
        TokenKind kind;
    } kinds[] = {{"text", TOKEN_STRING},     {"date", TOKEN_DATE},       {"integer", TOKEN_INTEGER},
                 {"decimal", TOKEN_DECIMAL}, {"ordinal", TOKEN_ORDINAL}, {"word", TOKEN_WORD}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_equal(kind, text_from(kinds[i].name)))
            return token->kind == kinds[i].kind;
    if (token->kind != TOKEN_WORD)
        return false;
    if (text_equal(kind, TEXT("source")))
        return catalogue_source(&WORDS, token->text) != NULL;
    if (text_equal(kind, TEXT("column")))
        return is_column(token->text);
    cr_assert(text_equal(kind, TEXT("name")), "%.*s", TEXT_ARG(kind));
    return !is_grammar_word(token->text);
}

static void add_ends(const Form *form, size_t from, Ends *ends);

static void add_all(const Ends *of, Ends *to)
{
    for (size_t i = 0; i <= token_count; i++)
        to->at[i] |= of->at[i];
}

static void add_rule_ends(const Form *form, size_t from, Ends *ends)
{
    size_t rule = rule_of(form->text);

    if (rule == rule_count) {
        if (from < token_count && is_token(form->text, &text_tokens[from]))
            ends->at[from + 1] = true;
        return;
    }
    if (known_ends[rule][from] == NULL) {
        known_ends[rule][from] = arena_alloc(grammar_arena, sizeof(Ends));
        add_ends(rules[rule].form, from, known_ends[rule][from]);
    }
    add_all(known_ends[rule][from], ends);
}

static void add_sequence_ends(const Form *form, size_t from, Ends *ends)
{
    Ends here = {0};

    here.at[from] = true;
    for (size_t part = 0; part < form->count; part++) {
        Ends next = {0};
        for (size_t i = from; i <= token_count; i++)
            if (here.at[i])
                add_ends(form->forms[part], i, &next);
        here = next;
    }
    add_all(&here, ends);
}

static void add_repeat_ends(const Form *form, size_t from, Ends *ends)
{
    Ends reached = {0};

    reached.at[from] = true;
    for (size_t i = from; i <= token_count; i++)
        if (reached.at[i])
            add_ends(form->forms[0], i, &reached);
    add_all(&reached, ends);
}

static void add_ends(const Form *form, size_t from, Ends *ends)
{
    switch (form->kind) {
    case FORM_WORD:
        if (from < token_count && token_is(&text_tokens[from], text_to_string(grammar_arena, form->text)))
            ends->at[from + 1] = true;
        break;
    case FORM_NAME:
        add_rule_ends(form, from, ends);
        break;
    case FORM_CHOICE:
        for (size_t i = 0; i < form->count; i++)
            add_ends(form->forms[i], from, ends);
        break;
    case FORM_SEQUENCE:
        add_sequence_ends(form, from, ends);
        break;
    case FORM_OPTION:
        ends->at[from] = true;
        add_ends(form->forms[0], from, ends);
        break;
    case FORM_REPEAT:
        add_repeat_ends(form, from, ends);
        break;
    }
}

static bool follows_grammar(Text text)
{
    Lexer lexer = {.source = {.file_name = "q", .text = text}, .arena = grammar_arena, .at = {1, 1, 0}};
    Error error = {0};
    Ends ends = {0};

    memset(known_ends, 0, sizeof known_ends);
    for (token_count = 0;; token_count++) {
        cr_assert_lt(token_count, (size_t)TEXT_TOKENS_MAX);
        cr_assert(lexer_next(&lexer, &text_tokens[token_count], &error).ok, "%s", error.message);
        if (text_tokens[token_count].kind == TOKEN_END)
            break;
    }
    add_ends(rules[0].form, 0, &ends);
    return ends.at[token_count];
}

/* ---- a random text that follows it ---- */

static int height_of(const Form *form)
{
    int height = form->kind == FORM_CHOICE ? HEIGHT_MAX : 0;

    if (form->kind == FORM_NAME)
        return rule_of(form->text) == rule_count ? 0 : 1 + rules[rule_of(form->text)].form->height;
    for (size_t i = 0; i < form->count && (form->kind == FORM_CHOICE || form->kind == FORM_SEQUENCE); i++) {
        int of = height_of(form->forms[i]);
        if (form->kind == FORM_CHOICE ? of < height : of > height)
            height = of;
    }
    return height;
}

static void measure_rules(void)
{
    for (int round = 0; round < RULES_MAX; round++)
        for (size_t i = 0; i < rule_count; i++)
            rules[i].form->height = height_of(rules[i].form);
}

static void say_token(TextBuilder *out, Text kind)
{
    static const char *const samples[][5] = {
        {"text", "\"A\"", "\"1\"", "\"D*\"", "\"x y\""},
        {"date", "2025-01-31", "2024-02-29", "2026-06-30", "2000-01-01"},
        {"integer", "1", "2", "12", "40"},
        {"decimal", "0.5", "2.25", "48.0", "7.10"},
        {"ordinal", "1st", "2nd", "3rd", "14th"},
        {"word", "P-1", "PHM-2026-014", "p", "A_1"},
        {"name", "d", "n", "when_ill", "d"},
        {"source", "gp_event", "apc_spell", "fire_visit", "gp_event"},
        {"column", "code", "event_date", "result_value", "admission_date"}};

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        if (text_equal(kind, text_from(samples[i][0])))
            text_add_string(out, samples[i][1 + chance(4)]);
}

/* depth: how far below it may reach; then the nearest way out is taken. */
static void say_form(TextBuilder *out, const Form *form, int depth)
{
    uint64_t times = form->kind == FORM_REPEAT || form->kind == FORM_OPTION
                         ? (depth <= 0 ? 0 : chance(form->kind == FORM_REPEAT ? 3 : 2))
                         : 1;
    size_t picked = form->count == 0 ? 0 : chance(form->count);

    if (form->kind == FORM_WORD || (form->kind == FORM_NAME && rule_of(form->text) == rule_count)) {
        text_add_char(out, ' ');
        if (form->kind == FORM_WORD)
            text_add(out, form->text);
        else
            say_token(out, form->text);
        return;
    }
    if (form->kind == FORM_NAME) {
        say_form(out, rules[rule_of(form->text)].form, depth - 1);
        return;
    }
    for (size_t i = 0; form->kind == FORM_CHOICE && depth <= 0 && i < form->count; i++)
        if (height_of(form->forms[i]) < height_of(form->forms[picked]))
            picked = i;
    for (; times > 0; times--)
        for (size_t i = 0; i < form->count; i++)
            if (form->kind != FORM_CHOICE || i == picked)
                say_form(out, form->forms[i], depth);
}
