#include "base/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

/* What a parse goes along. */
typedef struct Parse {
    const Option *options;
    size_t option_count;
    int argc;
    const char *const *argv;
    int at;
    uint64_t given; /* one bit an option */
} Parse;

static const char *const kind_values[] = {
    [OPTION_FLAG] = "",         [OPTION_TEXT] = "TEXT",       [OPTION_COUNT] = "NUMBER",
    [OPTION_MONTH] = "CCYY-MM", [OPTION_DATE] = "CCYY-MM-DD", [OPTION_TEXTS] = "TEXT",
};

static bool set_count(Text text, void *target)
{
    int64_t count;

    if (!text_to_int64(text, &count) || count < 0)
        return false;
    *(int64_t *)target = count;
    return true;
}

static bool set_flag(Text text, void *target)
{
    bool on = text_equal(text, TEXT("true"));

    if (!on && !text_equal(text, TEXT("false")))
        return false;
    *(bool *)target = on;
    return true;
}

static bool add_text(const char *value, OptionTexts *texts)
{
    texts->items[texts->count++] = value;
    return true;
}

static bool set_target(const Option *option, const char *value)
{
    switch (option->kind) {
    case OPTION_FLAG:
        return set_flag(text_from(value), option->target);
    case OPTION_TEXT:
        *(const char **)option->target = value;
        return true;
    case OPTION_COUNT:
        return set_count(text_from(value), option->target);
    case OPTION_MONTH:
        return month_parse(text_from(value), option->target);
    case OPTION_DATE:
        return date_parse(text_from(value), option->target);
    case OPTION_TEXTS:
        return add_text(value, option->target);
    }
    return false;
}

static Result unknown_option(const Parse *parse, Text name, Error *error)
{
    Text names[OPTIONS_MAX];

    for (size_t i = 0; i < parse->option_count; i++)
        names[i] = text_from(parse->options[i].name);
    Text nearest = text_nearest(name, names, parse->option_count);
    if (nearest.length == 0)
        return fail(error, ERROR_USAGE, "--%.*s: no such option", TEXT_ARG(name));
    return fail(error, ERROR_USAGE, "--%.*s: no such option, did you mean --%.*s", TEXT_ARG(name),
                TEXT_ARG(nearest));
}

static size_t find_option(const Parse *parse, Text name)
{
    size_t at = 0;

    while (at < parse->option_count && !text_equal(text_from(parse->options[at].name), name))
        at++;
    return at;
}

/* value: what stands behind "=", or NULL; then the next argument is it. */
static Result option_value(Parse *parse, const Option *option, const char **value, Error *error)
{
    if (option->kind == OPTION_FLAG) {
        if (*value != NULL)
            return fail(error, ERROR_USAGE, "--%s: takes no value", option->name);
        *value = "true";
        return RESULT_OK;
    }
    if (*value != NULL)
        return RESULT_OK;
    /* Most likely forgotten; a value that does begin so can be given behind "=". */
    if (parse->at == parse->argc || strncmp(parse->argv[parse->at], "--", 2) == 0)
        return fail(error, ERROR_USAGE, "--%s: needs a value: %s", option->name, kind_values[option->kind]);
    *value = parse->argv[parse->at++];
    return RESULT_OK;
}

static Result check_times(const Parse *parse, size_t found, Error *error)
{
    const Option *option = &parse->options[found];

    if (option->kind != OPTION_TEXTS && (parse->given >> found & 1) != 0)
        return fail(error, ERROR_USAGE, "--%s: given twice", option->name);
    if (option->kind == OPTION_TEXTS && ((const OptionTexts *)option->target)->count == OPTION_TEXTS_MAX)
        return fail(error, ERROR_USAGE, "--%s: given more than %d times", option->name, OPTION_TEXTS_MAX);
    return RESULT_OK;
}

static Result parse_option(Parse *parse, const char *argument, Error *error)
{
    const char *equals = strchr(argument, '=');
    size_t length = equals == NULL ? strlen(argument) : (size_t)(equals - argument);
    const char *value = equals == NULL ? NULL : equals + 1;
    Text name = {.data = argument, .length = length};

    size_t found = find_option(parse, name);
    if (found == parse->option_count)
        return unknown_option(parse, name, error);
    const Option *option = &parse->options[found];
    TRY(check_times(parse, found, error));
    parse->given |= UINT64_C(1) << found;
    TRY(option_value(parse, option, &value, error));
    if (!set_target(option, value))
        return fail(error, ERROR_USAGE, "--%s: not of the form %s", option->name, kind_values[option->kind]);
    return RESULT_OK;
}

static void set_defaults(const Option *options, size_t option_count)
{
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].default_text != NULL && !set_target(&options[i], options[i].default_text)) {
            (void)fprintf(stderr, "cinque: option --%s: its default is not of its kind\n", options[i].name);
            abort();
        }
    }
}

static Result check_required(const Parse *parse, Error *error)
{
    for (size_t i = 0; i < parse->option_count; i++) {
        if (parse->options[i].required && (parse->given >> i & 1) == 0)
            return fail(error, ERROR_USAGE, "--%s: required", parse->options[i].name);
    }
    return RESULT_OK;
}

Result config_parse(const Option *options, size_t option_count, int argc, const char *const *argv,
                    const char **positional, size_t positional_max, size_t *positional_count, Error *error)
{
    Parse parse = {.options = options, .option_count = option_count, .argc = argc, .argv = argv};
    bool options_ended = false;

    assert(option_count <= OPTIONS_MAX);
    *positional_count = 0;
    set_defaults(options, option_count);
    while (parse.at < argc) {
        const char *argument = argv[parse.at++];
        if (!options_ended && strcmp(argument, "--") == 0) {
            options_ended = true;
        } else if (!options_ended && strncmp(argument, "--", 2) == 0) {
            TRY(parse_option(&parse, argument + 2, error));
        } else if (!options_ended && argument[0] == '-' && argument[1] != '\0') {
            return fail(error, ERROR_USAGE,
                        "argument %d: options begin with two dashes, and what is none stands behind --",
                        parse.at);
        } else {
            if (*positional_count == positional_max)
                return fail(error, ERROR_USAGE, "argument %d: one too many", parse.at);
            positional[(*positional_count)++] = argument;
        }
    }
    return check_required(&parse, error);
}

static int option_width(const Option *option)
{
    return (int)(strlen(option->name) + 1 + strlen(kind_values[option->kind]));
}

void config_help(FILE *out, const Option *options, size_t option_count)
{
    int width = 0;

    for (size_t i = 0; i < option_count; i++)
        width = option_width(&options[i]) > width ? option_width(&options[i]) : width;
    for (size_t i = 0; i < option_count; i++) {
        const Option *option = &options[i];
        (void)fprintf(out, "  --%s %s%*s  %s", option->name, kind_values[option->kind],
                      width - option_width(option), "", option->help);
        if (option->required)
            (void)fputs(" (required)", out);
        if (option->default_text != NULL)
            (void)fprintf(out, " (default %s)", option->default_text);
        (void)fputc('\n', out);
    }
}
