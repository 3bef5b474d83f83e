#pragma once
/*
 * gzip (RFC 1952) as it arrives, in pieces of any size: members one behind the other. That the content is
 * whole is known at gunzip_end alone: zlib has verified the CRC and length of each member, and nothing stands
 * behind.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct Gunzip Gunzip;
typedef Result (*GunzipSink)(void *context, const void *data, size_t length, Error *error);

/* place (for messages) outlives it. bytes_max and ratio_max (past the first 16 MiB) bound what comes out. */
Result gunzip_open(const char *place, uint64_t bytes_max, double ratio_max, Gunzip **gunzip, Error *error)
    CHECKED;
/* ERROR_INPUT damaged; ERROR_LIMIT; what the sink returns. Use it no more after a failure. */
Result gunzip_add(Gunzip *gunzip, const void *data, size_t length, GunzipSink sink, void *context,
                  Error *error) CHECKED;
/* ERROR_INPUT when the content ended early. */
Result gunzip_end(const Gunzip *gunzip, Error *error) CHECKED;
void gunzip_close(Gunzip **gunzip);
