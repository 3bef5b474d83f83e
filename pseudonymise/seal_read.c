/* Reading sealed files, where the private key is. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/text.h"
#include "pseudonymise/key_file.h"
#include "pseudonymise/provider_pem.h"
#include "pseudonymise/pseudonymise.h"
#include "pseudonymise/seal_format.h"

struct SealReader {
    char *path;
    FILE *file;   /* or, NULL: */
    Input *input; /* the caller's */
    const uint8_t *start;
    uint8_t bound[SEAL_BOUND_BYTES];
    EVP_CIPHER_CTX *cipher;
    uint8_t *sealed, *opened; /* of one frame; opened is wiped */
    size_t capacity, opened_length;
    uint64_t frames;
    bool at_end;
};

static void reader_clear(SealReader *reader)
{
    if (reader->file != NULL)
        (void)fclose(reader->file);
    keyed_block_close(&reader->cipher);
    if (reader->opened != NULL)
        secret_wipe(reader->opened, reader->capacity);
    memory_free(reader->opened);
    memory_free(reader->sealed);
    memory_free(reader->path);
}

void seal_reader_close(SealReader **reader)
{
    if (*reader != NULL)
        reader_clear(*reader);
    memory_free(*reader);
    *reader = NULL;
}

static Result damaged(const SealReader *reader, Error *error)
{
    return fail(error, ERROR_INPUT, "%s frame %llu: damaged, or sealed to another key", reader->path,
                (unsigned long long)reader->frames + 1);
}

/* *got less than length at the end alone. */
static Result read_some(SealReader *reader, uint8_t *bytes, size_t length, size_t *got, Error *error)
{
    size_t part = 1;

    *got = 0;
    if (reader->input == NULL) {
        *got = fread(bytes, 1, length, reader->file);
        return ferror(reader->file) ? fail_errno(error, "%s: cannot be read", reader->path) : RESULT_OK;
    }
    for (; *got < length && part > 0; *got += part)
        TRY(input_read(reader->input, bytes + *got, length - *got, &part, error));
    return RESULT_OK;
}

static Result read_bytes(SealReader *reader, void *bytes, size_t length, Error *error)
{
    size_t got;

    TRY(read_some(reader, bytes, length, &got, error));
    if (got == length)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s: cut off behind frame %llu", reader->path,
                (unsigned long long)reader->frames);
}

static Result read_private_key(const char *path, EVP_PKEY **pair, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(secret_create(KEY_BYTES, &key, error));
    TRY(key_file_read(&KEY_FOLDER_ANY, path, secret_bytes(key), NULL, error));
    *pair = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret_bytes(key), KEY_BYTES);
    return *pair != NULL ? RESULT_OK : fail(error, ERROR_SYSTEM, "X25519: OpenSSL refused");
}

static Result open_file(SealReader *reader, Error *error)
{
    int descriptor = open(reader->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (descriptor < 0)
        return fail_errno(error, "%s: cannot be opened", reader->path);
    reader->file = fdopen(descriptor, "rb");
    if (reader->file != NULL)
        return RESULT_OK;
    (void)close(descriptor);
    return fail_errno(error, "%s: cannot be opened", reader->path);
}

static Result read_header(SealReader *reader, uint8_t header[SEAL_HEADER_BYTES], Error *error)
{
    TRY(read_bytes(reader, header, SEAL_HEADER_BYTES, error));
    if (memcmp(header, reader->start, sizeof SEAL_START) != 0)
        return fail(error, ERROR_INPUT, "%s: not a sealed file of a known version", reader->path);
    return RESULT_OK;
}

/* bound: the header, behind which goes our public key. */
static Result agree(const SealOpener *opener, uint8_t bound[SEAL_BOUND_BYTES], Secret **key, Error *error)
{
    SCOPED(seal_pair_close) EVP_PKEY *own = NULL;
    uint8_t *own_public = bound + SEAL_HEADER_BYTES;
    size_t length = KEY_BYTES;

    if (opener->private_key_path != NULL)
        TRY(read_private_key(opener->private_key_path, &own, error));
    else
        TRY(provider_pem_private(opener->private_pem_path, &own, error));
    if (EVP_PKEY_get_raw_public_key(own, own_public, &length) != 1)
        return fail(error, ERROR_SYSTEM, "X25519: OpenSSL refused");
    return seal_agree(own, bound + sizeof SEAL_START, bound, own_public, opener->of, key, error);
}

/* By the private key, or by the file's opening. */
static Result reader_start(const SealOpener *opener, SealReader *reader, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;
    uint8_t *header = reader->bound;

    if (reader->input == NULL)
        TRY(open_file(reader, error));
    TRY(read_header(reader, header, error));
    if (opener->private_key_path != NULL || opener->private_pem_path != NULL)
        TRY(agree(opener, header, &key, error));
    else
        TRY(seal_opening_read(opener->keyring, opener->opening_path, header, opener->of, &key, error));
    return seal_cipher(key, KEYED_UNLOCK, &reader->cipher, error);
}

static SealReader *make_reader(const char *path, const uint8_t *start)
{
    SealReader *made = memory_alloc(sizeof *made);
    size_t path_bytes = strlen(path) + 1;

    made->path = memory_alloc(path_bytes);
    memcpy(made->path, path, path_bytes);
    made->start = start;
    return made;
}

Result seal_open(const SealOpener *opener, const char *path, SealReader **reader, Error *error)
{
    SCOPED(seal_reader_close) SealReader *made = make_reader(path, SEAL_START);

    TRY(reader_start(opener, made, error));
    *reader = made;
    made = NULL;
    return RESULT_OK;
}

Result seal_open_from(const SealFrom *from, SealReader **reader, Error *error)
{
    SCOPED(seal_reader_close) SealReader *made = make_reader(from->path, from->start);
    const SealOpener opener = {.of = from->of, .private_key_path = from->private_key_path};

    made->input = from->input;
    TRY(reader_start(&opener, made, error));
    *reader = made;
    made = NULL;
    return RESULT_OK;
}

const uint8_t *seal_reader_bound(const SealReader *reader)
{
    return reader->bound;
}

static void reserve(SealReader *reader, size_t needed)
{
    if (needed <= reader->capacity)
        return;
    if (reader->opened != NULL)
        secret_wipe(reader->opened, reader->capacity);
    memory_free(reader->opened);
    memory_free(reader->sealed);
    reader->capacity = 2 * needed;
    reader->opened = memory_alloc(reader->capacity);
    reader->sealed = memory_alloc(reader->capacity);
}

static bool decrypt(SealReader *reader, const uint8_t head[SEAL_FRAME_HEAD_BYTES], Error *error)
{
    uint8_t *tag = reader->sealed + reader->opened_length;
    int written;

    return seal_frame_start(reader->cipher, reader->frames, head, error).ok &&
           EVP_DecryptUpdate(reader->cipher, reader->opened, &written, reader->sealed,
                             (int)reader->opened_length) == 1 &&
           EVP_CIPHER_CTX_ctrl(reader->cipher, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(reader->cipher, reader->opened + reader->opened_length, &written) == 1;
}

static Result read_frame(SealReader *reader, SealKind *kind, Error *error)
{
    uint8_t head[SEAL_FRAME_HEAD_BYTES];

    TRY(read_bytes(reader, head, sizeof head, error));
    size_t length = seal_get_number(head + 1, 4);
    /* Not yet authenticated: bounded before it is believed. */
    if (head[0] > SEAL_END || length < SEAL_NUMBER_BYTES || length > SEAL_NUMBER_BYTES + SEAL_LINE_BYTES_MAX)
        return damaged(reader, error);
    reserve(reader, length + SEAL_TAG_BYTES);
    TRY(read_bytes(reader, reader->sealed, length + SEAL_TAG_BYTES, error));
    reader->opened_length = length;
    if (!decrypt(reader, head, error))
        return damaged(reader, error);
    *kind = (SealKind)head[0];
    reader->frames++;
    return RESULT_OK;
}

static Result check_end(SealReader *reader, uint64_t lines, Error *error)
{
    uint8_t behind;
    size_t got;

    if (lines != reader->frames - 1)
        return damaged(reader, error);
    TRY(read_some(reader, &behind, sizeof behind, &got, error));
    if (got > 0)
        return fail(error, ERROR_INPUT, "%s: something follows the last frame", reader->path);
    return RESULT_OK;
}

Result seal_next(SealReader *reader, uint64_t *number, Text *line, bool *at_end, Error *error)
{
    SealKind kind = SEAL_END;

    *at_end = reader->at_end;
    if (reader->at_end)
        return RESULT_OK;
    TRY(read_frame(reader, &kind, error));
    *number = seal_get_number(reader->opened, SEAL_NUMBER_BYTES);
    *at_end = reader->at_end = kind == SEAL_END;
    if (reader->at_end)
        return check_end(reader, *number, error);
    *line = (Text){.data = (const char *)reader->opened + SEAL_NUMBER_BYTES,
                   .length = reader->opened_length - SEAL_NUMBER_BYTES};
    return RESULT_OK;
}

Result seal_read(const SealOpener *opener, const char *path, SealEach each, void *context, Error *error)
{
    SCOPED(seal_reader_close) SealReader *reader = NULL;
    uint64_t number;
    Text line;
    bool at_end;

    TRY(seal_open(opener, path, &reader, error));
    for (;;) {
        TRY(seal_next(reader, &number, &line, &at_end, error));
        if (at_end)
            return RESULT_OK;
        TRY(each(context, number, line, error));
    }
}
