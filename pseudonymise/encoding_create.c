/* An encoder: what its options may be, and a key for each use. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/encoding_private.h"
#include "pseudonymise/keyring.h"

enum {
    BLOCK_MOST = 10000,
    BITS_DEFAULT = 128,
    BITS_SEX = 32,
    BITS_MIN = 32,
    FLIPS_MAX = 250,
    INFO_BYTES = 160,
};

static bool is_power_of_two(int number)
{
    return number > 0 && (number & (number - 1)) == 0;
}

static Result check_options(const EncodingOptions *options, Error *error)
{
    int bits = options->filter_bits;

    if (options->field_count == 0 || options->field_count > ENCODING_FIELDS_MAX)
        return fail(error, ERROR_CONFIG, "encoding: 1 to %d fields", ENCODING_FIELDS_MAX);
    if (options->key_version < 1 || options->key_version > UINT16_MAX)
        return fail(error, ERROR_CONFIG, "encoding: key version is not 1 to %d", UINT16_MAX);
    if (bits != 0 && (bits < BITS_MIN || bits > FILTER_BITS_MAX || !is_power_of_two(bits)))
        return fail(error, ERROR_CONFIG, "encoding: filter bits are no power of two from %d to %d", BITS_MIN,
                    FILTER_BITS_MAX);
    if (options->block_max < 0 || options->block_max > BLOCK_MOST)
        return fail(error, ERROR_CONFIG, "encoding: blocks hold 1 to %d records", BLOCK_MOST);
    if (options->folds < 0 || options->folds > 2)
        return fail(error, ERROR_CONFIG, "encoding: 0 to 2 folds");
    if (options->flips_per_thousand < 0 || options->flips_per_thousand > FLIPS_MAX)
        return fail(error, ERROR_CONFIG, "encoding: 0 to %d flips in a thousand bits", FLIPS_MAX);
    return RESULT_OK;
}

static Result shape_of(const EncodingOptions *options, EncodingKind kind, FilterShape *shape, Error *error)
{
    int bits = options->filter_bits;

    if (bits == 0)
        bits = BITS_DEFAULT >> options->folds;
    if (kind == ENCODING_SEX)
        bits = BITS_SEX;
    *shape = (FilterShape){.bits = bits, .folds = options->folds};
    if (bits << options->folds > FILTER_BITS_MAX)
        return fail(error, ERROR_CONFIG, "encoding: filters before folding have more than %d bits",
                    FILTER_BITS_MAX);
    return RESULT_OK;
}

/* A key for one use: purpose, key version and use are all in it. */
static Result sub_key(const uint8_t *root, const EncodingOptions *options, const char *use, Secret **key,
                      Error *error)
{
    SCOPED(secret_close) Secret *made = NULL;
    char info[INFO_BYTES];
    int length = snprintf(info, sizeof info, "cinque/encoding/v1/%zu/%s/%d/%s", strlen(options->purpose),
                          options->purpose, options->key_version, use);

    if (length < 0 || (size_t)length >= sizeof info)
        return fail(error, ERROR_CONFIG, "encoding: name of the purpose is too long");
    const KeyedDerivation derivation = {
        .secret = root, .secret_length = KEY_BYTES, .info = info, .info_length = (size_t)length};
    TRY(secret_create(KEY_BYTES, &made, error));
    TRY(keyed_derive(&derivation, secret_bytes(made), KEY_BYTES, error));
    *key = made;
    made = NULL;
    return RESULT_OK;
}

static Result create_fields(Encoder *encoder, const uint8_t *root, const EncodingOptions *options,
                            Error *error)
{
    for (size_t i = 0; i < options->field_count; i++) {
        SCOPED(secret_close) Secret *key = NULL;
        FilterShape shape;
        char use[32];
        TRY(shape_of(options, options->kinds[i], &shape, error));
        (void)snprintf(use, sizeof use, "field/%zu/%s", i, ENCODING_KIND_NAMES[options->kinds[i]]);
        TRY(sub_key(root, options, use, &key, error));
        TRY(filter_field_create(secret_bytes(key), shape, &encoder->fields[i], error));
        encoder->filter_bytes[i] = (size_t)shape.bits / 8;
    }
    return RESULT_OK;
}

static Result create_others(Encoder *encoder, const uint8_t *root, const EncodingOptions *options,
                            Error *error)
{
    SCOPED(secret_close) Secret *blocks = NULL, *record = NULL, *flips = NULL;

    TRY(sub_key(root, options, "blocks", &blocks, error));
    TRY(sub_key(root, options, "record", &record, error));
    TRY(sub_key(root, options, "flips", &flips, error));
    TRY(blocks_create(secret_bytes(blocks), options->kinds, options->field_count, options->by_blocks,
                      &encoder->blocks, error));
    TRY(keyed_hash_create(KEYED_HMAC, secret_bytes(record), KEY_BYTES, &encoder->record_hash, error));
    TRY(keyed_block_create(secret_bytes(flips), KEYED_LOCK, &encoder->flips, error));
    TRY(secret_random(&encoder->reference_salt, sizeof encoder->reference_salt, error));
    TRY(commonness_create(&encoder->commonness, error));
    return options->by_blocks
               ? reference_create(encoder->filter_bytes, encoder->field_count, &encoder->reference, error)
               : RESULT_OK;
}

static Result create(const uint8_t *root, const EncodingOptions *options, Encoder **encoder, Error *error)
{
    SCOPED(encoder_close) Encoder *made = NULL;

    TRY(check_options(options, error));
    made = memory_alloc(sizeof *made);
    made->field_count = options->field_count;
    made->by_blocks = options->by_blocks;
    made->block_max = (unsigned)options->block_max;
    made->flip_below = (unsigned)options->flips_per_thousand * 256 / 1000;
    made->record = message_open("cinque/encoding/record/v1");
    memcpy(made->kinds, options->kinds, options->field_count * sizeof *options->kinds);
    TRY(create_fields(made, root, options, error));
    TRY(create_others(made, root, options, error));
    for (size_t i = 0; i < options->field_count; i++)
        TRY(memo_create(&made->memos[i], error));
    encoding_header_make(made, options);
    *encoder = made;
    made = NULL;
    return RESULT_OK;
}

Result encoder_create(const Keyring *keyring, const EncodingOptions *options, Encoder **encoder, Error *error)
{
    SCOPED(secret_close) Secret *root = NULL;

    TRY(keyring_check_day(keyring, date_today(), error));
    TRY(keyring_regional_key(keyring, "cinque/encoding/v1", &root, error));
    return create(secret_bytes(root), options, encoder, error);
}

Result encoder_create_ephemeral(const EncodingOptions *options, Encoder **encoder, Error *error)
{
    SCOPED(secret_close) Secret *root = NULL;

    TRY(secret_create(KEY_BYTES, &root, error));
    TRY(secret_random(secret_bytes(root), KEY_BYTES, error));
    return create(secret_bytes(root), options, encoder, error);
}

void encoder_close(Encoder **encoder)
{
    if (*encoder == NULL)
        return;
    for (size_t i = 0; i < (*encoder)->field_count; i++) {
        filter_field_close(&(*encoder)->fields[i]);
        memo_close(&(*encoder)->memos[i]);
    }
    blocks_close(&(*encoder)->blocks);
    keyed_hash_close(&(*encoder)->record_hash);
    keyed_block_close(&(*encoder)->flips);
    reference_close(&(*encoder)->reference);
    commonness_close(&(*encoder)->commonness);
    crowd_close(&(*encoder)->crowd);
    message_close(&(*encoder)->record);
    secret_wipe(*encoder, sizeof **encoder);
    memory_free(*encoder);
    *encoder = NULL;
}
