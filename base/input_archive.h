#pragma once
/* Private to base/input_archive*.c: an archive being read by libarchive, and the bytes it was given last. */
#include <archive.h>
#include <archive_entry.h>

#include "base/input_layer.h"

enum { ARCHIVE_KEPT_BYTES = 2 * INPUT_BLOCK_BYTES };

typedef struct Archive {
    struct archive *reader;
    struct archive_entry *entry;
    unsigned char *kept; /* the bytes of the archive from kept_from on: at least the last block's */
    size_t kept_length;
    uint64_t kept_from;
    size_t header_room; /* bytes that the entry's header may still take */
    bool in_header;
    uint64_t entries, files;    /* seen so far */
    const unsigned char *piece; /* of the file's content, libarchive's: not handed on yet */
    size_t piece_length;
    uint64_t content;       /* bytes of the entry's content seen */
    unsigned long checksum; /* CRC-32 of these */
    uint64_t file_at;       /* where the one file's entry starts */
    uint64_t file_content;  /* that of the file, once it has been read to its end */
    unsigned long file_checksum;
    bool has_content;
    bool has_length_behind; /* the entry of a zip file */
    bool is_ended;
    Error failure; /* met below libarchive */
} Archive;

/* The next block from below, kept; *length 0 at the end. */
Result archive_feed(InputLayer *layer, const unsigned char **bytes, size_t *length, Error *error) CHECKED;
/* What stands at a position, or NULL when it is kept no more, or not read yet. */
const unsigned char *archive_look(const Archive *archive, uint64_t position, size_t length);
/* ERROR_INPUT: the archive is damaged, or cut. */
Result archive_damaged(const InputLayer *layer, Error *error) CHECKED;

/* input_archive_end.c: what stands behind the last entry, from this position to the end. */
Result archive_check_zip_end(InputLayer *layer, uint64_t position, Error *error) CHECKED;
Result archive_check_tar_end(InputLayer *layer, uint64_t position, Error *error) CHECKED;
