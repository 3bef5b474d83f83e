#pragma once
/*
 * Command-line options as one table: parsing, defaults, required ones and the
 * help text all come from it. Secrets are not options.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/date.h"
#include "base/error.h"
#include "base/text.h"

typedef enum OptionKind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_COUNT,
    OPTION_MONTH,
    OPTION_DATE,
    OPTION_TEXTS
} OptionKind;

enum { OPTION_TEXTS_MAX = 32 };

/* Of an option that may be given several times. */
typedef struct OptionTexts {
    const char *items[OPTION_TEXTS_MAX];
    size_t count;
} OptionTexts;

typedef struct Option {
    const char *name; /* without the dashes */
    OptionKind kind;
    bool required;
    const char *default_text; /* NULL: none */
    const char *help;
    void *target; /* bool *, const char **, int64_t *, Month *, Date *, OptionTexts *; left alone when absent
                     without default */
} Option;

/*
 * argv holds the arguments alone: the program's and the command's name come before it.
 * --name value, --name=value, --flag; "--" ends options. What is not an option goes to positional,
 * at most positional_max. ERROR_USAGE names the option and the nearest known one.
 */
Result config_parse(const Option *options, size_t option_count, int argc, const char *const *argv,
                    const char **positional, size_t positional_max, size_t *positional_count, Error *error)
    CHECKED;
void config_help(FILE *out, const Option *options, size_t option_count);
