#pragma once
/*
 * Private to pseudonymise: raw 32-byte key files in a folder that nobody else can enter. Written whole or not
 * at all; a file that another account could have read or replaced is refused.
 */
#include <fcntl.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"
#include "pseudonymise/keyed.h"

typedef struct KeyFolder {
    int descriptor;   /* -1: not open */
    const char *path; /* for messages: a view of what was given */
} KeyFolder;

#define KEY_FOLDER_NONE ((KeyFolder){.descriptor = -1})
/* For a key file that is named by its own path. */
#define KEY_FOLDER_ANY ((KeyFolder){.descriptor = AT_FDCWD, .path = ""})

/* Refuses a symbolic link, another owner and modes wider than 0700. To be closed also on failure. */
Result key_folder_open(const char *path, KeyFolder *folder, Error *error) CHECKED;
void key_folder_close(KeyFolder *folder);

/* key NULL: only checks owner, mode, kind and length. created NULL: not asked for. */
Result key_file_read(const KeyFolder *folder, const char *name, uint8_t *key, Date *created, Error *error)
    CHECKED;
/* The same for another file of the keyring's: opened once owner, mode, kind and length are found right. *file
 * is the caller's to close. flags: O_RDONLY or O_WRONLY. length 0: any. */
Result key_file_open(const KeyFolder *folder, const char *name, int flags, size_t length, int *file,
                     Error *error) CHECKED;
/* Overwrites the key with random bytes, synchronised, and removes its file. A file system that writes
 * elsewhere, and backups, may keep what was there. */
Result key_file_destroy(const KeyFolder *folder, const char *name, Error *error) CHECKED;
/* *exists false when there is none; every other obstacle is an error. */
Result key_file_exists(const KeyFolder *folder, const char *name, bool *exists, Error *error) CHECKED;
/* Never over an existing file: ERROR_CONFIG. */
Result key_file_write(const KeyFolder *folder, const char *name, const uint8_t key[KEY_BYTES], Error *error)
    CHECKED;
/* A file of any length at a path of its own: 0600 whatever the umask is, synchronised, whole or not at all,
 * never over another (ERROR_CONFIG). */
Result key_file_write_new(const char *path, const uint8_t *bytes, size_t length, Error *error) CHECKED;
/* The same with a new key. */
Result key_file_write_random(const char *path, Error *error) CHECKED;
/* Makes the entry of a file or folder in the folder that it lies in durable. */
Result key_file_sync_parent(const char *path, Error *error) CHECKED;
