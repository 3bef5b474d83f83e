#include "pseudonymise/oblivious_values.h"

#include <string.h>

#include "base/input.h"
#include "base/secret.h"
#include "pseudonymise/pseudonymise.h"

enum { FILE_BYTES_MAX = 32 << 20, NORMAL_BYTES = 16 };

typedef struct Kind {
    const char *name, *domain; /* the domain is never changed: another makes other tokens */
    IdentifierState (*normalise)(Text text, char *out);
} Kind;

static IdentifierState nhs_number(Text text, char *out)
{
    return pseudonymise_nhs_number(text, out);
}

static IdentifierState uprn(Text text, char *out)
{
    return pseudonymise_uprn(text, out);
}

static const Kind kinds[] = {
    {"nhs_number", "cinque/oblivious/nhs_number/v1", nhs_number},
    {"uprn", "cinque/oblivious/uprn/v1", uprn},
};

struct ObliviousValues {
    Arena *arena;
    const Kind *kind;
    Text lines, rest;
    Message message;
    size_t domain_length;
};

static Text next_line(Text *rest)
{
    Text line = text_next(rest, '\n');

    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

static Result open_values(const char *path, ObliviousValues *values, Error *error)
{
    values->arena = arena_create(2 * (size_t)FILE_BYTES_MAX);
    TRY(input_read_all(path, FILE_BYTES_MAX, values->arena, &values->lines, error));
    Text name = next_line(&values->lines);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_equal(name, text_from(kinds[i].name)))
            values->kind = &kinds[i];
    if (values->kind == NULL)
        return fail(error, ERROR_INPUT, "%s line 1: says neither nhs_number nor uprn", path);
    values->rest = values->lines;
    values->message = message_open(values->kind->domain);
    values->domain_length = values->message.length;
    return RESULT_OK;
}

Result oblivious_values_open(const char *path, ObliviousValues **values, Error *error)
{
    SCOPED(oblivious_values_close) ObliviousValues *made = memory_alloc(sizeof *made);

    TRY(open_values(path, made, error));
    *values = made;
    made = NULL;
    return RESULT_OK;
}

bool oblivious_values_next(ObliviousValues *values, Text *input)
{
    char normal[NORMAL_BYTES];

    if (values->rest.length == 0)
        return false;
    *input = TEXT("");
    message_rewind(&values->message, values->domain_length);
    if (values->kind->normalise(next_line(&values->rest), normal) == IDENTIFIER_VALID) {
        message_add_field(&values->message, text_from(normal));
        *input = (Text){.data = (const char *)values->message.bytes, .length = values->message.length};
    }
    secret_wipe(normal, sizeof normal);
    return true;
}

void oblivious_values_rewind(ObliviousValues *values)
{
    values->rest = values->lines;
}

void oblivious_values_close(ObliviousValues **values)
{
    if (*values == NULL)
        return;
    message_close(&(*values)->message);
    arena_close(&(*values)->arena);
    memory_free(*values);
    *values = NULL;
}
