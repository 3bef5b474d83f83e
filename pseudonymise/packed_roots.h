#pragma once
/*
 * Private to pseudonymise: all roots of a keyring as one run of bytes, for a ceremony.
 *
 *   1       format version
 *   1       hub roots, n
 *   2 n     their versions, big-endian, ascending
 *   32      regional root
 *   32      subjects' root
 *   32 n    hub roots
 *   16      first bytes of SHA-256 of all before: split with them, so that a changed share is found
 */
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "pseudonymise/key_folder.h"

enum {
    PACKED_ROOTS_HEAD_BYTES = 2,
    PACKED_ROOTS_HASH_BYTES = 16,
    PACKED_ROOTS_HUBS_MAX = 47, /* so that a share fits a printed page */
    PACKED_ROOTS_FIRST_HUB = 2,
    PACKED_ROOTS_BYTES_MAX = PACKED_ROOTS_HEAD_BYTES + 2 * PACKED_ROOTS_HUBS_MAX +
                             KEY_BYTES * (PACKED_ROOTS_FIRST_HUB + PACKED_ROOTS_HUBS_MAX) +
                             PACKED_ROOTS_HASH_BYTES,
};

Result packed_roots_read(const char *folder, Secret **packed, Error *error) CHECKED;
/* Of our format, whole and unchanged: asked before any of the following. */
bool packed_roots_valid(Secret *packed);
size_t packed_roots_count(Secret *packed);
/* root 0: the regional one; 1: the subjects'; then the hubs'. */
uint8_t *packed_roots_at(Secret *packed, size_t root);
const char *packed_roots_file(Secret *packed, size_t root, char name[KEY_FILE_NAME_BYTES]);
