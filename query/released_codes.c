#include "query/released_codes.h"

#include "query/check_codes.h"

enum { LINE_BYTES_MAX = 1 << 16 };

const ReleasedCodes *released_codes_of(const Tree *tree, Arena *arena, size_t *count)
{
    ReleasedCodes *codes = arena_alloc(arena, (tree->code_list_count + 1) * sizeof *codes);

    *count = 0;
    for (size_t i = 0; i < tree->code_list_count; i++) {
        const CodeList *list = &tree->code_lists[i];
        if (list->is_used)
            codes[(*count)++] = (ReleasedCodes){list->name, list->terminology, list->release,
                                                code_list_codes(list), code_list_inactive(list)};
    }
    return codes;
}

const ReleasedCodes *released_codes_copy(const ReleasedCodes *from, size_t count, Arena *arena)
{
    ReleasedCodes *codes = arena_alloc(arena, (count + 1) * sizeof *codes);

    for (size_t i = 0; i < count; i++) {
        codes[i] = from[i];
        codes[i].name = text_copy(arena, from[i].name);
        codes[i].terminology = text_copy(arena, from[i].terminology);
        codes[i].release = text_copy(arena, from[i].release);
    }
    return codes;
}

static json_t *said_or_null(Text text)
{
    return text.length > 0 ? json_stringn(text.data, text.length) : json_null();
}

json_t *released_codes_json(const ReleasedCodes *codes, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:o, s:I, s:I}", "name", said_or_null(codes[i].name), "terminology",
                             said_or_null(codes[i].terminology), "release", said_or_null(codes[i].release),
                             "codes", (json_int_t)codes[i].codes, "inactive", (json_int_t)codes[i].inactive));
    return array;
}

void released_codes_print(const ReleasedCodes *codes, size_t count, const char *before, FILE *out)
{
    SCOPED(text_builder_close) TextBuilder line = text_builder(LINE_BYTES_MAX);

    for (size_t i = 0; i < count; i++) {
        text_add_string(&line, i == 0 ? "Codes " : "; ");
        code_list_say(codes[i].name, codes[i].codes, codes[i].terminology, codes[i].release,
                      codes[i].inactive, &line);
    }
    if (count > 0)
        fprintf(out, "%s%s.\n", before, text_built(&line).data);
}
