#pragma once
/*
 * Private to base/input*.c: one step on the way from a file as delivered to its content. A step reads what
 * the one below it gives, each within the limits; at its end all of what is below has been read.
 */
#include "base/input.h"
#include "base/input_file.h"

enum {
    INPUT_BLOCK_BYTES = 256 * 1024,
    INPUT_PEEK_BYTES = 512, /* what a format is told by: the header of a tar file */
};

typedef struct InputLayer InputLayer;

typedef struct InputKind {
    const char *name; /* for messages */
    bool is_archive;
    bool is_unpacking; /* gives more than it takes */
    bool is_wrapping;  /* text around another format: no level of its own */
    Result (*open)(InputLayer *layer, Error *error);
    /* *length, 0 before the call, stays so at the end alone. */
    Result (*read)(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error);
    void (*close)(InputLayer *layer);
} InputKind;

struct InputLayer {
    const InputKind *kind;
    void *decoder; /* the kind's own */
    InputFile *file;
    const InputLimits *limits;
    InputLayer *bottom, *below; /* below NULL: reads the file; bottom may be itself */
    unsigned char *block;       /* [at, length) has come from below and is not used up */
    size_t length, at;
    bool at_end;    /* nothing more comes from below */
    uint64_t given; /* bytes so far */
    /* Of messages: what comes out could have been changed unnoticed; a signature over it is checked, and
     * whose. */
    bool is_malleable, checks_signature, checks_signer;
};

extern const InputKind INPUT_PLAIN, INPUT_ZSTD, INPUT_GZIP, INPUT_ZIP, INPUT_TAR;
extern const InputKind INPUT_ARMOUR, INPUT_OPENPGP, INPUT_CMS, INPUT_CMS_SIGNED;
/* Is this what the format begins with? */
bool input_is_armour(const unsigned char *bytes, size_t length);
bool input_is_openpgp(const unsigned char *bytes, size_t length);
bool input_is_cms(const unsigned char *bytes, size_t length, bool *is_signed);

/* Over below, or the file. Its kind is not known yet. */
InputLayer *input_layer_create(InputFile *file, const InputLimits *limits, InputLayer *below);
/* A first look at what is below: up to INPUT_PEEK_BYTES in the block. */
Result input_layer_peek(InputLayer *layer, Error *error) CHECKED;
/* A longer one, of at most INPUT_BLOCK_BYTES; fewer are in the block only when there are no more. */
Result input_layer_peek_to(InputLayer *layer, size_t bytes, Error *error) CHECKED;
Result input_layer_open(InputLayer *layer, const InputKind *kind, Error *error) CHECKED;
/* The keys to use, or ERROR_CONFIG: there are none. */
Result input_layer_keys(const InputLayer *layer, const InputKeys **keys, Error *error) CHECKED;
/* Within the limits: ERROR_LIMIT when they are passed. *length 0 at the end. */
Result input_layer_read(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
    CHECKED;
/* Counts bytes that are unpacked but passed over. */
Result input_layer_count(InputLayer *layer, size_t length, Error *error) CHECKED;
/* ERROR_LIMIT when too long has been worked on the file. */
Result input_layer_check_time(const InputLayer *layer, Error *error) CHECKED;
/* When the block is used up, the next one, or at_end. */
Result input_layer_fill(InputLayer *layer, Error *error) CHECKED;
/* With all below it. Wipes what was read; accepts NULL. */
void input_layer_close(InputLayer **layer);

/* Reads a whole archive but for its files' content: exactly one must be a file, the others folders. */
Result input_archive_check(InputLayer *layer, Error *error) CHECKED;
