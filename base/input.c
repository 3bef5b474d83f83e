#include "base/input.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/arena.h"
#include "base/input_layer.h"
#include "base/secret.h"

const InputLimits INPUT_LIMITS_DEFAULT = {
    .bytes_max = UINT64_C(1) << 40,
    .ratio_max = 200,
    .window_log_max = 27,
    .nesting_max = 2,
    .seconds_max = 6 * 3600,
};

static InputKeys keys_of_process;

void input_use_keys(const InputKeys *keys)
{
    keys_of_process = keys != NULL ? *keys : (InputKeys){0};
}

struct Input {
    InputFile file;
    InputLimits limits;
    InputKeys keys;
    InputLayer *top;
    bool ended;
    bool failed;
    Error failure; /* given again on every later read */
};

/* ---- formats ---- */

typedef struct Magic {
    const InputKind *kind; /* NULL: refused by name */
    const char *name;
    const char *bytes;
    unsigned char length;
    unsigned char mask_first; /* of the first byte */
} Magic;

/* RFC 8878, sections 3.1.1 and 3.1.2 (little-endian 0xFD2FB528 and 0x184D2A50 to 5F); RFC 1952; APPNOTE 4.3;
 * xz 2.1.1.1; 7zFormat.txt; rar 5.0, signature; ISO 32000-1, 7.5.2; [MS-CFB] 2.2. */
static const Magic magics[] = {
    {&INPUT_ZSTD, "zstd", "\x28\xB5\x2F\xFD", 4, 0xFF},
    {&INPUT_ZSTD, "zstd", "\x50\x2A\x4D\x18", 4, 0xF0},
    {&INPUT_GZIP, "gzip", "\x1F\x8B", 2, 0xFF},
    {&INPUT_ZIP, "zip", "PK\3\4", 4, 0xFF},
    {&INPUT_ZIP, "zip", "PK\5\6", 4, 0xFF},
    {NULL, "xz",
     "\xFD"
     "7zXZ",
     5, 0xFF},
    {NULL, "7z", "7z\xBC\xAF\x27\x1C", 6, 0xFF},
    {NULL, "rar", "Rar!\x1A\x07", 6, 0xFF},
    {NULL, "PDF", "%PDF-", 5, 0xFF},
    {NULL, "Microsoft Office", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8, 0xFF},
};

/* Its level of compression stands between the two. */
static bool is_bzip2(const unsigned char *bytes, size_t length)
{
    enum { BLOCK_AT = 4 };

    return length >= BLOCK_AT + 6 && memcmp(bytes, "BZh", 3) == 0 &&
           memcmp(bytes + BLOCK_AT, "1AY&SY", 6) == 0;
}

/* POSIX ustar: its magic, and the sum of the header's bytes, its own eight taken as blanks. */
static bool is_tar(const unsigned char *bytes, size_t length)
{
    enum { SUM_AT = 148, SUM_BYTES = 8, MAGIC_AT = 257 };
    unsigned sum = 0, stated = 0;

    if (length < INPUT_PEEK_BYTES || memcmp(bytes + MAGIC_AT, "ustar", 5) != 0)
        return false;
    for (size_t i = 0; i < INPUT_PEEK_BYTES; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : bytes[i];
    for (size_t i = SUM_AT; i < SUM_AT + SUM_BYTES && bytes[i] != '\0'; i++)
        if (bytes[i] >= '0' && bytes[i] <= '7')
            stated = stated * 8 + (bytes[i] - '0');
    return sum == stated;
}

static const Magic *find_magic(const unsigned char *bytes, size_t length)
{
    static const Magic tar = {&INPUT_TAR, "tar", "", 0, 0}, bzip2 = {NULL, "bzip2", "", 0, 0};
    static const Magic openpgp = {&INPUT_OPENPGP, "OpenPGP", "", 0, 0};
    static const Magic cms[] = {{&INPUT_CMS, "CMS", "", 0, 0}, {&INPUT_CMS_SIGNED, "CMS", "", 0, 0}};
    static const Magic armour = {&INPUT_ARMOUR, "armoured", "", 0, 0};
    bool is_signed;

    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const Magic *magic = &magics[i];
        if (length >= magic->length && (bytes[0] & magic->mask_first) == (unsigned char)magic->bytes[0] &&
            memcmp(bytes + 1, magic->bytes + 1, magic->length - 1u) == 0)
            return magic;
    }
    if (is_bzip2(bytes, length))
        return &bzip2;
    if (input_is_armour(bytes, length))
        return &armour;
    if (input_is_openpgp(bytes, length))
        return &openpgp;
    if (input_is_cms(bytes, length, &is_signed))
        return &cms[is_signed];
    return is_tar(bytes, length) ? &tar : NULL;
}

/* ---- opening ---- */

/* Text around messages, and signatures inside them, are no levels of their own; but they are not endless. */
static Result check_wrapping(const Input *input, const Magic *magic, Error *error)
{
    enum { WRAPPINGS_MAX = 2 };
    const InputLayer *below = input->top->below;
    unsigned wrappings = magic != NULL && magic->kind != NULL && magic->kind->is_wrapping;

    if (below != NULL && below->kind == &INPUT_ARMOUR &&
        (magic == NULL ||
         (magic->kind != &INPUT_OPENPGP && magic->kind != &INPUT_CMS && magic->kind != &INPUT_CMS_SIGNED)))
        return fail(error, ERROR_INPUT, "%s: armour around something that is no message", input->file.path);
    for (; below != NULL; below = below->below)
        wrappings += below->kind->is_wrapping;
    if (wrappings > WRAPPINGS_MAX)
        return fail(error, ERROR_LIMIT, "%s: wrapped more than %d times over", input->file.path,
                    WRAPPINGS_MAX);
    return RESULT_OK;
}

static Result check_nesting(const Input *input, const Magic *magic, unsigned depth, const InputKind *archive,
                            Error *error)
{
    if (magic->kind == NULL)
        return fail(error, ERROR_INPUT, "%s: a %s file: only plain, gzip, zstd, zip and tar files are read",
                    input->file.path, magic->name);
    if (magic->kind->is_archive && archive != NULL)
        return fail(error, ERROR_INPUT, "%s: a %s file inside a %s file is not read", input->file.path,
                    magic->name, archive->name);
    if (depth > input->limits.nesting_max && !magic->kind->is_wrapping)
        return fail(error, ERROR_LIMIT, "%s: packed more than %u times over", input->file.path,
                    input->limits.nesting_max);
    return RESULT_OK;
}

static Result check_archive(const Input *input, Error *error);

/* What is asked of messages can be told once all their layers are there. */
static Result check_trust(const Input *input, Error *error)
{
    bool is_malleable = false, checks_signature = false, checks_signer = false;

    for (const InputLayer *layer = input->top; layer != NULL; layer = layer->below) {
        checks_signer |= layer->checks_signer;
        checks_signature |= layer->checks_signature;
        /* what a signature inside covers cannot be changed from outside */
        is_malleable |= layer->is_malleable && !checks_signature;
    }
    if (input->keys.signer != NULL && !checks_signer)
        return fail(error, ERROR_INPUT, "%s: not signed, and its sender's signature is demanded",
                    input->file.path);
    if (is_malleable && !input->keys.is_vouched)
        return fail(error, ERROR_INPUT,
                    "%s: a CMS message that could have been changed unnoticed; ask for an auth-enveloped one "
                    "(AES-GCM), or one signed inside",
                    input->file.path);
    return RESULT_OK;
}

/* Layer upon layer, until what comes out is plain; or up to an archive, which is left unread. */
static Result build(Input *input, bool stops_at_archive, Error *error)
{
    const InputKind *archive = NULL;

    for (unsigned depth = 1;;) {
        InputLayer *layer = input->top = input_layer_create(&input->file, &input->limits, input->top);
        TRY(input_layer_peek(layer, error));
        const Magic *magic = find_magic(layer->block, layer->length);
        TRY(check_wrapping(input, magic, error));
        if (magic == NULL) {
            TRY(input_layer_open(layer, &INPUT_PLAIN, error));
            return check_trust(input, error);
        }
        TRY(check_nesting(input, magic, depth, archive, error));
        TRY(input_layer_open(layer, magic->kind, error));
        depth += !magic->kind->is_wrapping;
        if (!magic->kind->is_archive)
            continue;
        archive = magic->kind;
        if (stops_at_archive)
            return RESULT_OK;
        TRY(check_archive(input, error));
    }
}

static void use_source_keys(Input *input)
{
    const InputSource *source = input->file.source;

    if (source == NULL)
        return;
    if (source->signer != NULL)
        input->keys.signer = source->signer;
    input->keys.is_vouched |= source->is_vouched;
}

static Result open_layers(const char *path, const InputLimits *limits, bool stops_at_archive, Input **input,
                          Error *error)
{
    SCOPED(input_close) Input *made = memory_alloc(sizeof *made);
    made->limits = *limits;
    made->keys = limits->keys != NULL ? *limits->keys : keys_of_process;
    made->limits.keys = &made->keys;
    made->file.descriptor = -1;

    TRY(input_file_open(path, &made->file, error));
    use_source_keys(made);
    input_file_enter(&made->file);
    TRY(build(made, stops_at_archive, error));
    input_file_leave(&made->file);
    *input = made;
    made = NULL;
    return RESULT_OK;
}

/* How many files there are must be told before the first is taken for the one: the archive is read twice. */
static Result check_archive(const Input *input, Error *error)
{
    SCOPED(input_close) Input *again = NULL;

    TRY(open_layers(input->file.path, &input->limits, true, &again, error));
    return input_archive_check(again->top, error);
}

Result input_open(const char *path, const InputLimits *limits, Input **input, Error *error)
{
    return open_layers(path, limits == NULL ? &INPUT_LIMITS_DEFAULT : limits, false, input, error);
}

/* ---- reading ---- */

Result input_read(Input *input, void *buffer, size_t capacity, size_t *length, Error *error)
{
    assert(capacity > 0);
    *length = 0;
    if (!input->failed) {
        input_file_enter(&input->file);
        Result result = input->ended
                            ? RESULT_OK
                            : input_layer_read(input->top, buffer, capacity, length, &input->failure);
        if (result.ok && *length == 0 && !input->ended)
            result = input_file_check(&input->file, &input->failure);
        input_file_leave(&input->file);
        input->ended = result.ok && *length == 0;
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
    *digest = input_file_digest(&input->file);
    return true;
}

bool input_is_packed(const Input *input)
{
    return input->top->below != NULL;
}

bool input_is_unchecked(const Input *input)
{
    return input->file.is_unchecked;
}

void input_close(Input **input)
{
    if (*input == NULL)
        return;
    input_layer_close(&(*input)->top);
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

Result input_size_file(const char *path, uint64_t *bytes, Error *error)
{
    SCOPED(input_file_close) InputFile file = {.descriptor = -1};

    TRY(input_file_open(path, &file, error));
    *bytes = file.bytes;
    return RESULT_OK;
}

Result input_peek_file(const char *path, void *bytes, size_t capacity, size_t *length, Error *error)
{
    SCOPED(input_file_close) InputFile file = {.descriptor = -1};
    size_t part = 1;

    *length = 0;
    TRY(input_file_open(path, &file, error));
    for (; *length < capacity && part > 0; *length += part)
        TRY(input_file_read(&file, (char *)bytes + *length, capacity - *length, &part, error));
    return RESULT_OK;
}
