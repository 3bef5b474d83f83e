/*
 * CMS messages as a stream: OpenSSL is given the message without its content, which d2i_CMS_bio would hold in
 * memory as a whole, and works on the content piece by piece.
 */
#include "base/input_cms.h"

#include <string.h>

#include <openssl/err.h>

#include "base/arena.h"
#include "base/secret.h"

enum { MESSAGE_BYTES_MAX = CMS_HEAD_BYTES_MAX + CMS_TAIL_BYTES_MAX + 256 };

bool input_is_cms(const unsigned char *bytes, size_t length, bool *is_signed)
{
    CmsKind kind;

    if (!cms_frame_starts(bytes, length, &kind))
        return false;
    *is_signed = kind == CMS_SIGNED;
    return true;
}

Result cms_tell(const InputLayer *layer, CmsOutcome outcome, Error *error)
{
    static const char *const texts[] = {
        [CMS_NEEDS_MORE] = "ends early",
        [CMS_DAMAGED] = "is damaged",
        [CMS_WITHOUT_CONTENT] = "is without its content",
        [CMS_UNSUPPORTED] = "has authenticated attributes, which a stream cannot be checked against",
        [CMS_FOLLOWED] = "is followed by other bytes",
    };

    if (outcome == CMS_GOOD)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s: CMS message %s", layer->file->path, texts[outcome]);
}

Result cms_parse(const InputLayer *layer, Text tail, CMS_ContentInfo **message, Error *error)
{
    const Cms *cms = layer->decoder;
    SCOPED(text_builder_close) TextBuilder builder = text_builder(MESSAGE_BYTES_MAX);

    cms_frame_rebuild(&cms->frame, tail, &builder);
    const unsigned char *at = (const unsigned char *)builder.data, *end = at + builder.length;
    *message = d2i_CMS_ContentInfo(NULL, &at, (long)builder.length);
    ERR_clear_error();
    return *message != NULL && at == end ? RESULT_OK : cms_tell(layer, CMS_DAMAGED, error);
}

/* ---- the frame ---- */

static Result open_frame(InputLayer *layer, Cms *cms, Error *error)
{
    CmsOutcome outcome = CMS_NEEDS_MORE;

    for (size_t bytes = INPUT_PEEK_BYTES; outcome == CMS_NEEDS_MORE; bytes *= 2) {
        TRY(input_layer_peek_to(layer, bytes, error));
        outcome = cms_frame_open(layer->block, layer->length, &cms->frame);
        if (layer->at_end || bytes >= CMS_HEAD_BYTES_MAX)
            break;
    }
    TRY(cms_tell(layer, outcome, error));
    if (cms->frame.head.length + cms->frame.inner.length > CMS_HEAD_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "%s: CMS message for more recipients than are read",
                    layer->file->path);
    layer->at = cms->frame.head_bytes;
    return RESULT_OK;
}

/* The frame's views are of the block, which the content takes. */
static void keep_head(Cms *cms)
{
    CmsFrame *frame = &cms->frame;

    cms->head = memory_alloc(frame->head.length + frame->inner.length + 1);
    memcpy(cms->head, frame->head.data, frame->head.length);
    memcpy(cms->head + frame->head.length, frame->inner.data, frame->inner.length);
    frame->head.data = cms->head;
    frame->inner.data = cms->head + frame->head.length;
}

static bool is_signed(const InputLayer *layer)
{
    return layer->kind == &INPUT_CMS_SIGNED;
}

static Result open_cms(InputLayer *layer, Error *error)
{
    Cms *cms = layer->decoder = memory_alloc(sizeof *cms);

    cms->kept = memory_alloc(CMS_PIECE_BYTES + EVP_MAX_BLOCK_LENGTH);
    cms->tail = text_builder(CMS_TAIL_BYTES_MAX);
    TRY(open_frame(layer, cms, error));
    keep_head(cms);
    return is_signed(layer) ? cms_signed_begin(layer, error) : cms_enveloped_begin(layer, error);
}

/* ---- the content ---- */

static Result take_tail(InputLayer *layer, Error *error)
{
    Cms *cms = layer->decoder;
    Text tail;

    while (layer->at < layer->length) {
        size_t length = layer->length - layer->at;
        if (length > CMS_TAIL_BYTES_MAX - cms->tail.length)
            return cms_tell(layer, CMS_FOLLOWED, error);
        text_add(&cms->tail, (Text){.data = (const char *)layer->block + layer->at, .length = length});
        layer->at = layer->length;
        TRY(input_layer_fill(layer, error));
    }
    Text all = text_built(&cms->tail);
    TRY(cms_tell(layer, cms_frame_close(&cms->frame, (const unsigned char *)all.data, all.length, &tail),
                 error));
    TRY(is_signed(layer) ? cms_signed_end(layer, tail, error) : cms_enveloped_end(layer, tail, error));
    cms->has_ended = true;
    return RESULT_OK;
}

static Result take_piece(InputLayer *layer, Error *error)
{
    Cms *cms = layer->decoder;
    size_t used, content, left = layer->length - layer->at;
    const unsigned char *bytes = layer->block + layer->at;

    if (left == 0)
        return cms_tell(layer, CMS_NEEDS_MORE, error);
    TRY(cms_tell(layer,
                 cms_frame_content(&cms->frame, bytes, left < CMS_PIECE_BYTES ? left : CMS_PIECE_BYTES, &used,
                                   &content),
                 error));
    layer->at += used;
    bytes += used - content;
    return is_signed(layer) ? cms_signed_take(layer, bytes, content, error)
                            : cms_enveloped_take(layer, bytes, content, error);
}

/* Until there is content, or its end. */
static Result make(InputLayer *layer, Error *error)
{
    Cms *cms = layer->decoder;

    cms->kept_at = cms->kept_length = 0;
    while (cms->kept_length == 0 && !cms->has_ended) {
        TRY(input_layer_fill(layer, error));
        TRY(cms->frame.is_over ? take_tail(layer, error) : take_piece(layer, error));
    }
    return RESULT_OK;
}

static Result read_cms(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Cms *cms = layer->decoder;

    if (cms->kept_at == cms->kept_length)
        TRY(make(layer, error));
    size_t left = cms->kept_length - cms->kept_at;
    *length = left < capacity ? left : capacity;
    memcpy(buffer, cms->kept + cms->kept_at, *length);
    cms->kept_at += *length;
    return RESULT_OK;
}

static void close_cms(InputLayer *layer)
{
    Cms *cms = layer->decoder;

    BIO_free_all(cms->chain);
    CMS_ContentInfo_free(cms->message);
    text_builder_close(&cms->tail);
    secret_wipe(cms->kept, CMS_PIECE_BYTES + EVP_MAX_BLOCK_LENGTH);
    memory_free(cms->kept);
    memory_free(cms->head);
    memory_free(cms);
}

const InputKind INPUT_CMS = {.name = "CMS", .open = open_cms, .read = read_cms, .close = close_cms};
const InputKind INPUT_CMS_SIGNED = {
    .name = "signed CMS", .is_wrapping = true, .open = open_cms, .read = read_cms, .close = close_cms};
