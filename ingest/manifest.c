#include "ingest/manifest.h"

#include <string.h>

#include <jansson.h>

#include "base/signature.h"

static void json_close(json_t **value)
{
    json_decref(*value);
}

static Result wrong(const char *name, const char *rule, Error *error)
{
    return fail(error, ERROR_REFUSED, "%s: manifest: %s", name, rule);
}

static Result check_signature(const Feed *feed, const char *name, Text manifest, Text signature, Error *error)
{
    bool is_good;

    if (signature.length == 0)
        return wrong(name, "not signed (NAME.manifest.sig is missing)", error);
    TRY(signature_verify(feed->manifest_key, manifest, signature, &is_good, error));
    return is_good ? RESULT_OK : wrong(name, "its signature is not the sender's", error);
}

/* Fields in any order, each once, and no other. */
static Result read_fields(const char *name, json_t *object, const char *texts[5], json_int_t *size,
                          Error *error)
{
    if (json_object_size(object) != 6 ||
        json_unpack(object, "{s:s, s:s, s:s, s:s, s:s, s:I}", "sender", &texts[0], "file", &texts[1],
                    "sha256", &texts[2], "period", &texts[3], "source", &texts[4], "size", size) != 0)
        return wrong(name, "not an object of sender, source, file, sha256, size and period", error);
    return RESULT_OK;
}

Result manifest_read(const Feed *feed, const char *name, Text manifest, Text signature, Manifest *read,
                     Error *error)
{
    const char *texts[5] = {0};
    json_int_t size = -1;

    TRY(check_signature(feed, name, manifest, signature, error));
    SCOPED(json_close)
    json_t *object = json_loadb(manifest.data, manifest.length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object))
        return wrong(name, "not JSON", error);
    TRY(read_fields(name, object, texts, &size, error));
    if (strcmp(texts[0], feed->sender) != 0)
        return wrong(name, "of another sender", error);
    if (strcmp(texts[4], feed->source) != 0) /* another feed of theirs may have files of the same name */
        return wrong(name, "of another source", error);
    if (strcmp(texts[1], name) != 0)
        return wrong(name, "of another file", error);
    if (!hash_parse(text_from(texts[2]), &read->content) ||
        !month_parse(text_from(texts[3]), &read->period) || size < 0)
        return wrong(name, "sha256 is 64 hexadecimal digits, period CCYY-MM, size a number of bytes", error);
    read->bytes = (uint64_t)size;
    return RESULT_OK;
}
