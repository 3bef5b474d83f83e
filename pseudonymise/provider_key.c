/*
 * The regional key on its way to a provider: a sealed file (seal_format.h) of two lines, of which the first
 * is the root and the second its last day, CCYY-MM-DD, or nothing.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/secret.h"
#include "pseudonymise/key_until.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/provider_pem.h"
#include "pseudonymise/seal_format.h"

enum { ROOT_LINE = 1, UNTIL_LINE = 2 };

static const char sealed_of[] = "regional key for a provider";

_Static_assert(sizeof(((ProviderKey *)NULL)->bytes) == KEY_BYTES, "a provider's key is a public key");

Result keyring_provider_key(const char *public_pem, ProviderKey *key, Error *error)
{
    TRY(provider_pem_public(public_pem, key->bytes, error));
    Hash hash = hash_of(key->bytes, sizeof key->bytes);
    (void)hash_format(&hash, key->fingerprint);
    return RESULT_OK;
}

static Text until_text(const Keyring *keyring, char day[DATE_TEXT_BYTES])
{
    Date until = keyring_regional_until(keyring);
    return until == DATE_NONE ? TEXT("") : text_from(date_format(until, day));
}

Result keyring_seal_for(const Keyring *keyring, const ProviderKey *key, const char *path, Error *error)
{
    SCOPED(seal_abandon) Seal *seal = NULL;
    char day[DATE_TEXT_BYTES];
    Date until = keyring_regional_until(keyring);

    if (until != DATE_NONE && date_today() > until)
        return fail(error, ERROR_CONFIG, "keyring: the regional key is past its last day");
    TRY(seal_create_for(key->bytes, path, sealed_of, &seal, error));
    const Text root = {.data = (const char *)keyring_regional_root(keyring), .length = KEY_BYTES};
    TRY(seal_line(seal, ROOT_LINE, root, error));
    TRY(seal_line(seal, UNTIL_LINE, until_text(keyring, day), error));
    return seal_finish(&seal, error);
}

/* ---- the provider's side ---- */

typedef struct Unsealed {
    Secret *root;
    Date until;
} Unsealed;

static void unsealed_close(Unsealed *unsealed)
{
    secret_close(&unsealed->root);
}

static Result no_key(const char *path, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: holds no regional key", path);
}

static Result take_line(const char *path, uint64_t number, Text line, Unsealed *unsealed, Error *error)
{
    bool is_root = number == ROOT_LINE && line.length == KEY_BYTES && unsealed->root == NULL;
    bool is_until = number == UNTIL_LINE && (line.length == 0 || date_parse(line, &unsealed->until));

    if (!is_root)
        return is_until ? RESULT_OK : no_key(path, error);
    TRY(secret_create(KEY_BYTES, &unsealed->root, error));
    memcpy(secret_bytes(unsealed->root), line.data, KEY_BYTES);
    return RESULT_OK;
}

static Result read_sealed(const char *path, const char *private_pem, Unsealed *unsealed, Error *error)
{
    const SealOpener opener = {.of = sealed_of, .private_pem_path = private_pem};
    SCOPED(seal_reader_close) SealReader *reader = NULL;
    bool at_end = false;

    TRY(seal_open(&opener, path, &reader, error));
    for (;;) {
        uint64_t number;
        Text line;
        TRY(seal_next(reader, &number, &line, &at_end, error));
        if (at_end)
            return unsealed->root != NULL ? RESULT_OK : no_key(path, error);
        TRY(take_line(path, number, line, unsealed, error));
    }
}

static Result fill(const char *path, const Unsealed *unsealed, Error *error)
{
    SCOPED(key_folder_close) KeyFolder folder = KEY_FOLDER_NONE;

    TRY(key_folder_open(path, &folder, error));
    if (unsealed->until != DATE_NONE)
        TRY(key_until_write(&folder, KEY_FILE_REGIONAL, unsealed->until, error));
    return key_file_write(&folder, KEY_FILE_REGIONAL, secret_bytes(unsealed->root), error);
}

Result keyring_unseal(const char *path, const char *private_pem, const char *folder, Error *error)
{
    SCOPED(unsealed_close) Unsealed unsealed = {.until = DATE_NONE};

    TRY(read_sealed(path, private_pem, &unsealed, error));
    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST ? fail(error, ERROR_CONFIG,
                                      "%s: there is something already, a key is never "
                                      "written over",
                                      folder)
                               : fail_errno(error, "%s: folder for the key cannot be made", folder);
    TRY(fill(folder, &unsealed, error));
    return key_file_sync_parent(folder, error);
}
