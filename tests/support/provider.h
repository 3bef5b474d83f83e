#pragma once
/* A provider's keys for parcels, and the hub's that go with them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "pseudonymise/pseudonymise.h"

enum { PROVIDER_PATH_BYTES = 512 };

typedef struct ProviderKeys {
    char hub[PROVIDER_PATH_BYTES];      /* parcel keys of the hub */
    char folder[PROVIDER_PATH_BYTES];   /* of the provider: regional.key, parcel.public, signing.pem */
    char sign_key[PROVIDER_PATH_BYTES]; /* folder/signing.pem */
} ProviderKeys;

static inline const char *provider_path(const char *folder, const char *name, char out[PROVIDER_PATH_BYTES])
{
    int length = snprintf(out, PROVIDER_PATH_BYTES, "%s/%s", folder, name);

    cr_assert(length > 0 && length < PROVIDER_PATH_BYTES);
    return out;
}

static inline void provider_copy(const char *from_folder, const char *to_folder, const char *name)
{
    char from[PROVIDER_PATH_BYTES], to[PROVIDER_PATH_BYTES];
    unsigned char key[33];
    int source = open(provider_path(from_folder, name, from), O_RDONLY | O_CLOEXEC);
    int target = open(provider_path(to_folder, name, to), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    cr_assert(source >= 0 && target >= 0, "%s", name);
    cr_assert_eq(read(source, key, sizeof key), 32);
    cr_assert_eq(write(target, key, 32), 32);
    cr_assert(close(source) == 0 && close(target) == 0);
}

/* The private half to sign_key, the public one to the hub as SENDER.pem. */
static inline void provider_sign_as(const ProviderKeys *keys, const char *sender)
{
    char name[128], path[PROVIDER_PATH_BYTES];
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    int descriptor = open(keys->sign_key, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *own = fdopen(descriptor, "w");

    (void)snprintf(name, sizeof name, "%s.pem", sender);
    FILE *theirs = fopen(provider_path(keys->hub, name, path), "we");
    cr_assert(pair != NULL && own != NULL && theirs != NULL);
    cr_assert_eq(PEM_write_PrivateKey(own, pair, NULL, NULL, 0, NULL, NULL), 1);
    cr_assert_eq(PEM_write_PUBKEY(theirs, pair), 1);
    cr_assert(fclose(own) == 0 && fclose(theirs) == 0);
    EVP_PKEY_free(pair);
}

/* Below place, for whom has the keyring's regional key. */
static inline ProviderKeys provider_keys(const char *keyring_folder, const char *place, const char *sender)
{
    ProviderKeys keys;
    Error error = {0};

    provider_path(place, "parcels", keys.hub);
    provider_path(place, "provider", keys.folder);
    provider_path(keys.folder, "signing.pem", keys.sign_key);
    cr_assert_eq(mkdir(keys.folder, 0700), 0);
    cr_assert(parcel_keys_create(keys.hub, &error).ok, "%s", error.message);
    provider_copy(keyring_folder, keys.folder, "regional.key");
    provider_copy(keys.hub, keys.folder, "parcel.public");
    provider_sign_as(&keys, sender);
    return keys;
}
