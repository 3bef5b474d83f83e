/* Filters of a record: one set, or one for each of its blocks, and the flips of their bits. */
#include <string.h>

#include "pseudonymise/encoding_private.h"

enum { VIEW_OF_REFERENCE = 0xFF };

static Result make_seed(Encoder *encoder, EncodingRecord *record, Error *error)
{
    size_t start = encoder->record.length;

    if (encoder->flip_below == 0)
        return RESULT_OK;
    for (size_t i = 0; i < encoder->field_count; i++) {
        const EncodingValue *value = field_value(&record->values[i]);
        message_add_field(&encoder->record, (Text){.data = value->text, .length = value->length});
    }
    Result result = keyed_hash_of(encoder->record_hash, encoder->record.bytes, encoder->record.length,
                                  record->seed, error);
    message_rewind(&encoder->record, start);
    return result;
}

/* The same record flips the same bits each time it is sent; another record, view or field others. */
static Result flip(Encoder *encoder, EncodingRecord *record, uint8_t view, size_t field, uint8_t *filter,
                   Error *error)
{
    uint8_t stream[FILTER_BITS_MAX];
    size_t bits = encoder->filter_bytes[field] * 8;

    if (encoder->flip_below == 0)
        return RESULT_OK;
    for (size_t i = 0; i < bits; i += KEYED_BLOCK_BYTES) {
        memcpy(stream + i, record->seed, KEYED_BLOCK_BYTES);
        stream[i] ^= view;
        stream[i + 1] ^= (uint8_t)field;
        stream[i + 2] ^= (uint8_t)(i / KEYED_BLOCK_BYTES);
    }
    TRY(keyed_blocks_apply(encoder->flips, stream, bits / KEYED_BLOCK_BYTES, error));
    for (size_t i = 0; i < bits; i++)
        filter[i >> 3] ^= (uint8_t)((stream[i] < encoder->flip_below) << (i & 7));
    secret_wipe(stream, sizeof stream);
    return RESULT_OK;
}

static Result copy_filter(Encoder *encoder, FieldValue *value, size_t field, uint8_t *out, Error *error)
{
    MemoEntry *entry = value->entry;

    if (!entry->has_filter)
        TRY(filter_make(encoder->fields[field], field_value(value), entry->filter, error));
    entry->has_filter = true;
    memcpy(out, entry->filter, encoder->filter_bytes[field]);
    return RESULT_OK;
}

static Result make_plain(Encoder *encoder, EncodingRecord *record, uint8_t **out, Error *error)
{
    for (size_t i = 0; i < encoder->field_count; i++) {
        if (record->values[i].entry->is_absent)
            continue;
        TRY(copy_filter(encoder, &record->values[i], i, *out, error));
        TRY(flip(encoder, record, 0, i, *out, error));
        *out += encoder->filter_bytes[i];
    }
    return RESULT_OK;
}

/* Some of the views: their salts and numbers, and where each one's next filter goes. */
typedef struct Views {
    FilterSalt salts[FILTER_SALTS_MAX];
    uint8_t *at[FILTER_SALTS_MAX];
    uint8_t numbers[FILTER_SALTS_MAX];
    size_t count;
} Views;

static Result fill_views(Encoder *encoder, EncodingRecord *record, Views *views, Error *error)
{
    for (size_t i = 0; i < encoder->field_count; i++) {
        if (record->values[i].entry->is_absent)
            continue;
        TRY(filter_make_salted(encoder->fields[i], field_value(&record->values[i]), views->salts,
                               views->count, views->at, error));
        for (size_t v = 0; v < views->count; v++) {
            TRY(flip(encoder, record, views->numbers[v], i, views->at[v], error));
            views->at[v] += encoder->filter_bytes[i];
        }
    }
    views->count = 0;
    return RESULT_OK;
}

static void wipe_views(Views *views)
{
    secret_wipe(views->salts, sizeof views->salts);
}

static Result make_by_blocks(Encoder *encoder, EncodingRecord *record, uint8_t **out, Error *error)
{
    SCOPED(wipe_views) Views views = {.count = 0};
    size_t view_bytes = 0;

    for (size_t i = 0; i < encoder->field_count; i++)
        view_bytes += record->values[i].entry->is_absent ? 0 : encoder->filter_bytes[i];
    for (size_t b = 0; b < blocks_count(encoder->blocks); b++) {
        if ((record->tokens.present >> b & 1) == 0)
            continue;
        views.salts[views.count] = record->tokens.salts[b];
        views.numbers[views.count] = (uint8_t)b;
        views.at[views.count++] = *out;
        *out += view_bytes;
        if (views.count == FILTER_SALTS_MAX)
            TRY(fill_views(encoder, record, &views, error));
    }
    return views.count > 0 ? fill_views(encoder, record, &views, error) : RESULT_OK;
}

Result encoding_views_put(Encoder *encoder, EncodingRecord *record, uint8_t **out, Error *error)
{
    TRY(make_seed(encoder, record, error));
    return encoder->by_blocks ? make_by_blocks(encoder, record, out, error)
                              : make_plain(encoder, record, out, error);
}

Result encoding_views_sample(Encoder *encoder, EncodingRecord *record, Error *error)
{
    uint8_t filter[FILTER_BYTES_MAX], *at = filter;

    for (size_t i = 0; i < encoder->field_count && encoder->reference != NULL; i++) {
        size_t slot;
        if (record->values[i].entry->is_absent || !reference_wants(encoder->reference, i, &slot))
            continue;
        TRY(filter_make_salted(encoder->fields[i], field_value(&record->values[i]), &encoder->reference_salt,
                               1, &at, error));
        TRY(flip(encoder, record, VIEW_OF_REFERENCE, i, filter, error));
        reference_put(encoder->reference, i, slot, filter, record->classes >> 2 * i & 3);
    }
    return RESULT_OK;
}
