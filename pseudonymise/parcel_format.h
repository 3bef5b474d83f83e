#pragma once
/*
 * Private to parcel*.c. A parcel is a sealed file (seal_format.h) that begins with PARCEL_START. Its frames:
 *
 *   0            the label: lines of a name, a space and a value
 *   1, 2, ...    a zstd frame of items, PARCEL_BLOCK_BYTES_MAX at most when unpacked
 *   PARCEL_LAST  64 bytes Ed25519 signature, then the summary
 *
 * and the sealed end. An item begins with its ParcelKind in one byte. A note has its length and its text. A
 * row, whose numbers are LEB128 of 64 bits, signed ones zigzag:
 *
 *   number  line
 *
 *   1       flags: ROW_HAS_SUBJECT, ROW_IS_NEW, ROW_HAS_KEY
 *
 *   number  age band + 1
 *
 *   16, 1   digest, NHS state, with a subject. Of a new one also:
 *           1 byte which of seven tokens there are, 16 bytes each; number birth year, 1 byte month, 1 byte
 * sex, two texts of small areas; 1 byte version of its encoding, 0 for none, 1 for what encoding.c makes,
 * with a text behind it
 *
 *   8       record key, with ROW_HAS_KEY, big-endian
 *
 *   1       which references there are, then 8 bytes each
 *
 *   ...     the payload: a byte that names the type (PARCEL_NULL: and that it is null), then the value
 *
 * The signature is over "cinque/parcel/v2", the sealed file's header and recipient, and the SHA-256 of
 * number, length and text of every frame in front and of the summary: so a parcel cannot be cut, spliced or
 * sealed anew for somebody else.
 */
#include "pseudonymise/draft.h"
#include "pseudonymise/key_folder.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/seal_format.h"

enum {
    PARCEL_BLOCK_BYTES = 256 << 10, /* past which a block is sent */
    PARCEL_ROW_TEXT_BYTES_MAX = 4 << 20,
    PARCEL_BLOCK_BYTES_MAX = 8 << 20,
    PARCEL_VALUES_MAX = 64,
    PARCEL_SUMMARY_BYTES_MAX = 256 << 10,
    PARCEL_LABEL_BYTES_MAX = 1024,
    PARCEL_TOKENS = 7,
    PARCEL_VERSION = 2, /* of all of this; 1 had fewer tokens */
};

#define PARCEL_LAST UINT64_MAX
#define PARCEL_OF   "parcel"

extern const uint8_t PARCEL_START[SEAL_MAGIC_BYTES + 1];

/* ---- parcel_row.c, parcel_row_read.c ---- */

void parcel_put_note(TextBuilder *out, Text note);
/* ERROR_LIMIT past PARCEL_ROW_TEXT_BYTES_MAX of text. */
Result parcel_put_row(TextBuilder *out, const TokenisedRow *row, Error *error) CHECKED;

/* What is left of a block. */
typedef struct ParcelItems {
    const uint8_t *at, *end;
    const char *path;       /* for messages */
    uint64_t block, number; /* where we are */
    const ValueType *types;
    size_t type_count, reference_count;
} ParcelItems;
/* The row's payload is in values, its texts are views into the block. Nothing in it is trusted: what no
 * provider's row can be is ERROR_INPUT. */
Result parcel_take(ParcelItems *items, ParcelKind *kind, Text *note, TokenisedRow *row,
                   Value values[PARCEL_VALUES_MAX], Error *error) CHECKED;

/* ---- parcel_label.c ---- */

Text parcel_label_write(const ParcelLabel *label, const uint8_t regional[KEYRING_NAME_BYTES],
                        char out[PARCEL_LABEL_BYTES_MAX]);
Result parcel_label_read(const char *path, Text text, ParcelLabel *label,
                         uint8_t regional[KEYRING_NAME_BYTES], Error *error) CHECKED;

/* What is signed, gathered frame by frame. */
typedef struct ParcelTranscript {
    HashStream *hash;
} ParcelTranscript;
void parcel_transcript_add(ParcelTranscript *transcript, uint64_t number, Text text);
enum { PARCEL_SIGNED_BYTES = 16 + SEAL_BOUND_BYTES + HASH_BYTES };
Text parcel_transcript_end(const ParcelTranscript *transcript, const uint8_t bound[SEAL_BOUND_BYTES],
                           uint8_t out[PARCEL_SIGNED_BYTES]);
void parcel_transcript_close(ParcelTranscript *transcript);
