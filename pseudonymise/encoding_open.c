/* Opening stored encodings, where the private halves are: for linkage, which never gets a key itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/arena.h"
#include "pseudonymise/encoding_seal.h"
#include "pseudonymise/key_folder.h"

enum { PATH_BYTES = 512 };

typedef struct OpenLoad {
    int64_t load_id;
    int key_version;
    int64_t opened;
    EVP_CIPHER_CTX *cipher;
} OpenLoad;

struct EncodingOpener {
    char folder[PATH_BYTES];
    OpenLoad *loads; /* by load_id, ascending */
    size_t count, capacity;
    uint8_t plain[STORED_BYTES_MAX]; /* wiped */
};

EncodingOpener *encoding_opener_create(const char *keyring_folder)
{
    EncodingOpener *made = memory_alloc(sizeof *made);

    (void)snprintf(made->folder, PATH_BYTES, "%s", keyring_folder);
    return made;
}

void encoding_opener_close(EncodingOpener **opener)
{
    if (*opener == NULL)
        return;
    for (size_t i = 0; i < (*opener)->count; i++)
        keyed_block_close(&(*opener)->loads[i].cipher);
    memory_free((*opener)->loads);
    secret_wipe((*opener)->plain, STORED_BYTES_MAX);
    memory_free(*opener);
    *opener = NULL;
}

KeyUse encoding_opener_use(const EncodingOpener *opener)
{
    KeyUse use = {.opened = 0};

    for (size_t i = 0; i < opener->count; i++) {
        const OpenLoad *load = &opener->loads[i];
        if (load->opened > 0 && load->key_version > use.encodings_version) {
            use.opened_older += use.opened;
            use.encodings_version = load->key_version;
            use.opened = 0;
        }
        *(load->key_version == use.encodings_version ? &use.opened : &use.opened_older) += load->opened;
    }
    return use;
}

/* ---- a load's key ---- */

static Result read_pair(const char *folder, int version, EVP_PKEY **pair, uint8_t public_key[KEY_BYTES],
                        Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(secret_close) Secret *private_key = NULL;
    char name[KEY_FILE_NAME_BYTES];
    size_t length = KEY_BYTES;
    bool exists;

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_file_exists(&opened, key_folder_encodings_file(version, true, name), &exists, error));
    if (!exists)
        return fail(error, ERROR_CONFIG, "%s: no key of version %d that encodings are stored under", folder,
                    version);
    TRY(secret_create(KEY_BYTES, &private_key, error));
    TRY(key_file_read(&opened, name, secret_bytes(private_key), NULL, error));
    *pair = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret_bytes(private_key), KEY_BYTES);
    if (*pair == NULL || EVP_PKEY_get_raw_public_key(*pair, public_key, &length) != 1)
        return fail(error, ERROR_SYSTEM, "X25519: OpenSSL refused");
    return RESULT_OK;
}

static Result agree(const EncodingOpener *opener, const StoredLoad *load, Secret **key, Error *error)
{
    SCOPED(seal_pair_close) EVP_PKEY *pair = NULL;
    const uint8_t *header = (const uint8_t *)load->header.data;
    uint8_t public_key[KEY_BYTES];
    char of[ENCODING_SEAL_OF_BYTES];

    if (load->header.length != SEAL_HEADER_BYTES ||
        memcmp(header, ENCODING_SEAL_START, sizeof ENCODING_SEAL_START) != 0)
        return fail(error, ERROR_INPUT, "encodings of load %lld: no header of a known version",
                    (long long)load->load_id);
    TRY(read_pair(opener->folder, load->key_version, &pair, public_key, error));
    return seal_agree(pair, header + sizeof ENCODING_SEAL_START, header, public_key,
                      encoding_seal_of(load->load_id, of), key, error);
}

static int compare_loads(const void *a, const void *b)
{
    const OpenLoad *x = a, *y = b;

    return x->load_id < y->load_id ? -1 : x->load_id > y->load_id;
}

static OpenLoad *find_load(const EncodingOpener *opener, int64_t load_id)
{
    const OpenLoad wanted = {.load_id = load_id};

    return opener->count == 0 ? NULL
                              : bsearch(&wanted, opener->loads, opener->count, sizeof wanted, compare_loads);
}

Result encoding_opener_add(EncodingOpener *opener, const StoredLoad *load, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;
    OpenLoad made = {.load_id = load->load_id, .key_version = load->key_version};

    if (find_load(opener, load->load_id) != NULL)
        return RESULT_OK;
    TRY(agree(opener, load, &key, error));
    TRY(seal_cipher(key, KEYED_UNLOCK, &made.cipher, error));
    opener->loads = memory_room(opener->loads, opener->count, &opener->capacity, sizeof *opener->loads);
    opener->loads[opener->count++] = made;
    if (opener->count > 1 && opener->loads[opener->count - 2].load_id > load->load_id)
        qsort(opener->loads, opener->count, sizeof *opener->loads, compare_loads);
    return RESULT_OK;
}

/* ---- what is stored ---- */

/* False: not as it was sealed, in this place. */
static bool decrypt(EVP_CIPHER_CTX *cipher, const StoredPlace *place, Text sealed, uint8_t *plain)
{
    const uint8_t *nonce = (const uint8_t *)sealed.data, *text = nonce + SEAL_NONCE_BYTES;
    size_t length = sealed.length - SEAL_NONCE_BYTES - SEAL_TAG_BYTES;
    uint8_t bound[ENCODING_SEAL_PLACE_BYTES], tag[SEAL_TAG_BYTES];
    int written;

    const OSSL_PARAM with_tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, SEAL_TAG_BYTES),
        OSSL_PARAM_construct_end()};
    encoding_seal_place(place->part, place->subject_id, bound);
    memcpy(tag, text + length, SEAL_TAG_BYTES);
    return EVP_CipherInit_ex2(cipher, NULL, NULL, nonce, -1, with_tag) == 1 &&
           EVP_CipherUpdate(cipher, NULL, &written, bound, sizeof bound) == 1 &&
           EVP_CipherUpdate(cipher, plain, &written, text, (int)length) == 1 &&
           EVP_CipherFinal_ex(cipher, plain + length, &written) == 1;
}

static size_t length_of(const uint8_t *plain)
{
    return (size_t)seal_get_number(plain, ENCODING_SEAL_LENGTH_BYTES);
}

Result encoding_open(EncodingOpener *opener, const StoredPlace *place, Text sealed, char *plain,
                     size_t *length, Error *error)
{
    OpenLoad *load = find_load(opener, place->load_id);
    bool may_be_whole =
        load != NULL && sealed.length >= ENCODING_SEAL_EXTRA_BYTES && sealed.length <= STORED_BYTES_MAX;

    if (may_be_whole)
        load->opened++;
    bool is_whole = may_be_whole && decrypt(load->cipher, place, sealed, opener->plain);
    if (!is_whole || length_of(opener->plain) > sealed.length - ENCODING_SEAL_EXTRA_BYTES)
        return fail(
            error, ERROR_INPUT,
            "encodings of load %lld: one is not as the load sealed it for this subject; it was changed, or "
            "put in another's place",
            (long long)place->load_id);
    *length = length_of(opener->plain);
    memcpy(plain, opener->plain + ENCODING_SEAL_LENGTH_BYTES, *length);
    return RESULT_OK;
}
