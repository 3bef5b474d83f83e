#include "base/input.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/input_file.h"

enum { RATIO_FREE_BYTES = 16 * 1024 * 1024 };

const InputLimits INPUT_LIMITS_DEFAULT = {
    .bytes_max = UINT64_C(1) << 40,
    .ratio_max = 200,
    .window_log_max = 27,
};

struct Input {
    InputFile file;
    InputLimits limits;
    ZSTD_DCtx *decoder; /* NULL: plain */
    bool in_frame;      /* a frame has begun and not ended */
    bool ended;
    uint64_t decoded;
    bool failed;
    Error failure; /* given again on every later read */
};

typedef struct Magic {
    const char *format; /* NULL: zstd */
    unsigned char bytes[4];
    unsigned char mask_first; /* of the first byte */
    unsigned char length;
} Magic;

/* RFC 8878, sections 3.1.1 and 3.1.2 (little-endian 0xFD2FB528 and 0x184D2A50 to 5F); RFC 1952; APPNOTE 4.3;
 * xz 2.1.1.1. */
static const Magic magics[] = {
    {NULL, {0x28, 0xB5, 0x2F, 0xFD}, 0xFF, 4}, {NULL, {0x50, 0x2A, 0x4D, 0x18}, 0xF0, 4},
    {"gzip", {0x1F, 0x8B}, 0xFF, 2},           {"zip", {'P', 'K', 3, 4}, 0xFF, 4},
    {"zip", {'P', 'K', 5, 6}, 0xFF, 4},        {"xz", {0xFD, '7', 'z', 'X'}, 0xFF, 4},
};

static const Magic *find_magic(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const Magic *magic = &magics[i];
        if (length >= magic->length && (bytes[0] & magic->mask_first) == magic->bytes[0] &&
            memcmp(bytes + 1, magic->bytes + 1, magic->length - 1u) == 0)
            return magic;
    }
    return NULL;
}

static Result detect_format(Input *input, Error *error)
{
    TRY(input_file_fill(&input->file, error));
    const Magic *magic = find_magic(input->file.buffer, input->file.length);
    if (magic == NULL)
        return RESULT_OK;
    if (magic->format != NULL)
        return fail(error, ERROR_INPUT, "%s: a %s file: only plain and zstd files are read", input->file.path,
                    magic->format);

    input->decoder = ZSTD_createDCtx();
    if (input->decoder == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(input->decoder, ZSTD_d_windowLogMax,
                                                                      (int)input->limits.window_log_max)))
        return fail(error, ERROR_SYSTEM, "%s: zstd decoder cannot be set up", input->file.path);
    return RESULT_OK;
}

Result input_open(const char *path, const InputLimits *limits, Input **input, Error *error)
{
    SCOPED(input_close) Input *made = memory_alloc(sizeof *made);
    made->limits = limits == NULL ? INPUT_LIMITS_DEFAULT : *limits;
    made->file.descriptor = -1;

    TRY(input_file_open(path, &made->file, error));
    TRY(detect_format(made, error));
    *input = made;
    made = NULL;
    return RESULT_OK;
}

static Result zstd_failure(const Input *input, size_t code, Error *error)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return fail(error, ERROR_LIMIT, "%s: compressed frame asks for a window above 2^%u bytes",
                    input->file.path, input->limits.window_log_max);
    case ZSTD_error_memory_allocation:
        return fail(error, ERROR_SYSTEM, "%s: zstd decoder: memory exhausted", input->file.path);
    default:
        return fail(error, ERROR_INPUT, "%s: compressed frame is damaged (%s)", input->file.path,
                    ZSTD_getErrorName(code));
    }
}

/* Never more than one byte past the limit is decoded. */
static size_t room(const Input *input, size_t capacity)
{
    uint64_t left = input->limits.bytes_max - input->decoded;
    return left < capacity ? (size_t)left + 1 : capacity;
}

static Result check_limits(const Input *input, Error *error)
{
    uint64_t consumed = input->file.delivered - (input->file.length - input->file.at);

    if (input->decoded > input->limits.bytes_max)
        return fail(error, ERROR_LIMIT, "%s: holds more than the %llu bytes allowed", input->file.path,
                    (unsigned long long)input->limits.bytes_max);
    if (input->decoder != NULL && input->decoded > RATIO_FREE_BYTES &&
        (double)input->decoded > (double)consumed * input->limits.ratio_max)
        return fail(error, ERROR_LIMIT, "%s: grows more than %g-fold when decompressed", input->file.path,
                    input->limits.ratio_max);
    return RESULT_OK;
}

static void read_plain(Input *input, void *buffer, size_t capacity, size_t *length)
{
    InputFile *file = &input->file;
    size_t taken = file->length - file->at < capacity ? file->length - file->at : capacity;

    memcpy(buffer, file->buffer + file->at, taken);
    file->at += taken;
    *length = taken;
}

static Result read_zstd(Input *input, void *buffer, size_t capacity, size_t *length, Error *error)
{
    ZSTD_inBuffer in = {input->file.buffer, input->file.length, input->file.at};
    ZSTD_outBuffer out = {buffer, capacity, 0};

    size_t left = ZSTD_decompressStream(input->decoder, &out, &in);
    if (ZSTD_isError(left))
        return zstd_failure(input, left, error);
    input->file.at = in.pos;
    input->in_frame = left != 0;
    *length = out.pos;
    return RESULT_OK;
}

/* Bytes, or none and input->ended. */
static Result read_some(Input *input, void *buffer, size_t capacity, size_t *length, Error *error)
{
    InputFile *file = &input->file;

    while (*length == 0 && !input->ended) {
        if (file->at == file->length && !file->at_end)
            TRY(input_file_fill(file, error));
        bool drained = file->at == file->length;
        if (drained && !input->in_frame) {
            input->ended = true;
            return RESULT_OK;
        }
        if (input->decoder == NULL)
            read_plain(input, buffer, capacity, length);
        else
            TRY(read_zstd(input, buffer, capacity, length, error));
        /* All is fed, the decoder has nothing more to give, and it still wants more. */
        if (drained && *length == 0 && input->in_frame)
            return fail(error, ERROR_INPUT, "%s: compressed frame ends early", file->path);
    }
    return RESULT_OK;
}

static Result read_within_limits(Input *input, void *buffer, size_t capacity, size_t *length, Error *error)
{
    TRY(read_some(input, buffer, room(input, capacity), length, error));
    input->decoded += *length;
    return check_limits(input, error);
}

Result input_read(Input *input, void *buffer, size_t capacity, size_t *length, Error *error)
{
    assert(capacity > 0);
    *length = 0;
    if (!input->failed) {
        Result result = read_within_limits(input, buffer, capacity, length, &input->failure);
        if (result.ok)
            return RESULT_OK;
        input->failed = true;
        *length = 0;
    }
    return fail(error, input->failure.code, "%s", input->failure.message);
}

bool input_digest(const Input *input, Hash *digest)
{
    if (!input->ended || input->failed)
        return false;
    *digest = hash_value(input->file.hash);
    return true;
}

void input_close(Input **input)
{
    if (*input == NULL)
        return;
    ZSTD_freeDCtx((*input)->decoder);
    input_file_close(&(*input)->file);
    memory_free(*input);
    *input = NULL;
}

static Result add_all(Input *input, char *piece, size_t piece_bytes, TextBuilder *builder, Error *error)
{
    size_t length;

    do {
        TRY(input_read(input, piece, piece_bytes, &length, error));
        text_add(builder, (Text){.data = piece, .length = length});
    } while (length > 0);
    return RESULT_OK;
}

Result input_read_all(const char *path, size_t bytes_max, Arena *arena, Text *content, Error *error)
{
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    SCOPED(input_close) Input *input = NULL;
    SCOPED(text_builder_close) TextBuilder builder = text_builder(bytes_max);
    char piece[16 * 1024];

    limits.bytes_max = bytes_max;
    TRY(input_open(path, &limits, &input, error));
    Result added = add_all(input, piece, sizeof piece, &builder, error);
    OPENSSL_cleanse(piece, sizeof piece);
    TRY(added);
    *content = text_copy(arena, text_built(&builder));
    return RESULT_OK;
}

Result input_hash_file(const char *path, Hash *digest, uint64_t *bytes, Error *error)
{
    SCOPED(input_file_close) InputFile file = {.descriptor = -1};

    TRY(input_file_open(path, &file, error));
    while (!file.at_end)
        TRY(input_file_fill(&file, error));
    *digest = hash_value(file.hash);
    *bytes = file.delivered;
    return RESULT_OK;
}
