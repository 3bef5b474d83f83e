#include "base/input_layer.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/secret.h"

enum { RATIO_FREE_BYTES = 16 * 1024 * 1024, DIRECT_BYTES_MIN = 4096 };

InputLayer *input_layer_create(InputFile *file, const InputLimits *limits, InputLayer *below)
{
    InputLayer *layer = memory_alloc(sizeof *layer);

    layer->file = file;
    layer->limits = limits;
    layer->below = below;
    layer->bottom = below == NULL ? layer : below->bottom;
    layer->block = memory_alloc(INPUT_BLOCK_BYTES);
    return layer;
}

Result input_layer_open(InputLayer *layer, const InputKind *kind, Error *error)
{
    layer->kind = kind;
    return kind->open != NULL ? kind->open(layer, error) : RESULT_OK;
}

/* ---- from below ---- */

static Result read_below(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    if (layer->below == NULL)
        TRY(input_file_read(layer->file, buffer, capacity, length, error));
    else
        TRY(input_layer_read(layer->below, buffer, capacity, length, error));
    layer->at_end = *length == 0;
    return RESULT_OK;
}

Result input_layer_fill(InputLayer *layer, Error *error)
{
    if (layer->at < layer->length || layer->at_end)
        return RESULT_OK;
    layer->at = layer->length = 0;
    return read_below(layer, layer->block, INPUT_BLOCK_BYTES, &layer->length, error);
}

Result input_layer_peek(InputLayer *layer, Error *error)
{
    return input_layer_peek_to(layer, INPUT_PEEK_BYTES, error);
}

Result input_layer_peek_to(InputLayer *layer, size_t bytes, Error *error)
{
    while (layer->length < bytes && !layer->at_end) {
        size_t got;
        TRY(read_below(layer, layer->block + layer->length, INPUT_BLOCK_BYTES - layer->length, &got, error));
        layer->length += got;
    }
    return RESULT_OK;
}

/* ---- limits ---- */

/* Never more than one byte past the limit is decoded. */
static size_t room(const InputLayer *layer, size_t capacity)
{
    uint64_t left = layer->limits->bytes_max - layer->given;

    return left < capacity ? (size_t)left + 1 : capacity;
}

Result input_layer_check_time(const InputLayer *layer, Error *error)
{
    if (input_file_seconds(layer->file) <= layer->limits->seconds_max)
        return RESULT_OK;
    return fail(error, ERROR_LIMIT, "%s: takes more than the %g seconds allowed to read", layer->file->path,
                layer->limits->seconds_max);
}

Result input_layer_count(InputLayer *layer, size_t length, Error *error)
{
    const InputLayer *bottom = layer->bottom;
    uint64_t consumed = layer->file->delivered - (bottom->length - bottom->at);

    layer->given += length;
    TRY(input_layer_check_time(layer, error));
    if (layer->given > layer->limits->bytes_max)
        return fail(error, ERROR_LIMIT, "%s: holds more than the %llu bytes allowed", layer->file->path,
                    (unsigned long long)layer->limits->bytes_max);
    if (layer->kind->is_unpacking && layer->given > RATIO_FREE_BYTES &&
        (double)layer->given > (double)consumed * layer->limits->ratio_max)
        return fail(error, ERROR_LIMIT, "%s: grows more than %g-fold when decompressed", layer->file->path,
                    layer->limits->ratio_max);
    return RESULT_OK;
}

Result input_layer_read(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    *length = 0;
    TRY(layer->kind->read(layer, buffer, room(layer, capacity), length, error));
    return input_layer_count(layer, *length, error);
}

/* Its keys open what senders send: nobody else may come near them, or lay others down. */
static Result check_private(const char *folder, Error *error)
{
    struct stat status;

    if (stat(folder, &status) != 0)
        return fail_errno(error, "%s", folder);
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return fail(error, ERROR_CONFIG, "%s: keys for deliveries stand in a folder of ours of mode 0700",
                    folder);
    return RESULT_OK;
}

Result input_layer_keys(const InputLayer *layer, const InputKeys **keys, Error *error)
{
    *keys = layer->limits->keys;
    if (*keys != NULL && (*keys)->folder != NULL)
        return check_private((*keys)->folder, error);
    return fail(error, ERROR_CONFIG, "%s: encrypted, and there is no key for deliveries", layer->file->path);
}

/* ---- plain ---- */

static Result read_plain(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    if (layer->at == layer->length && !layer->at_end && capacity >= DIRECT_BYTES_MIN)
        return read_below(layer, buffer, capacity, length, error);
    TRY(input_layer_fill(layer, error));
    size_t left = layer->length - layer->at;
    *length = left < capacity ? left : capacity;
    memcpy(buffer, layer->block + layer->at, *length);
    layer->at += *length;
    return RESULT_OK;
}

const InputKind INPUT_PLAIN = {.name = "plain", .read = read_plain};

void input_layer_close(InputLayer **layer)
{
    for (InputLayer *at = *layer, *below; at != NULL; at = below) {
        below = at->below;
        if (at->kind != NULL && at->kind->close != NULL)
            at->kind->close(at);
        /* Delivered files hold identifiers. */
        secret_wipe(at->block, INPUT_BLOCK_BYTES);
        memory_free(at->block);
        memory_free(at);
    }
    *layer = NULL;
}
