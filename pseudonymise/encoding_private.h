#pragma once
/* Between encoding.c, encoding_create.c, encoding_header.c and encoding_views.c: the encoder and a record. */
#include "pseudonymise/encoding_block.h"
#include "pseudonymise/encoding_check.h"
#include "pseudonymise/encoding_commonness.h"
#include "pseudonymise/encoding_crowd.h"
#include "pseudonymise/encoding_reference.h"
#include "pseudonymise/message.h"

struct Encoder {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    size_t field_count;
    size_t filter_bytes[ENCODING_FIELDS_MAX];
    bool by_blocks;
    unsigned flip_below; /* a byte of the stream below this flips its bit */
    uint8_t header[ENCODING_HEADER_BYTES + ENCODING_FIELDS_MAX];
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

typedef struct EncodingRecord {
    FieldValue values[ENCODING_FIELDS_MAX];
    BlockTokens tokens;
    uint8_t seed[KEYED_HASH_BYTES]; /* of its flips */
    uint16_t present;
    uint32_t classes; /* two bits a field */
} EncodingRecord;

/* Of all records of the encoder, once its fields and blocks are there. */
void encoding_header_make(Encoder *encoder, const EncodingOptions *options);
/* classes: two bits a field. Returns what is behind it. */
uint8_t *encoding_header_put(const Encoder *encoder, uint16_t fields, uint64_t blocks, uint32_t classes,
                             uint8_t *out);
void encoding_header_mark_reference(uint8_t *encoding);

/* The record's filters, one set or one for each block, from *out on, which moves behind them. */
Result encoding_views_put(Encoder *encoder, EncodingRecord *record, uint8_t **out, Error *error) CHECKED;
/* The same into the sample of filters that belong to nobody, where it wants them. */
Result encoding_views_sample(Encoder *encoder, EncodingRecord *record, Error *error) CHECKED;
