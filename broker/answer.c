#include <stdio.h>

#include "broker/broker_private.h"

const char *body_string(const json_t *body, const char *name)
{
    return json_string_value(json_object_get(body, name));
}

const char *argument_string(const Call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

Result argument_format(const char *name, TableFormat *format, Error *error)
{
    *format = TABLE_TERMINAL;
    if (name != NULL && !table_format_parse(text_from(name), format))
        return fail(error, ERROR_INPUT, "format: one of terminal, csv, json");
    return RESULT_OK;
}

Result answer_table(const Table *table, TableFormat format, json_t **answer, Error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL)
        return fail_errno(error, "answer");
    table_print(table, format, out);
    bool written = fclose(out) == 0;
    if (written)
        *answer = json_pack("{s:s%}", "text", text, length);
    memory_free(text);
    if (!written || *answer == NULL)
        return fail(error, ERROR_SYSTEM, "answer: could not be written");
    return RESULT_OK;
}

Result seal_log(Call *call, Error *error)
{
    return governance_checkpoint(call->governance, call->broker->options.checkpoint_path, error);
}

Result handle_status(Call *call, json_t **answer, Error *error)
{
    (void)call;
    *answer = json_pack("{s:s}", "status", "running");
    return *answer != NULL ? RESULT_OK : fail(error, ERROR_SYSTEM, "answer: could not be made");
}
