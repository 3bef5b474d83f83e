#pragma once
/* What tests of pseudonymise need around them: a folder of their own, and in it a keyring whose keys are
 * known. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "pseudonymise/keyed.h"
#include "pseudonymise/pseudonymise.h"
#include "tests/support/temporary.h"

enum { FIXTURE_PATH_BYTES = TEMPORARY_PATH_BYTES + 128, FIXTURE_HEX_BYTES = 512 };

/* Each test runs in a process of its own, so one folder a process is one a test. Not named by its number,
 * which may come again. */
static inline const char *fixture_path(const char *name, char out[FIXTURE_PATH_BYTES])
{
    static char folder[TEMPORARY_PATH_BYTES];

    if (folder[0] == '\0' && mkdtemp(temporary_path("test-pseudonymise-XXXXXX", folder)) == NULL)
        cr_assert_fail("%s: %s", folder, strerror(errno));
    cr_assert_lt(snprintf(out, FIXTURE_PATH_BYTES, "%s/%s", folder, name), (int)FIXTURE_PATH_BYTES);
    return out;
}

static inline int fixture_remove(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void fixture_clear(void)
{
    char path[FIXTURE_PATH_BYTES];

    (void)fixture_path("", path);
    (void)nftw(path, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_write(const char *name, const void *bytes, size_t length)
{
    char path[FIXTURE_PATH_BYTES];
    int file = open(fixture_path(name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    cr_assert(file >= 0, "%s: %s", path, strerror(errno));
    cr_assert_eq(write(file, bytes, length), (ssize_t)length);
    cr_assert_eq(close(file), 0);
}

static inline size_t fixture_read(const char *name, void *bytes, size_t capacity)
{
    char path[FIXTURE_PATH_BYTES];
    int file = open(fixture_path(name, path), O_RDONLY | O_CLOEXEC);

    cr_assert(file >= 0, "%s: %s", path, strerror(errno));
    ssize_t length = read(file, bytes, capacity);
    cr_assert(length >= 0);
    (void)close(file);
    return (size_t)length;
}

static inline size_t fixture_unhex(const char *hex, uint8_t *out, size_t capacity)
{
    size_t length = strlen(hex) / 2;

    cr_assert(length <= capacity);
    for (size_t i = 0; i < length; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        char *end;
        out[i] = (uint8_t)strtoul(pair, &end, 16);
        cr_assert_eq(*end, '\0');
    }
    return length;
}

static inline const char *fixture_hex(const uint8_t *bytes, size_t length, char out[FIXTURE_HEX_BYTES])
{
    cr_assert(2 * length < FIXTURE_HEX_BYTES);
    out[0] = '\0';
    for (size_t i = 0; i < length; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return out;
}

/* A key file of the bytes first, first + 1, ... */
static inline void fixture_counting_key(const char *name, int first)
{
    uint8_t key[KEY_BYTES];

    for (int i = 0; i < KEY_BYTES; i++)
        key[i] = (uint8_t)(first + i);
    fixture_write(name, key, sizeof key);
}

/* RFC 7748, section 6.1: Bob's keys. */
#define FIXTURE_QUARANTINE_PRIVATE "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
#define FIXTURE_QUARANTINE_PUBLIC  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"

/* Regional root 01..20, hub roots 21..40 and 41..60, the subjects' 61..80; made by hand, as a backup would be
 * put back. */
static inline const char *fixture_keyring_folder(char path[FIXTURE_PATH_BYTES])
{
    uint8_t public_key[KEY_BYTES];

    cr_assert_eq(mkdir(fixture_path("keyring", path), 0700), 0);
    fixture_counting_key("keyring/regional.key", 1);
    fixture_counting_key("keyring/subjects.key", 97);
    fixture_counting_key("keyring/hub-1.key", 33);
    fixture_counting_key("keyring/hub-2.key", 65);
    (void)fixture_unhex(FIXTURE_QUARANTINE_PUBLIC, public_key, sizeof public_key);
    fixture_write("keyring/quarantine.public", public_key, sizeof public_key);
    return path;
}

static inline Keyring *fixture_open(const char *path)
{
    Keyring *keyring = NULL;
    Error error = {0};

    cr_assert(keyring_open(path, &keyring, &error).ok, "%s", error.message);
    return keyring;
}

static inline Keyring *fixture_keyring(void)
{
    char path[FIXTURE_PATH_BYTES];
    return fixture_open(fixture_keyring_folder(path));
}

/* From here on no file of this process may grow past so many bytes: writes fail as on a full disk. */
static inline void fixture_limit_files(rlim_t bytes)
{
    const struct rlimit limit = {bytes, bytes};

    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
