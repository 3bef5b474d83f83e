/*
 * The story of an encoding: fields to normal form, block tokens, filters (one set, or one for each block),
 * flips, bytes. The form of the bytes is docs/linkage.md's; linkage/encoding.c reads it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/encoding_block.h"
#include "pseudonymise/encoding_check.h"
#include "pseudonymise/encoding_commonness.h"
#include "pseudonymise/encoding_crowd.h"
#include "pseudonymise/encoding_reference.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/message.h"

enum {
    FORMAT = 1,
    FLAG_BY_BLOCKS = 1,
    FLAG_REFERENCE = 2,
    HEADER_BYTES = ENCODING_HEADER_BYTES,
    BLOCK_MAX = 100,
    BLOCK_LEAST = 10,
    BLOCK_MOST = 10000,
    BITS_DEFAULT = 128,
    BITS_SEX = 32,
    BITS_MIN = 32,
    SIZE_EXACT = 0x80, /* of a filter: its field agrees or not, nothing between */
    FLIPS_MAX = 250,
    INFO_BYTES = 160,
    VIEW_OF_REFERENCE = 0xFF,
};

const char *const ENCODING_KIND_NAMES[ENCODING_KIND_COUNT] = {
    "given_name", "family_name", "birth_date", "sex", "postcode", "address", "text",
};

struct Encoder {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    size_t field_count;
    size_t filter_bytes[ENCODING_FIELDS_MAX];
    bool by_blocks;
    unsigned flip_below; /* a byte of the stream below this flips its bit */
    uint8_t header[HEADER_BYTES + ENCODING_FIELDS_MAX];
    FilterField *fields[ENCODING_FIELDS_MAX];
    Memo *memos[ENCODING_FIELDS_MAX];
    Blocks *blocks;
    EVP_MAC_CTX *record_hash; /* of the whole record, where its flips come from */
    EVP_CIPHER_CTX *flips;
    Message record;
    FilterSalt reference_salt;
    Reference *reference;
    Commonness *commonness;
    Crowd *crowd; /* NULL: nothing was observed */
    uint64_t observed;
    unsigned block_max; /* 0: as many as the records observed allow */
};

/* ---- creation ---- */

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

static void put_number(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(number >> 8 * (bytes - 1 - i));
}

/* What both sides of a comparison must share: the first bytes of a hash over all that shapes the filters. */
static uint32_t scheme_of(const EncodingOptions *options, const size_t *filter_bytes)
{
    HashStream *stream = hash_open();
    BlockRule rules[ENCODING_BLOCKS_MAX];
    const int numbers[] = {FORMAT, options->by_blocks, options->folds, options->flips_per_thousand};

    hash_add(stream, numbers, sizeof numbers);
    hash_add(stream, options->kinds, options->field_count * sizeof *options->kinds);
    hash_add(stream, filter_bytes, options->field_count * sizeof *filter_bytes);
    hash_add(stream, rules,
             block_rules(options->kinds, options->field_count, options->by_blocks, rules) * sizeof *rules);
    Hash hash = hash_value(stream);
    hash_close(&stream);
    return (uint32_t)hash.bytes[0] << 24 | (uint32_t)hash.bytes[1] << 16 | (uint32_t)hash.bytes[2] << 8 |
           hash.bytes[3];
}

static void make_header(Encoder *encoder, const EncodingOptions *options)
{
    uint8_t *header = encoder->header;

    header[0] = FORMAT;
    header[1] = options->by_blocks ? FLAG_BY_BLOCKS : 0;
    put_number(header + 2, (uint64_t)options->key_version, 2);
    put_number(header + 4, scheme_of(options, encoder->filter_bytes), 4);
    header[8] = (uint8_t)encoder->field_count;
    header[9] = (uint8_t)blocks_count(encoder->blocks);
    for (size_t i = 0; i < encoder->field_count; i++)
        header[HEADER_BYTES + i] =
            (uint8_t)(encoder->filter_bytes[i] | (options->kinds[i] == ENCODING_SEX ? SIZE_EXACT : 0));
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
    make_header(made, options);
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

Text encoder_header(const Encoder *encoder)
{
    return (Text){.data = (const char *)encoder->header, .length = HEADER_BYTES + encoder->field_count};
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

/* ---- one record ---- */

typedef struct Record {
    FieldValue values[ENCODING_FIELDS_MAX];
    BlockTokens tokens;
    uint8_t seed[KEYED_HASH_BYTES]; /* of its flips */
    uint16_t present;
    uint32_t classes; /* two bits a field */
} Record;

static Result make_seed(Encoder *encoder, Record *record, Error *error)
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
static Result flip(Encoder *encoder, Record *record, uint8_t view, size_t field, uint8_t *filter,
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

static Result make_plain(Encoder *encoder, Record *record, uint8_t **out, Error *error)
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

static Result fill_views(Encoder *encoder, Record *record, Views *views, Error *error)
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

static Result make_by_blocks(Encoder *encoder, Record *record, uint8_t **out, Error *error)
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

static uint8_t *put_header(const Encoder *encoder, uint16_t fields, uint64_t blocks, uint32_t classes,
                           uint8_t *out)
{
    memcpy(out, encoder->header, HEADER_BYTES + encoder->field_count);
    put_number(out + 10, fields, 2);
    put_number(out + 12, blocks, 8);
    put_number(out + 20, classes, 4);
    return out + HEADER_BYTES + encoder->field_count;
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

static Result sample(Encoder *encoder, Record *record, Error *error)
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

static Result encode(Encoder *encoder, Record *record, uint8_t *encoding, size_t *length, Error *error)
{
    uint8_t *out = encoding;

    record->tokens.present = 0;
    TRY(blocks_make(encoder->blocks, record->values, encoder->by_blocks, &record->tokens, error));
    if (encoder->crowd != NULL)
        record->tokens.present &=
            ~crowd_of(encoder->crowd, &record->tokens, blocks_count(encoder->blocks), block_max(encoder));
    TRY(make_seed(encoder, record, error));
    out = put_header(encoder, record->present, record->tokens.present, record->classes, out);
    out = put_tokens(encoder, &record->tokens, out);
    TRY(encoder->by_blocks ? make_by_blocks(encoder, record, &out, error)
                           : make_plain(encoder, record, &out, error));
    *length = (size_t)(out - encoding);
    return sample(encoder, record, error);
}

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

static void read_fields(const Encoder *encoder, const Text *fields, Record *record)
{
    record->present = 0;
    for (size_t i = 0; i < encoder->field_count; i++)
        memo_ask(encoder->memos[i], encoder->kinds[i], fields[i], &record->values[i]);
    for (size_t i = 0; i < encoder->field_count; i++) {
        memo_take(encoder->memos[i], &record->values[i]);
        record->present |= (uint16_t)(!record->values[i].entry->is_absent << i);
    }
}

static bool is_classed(const Encoder *encoder, const Record *record, size_t field)
{
    return encoder->by_blocks && (record->present >> field & 1) != 0 && has_class(encoder->kinds[field]);
}

static void note_classes(const Encoder *encoder, Record *record)
{
    record->classes = 0;
    for (size_t i = 0; i < encoder->field_count; i++) {
        if (is_classed(encoder, record, i))
            record->classes |= (uint32_t)class_of(encoder, i, &record->values[i]) << 2 * i;
    }
}

static void wipe_fields(const Encoder *encoder, Record *record)
{
    for (size_t i = 0; i < encoder->field_count; i++)
        field_value_wipe(&record->values[i]);
}

Result encoder_encode(Encoder *encoder, const Text *fields, uint8_t *encoding, size_t *length, Error *error)
{
    Record record;

    read_fields(encoder, fields, &record);
    note_classes(encoder, &record);
    Result result = encode(encoder, &record, encoding, length, error);
    wipe_fields(encoder, &record);
    secret_wipe(record.tokens.salts, blocks_count(encoder->blocks) * sizeof record.tokens.salts[0]);
    secret_wipe(record.seed, sizeof record.seed);
    return result;
}

static Result observe(Encoder *encoder, Record *record, Error *error)
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
    Record record;

    if (encoder->crowd == NULL)
        encoder->crowd = crowd_create();
    encoder->observed++;
    read_fields(encoder, fields, &record);
    Result result = observe(encoder, &record, error);
    wipe_fields(encoder, &record);
    return result;
}

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
    uint8_t *out = put_header(encoder, present, 0, classes, encoding);
    encoding[1] |= FLAG_REFERENCE;
    memcpy(out, filters, bytes);
    *length = (size_t)(out - encoding) + bytes;
    return RESULT_OK;
}
