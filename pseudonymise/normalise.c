#include "pseudonymise/normalise.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "base/secret.h"
#include "pseudonymise/pseudonymise.h"

enum { NHS_DIGITS = 10, UPRN_DIGITS_MAX = 12, POSTCODE_LETTERS_MAX = 7, INWARD_LETTERS = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(text[i]))
            return false;
    }
    return true;
}

static bool is_among(char c, const char *characters)
{
    for (; *characters != '\0'; characters++)
        if (c == *characters)
            return true;
    return false;
}

/* Leaves the dropped characters out. Returns length_max + 1 when more remain, and then out is wiped. */
static inline size_t compact(Text text, const char *dropped, char *out, size_t length_max)
{
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (is_among(c, dropped))
            continue;
        if (length == length_max) {
            secret_wipe(out, length_max);
            return length_max + 1;
        }
        out[length++] = c;
    }
    out[length] = '\0';
    return length;
}

static IdentifierState refuse(char *out, size_t bytes)
{
    secret_wipe(out, bytes);
    return IDENTIFIER_INVALID;
}

/* NHS Data Dictionary, NHS NUMBER: weights 10 to 2. A number whose check is 10 was never issued: no digit
 * is 10. */
static bool passes_modulus_11(const char digits[NHS_DIGITS])
{
    int sum = 0;

    for (int i = 0; i < NHS_DIGITS - 1; i++)
        sum += (digits[i] - '0') * (NHS_DIGITS - i);
    int check = 11 - sum % 11;
    return check % 11 == digits[NHS_DIGITS - 1] - '0';
}

/* Each of the ten passes modulus 11: the weights sum to 54, which is -1 modulo 11. */
static bool all_equal(const char digits[NHS_DIGITS])
{
    return memcmp(digits, digits + 1, NHS_DIGITS - 1) == 0;
}

/* Typed where a number is asked for and none is known; each passes modulus 11. */
static bool is_placeholder(const char digits[NHS_DIGITS])
{
    return all_equal(digits) || memcmp(digits, "0123456789", NHS_DIGITS) == 0 ||
           memcmp(digits, "9876543210", NHS_DIGITS) == 0;
}

IdentifierState pseudonymise_nhs_number(Text text, char digits[11])
{
    size_t length = compact(text, " \t-", digits, NHS_DIGITS);

    if (length == 0)
        return IDENTIFIER_ABSENT;
    if (length != NHS_DIGITS || !all_digits(digits, length) || is_placeholder(digits) ||
        !passes_modulus_11(digits))
        return refuse(digits, NHS_DIGITS + 1);
    return IDENTIFIER_VALID;
}

IdentifierState pseudonymise_uprn(Text text, char digits[13])
{
    Text trimmed = text_trim(text);
    size_t zeros = 0;

    digits[0] = '\0';
    if (trimmed.length == 0)
        return IDENTIFIER_ABSENT;
    if (trimmed.length > UPRN_DIGITS_MAX || !all_digits(trimmed.data, trimmed.length))
        return IDENTIFIER_INVALID;
    while (zeros < trimmed.length && trimmed.data[zeros] == '0')
        zeros++;
    if (zeros == trimmed.length)
        return IDENTIFIER_INVALID;
    (void)compact(text_slice(trimmed, zeros, trimmed.length), "", digits, UPRN_DIGITS_MAX);
    return IDENTIFIER_VALID;
}

static bool has_shape(const char *text, size_t length, const char *shape)
{
    if (strlen(shape) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool fits = shape[i] == '9' ? is_digit(text[i]) : text[i] >= 'A' && text[i] <= 'Z';
        if (!fits)
            return false;
    }
    return true;
}

/* BS 7666 shapes. Letters that Royal Mail leaves out are let through: NHS pseudo postcodes such as ZZ99 3VZ
 * use them. */
static bool is_postcode(const char *letters, size_t length)
{
    static const char *const shapes[] = {"A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"};

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (has_shape(letters, length, shapes[i]))
            return true;
    }
    return false;
}

IdentifierState pseudonymise_postcode(Text text, char out[9])
{
    size_t length = compact(text, " \t", out, POSTCODE_LETTERS_MAX);

    if (length == 0)
        return IDENTIFIER_ABSENT;
    for (size_t i = 0; i < length && length <= POSTCODE_LETTERS_MAX; i++) {
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] - 'a' + 'A');
    }
    if (length > POSTCODE_LETTERS_MAX || !is_postcode(out, length))
        return refuse(out, POSTCODE_LETTERS_MAX + 2);
    char *inward = out + length - INWARD_LETTERS;
    memmove(inward + 1, inward, INWARD_LETTERS + 1);
    *inward = ' ';
    return IDENTIFIER_VALID;
}

char normalise_sex(Text text)
{
    /* 0 is "not known" of the older person gender code, which became X. */
    static const struct {
        const char *text;
        char code;
    } known[] = {{"1", '1'}, {"2", '2'}, {"9", '9'},    {"X", 'X'},     {"0", 'X'},
                 {"M", '1'}, {"F", '2'}, {"MALE", '1'}, {"FEMALE", '2'}};
    Text trimmed = text_trim(text);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (text_equal_ignore_case(trimmed, text_from(known[i].text)))
            return known[i].code;
    }
    return '\0';
}

typedef struct Fold {
    char *out;
    size_t length;
    bool gap; /* a space is due before the next letter */
} Fold;

static void fold_space_due(Fold *fold)
{
    if (fold->gap && fold->length > 0)
        fold->out[fold->length++] = ' ';
    fold->gap = false;
}

static void fold_ascii(Fold *fold, char c)
{
    bool upper = c >= 'A' && c <= 'Z';

    if (!upper && !is_digit(c) && !(c >= 'a' && c <= 'z')) {
        fold->gap = true;
        return;
    }
    fold_space_due(fold);
    fold->out[fold->length++] = upper ? (char)(c - 'A' + 'a') : c;
}

static void fold_code_point(Fold *fold, utf8proc_int32_t code_point)
{
    const char *category = utf8proc_category_string(code_point);

    if (category[0] != 'L' && category[0] != 'N') {
        fold->gap = true;
        return;
    }
    fold_space_due(fold);
    fold->length += (size_t)utf8proc_encode_char(code_point, (utf8proc_uint8_t *)fold->out + fold->length);
}

/* Returns how many bytes of text were used. */
static size_t fold_wide(Fold *fold, Text text)
{
    enum { PARTS_MAX = 32 };
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                      UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
    utf8proc_int32_t code_point, parts[PARTS_MAX];
    int boundary = UTF8PROC_BOUNDCLASS_START;

    utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.length, &code_point);
    if (used <= 0) {
        fold->gap = true;
        return 1;
    }
    utf8proc_ssize_t count = utf8proc_decompose_char(code_point, parts, PARTS_MAX, options, &boundary);
    if (count < 0 || count > PARTS_MAX)
        fold->gap = true;
    for (utf8proc_ssize_t i = 0; i < count && count <= PARTS_MAX; i++)
        fold_code_point(fold, parts[i]);
    secret_wipe(parts, sizeof parts);
    return (size_t)used;
}

size_t normalise_fold(Text text, char *out)
{
    Fold fold = {.out = out};
    size_t at = 0;

    while (at < text.length) {
        if ((unsigned char)text.data[at] < 0x80)
            fold_ascii(&fold, text.data[at++]);
        else
            at += fold_wide(&fold, text_slice(text, at, text.length));
    }
    return fold.length;
}
