/*
 * The text around an encrypted message: RFC 9580, 6.2 (OpenPGP) and RFC 7468 (CMS), with base64 in it. The
 * checksum of the former is passed over: the message has a better one. Only blanks may follow.
 */
#include <string.h>

#include "base/arena.h"
#include "base/input_layer.h"

enum { ARMOUR_GROUP_BYTES = 3 };

typedef enum Phase {
    ARMOUR_BEGIN,    /* the rest of the first line */
    ARMOUR_HEADERS,  /* of OpenPGP, up to a blank line */
    ARMOUR_BODY,     /* base64 */
    ARMOUR_CHECKSUM, /* the rest of its line */
    ARMOUR_END,      /* the last line */
    ARMOUR_BEHIND,
} Phase;

typedef struct Style {
    const char *begin, *end;
    bool has_headers;
} Style;

static const Style styles[] = {
    {"-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----", true},
    {"-----BEGIN CMS-----", "-----END CMS-----", false},
    {"-----BEGIN PKCS7-----", "-----END PKCS7-----", false},
};

typedef struct Armour {
    const Style *style;
    Phase phase;
    bool in_line;                           /* its line has something else than blanks */
    unsigned bits;                          /* of base64, not given yet */
    unsigned digits;                        /* of the four that make three bytes */
    unsigned padding;                       /* equals signs */
    size_t ended;                           /* characters of the last line */
    unsigned char kept[ARMOUR_GROUP_BYTES]; /* given to who has no room for a group */
    size_t kept_length, kept_at;
} Armour;

static const Style *find_style(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        size_t wanted = strlen(styles[i].begin);
        if (length > wanted && memcmp(bytes, styles[i].begin, wanted) == 0 &&
            strchr(" \t\r\n", bytes[wanted]) != NULL)
            return &styles[i];
    }
    return NULL;
}

bool input_is_armour(const unsigned char *bytes, size_t length)
{
    return find_style(bytes, length) != NULL;
}

static Result open_armour(InputLayer *layer, Error *error)
{
    Armour *armour = layer->decoder = memory_alloc(sizeof *armour);

    (void)error;
    armour->style = find_style(layer->block, layer->length);
    layer->at = strlen(armour->style->begin);
    return RESULT_OK;
}

static Result damaged(const InputLayer *layer, const char *how, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: armoured message %s", layer->file->path, how);
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* -1: no digit of base64 */
static int digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Of four characters the last one or two may be padding, and nothing follows them. */
static bool take_digit(Armour *armour, unsigned char c, unsigned char *out, size_t *length)
{
    int value = c == '=' ? 0 : digit(c);
    bool is_wrong = value < 0 || (c == '=' ? armour->digits < 2 : armour->padding > 0);

    if (is_wrong)
        return false;
    armour->padding += c == '=';
    armour->bits = armour->bits << 6 | (unsigned)value;
    armour->digits = (armour->digits + 1) % 4;
    if (armour->digits != 0)
        return true;
    for (unsigned byte = 0; byte + armour->padding < 3; byte++)
        out[(*length)++] = (unsigned char)(armour->bits >> (16 - 8 * byte));
    armour->bits = 0;
    return true;
}

static void pass_line(Armour *armour, unsigned char c, Phase next)
{
    if (c == '\n')
        armour->phase = next;
}

/* False: no character may stand here. */
static bool take_body(Armour *armour, unsigned char c, unsigned char *out, size_t *length)
{
    if (is_blank(c)) {
        armour->in_line &= c != '\n';
        return true;
    }
    bool is_whole = armour->digits == 0;
    if (!armour->in_line && c == '-' && is_whole) {
        armour->phase = ARMOUR_END;
        armour->ended = 1;
        return true;
    }
    if (!armour->in_line && c == '=' && is_whole && armour->style->has_headers) {
        armour->phase = ARMOUR_CHECKSUM;
        return true;
    }
    armour->in_line = true;
    return take_digit(armour, c, out, length);
}

static bool take(Armour *armour, unsigned char c, unsigned char *out, size_t *length)
{
    switch (armour->phase) {
    case ARMOUR_BEGIN:
        pass_line(armour, c, armour->style->has_headers ? ARMOUR_HEADERS : ARMOUR_BODY);
        return is_blank(c);
    case ARMOUR_HEADERS:
        if (c == '\n' && !armour->in_line)
            armour->phase = ARMOUR_BODY;
        armour->in_line = c != '\n' && (armour->in_line || !is_blank(c));
        return true;
    case ARMOUR_BODY:
        return take_body(armour, c, out, length);
    case ARMOUR_CHECKSUM:
        pass_line(armour, c, ARMOUR_BODY);
        return is_blank(c) || digit(c) >= 0;
    case ARMOUR_END:
        if (c != (unsigned char)armour->style->end[armour->ended])
            return false;
        if (armour->style->end[++armour->ended] == '\0')
            armour->phase = ARMOUR_BEHIND;
        return true;
    case ARMOUR_BEHIND:
        break;
    }
    return is_blank(c);
}

static Result fill_groups(InputLayer *layer, unsigned char *out, size_t room, size_t *length, Error *error)
{
    Armour *armour = layer->decoder;

    while (*length == 0) {
        TRY(input_layer_fill(layer, error));
        if (layer->at == layer->length)
            return armour->phase == ARMOUR_BEHIND ? RESULT_OK : damaged(layer, "ends early", error);
        for (; layer->at < layer->length && *length + ARMOUR_GROUP_BYTES <= room; layer->at++)
            if (!take(armour, layer->block[layer->at], out, length))
                return damaged(layer, "is damaged, or something follows it", error);
    }
    return RESULT_OK;
}

static Result read_armour(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Armour *armour = layer->decoder;

    if (armour->kept_at == armour->kept_length && capacity >= ARMOUR_GROUP_BYTES)
        return fill_groups(layer, buffer, capacity, length, error);
    if (armour->kept_at == armour->kept_length) {
        armour->kept_at = armour->kept_length = 0;
        TRY(fill_groups(layer, armour->kept, sizeof armour->kept, &armour->kept_length, error));
    }
    size_t left = armour->kept_length - armour->kept_at;
    *length = left < capacity ? left : capacity;
    memcpy(buffer, armour->kept + armour->kept_at, *length);
    armour->kept_at += *length;
    return RESULT_OK;
}

static void close_armour(InputLayer *layer)
{
    memory_free(layer->decoder);
}

const InputKind INPUT_ARMOUR = {
    .name = "armoured", .is_wrapping = true, .open = open_armour, .read = read_armour, .close = close_armour};
