#pragma once
/*
 * Private to pseudonymise: one share of a key ceremony as a file, in lines that can also be printed and
 * typed.
 *
 *   cinque key share 1                  format version
 *   ceremony 32 hex digits              random, the same in all shares of one ceremony
 *   share 2 of 3, any 2 restore
 *   bytes 118
 *   64 hex digits a line                the points
 *   check 64 hex digits                 SHA-256 of all lines before this one
 *
 * A share tells nothing of the keys; its checksum is of itself, so it tells nothing either.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"

enum { SHARE_CEREMONY_BYTES = 16, SHARE_POINTS_MAX = 2048 };

typedef struct Share {
    uint8_t ceremony[SHARE_CEREMONY_BYTES];
    int index;
    Secret *points;
} Share;

/* 0600 whatever the umask is, synchronised with its folder, never over another file. */
Result share_write(const char *path, const Share *share, Error *error) CHECKED;
/* ERROR_INPUT when it is damaged or no share. Its mode is not looked at: the medium it was kept on may know
 * none. */
Result share_read(const char *path, Share *share, Error *error) CHECKED;
void share_close(Share *share);
