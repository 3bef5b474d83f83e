#include "pseudonymise/normalise.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "base/secret.h"
#include "pseudonymise/pseudonymise.h"

enum { UPRN_DIGITS_MAX = 12, POSTCODE_LETTERS_MAX = 7, INWARD_LETTERS = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(const char *text, size_t length)
{
    bool all = true;

    for (size_t i = 0; i < length; i++)
        all &= is_digit(text[i]);
    return all;
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

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");

#define EVERY_BYTE   UINT64_C(0x0101010101010101)
#define EVERY_SECOND UINT64_C(0x00FF00FF00FF00FF)

/* The first eight digits of a number as a word of their values. */
static uint64_t first_eight(const char digits[NHS_DIGITS])
{
    uint64_t word;

    memcpy(&word, digits, sizeof word);
    return word ^ '0' * EVERY_BYTE;
}

static bool is_ten_digits(const char text[NHS_DIGITS])
{
    uint64_t word = first_eight(text);

    /* A byte above 9 gets its top bit by adding, or has it already. */
    return ((word | (word + 0x76 * EVERY_BYTE)) & 0x80 * EVERY_BYTE) == 0 && is_digit(text[8]) &&
           is_digit(text[9]);
}

/* NHS Data Dictionary, NHS NUMBER: weights 10 to 2. A number whose check is 10 was never issued: no digit
 * is 10. Four digits are weighted by one multiplication, whose highest 16 bits are the sum. */
static bool passes_modulus_11(const char digits[NHS_DIGITS])
{
    const uint64_t word = first_eight(digits), even = word & EVERY_SECOND, odd = word >> 8 & EVERY_SECOND;
    unsigned weighted = (unsigned)(even * UINT64_C(0x000A000800060004) >> 48) +
                        (unsigned)(odd * UINT64_C(0x0009000700050003) >> 48) +
                        2 * (unsigned)(digits[8] - '0');

    return (11 - weighted % 11) % 11 == (unsigned)(digits[NHS_DIGITS - 1] - '0');
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

/* Most are written without a space: nothing is to be left out of ten digits. */
static size_t take_digits(Text text, char digits[NHS_DIGITS + 1])
{
    if (text.length != NHS_DIGITS || !is_ten_digits(text.data))
        return compact(text, " \t-", digits, NHS_DIGITS);
    memcpy(digits, text.data, NHS_DIGITS);
    digits[NHS_DIGITS] = '\0';
    return NHS_DIGITS;
}

IdentifierState pseudonymise_nhs_number(Text text, char digits[NHS_DIGITS + 1])
{
    size_t length = take_digits(text, digits);

    if (length == 0)
        return IDENTIFIER_ABSENT;
    if (length != NHS_DIGITS || !is_ten_digits(digits) || !passes_modulus_11(digits) ||
        is_placeholder(digits))
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

/* BS 7666 shapes, each by its length and which of its places from the left are letters, the rest digits.
 * Letters that Royal Mail leaves out are let through: NHS pseudo postcodes such as ZZ99 3VZ use them. */
static bool is_postcode(size_t length, unsigned letters)
{
    static const struct {
        uint8_t length, letters;
    } shapes[] = {
        {5, 0x19}, {6, 0x31}, {6, 0x33}, /* A99AA, A999AA, AA99AA */
        {7, 0x63}, {6, 0x35}, {7, 0x6B}, /* AA999AA, A9A9AA, AA9A9AA */
    };

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (shapes[i].length == length && shapes[i].letters == letters)
            return true;
    return false;
}

/* Letters and digits without their spaces, letters in upper case. *letters: which places have one. Returns
 * how many there are, more than POSTCODE_LETTERS_MAX also where there is anything else. */
static size_t take_letters(Text text, char *out, unsigned *letters)
{
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i], upper = (char)(c & ~0x20);
        if (c == ' ' || c == '\t')
            continue;
        bool is_letter = upper >= 'A' && upper <= 'Z';
        if (length == POSTCODE_LETTERS_MAX || (!is_letter && !is_digit(c)))
            return POSTCODE_LETTERS_MAX + 1;
        *letters |= (unsigned)is_letter << length;
        out[length++] = is_letter ? upper : c;
    }
    return length;
}

IdentifierState normalise_postcode(Text text, char out[9], size_t *length)
{
    unsigned places = 0;
    size_t letters = take_letters(text, out, &places);

    *length = 0;
    if (letters == 0) {
        out[0] = '\0';
        return IDENTIFIER_ABSENT;
    }
    if (letters > POSTCODE_LETTERS_MAX || !is_postcode(letters, places))
        return refuse(out, POSTCODE_LETTERS_MAX + 2);
    char *inward = out + letters - INWARD_LETTERS;
    inward[3] = inward[2];
    inward[2] = inward[1];
    inward[1] = inward[0];
    *inward = ' ';
    *length = letters + 1;
    out[*length] = '\0';
    return IDENTIFIER_VALID;
}

IdentifierState pseudonymise_postcode(Text text, char out[9])
{
    size_t length;

    return normalise_postcode(text, out, &length);
}

/* The codes that one letter or digit gives; 0 is "not known" of the older person gender code, which became X.
 */
static char sex_of_letter(char letter)
{
    switch (letter) {
    case '1':
    case 'M':
    case 'm':
        return '1';
    case '2':
    case 'F':
    case 'f':
        return '2';
    case '9':
        return '9';
    case '0':
    case 'X':
    case 'x':
        return 'X';
    default:
        return '\0';
    }
}

char normalise_sex(Text text)
{
    Text trimmed = text_trim(text);

    if (trimmed.length == 1)
        return sex_of_letter(trimmed.data[0]);
    if (text_equal_ignore_case(trimmed, TEXT("MALE")))
        return '1';
    return text_equal_ignore_case(trimmed, TEXT("FEMALE")) ? '2' : '\0';
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
