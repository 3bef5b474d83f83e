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
#include "pseudonymise/pseudonymise.h"
#include "pseudonymise/seal_format.h"

typedef struct Reader {
    const char *path;
    FILE *file;
    EVP_CIPHER_CTX *cipher;
    uint8_t *sealed, *opened; /* of one frame; opened is wiped */
    size_t capacity, opened_length;
    uint64_t frames;
} Reader;

static void reader_close(Reader *reader)
{
    if (reader->file != NULL)
        (void)fclose(reader->file);
    keyed_block_close(&reader->cipher);
    if (reader->opened != NULL)
        secret_wipe(reader->opened, reader->capacity);
    memory_free(reader->opened);
    memory_free(reader->sealed);
}

static Result damaged(const Reader *reader, Error *error)
{
    return fail(error, ERROR_INPUT, "%s frame %llu: damaged, or sealed to another key", reader->path,
                (unsigned long long)reader->frames + 1);
}

static Result read_bytes(Reader *reader, void *bytes, size_t length, Error *error)
{
    if (fread(bytes, 1, length, reader->file) == length)
        return RESULT_OK;
    if (ferror(reader->file))
        return fail_errno(error, "%s: cannot be read", reader->path);
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

static Result open_file(Reader *reader, Error *error)
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

static Result read_header(const char *private_key_path, Reader *reader, Error *error)
{
    SCOPED(seal_pair_close) EVP_PKEY *own = NULL;
    uint8_t header[SEAL_HEADER_BYTES], own_public[KEY_BYTES];
    size_t length = KEY_BYTES;

    TRY(read_bytes(reader, header, sizeof header, error));
    if (memcmp(header, SEAL_START, sizeof SEAL_START) != 0)
        return fail(error, ERROR_INPUT, "%s: not a sealed file of a known version", reader->path);
    TRY(read_private_key(private_key_path, &own, error));
    if (EVP_PKEY_get_raw_public_key(own, own_public, &length) != 1)
        return fail(error, ERROR_SYSTEM, "X25519: OpenSSL refused");
    return seal_agree(own, header + sizeof SEAL_START, header, own_public, KEYED_UNLOCK, &reader->cipher,
                      error);
}

static void reserve(Reader *reader, size_t needed)
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

static bool decrypt(Reader *reader, const uint8_t head[SEAL_FRAME_HEAD_BYTES], Error *error)
{
    uint8_t *tag = reader->sealed + reader->opened_length;
    int written;

    return seal_frame_start(reader->cipher, reader->frames, head, error).ok &&
           EVP_DecryptUpdate(reader->cipher, reader->opened, &written, reader->sealed,
                             (int)reader->opened_length) == 1 &&
           EVP_CIPHER_CTX_ctrl(reader->cipher, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(reader->cipher, reader->opened + reader->opened_length, &written) == 1;
}

static Result read_frame(Reader *reader, SealKind *kind, Error *error)
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

static Result check_end(Reader *reader, uint64_t lines, Error *error)
{
    if (lines != reader->frames - 1)
        return damaged(reader, error);
    if (fgetc(reader->file) != EOF)
        return fail(error, ERROR_INPUT, "%s: something follows the last frame", reader->path);
    return RESULT_OK;
}

Result seal_read(const char *private_key_path, const char *path, SealEach each, void *context, Error *error)
{
    SCOPED(reader_close) Reader reader = {.path = path};
    SealKind kind;

    TRY(open_file(&reader, error));
    TRY(read_header(private_key_path, &reader, error));
    for (;;) {
        TRY(read_frame(&reader, &kind, error));
        uint64_t number = seal_get_number(reader.opened, SEAL_NUMBER_BYTES);
        if (kind == SEAL_END)
            return check_end(&reader, number, error);
        Text line = {.data = (const char *)reader.opened + SEAL_NUMBER_BYTES,
                     .length = reader.opened_length - SEAL_NUMBER_BYTES};
        TRY(each(context, number, line, error));
    }
}
