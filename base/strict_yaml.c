#include "base/strict_yaml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { LOG_BYTES = 200 };

/* libcyaml logs what is wrong first, then the places around it, innermost first. */
typedef struct YamlLog {
    char rule[LOG_BYTES], place[LOG_BYTES];
} YamlLog;

PRINTF(3, 0)
static void log_line(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    YamlLog *log = context;
    char line[LOG_BYTES];

    (void)level;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line, *place = strstr(line, "(line: ");
    if (place != NULL && log->place[0] == '\0')
        snprintf(log->place, sizeof log->place, "%s", place);
    else if (place == NULL && log->rule[0] == '\0' && strcmp(text, "Backtrace:") != 0)
        snprintf(log->rule, sizeof log->rule, "%c%s", tolower((unsigned char)text[0]), text + 1);
}

/* "(line: 7, column: 3)" */
static bool read_place(const char *place, unsigned long *line, unsigned long *column)
{
    static const char before_line[] = "(line: ", before_column[] = ", column: ";
    char *end;

    if (strncmp(place, before_line, sizeof before_line - 1) != 0)
        return false;
    *line = strtoul(place + sizeof before_line - 1, &end, 10);
    if (strncmp(end, before_column, sizeof before_column - 1) != 0)
        return false;
    *column = strtoul(end + sizeof before_column - 1, NULL, 10);
    return true;
}

static void *memory(void *context, void *pointer, size_t bytes)
{
    (void)context;
    if (bytes == 0) {
        memory_free(pointer);
        return NULL;
    }
    return memory_resize(pointer, bytes);
}

static cyaml_config_t config_with(YamlLog *log)
{
    return (cyaml_config_t){
        .log_fn = log_line,
        .log_ctx = log,
        .mem_fn = memory,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

Result strict_yaml_load(const char *path, Text text, const cyaml_schema_value_t *schema, void **data,
                        Error *error)
{
    YamlLog log = {0};
    cyaml_config_t config = config_with(&log);
    unsigned long line = 0, column = 0;

    *data = NULL;
    cyaml_err_t outcome = cyaml_load_data((const uint8_t *)text.data, text.length, &config, schema,
                                          (cyaml_data_t **)data, NULL);
    if (outcome == CYAML_OK && *data != NULL)
        return RESULT_OK;
    const char *rule = outcome == CYAML_OK   ? "empty"
                       : log.rule[0] != '\0' ? log.rule
                                             : cyaml_strerror(outcome);
    if (read_place(log.place, &line, &column))
        return fail(error, ERROR_CONFIG, "%s line %lu column %lu: %s", path, line, column, rule);
    return fail(error, ERROR_CONFIG, "%s: %s", path, rule);
}

void strict_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
    YamlLog log = {0};
    cyaml_config_t config = config_with(&log);

    if (data != NULL)
        cyaml_free(&config, schema, data, 0);
}
