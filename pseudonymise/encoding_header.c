/* What stands in front of an encoding. The form of the bytes is docs/linkage.md's; encoding_check.c holds
 * others' encodings to it. */
#include <string.h>

#include "pseudonymise/encoding_private.h"

enum {
    FORMAT = 1,
    FLAG_BY_BLOCKS = 1,
    FLAG_REFERENCE = 2,
    SIZE_EXACT = 0x80, /* of a filter: its field agrees or not, nothing between */
};

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

void encoding_header_make(Encoder *encoder, const EncodingOptions *options)
{
    uint8_t *header = encoder->header;

    header[0] = FORMAT;
    header[1] = options->by_blocks ? FLAG_BY_BLOCKS : 0;
    put_number(header + 2, (uint64_t)options->key_version, 2);
    put_number(header + 4, scheme_of(options, encoder->filter_bytes), 4);
    header[8] = (uint8_t)encoder->field_count;
    header[9] = (uint8_t)blocks_count(encoder->blocks);
    for (size_t i = 0; i < encoder->field_count; i++)
        header[ENCODING_HEADER_BYTES + i] =
            (uint8_t)(encoder->filter_bytes[i] | (options->kinds[i] == ENCODING_SEX ? SIZE_EXACT : 0));
}

Text encoder_header(const Encoder *encoder)
{
    return (Text){.data = (const char *)encoder->header,
                  .length = ENCODING_HEADER_BYTES + encoder->field_count};
}

uint8_t *encoding_header_put(const Encoder *encoder, uint16_t fields, uint64_t blocks, uint32_t classes,
                             uint8_t *out)
{
    memcpy(out, encoder->header, ENCODING_HEADER_BYTES + encoder->field_count);
    put_number(out + 10, fields, 2);
    put_number(out + 12, blocks, 8);
    put_number(out + 20, classes, 4);
    return out + ENCODING_HEADER_BYTES + encoder->field_count;
}

void encoding_header_mark_reference(uint8_t *encoding)
{
    encoding[1] |= FLAG_REFERENCE;
}
