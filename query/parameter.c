/* Which of a parameter's values a run is of. */
#include "query/print.h"
#include "query/query_private.h"

enum { LISTED_BYTES = 120, SETTINGS_BYTES_MAX = 1 << 20 };

/* ---- choosing ---- */

/* `"Ashford", "Dover"`, as many as fit: they are the query's, whose text the approver has read. */
static Text list_values(const Parameter *parameter, Arena *arena)
{
    SCOPED(text_builder_close) TextBuilder list = text_builder(SETTINGS_BYTES_MAX);

    for (size_t i = 0; i < parameter->count; i++) {
        if (list.length > LISTED_BYTES) {
            text_add_format(&list, " and %zu more", parameter->count - i);
            break;
        }
        text_add_string(&list, i > 0 ? ", " : "");
        text_add(&list, print_text(arena, parameter->values[i].node));
    }
    return text_copy(arena, text_built(&list));
}

static Result fail_value(const Parameter *parameter, const char *rule, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(SETTINGS_BYTES_MAX * 4);

    return source_text_fail_at(&parameter->at, ERROR_INPUT, error, "parameter %.*s %s: %.*s",
                               TEXT_ARG(parameter->name), rule, TEXT_ARG(list_values(parameter, arena)));
}

static Result find_parameter(const Query *query, Text name, Parameter **parameter, Error *error)
{
    Text names[QUERY_PARAMETERS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < query->tree->parameter_count; i++) {
        *parameter = &query->tree->parameters[i];
        if (!(*parameter)->is_used)
            continue;
        if (text_equal((*parameter)->name, name))
            return RESULT_OK;
        names[count++] = (*parameter)->name;
    }
    Text nearest = text_nearest(name, names, count);
    if (nearest.length == 0)
        return fail(error, ERROR_INPUT, "--set: the query has no parameter of this name");
    return fail(error, ERROR_INPUT, "--set: the query has no parameter of this name; did you mean %.*s?",
                TEXT_ARG(nearest));
}

Result query_set(Query *query, Text name, Text value, Error *error)
{
    Parameter *parameter = NULL;

    TRY(find_parameter(query, name, &parameter, error));
    for (size_t i = 0; i < parameter->count; i++) {
        if (!text_equal(parameter->values[i].said, value))
            continue;
        parameter->chosen = i;
        parameter->is_set = true;
        if (query->tree->as_at_of == parameter)
            query->tree->as_at = parameter->values[i].node->date;
        return RESULT_OK;
    }
    return fail_value(parameter, "is one of", error);
}

Result query_check_set(const Query *query, Error *error)
{
    for (size_t i = 0; i < query->tree->parameter_count; i++)
        if (query->tree->parameters[i].is_used && !query->tree->parameters[i].is_set)
            return fail_value(&query->tree->parameters[i], "is not set; --set NAME=VALUE with one of", error);
    return RESULT_OK;
}

/* ---- saying ---- */

Text query_settings(const Query *query)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(SETTINGS_BYTES_MAX);

    for (size_t i = 0; i < query->tree->parameter_count; i++) {
        const Parameter *parameter = &query->tree->parameters[i];
        if (!parameter->is_used)
            continue;
        text_add_format(&out, "%s%.*s=", out.length > 0 ? " " : "", TEXT_ARG(parameter->name));
        text_add(&out, print_text(query->arena, parameter->values[parameter->chosen].node));
    }
    return text_copy(query->arena, text_built(&out));
}
