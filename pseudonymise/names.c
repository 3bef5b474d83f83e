#include "pseudonymise/names.h"

#include <endian.h>
#include <string.h>

enum { NUMBER_BYTES = 8 };

static Result open_lock(const Keyring *keyring, const char *use, const char *space, EVP_CIPHER_CTX **cipher,
                        Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(keyring_subjects_key(keyring, use, space, &key, error));
    return keyed_block_create(secret_bytes(key), KEYED_LOCK, cipher, error);
}

Result names_open(const Keyring *keyring, const char *space, Names *names, Error *error)
{
    if (keyring_hub_count(keyring) == 0)
        return RESULT_OK;
    TRY(open_lock(keyring, "subject", space, &names->subject, error));
    return open_lock(keyring, "record", space, &names->record, error);
}

void names_close(Names *names)
{
    keyed_block_close(&names->subject);
    keyed_block_close(&names->record);
}

static Result lock_all(Names *names, EVP_CIPHER_CTX *cipher, uint8_t *blocks, size_t count, Error *error)
{
    if (cipher == NULL || count == 0)
        return RESULT_OK;
    names->locked += (int64_t)count;
    return keyed_blocks_apply(cipher, blocks, count, error);
}

Result names_lock_subjects(Names *names, uint8_t *digests, size_t count, Error *error)
{
    return lock_all(names, names->subject, digests, count, error);
}

/* A parcel brings no more than those bytes: of what is behind them nothing may depend. */
Result names_lock_records(Names *names, uint8_t *blocks, size_t count, Error *error)
{
    for (size_t i = 0; i < count; i++)
        memset(blocks + i * KEYED_BLOCK_BYTES + NUMBER_BYTES, 0, KEYED_BLOCK_BYTES - NUMBER_BYTES);
    return lock_all(names, names->record, blocks, count, error);
}

int64_t names_number(const uint8_t *block)
{
    uint64_t value;

    memcpy(&value, block, sizeof value);
    return (int64_t)be64toh(value);
}
