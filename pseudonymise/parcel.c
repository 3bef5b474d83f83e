/* Writing a parcel, at its provider's: rows into blocks, blocks packed, sealed and signed for. */
#include <string.h>

#include <zstd.h>

#include "base/arena.h"
#include "base/signature.h"
#include "pseudonymise/parcel_format.h"

enum { PACK_LEVEL = 3 };

struct Parcel {
    Seal *seal;
    ParcelTranscript transcript;
    char *sign_key;
    TextBuilder block;
    ZSTD_CCtx *packer;
    uint8_t *packed;
    size_t packed_max;
    uint64_t blocks;
};

static void parcel_clear(Parcel *parcel)
{
    seal_abandon(&parcel->seal);
    parcel_transcript_close(&parcel->transcript);
    text_builder_close(&parcel->block);
    (void)ZSTD_freeCCtx(parcel->packer);
    if (parcel->packed != NULL)
        secret_wipe(parcel->packed, parcel->packed_max);
    memory_free(parcel->packed);
    memory_free(parcel->sign_key);
}

void parcel_abandon(Parcel **parcel)
{
    if (*parcel != NULL)
        parcel_clear(*parcel);
    memory_free(*parcel);
    *parcel = NULL;
}

static Result send(Parcel *parcel, uint64_t number, Text text, Error *error)
{
    parcel_transcript_add(&parcel->transcript, number, text);
    return seal_line(parcel->seal, number, text, error);
}

static Result write_label(Parcel *parcel, const ParcelOptions *options, Error *error)
{
    uint8_t regional[KEYRING_NAME_BYTES];
    char label[PARCEL_LABEL_BYTES_MAX];

    TRY(keyring_regional_name(options->keyring, regional, error));
    return send(parcel, 0, parcel_label_write(&options->label, regional, label), error);
}

static Result open_packer(Parcel *parcel, Error *error)
{
    parcel->packer = ZSTD_createCCtx();
    if (parcel->packer == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(parcel->packer, ZSTD_c_compressionLevel, PACK_LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(parcel->packer, ZSTD_c_checksumFlag, 1)))
        return fail(error, ERROR_SYSTEM, "parcel: zstd cannot be set up");
    return RESULT_OK;
}

/* A key that cannot sign shows before the rows are read. */
static Result check_sign_key(const char *path, Error *error)
{
    unsigned char signature[SIGNATURE_BYTES];

    return signature_make(path, TEXT("cinque/parcel/trial"), signature, error);
}

Result parcel_create(const ParcelOptions *options, Parcel **parcel, Error *error)
{
    SCOPED(parcel_abandon) Parcel *made = memory_alloc(sizeof *made);
    size_t key_bytes = strlen(options->sign_key) + 1;
    const SealTo to = {.path = options->path,
                       .of = PARCEL_OF,
                       .start = PARCEL_START,
                       .recipient = keyring_parcel_public(options->keyring)};

    if (keyring_hub_version(options->keyring) != 0)
        return fail(error, ERROR_CONFIG, "parcel: made under a provider's keyring alone");
    made->block = text_builder(PARCEL_BLOCK_BYTES_MAX);
    made->sign_key = memory_alloc(key_bytes);
    memcpy(made->sign_key, options->sign_key, key_bytes);
    TRY(check_sign_key(made->sign_key, error));
    TRY(open_packer(made, error));
    TRY(seal_create_to(&to, &made->seal, error));
    TRY(write_label(made, options, error));
    *parcel = made;
    made = NULL;
    return RESULT_OK;
}

static void reserve_packed(Parcel *parcel, size_t needed)
{
    if (needed <= parcel->packed_max)
        return;
    if (parcel->packed != NULL)
        secret_wipe(parcel->packed, parcel->packed_max);
    memory_free(parcel->packed);
    parcel->packed = memory_alloc(needed);
    parcel->packed_max = needed;
}

static Result send_block(Parcel *parcel, Error *error)
{
    Text block = text_built(&parcel->block);

    if (block.length == 0)
        return RESULT_OK;
    reserve_packed(parcel, ZSTD_compressBound(block.length));
    size_t length =
        ZSTD_compress2(parcel->packer, parcel->packed, parcel->packed_max, block.data, block.length);
    if (ZSTD_isError(length))
        return fail(error, ERROR_SYSTEM, "parcel: zstd cannot pack");
    TRY(send(parcel, ++parcel->blocks, (Text){.data = (const char *)parcel->packed, .length = length},
             error));
    parcel->block.length = 0;
    return RESULT_OK;
}

static Result send_if_full(Parcel *parcel, Error *error)
{
    return parcel->block.length >= PARCEL_BLOCK_BYTES ? send_block(parcel, error) : RESULT_OK;
}

Result parcel_row(Parcel *parcel, const TokenisedRow *row, Error *error)
{
    if (row->has_subject && row->subject.key_version != 0)
        return fail(error, ERROR_CONFIG, "parcel: a row with the hub's layer, which never leaves the hub");
    TRY(parcel_put_row(&parcel->block, row, error));
    return send_if_full(parcel, error);
}

Result parcel_note(Parcel *parcel, Text note, Error *error)
{
    if (note.length > PARCEL_NOTE_BYTES)
        return fail(error, ERROR_LIMIT, "parcel: a note of more than %d bytes", PARCEL_NOTE_BYTES);
    parcel_put_note(&parcel->block, note);
    return send_if_full(parcel, error);
}

/* The summary goes under the signature that stands in front of it. */
static Result send_last(Parcel *parcel, Text summary, Error *error)
{
    uint8_t to_sign[PARCEL_SIGNED_BYTES];
    unsigned char signature[SIGNATURE_BYTES];

    parcel_transcript_add(&parcel->transcript, PARCEL_LAST, summary);
    TRY(signature_make(parcel->sign_key,
                       parcel_transcript_end(&parcel->transcript, seal_bound(parcel->seal), to_sign),
                       signature, error));
    text_add(&parcel->block, (Text){.data = (const char *)signature, .length = sizeof signature});
    text_add(&parcel->block, summary);
    return seal_line(parcel->seal, PARCEL_LAST, text_built(&parcel->block), error);
}

Result parcel_finish(Parcel **parcel, Text summary, Error *error)
{
    if (summary.length > PARCEL_SUMMARY_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "parcel: a summary of more than %d bytes", PARCEL_SUMMARY_BYTES_MAX);
    TRY(send_block(*parcel, error));
    TRY(send_last(*parcel, summary, error));
    TRY(seal_finish(&(*parcel)->seal, error));
    parcel_abandon(parcel); /* what is finished stays */
    return RESULT_OK;
}
