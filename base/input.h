#pragma once
/*
 * A delivered file as a stream of decoded bytes: plain, gzip, zstd, the one
 * file of a zip or tar archive, and OpenPGP and CMS messages encrypted to us
 * (told apart by their first bytes, and one inside the other up to a limit),
 * with limits on what comes out, and the SHA-256 of the bytes as delivered.
 * What is cut, damaged or followed by other bytes is an error, never an early
 * end. Nothing is ever written to disk.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/fingerprint.h"
#include "base/hash.h"

typedef struct Input Input;

/* What opens encrypted files, and what a feed demands of them. docs/decisions/encrypted-deliveries.md */
typedef struct InputKeys {
    const char *folder; /* as input_keys_create makes it */
    /* NULL: none is demanded. The fingerprint in upper-case hex of the OpenPGP key (40 digits) or of the CMS
     * certificate (SHA-256, 64 digits) that must have signed what is inside. */
    const char *signer;
    bool is_vouched; /* the file's hash was signed elsewhere: CMS without authentication is read too */
} InputKeys;

typedef struct InputLimits {
    uint64_t bytes_max;      /* decoded bytes; past it ERROR_LIMIT */
    double ratio_max;        /* decoded over delivered bytes, checked past the first 16 MiB decoded */
    unsigned window_log_max; /* zstd window, log2 bytes */
    unsigned nesting_max;    /* formats one inside the other, of which one may be an archive */
    double seconds_max;      /* spent in opening and reading, not between; past it ERROR_LIMIT */
    const InputKeys *keys;   /* NULL: those of input_use_keys */
} InputLimits;

extern const InputLimits INPUT_LIMITS_DEFAULT; /* 1 TiB, 200, 27, 2, six hours */

/* For inputs that the process opens from now on; what it points to must live as long. NULL: encrypted files
 * are refused. */
void input_use_keys(const InputKeys *keys);

/* A delivery that lies in no file of its own: where a path equal to name is opened, this is read. */
typedef struct InputSource {
    const char *name; /* also in messages */
    void *context;
    Result (*open)(void *context, void **stream, Error *error);
    /* As read(2): *length 0 at the end, and only when all has come. */
    Result (*read)(void *stream, void *buffer, size_t capacity, size_t *length, Error *error);
    void (*close)(void **stream); /* accepts a pointer to NULL */
    const char *signer;           /* demanded of this alone, as InputKeys has them */
    bool is_vouched;
} InputSource;
/* For the whole process; source must live until the next call. NULL: none. */
void input_serve(const InputSource *source);

/* limits NULL: the default. An archive is read twice: once to see that there is exactly one file in it. Only
 * regular files; a symbolic link as last component is refused. */
Result input_open(const char *path, const InputLimits *limits, Input **input, Error *error) CHECKED;
/* At most capacity decoded bytes; *length 0 at the end. */
Result input_read(Input *input, void *buffer, size_t capacity, size_t *length, Error *error) CHECKED;
/* SHA-256 of the file as delivered; true only once the end has been read. */
bool input_digest(const Input *input, Hash *digest);
/* Packed or encrypted: what comes out is not what was delivered. */
bool input_is_packed(const Input *input);
/* A zstd frame without a checksum was met: that its content is as it was made, nothing shows. */
bool input_is_unchecked(const Input *input);
void input_close(Input **input);
/* What the file as delivered begins with, decoding nothing: at most capacity bytes. */
Result input_peek_file(const char *path, void *bytes, size_t capacity, size_t *length, Error *error) CHECKED;
/* Reads a whole small file. bytes_max guards memory. Content is NUL-terminated behind its length. */
Result input_read_all(const char *path, size_t bytes_max, Arena *arena, Text *content, Error *error) CHECKED;
/* Size of a file as delivered, and nothing read of it. */
Result input_size_file(const char *path, uint64_t *bytes, Error *error) CHECKED;
/* Hash and size of a file as delivered, decoding nothing. */
Result input_hash_file(const char *path, Hash *digest, uint64_t *bytes, Error *error) CHECKED;

/* Of a file that is hashed now and read later: that it is then the same shows at the cost of a fingerprint.
 */
typedef struct InputMark {
    const char *path; /* the caller's */
    Hash digest;
    uint64_t bytes; /* as delivered */
    uint8_t key[FINGERPRINT_KEY_BYTES];
    Fingerprint fingerprint;
} InputMark;
/* As input_hash_file. */
Result input_mark_file(const char *path, InputMark *mark, Error *error) CHECKED;
/* Where this thread opens the mark's path from now on, it must be the file marked: else reading its end fails
 * with ERROR_REFUSED. input_digest then gives the mark's. mark must live until each input
 * opened under it is closed. NULL: none. */
void input_expect(const InputMark *mark);
