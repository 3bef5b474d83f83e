/* Writing sealed files. Who writes one cannot read it again, only the ephemeral key's public half is kept;
 * but for an archive with its opening (seal_opening.c). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/text.h"
#include "pseudonymise/key_file.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/seal_format.h"

struct Seal {
    char *path;
    FILE *file; /* gets ciphertext alone, so its buffer need not be wiped */
    EVP_CIPHER_CTX *cipher;
    uint8_t *sealed; /* ciphertext and tag of one frame */
    size_t sealed_capacity;
    uint64_t frames;
    bool removed_on_close;
    uint8_t bound[SEAL_BOUND_BYTES];
};

/* Under its name another's file may lie by now. */
static void remove_own(const Seal *seal)
{
    struct stat own, there;

    if (seal->removed_on_close && seal->file != NULL && fstat(fileno(seal->file), &own) == 0 &&
        lstat(seal->path, &there) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino)
        (void)unlink(seal->path);
}

static void seal_close(Seal **seal)
{
    if (*seal == NULL)
        return;
    remove_own(*seal);
    if ((*seal)->file != NULL)
        (void)fclose((*seal)->file);
    keyed_block_close(&(*seal)->cipher);
    memory_free((*seal)->sealed);
    memory_free((*seal)->path);
    memory_free(*seal);
    *seal = NULL;
}

static Result write_bytes(Seal *seal, const void *bytes, size_t length, Error *error)
{
    if (fwrite(bytes, 1, length, seal->file) != length)
        return fail_errno(error, "%s: cannot be written", seal->path);
    return RESULT_OK;
}

static Result open_file(Seal *seal, Error *error)
{
    int descriptor = open(seal->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (descriptor < 0)
        return fail_errno(error, "%s: cannot be made", seal->path);
    seal->removed_on_close = true;
    seal->file = fdopen(descriptor, "wb");
    if (seal->file == NULL) {
        (void)close(descriptor);
        (void)unlink(seal->path);
        return fail_errno(error, "%s: cannot be made", seal->path);
    }
    return RESULT_OK;
}

static Result write_header(const SealTo *to, Seal *seal, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;
    uint8_t *header = seal->bound;

    memcpy(header + SEAL_HEADER_BYTES, to->recipient, KEY_BYTES);
    TRY(seal_begin(to->start, to->recipient, to->of, header, &key, error));
    TRY(seal_cipher(key, KEYED_LOCK, &seal->cipher, error));
    if (to->opening_path != NULL)
        TRY(seal_opening_write(to->keyring, to->opening_path, header, to->of, key, error));
    return write_bytes(seal, header, SEAL_HEADER_BYTES, error);
}

Result seal_create_to(const SealTo *to, Seal **seal, Error *error)
{
    SCOPED(seal_close) Seal *made = memory_alloc(sizeof *made);
    size_t path_bytes = strlen(to->path) + 1;

    made->path = memory_alloc(path_bytes);
    memcpy(made->path, to->path, path_bytes);
    TRY(open_file(made, error));
    TRY(write_header(to, made, error));
    *seal = made;
    made = NULL;
    return RESULT_OK;
}

const uint8_t *seal_bound(const Seal *seal)
{
    return seal->bound;
}

static Result create(const Keyring *keyring, const uint8_t recipient[KEY_BYTES], const SealArchive *archive,
                     Seal **seal, Error *error)
{
    const SealTo to = {.path = archive->path,
                       .of = archive->of,
                       .start = SEAL_START,
                       .recipient = recipient,
                       .keyring = keyring,
                       .opening_path = archive->opening_path};

    return seal_create_to(&to, seal, error);
}

Result seal_create_archive(const Keyring *keyring, const SealArchive *archive, Seal **seal, Error *error)
{
    return create(keyring, keyring_quarantine_public(keyring), archive, seal, error);
}

Result seal_create_for(const uint8_t recipient[KEY_BYTES], const char *path, const char *of, Seal **seal,
                       Error *error)
{
    return create(NULL, recipient, &(SealArchive){.path = path, .of = of}, seal, error);
}

Result seal_create(const Keyring *keyring, const char *path, const char *of, Seal **seal, Error *error)
{
    return seal_create_archive(keyring, &(SealArchive){.path = path, .of = of}, seal, error);
}

static void reserve_sealed(Seal *seal, size_t needed)
{
    if (needed <= seal->sealed_capacity)
        return;
    seal->sealed = memory_resize(seal->sealed, 2 * needed);
    seal->sealed_capacity = 2 * needed;
}

static Result encrypt(Seal *seal, const uint8_t number[SEAL_NUMBER_BYTES], Text text, Error *error)
{
    uint8_t *out = seal->sealed, *tag = out + SEAL_NUMBER_BYTES + text.length;
    int written;

    if (EVP_EncryptUpdate(seal->cipher, out, &written, number, SEAL_NUMBER_BYTES) != 1 ||
        (text.length > 0 && EVP_EncryptUpdate(seal->cipher, out + SEAL_NUMBER_BYTES, &written,
                                              (const uint8_t *)text.data, (int)text.length) != 1) ||
        EVP_EncryptFinal_ex(seal->cipher, tag, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(seal->cipher, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, tag) != 1)
        return fail(error, ERROR_SYSTEM, "AES-256-GCM: OpenSSL refused");
    return RESULT_OK;
}

static Result write_frame(Seal *seal, SealKind kind, uint64_t number, Text text, Error *error)
{
    size_t length = SEAL_NUMBER_BYTES + text.length;
    uint8_t head[SEAL_FRAME_HEAD_BYTES], number_bytes[SEAL_NUMBER_BYTES];

    reserve_sealed(seal, length + SEAL_TAG_BYTES);
    seal_frame_head(kind, length, head);
    seal_put_number(number, number_bytes);
    TRY(seal_frame_start(seal->cipher, seal->frames++, head, error));
    TRY(encrypt(seal, number_bytes, text, error));
    TRY(write_bytes(seal, head, sizeof head, error));
    return write_bytes(seal, seal->sealed, length + SEAL_TAG_BYTES, error);
}

Result seal_line(Seal *seal, uint64_t line_number, Text line, Error *error)
{
    if (line.length > SEAL_LINE_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "%s: a line of more than %d bytes cannot be sealed", seal->path,
                    SEAL_LINE_BYTES_MAX);
    return write_frame(seal, SEAL_LINE, line_number, line, error);
}

Result seal_finish(Seal **seal, Error *error)
{
    TRY(write_frame(*seal, SEAL_END, (*seal)->frames, TEXT(""), error));
    if (fflush((*seal)->file) != 0 || fsync(fileno((*seal)->file)) != 0)
        return fail_errno(error, "%s: cannot be written", (*seal)->path);
    TRY(key_file_sync_parent((*seal)->path, error));
    (*seal)->removed_on_close = false;
    seal_close(seal);
    return RESULT_OK;
}

void seal_abandon(Seal **seal)
{
    seal_close(seal);
}
