/* Reading a parcel, at the hub. What stands in it is believed last: when its end and its signature were seen.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <zstd.h>

#include "base/arena.h"
#include "base/signature.h"
#include "pseudonymise/encoding_check.h"
#include "pseudonymise/parcel_format.h"
#include "pseudonymise/parcel_keys.h"
#include "pseudonymise/pseudonymiser.h"
#include "pseudonymise/seal_format.h"

enum { RATIO_FREE_BYTES = 16 << 20, VALUES_MAX = PARCEL_VALUES_MAX };

struct ParcelReader {
    char *path, *verify_key;
    Input *input;
    SealReader *seal;
    ParcelLabel label;
    ParcelTranscript transcript;
    ZSTD_DCtx *unpacker;
    uint8_t *block;
    size_t block_max;
    uint64_t taken, given; /* bytes packed and unpacked */
    ParcelItems items;
    ValueType types[VALUES_MAX];
    TokenisedRow row;
    Value values[VALUES_MAX];
    size_t nobodys; /* encodings that belong to no subject */
    bool has_row, at_end;
    char *summary;
};

static void wipe_block(ParcelReader *reader)
{
    if (reader->block != NULL)
        secret_wipe(reader->block, reader->block_max);
    memory_free(reader->block);
    reader->block = NULL;
    reader->block_max = 0;
}

void parcel_close(ParcelReader **reader)
{
    ParcelReader *closing = *reader;

    if (closing == NULL)
        return;
    seal_reader_close(&closing->seal);
    input_close(&closing->input);
    parcel_transcript_close(&closing->transcript);
    (void)ZSTD_freeDCtx(closing->unpacker);
    wipe_block(closing);
    memory_free(closing->summary);
    memory_free(closing->verify_key);
    memory_free(closing->path);
    secret_wipe(closing, sizeof *closing);
    memory_free(closing);
    *reader = NULL;
}

Result parcel_is(const char *path, bool *is_parcel, Error *error)
{
    uint8_t bytes[SEAL_MAGIC_BYTES];
    size_t length;

    TRY(input_peek_file(path, bytes, sizeof bytes, &length, error));
    *is_parcel = length == sizeof bytes && memcmp(bytes, PARCEL_START, sizeof bytes) == 0;
    return RESULT_OK;
}

static char *copy_string(const char *string)
{
    size_t bytes = strlen(string) + 1;
    char *copy = memory_alloc(bytes);

    memcpy(copy, string, bytes);
    return copy;
}

/* ---- opening ---- */

static Result check_version(const char *path, Error *error)
{
    uint8_t bytes[SEAL_MAGIC_BYTES + 1];
    size_t length;

    TRY(input_peek_file(path, bytes, sizeof bytes, &length, error));
    if (length < sizeof bytes || memcmp(bytes, PARCEL_START, SEAL_MAGIC_BYTES) != 0 ||
        bytes[SEAL_MAGIC_BYTES] == PARCEL_VERSION)
        return RESULT_OK; /* what is no parcel, the sealed file's reader says */
    return fail(
        error, ERROR_INPUT,
        "%s: parcel: in version %d of the format, where version %d is read; its provider makes it again "
        "with the version of cinque that is in use here",
        path, bytes[SEAL_MAGIC_BYTES], PARCEL_VERSION);
}

static Result start(const ParcelOpener *opener, ParcelReader *reader, Error *error)
{
    SCOPED(parcel_key_path_close) char *private_key = NULL;

    TRY(parcel_key_path(opener->keys_folder, KEY_FILE_PARCEL_PRIVATE, "", &private_key, error));
    TRY(parcel_key_path(opener->keys_folder, opener->sender, ".pem", &reader->verify_key, error));
    TRY(parcel_verify_key_check(reader->verify_key, error));
    TRY(check_version(opener->path, error));
    TRY(input_open(opener->path, NULL, &reader->input, error));
    const SealFrom from = {.input = reader->input,
                           .path = reader->path,
                           .of = PARCEL_OF,
                           .private_key_path = private_key,
                           .start = PARCEL_START};
    TRY(seal_open_from(&from, &reader->seal, error));
    reader->unpacker = ZSTD_createDCtx();
    return reader->unpacker != NULL ? RESULT_OK : fail(error, ERROR_SYSTEM, "parcel: zstd cannot be set up");
}

static Result read_label(const Keyring *keyring, ParcelReader *reader, Error *error)
{
    uint8_t theirs[KEYRING_NAME_BYTES], ours[KEYRING_NAME_BYTES];
    uint64_t number;
    Text text;
    bool at_end;

    TRY(seal_next(reader->seal, &number, &text, &at_end, error));
    if (at_end || number != 0 || text.length >= PARCEL_LABEL_BYTES_MAX)
        return fail(error, ERROR_INPUT, "%s: parcel: has no label", reader->path);
    parcel_transcript_add(&reader->transcript, number, text);
    TRY(parcel_label_read(reader->path, text, &reader->label, theirs, error));
    TRY(keyring_regional_name(keyring, ours, error));
    if (memcmp(theirs, ours, sizeof ours) != 0)
        return fail(error, ERROR_INPUT, "%s: parcel: made under another regional key", reader->path);
    return RESULT_OK;
}

Result parcel_open(const ParcelOpener *opener, ParcelReader **reader, Error *error)
{
    SCOPED(parcel_close) ParcelReader *made = memory_alloc(sizeof *made);

    if (opener->type_count > VALUES_MAX || opener->reference_count > PSEUDONYMISER_REFERENCES_MAX)
        return fail(error, ERROR_CONFIG, "parcel: more columns or references than a row can have");
    made->path = copy_string(opener->path);
    if (opener->type_count > 0)
        memcpy(made->types, opener->types, opener->type_count * sizeof *made->types);
    made->items = (ParcelItems){.path = made->path,
                                .types = made->types,
                                .type_count = opener->type_count,
                                .reference_count = opener->reference_count};
    TRY(start(opener, made, error));
    TRY(read_label(opener->keyring, made, error));
    *reader = made;
    made = NULL;
    return RESULT_OK;
}

const ParcelLabel *parcel_label(const ParcelReader *reader)
{
    return &reader->label;
}

/* ---- blocks ---- */

static Result damaged_block(const ParcelReader *reader, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: parcel: block %llu is not as it was packed", reader->path,
                (unsigned long long)reader->items.block);
}

static Result check_ratio(const ParcelReader *reader, Error *error)
{
    if (reader->given > RATIO_FREE_BYTES &&
        (double)reader->given > (double)reader->taken * INPUT_LIMITS_DEFAULT.ratio_max)
        return fail(error, ERROR_LIMIT, "%s: grows more than %g-fold when decompressed", reader->path,
                    INPUT_LIMITS_DEFAULT.ratio_max);
    return RESULT_OK;
}

static Result unpack(ParcelReader *reader, Text packed, Error *error)
{
    unsigned long long bytes = ZSTD_getFrameContentSize(packed.data, packed.length);

    /* The two ways to say that there is no size are larger than any. */
    if (bytes == 0 || bytes > PARCEL_BLOCK_BYTES_MAX ||
        ZSTD_findFrameCompressedSize(packed.data, packed.length) != packed.length)
        return damaged_block(reader, error);
    reader->taken += packed.length;
    reader->given += bytes;
    TRY(check_ratio(reader, error));
    if (bytes > reader->block_max) {
        wipe_block(reader);
        reader->block = memory_alloc(bytes);
        reader->block_max = bytes;
    }
    if (ZSTD_decompressDCtx(reader->unpacker, reader->block, bytes, packed.data, packed.length) != bytes)
        return damaged_block(reader, error);
    reader->items.at = reader->block;
    reader->items.end = reader->block + bytes;
    return RESULT_OK;
}

static Result check_signature(ParcelReader *reader, Text signature, Text summary, Error *error)
{
    uint8_t signed_bytes[PARCEL_SIGNED_BYTES];
    bool is_good;

    parcel_transcript_add(&reader->transcript, PARCEL_LAST, summary);
    TRY(signature_verify(
        reader->verify_key,
        parcel_transcript_end(&reader->transcript, seal_reader_bound(reader->seal), signed_bytes), signature,
        &is_good, error));
    if (!is_good)
        return fail(error, ERROR_REFUSED, "%s: parcel: its signature is not the sender's", reader->path);
    return RESULT_OK;
}

/* The sealed end behind it says that nothing is missing. */
static Result take_summary(ParcelReader *reader, Text last, Text *summary, Error *error)
{
    uint64_t number;
    bool at_end;

    if (last.length < SIGNATURE_BYTES || last.length > SIGNATURE_BYTES + PARCEL_SUMMARY_BYTES_MAX)
        return fail(error, ERROR_INPUT, "%s: parcel: its last frame is none", reader->path);
    *summary = text_slice(last, SIGNATURE_BYTES, last.length);
    TRY(check_signature(reader, text_slice(last, 0, SIGNATURE_BYTES), *summary, error));
    reader->summary = memory_alloc(summary->length + 1);
    memcpy(reader->summary, summary->data, summary->length);
    *summary = (Text){.data = reader->summary, .length = summary->length};
    TRY(seal_next(reader->seal, &number, &last, &at_end, error));
    if (!at_end)
        return fail(error, ERROR_INPUT, "%s: parcel: something follows its summary", reader->path);
    reader->at_end = true;
    return RESULT_OK;
}

Result parcel_next(ParcelReader *reader, ParcelKind *kind, Text *text, Error *error)
{
    uint64_t number;
    Text frame;
    bool at_end;

    assert(!reader->at_end);
    reader->has_row = false;
    while (reader->items.at == reader->items.end) {
        TRY(seal_next(reader->seal, &number, &frame, &at_end, error));
        if (at_end)
            return fail(error, ERROR_INPUT, "%s: parcel: ends without its summary", reader->path);
        *kind = PARCEL_SUMMARY;
        if (number == PARCEL_LAST)
            return take_summary(reader, frame, text, error);
        reader->items.number = 0;
        if (number != ++reader->items.block)
            return damaged_block(reader, error);
        parcel_transcript_add(&reader->transcript, number, frame);
        TRY(unpack(reader, frame, error));
    }
    TRY(parcel_take(&reader->items, kind, text, &reader->row, reader->values, error));
    reader->has_row = *kind == PARCEL_ROW;
    return RESULT_OK;
}

bool parcel_digest(const ParcelReader *reader, Hash *digest)
{
    return reader->at_end && input_digest(reader->input, digest);
}

/* ---- the outer layer ---- */

static Result wrap_all(Pseudonymiser *pseudonymiser, Subject *subject, Error *error)
{
    Token *const tokens[PARCEL_TOKENS] = {&subject->nhs,    &subject->superseded_nhs, &subject->local_id,
                                          &subject->uprn,   &subject->foreign,        &subject->foreign_to,
                                          &subject->address};

    for (size_t i = 0; i < PARCEL_TOKENS; i++)
        TRY(tokeniser_wrap(pseudonymiser->tokeniser, tokens[i], error));
    return RESULT_OK;
}

/* Linkage compares it with all others, so one of another form would spoil it for everybody. Where none are
 * made here it is dropped unread. */
static Result check_encoding(const Pseudonymiser *pseudonymiser, ParcelReader *reader, Error *error)
{
    TokenisedRow *row = &reader->row;

    if (pseudonymiser->encoder == NULL)
        row->encoding_length = 0;
    if (row->encoding_length == 0 ||
        encoding_fits(encoder_header(pseudonymiser->encoder), tokenised_row_encoding(row), false))
        return RESULT_OK;
    return fail(error, ERROR_INPUT,
                "%s: parcel: item %llu of block %llu has an encoding that is none of ours", reader->path,
                (unsigned long long)reader->items.number, (unsigned long long)reader->items.block);
}

/* Under the outer layer, as everything that is stored. */
static Result lock_subject(Names *names, Subject *subject, Error *error)
{
    TRY(names_lock_subjects(names, subject->digest, 1, error));
    subject->subject_id = names_number(subject->digest);
    return RESULT_OK;
}

static Result lock_keys(Names *names, HashedKey keys[KEYS_MAX], Error *error)
{
    for (size_t i = 0; i < KEYS_MAX; i++) {
        uint8_t block[KEYED_BLOCK_BYTES];
        if (!keys[i].is_set)
            continue;
        seal_put_number((uint64_t)keys[i].value, block);
        TRY(names_lock_records(names, block, 1, error));
        keys[i].value = names_number(block);
    }
    return RESULT_OK;
}

/* Whom the provider's pseudonymiser knew ours knows too: asked by the inner digest, as there, they forget
 * alike. */
static Result take_subject(Pseudonymiser *pseudonymiser, ParcelReader *reader, Error *error)
{
    TokenisedRow *row = &reader->row;
    bool is_seen = seen_contains(pseudonymiser->seen, row->subject.digest);

    row->subject.key_version = pseudonymiser->key_version;
    TRY(check_encoding(pseudonymiser, reader, error));
    if (!row->subject_is_new && !is_seen)
        return fail(error, ERROR_INPUT,
                    "%s: parcel: item %llu of block %llu is of a subject not told of before", reader->path,
                    (unsigned long long)reader->items.number, (unsigned long long)reader->items.block);
    row->subject_is_new = !is_seen;
    if (!is_seen)
        seen_add(pseudonymiser->seen, row->subject.digest);
    TRY(lock_subject(&pseudonymiser->names, &row->subject, error));
    return is_seen ? RESULT_OK : wrap_all(pseudonymiser, &row->subject, error);
}

Result pseudonymise_parcel_row(Pseudonymiser *pseudonymiser, ParcelReader *reader, const TokenisedRow **row,
                               Error *error)
{
    assert(reader->has_row);
    reader->has_row = false; /* one layer, once */
    if (pseudonymiser->key_version == 0)
        return fail(error, ERROR_CONFIG, "keyring: holds no hub key");
    TRY(lock_keys(&pseudonymiser->names, reader->row.keys, error));
    if (reader->row.has_subject)
        TRY(take_subject(pseudonymiser, reader, error));
    *row = &reader->row;
    return RESULT_OK;
}

Result pseudonymise_parcel_reference(const Pseudonymiser *pseudonymiser, ParcelReader *reader, Text encoding,
                                     Error *error)
{
    if (pseudonymiser->encoder == NULL ||
        !encoding_fits(encoder_header(pseudonymiser->encoder), encoding, true))
        return fail(error, ERROR_INPUT, "%s: parcel: a reference that is none of ours", reader->path);
    if (++reader->nobodys > ENCODING_REFERENCES)
        return fail(error, ERROR_INPUT, "%s: parcel: more than %d references", reader->path,
                    ENCODING_REFERENCES);
    return RESULT_OK;
}
