/*
 * The story of an encoding: fields to normal form, block tokens, filters (one set, or one for each block),
 * flips, bytes. The form of the bytes is docs/linkage.md's; linkage/set.c reads it.
 */
#include <math.h>
#include <string.h>

#include "pseudonymise/encoding_private.h"

enum {
    BLOCK_MAX = 100,
    BLOCK_LEAST = 10,
};

const char *const ENCODING_KIND_NAMES[ENCODING_KIND_COUNT] = {
    "given_name", "family_name", "birth_date", "sex", "postcode", "address", "text",
};

/* ---- a record ---- */

/* Names, dates and words; a postcode or address is rare whoever lives there, a sex never. */
static bool has_class(EncodingKind kind)
{
    return kind == ENCODING_GIVEN_NAME || kind == ENCODING_FAMILY_NAME || kind == ENCODING_BIRTH_DATE ||
           kind == ENCODING_TEXT;
}

static unsigned class_of(const Encoder *encoder, size_t field, FieldValue *value)
{
    MemoEntry *entry = value->entry;

    if (entry->class_at != encoder->observed || encoder->observed == 0)
        entry->class = (uint8_t)commonness_class(encoder->commonness, field, field_value(value));
    entry->class_at = encoder->observed;
    return entry->class;
}

static void read_fields(const Encoder *encoder, const Text *fields, EncodingRecord *record)
{
    record->present = 0;
    for (size_t i = 0; i < encoder->field_count; i++)
        memo_ask(encoder->memos[i], encoder->kinds[i], fields[i], &record->values[i]);
    for (size_t i = 0; i < encoder->field_count; i++) {
        memo_take(encoder->memos[i], &record->values[i]);
        record->present |= (uint16_t)(!record->values[i].entry->is_absent << i);
    }
}

static bool is_classed(const Encoder *encoder, const EncodingRecord *record, size_t field)
{
    return encoder->by_blocks && (record->present >> field & 1) != 0 && has_class(encoder->kinds[field]);
}

static void note_classes(const Encoder *encoder, EncodingRecord *record)
{
    record->classes = 0;
    for (size_t i = 0; i < encoder->field_count; i++) {
        if (is_classed(encoder, record, i))
            record->classes |= (uint32_t)class_of(encoder, i, &record->values[i]) << 2 * i;
    }
}

static void wipe_fields(const Encoder *encoder, EncodingRecord *record)
{
    for (size_t i = 0; i < encoder->field_count; i++)
        field_value_wipe(&record->values[i]);
}

/* ---- its encoding ---- */

/*
 * Who has the plain file and all counts can still guess one block right of each size, as those of one size
 * look alike: the sum of the sizes up to the largest, so half its square, is to be at most 1 record in 100.
 */
static unsigned block_max(const Encoder *encoder)
{
    double most = sqrt((double)encoder->observed / 50);

    if (encoder->block_max != 0)
        return encoder->block_max;
    return most < BLOCK_LEAST ? BLOCK_LEAST : most > BLOCK_MAX ? BLOCK_MAX : (unsigned)most;
}

static uint8_t *put_tokens(const Encoder *encoder, const BlockTokens *tokens, uint8_t *out)
{
    for (size_t b = 0; b < blocks_count(encoder->blocks); b++) {
        if ((tokens->present >> b & 1) == 0)
            continue;
        memcpy(out, tokens->tokens[b], BLOCK_TOKEN_BYTES);
        out += BLOCK_TOKEN_BYTES;
    }
    return out;
}

static Result encode(Encoder *encoder, EncodingRecord *record, uint8_t *encoding, size_t *length,
                     Error *error)
{
    uint8_t *out = encoding;

    record->tokens.present = 0;
    TRY(blocks_make(encoder->blocks, record->values, encoder->by_blocks, &record->tokens, error));
    if (encoder->crowd != NULL)
        record->tokens.present &=
            ~crowd_of(encoder->crowd, &record->tokens, blocks_count(encoder->blocks), block_max(encoder));
    out = encoding_header_put(encoder, record->present, record->tokens.present, record->classes, out);
    out = put_tokens(encoder, &record->tokens, out);
    TRY(encoding_views_put(encoder, record, &out, error));
    *length = (size_t)(out - encoding);
    return encoding_views_sample(encoder, record, error);
}

Result encoder_encode(Encoder *encoder, const Text *fields, uint8_t *encoding, size_t *length, Error *error)
{
    EncodingRecord record;

    read_fields(encoder, fields, &record);
    note_classes(encoder, &record);
    Result result = encode(encoder, &record, encoding, length, error);
    wipe_fields(encoder, &record);
    secret_wipe(record.tokens.salts, blocks_count(encoder->blocks) * sizeof record.tokens.salts[0]);
    secret_wipe(record.seed, sizeof record.seed);
    return result;
}

/* ---- what a first pass counts ---- */

static Result observe(Encoder *encoder, EncodingRecord *record, Error *error)
{
    BlockTokens tokens;

    for (size_t i = 0; i < encoder->field_count; i++) {
        if (is_classed(encoder, record, i))
            commonness_add(encoder->commonness, i, field_value(&record->values[i]));
    }
    TRY(blocks_make(encoder->blocks, record->values, false, &tokens, error));
    crowd_add(encoder->crowd, &tokens, blocks_count(encoder->blocks));
    return RESULT_OK;
}

Result encoder_observe(Encoder *encoder, const Text *fields, Error *error)
{
    EncodingRecord record;

    if (encoder->crowd == NULL)
        encoder->crowd = crowd_create();
    encoder->observed++;
    read_fields(encoder, fields, &record);
    Result result = observe(encoder, &record, error);
    wipe_fields(encoder, &record);
    return result;
}

/* ---- filters of nobody ---- */

Result encoder_reference(Encoder *encoder, uint8_t *encoding, size_t *length, Error *error)
{
    uint8_t filters[ENCODING_FIELDS_MAX * FILTER_BYTES_MAX];
    size_t bytes = 0;
    uint16_t present = 0;
    uint32_t classes = 0;

    *length = 0;
    if (encoder->reference == NULL)
        return RESULT_OK;
    TRY(reference_take(encoder->reference, filters, &bytes, &present, &classes, error));
    if (present == 0)
        return RESULT_OK;
    uint8_t *out = encoding_header_put(encoder, present, 0, classes, encoding);
    encoding_header_mark_reference(encoding);
    memcpy(out, filters, bytes);
    *length = (size_t)(out - encoding) + bytes;
    return RESULT_OK;
}
