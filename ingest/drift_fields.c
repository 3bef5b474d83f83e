/* Names and values of one record of JSON lines or XML, by the libraries that the readers use. */
#include <expat.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ingest/drift.h"
#include "ingest/wiped.h"

enum { NUMBER_BYTES = 40, VALUE_BYTES_MAX = READER_RECORD_BYTES_MAX, GROWTH_MAX = 3 }; /* as UTF-8 */

/* ---- json lines ---- */

/* A number loses digits past the 17th here: it is only held to its column. */
static Text json_text(const json_t *value, char out[NUMBER_BYTES])
{
    if (json_is_string(value))
        return (Text){.data = json_string_value(value), .length = json_string_length(value)};
    if (json_is_integer(value))
        snprintf(out, NUMBER_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, NUMBER_BYTES, "%.12g", json_real_value(value));
    else
        return json_is_true(value) ? TEXT("true") : TEXT("");
    return text_from(out);
}

static void json_fields(Text raw, DriftTake take, void *context)
{
    json_t *object = json_loadb(raw.data, raw.length, 0, NULL), *value;
    const char *key;
    char number[NUMBER_BYTES];

    json_object_foreach(object, key, value) take(context, text_from(key), json_text(value, number));
    json_decref(object);
}

/* ---- xml ---- */

typedef struct Element {
    DriftTake take;
    void *context;
    int depth;
    TextBuilder *name, *value;
} Element;

static Text local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return text_from(colon != NULL ? colon + 1 : name);
}

static void start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    Element *element = context;

    element->depth++;
    for (size_t i = 0; element->depth == 1 && attributes[i] != NULL; i += 2)
        if (strncmp(attributes[i], "xmlns", strlen("xmlns")) != 0)
            element->take(element->context, local_name(attributes[i]), text_from(attributes[i + 1]));
    if (element->depth != 2)
        return;
    element->name->length = element->value->length = 0;
    text_add(element->name, local_name(name));
}

static void characters(void *context, const XML_Char *data, int length)
{
    Element *element = context;

    if (element->depth == 2 && length > 0)
        text_add(element->value, (Text){.data = data, .length = (size_t)length});
}

static void end(void *context, const XML_Char *name)
{
    Element *element = context;

    (void)name;
    if (element->depth == 2)
        element->take(element->context, text_built(element->name), text_built(element->value));
    element->depth--;
}

/* A record has no document type declaration: the reader refuses a file with one. */
static void xml_fields(const ReaderFormat *format, Text raw, DriftTake take, void *context)
{
    static const XML_Memory_Handling_Suite memory = {wiped_alloc, wiped_resize, wiped_free};
    SCOPED(text_builder_close) TextBuilder name = text_builder(GROWTH_MAX * VALUE_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder value = text_builder(GROWTH_MAX * VALUE_BYTES_MAX);
    Element element = {.take = take, .context = context, .name = &name, .value = &value};
    XML_Parser parser = XML_ParserCreate_MM(format->is_windows_1252 ? "ISO-8859-1" : "UTF-8", &memory, NULL);

    XML_SetUserData(parser, &element);
    XML_SetElementHandler(parser, start, end);
    XML_SetCharacterDataHandler(parser, characters);
    (void)XML_Parse(parser, raw.data, (int)raw.length,
                    XML_TRUE); /* what is not well-formed is a fault of the row */
    XML_ParserFree(parser);
}

void drift_fields(const ReaderFormat *format, Text raw, DriftTake take, void *context)
{
    if (raw.length == 0)
        return;
    if (format->kind == READER_XML)
        xml_fields(format, raw, take, context);
    else
        json_fields(raw, take, context);
}
