#include "pseudonymise/encoding_text.h"

#include <string.h>

#include "base/secret.h"
#include "pseudonymise/normalise.h"
#include "pseudonymise/sounding.h"

enum { RAW_MAX = 160, DATE_DIGITS = 8, INWARD = 3, PREFIX_LETTERS = 3, LETTER_CODES = 64 };
/* Codes of one character inside a q-gram; 0 is the edge of a word. */
enum { CODE_LETTER = 1, CODE_DIGIT = 27, CODE_OTHER = 37, CODE_OTHERS = LETTER_CODES - CODE_OTHER };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Folds at most RAW_MAX bytes: a field that long is a remark, and its start is enough. */
static size_t fold(Text text, char out[ENCODING_TEXT_BYTES])
{
    char folded[RAW_MAX * NORMALISE_FOLD_GROWTH];
    Text start = text_slice(text, 0, text.length < RAW_MAX ? text.length : RAW_MAX);
    size_t length = normalise_fold(start, folded);

    if (length > ENCODING_TEXT_BYTES)
        length = ENCODING_TEXT_BYTES;
    memcpy(out, folded, length);
    secret_wipe(folded, length);
    return length;
}

static size_t without_spaces(char *text, size_t length)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] != ' ')
            text[kept++] = text[i];
    }
    secret_wipe(text + kept, length - kept);
    return kept;
}

/* CCYYMMDD of 1923-04-05, 19230405 and 05/04/1923; a date that no calendar has stays as it was typed, because
 * its other digits are worth comparing. */
static size_t date_digits(char *text, size_t length)
{
    bool day_first = length == DATE_DIGITS + 2 && text[2] == ' ' && text[5] == ' ';
    char day[2], month[2];

    length = without_spaces(text, length);
    if (!day_first)
        return length;
    memcpy(day, text, 2);
    memcpy(month, text + 2, 2);
    memmove(text, text + 4, 4);
    memcpy(text + 4, month, 2);
    memcpy(text + 6, day, 2);
    return length;
}

/* ---- q-grams ---- */

/* Decodes one character; letters of other scripts share codes, which costs likeness, never equality of
 * equals. */
static unsigned letter_code(const char *text, size_t length, size_t *at)
{
    unsigned char c = (unsigned char)text[(*at)++];
    uint32_t mixed = c;

    if (c >= 'a' && c <= 'z')
        return CODE_LETTER + (unsigned)(c - 'a');
    if (is_digit((char)c))
        return CODE_DIGIT + (unsigned)(c - '0');
    while (*at < length && ((unsigned char)text[*at] & 0xC0) == 0x80)
        mixed = mixed * 31 + (unsigned char)text[(*at)++];
    return CODE_OTHER + mixed % CODE_OTHERS;
}

static void add_gram(EncodingValue *value, unsigned gram)
{
    for (size_t i = 0; i < value->gram_count; i++) {
        if (value->grams[i] == gram)
            return;
    }
    if (value->gram_count < ENCODING_GRAMS_MAX)
        value->grams[value->gram_count++] = (uint16_t)gram;
}

/* Pairs of neighbours, each word with both its edges: the order of words does not matter. */
static void add_word_grams(EncodingValue *value)
{
    unsigned before = 0;
    size_t at = 0;

    while (at < value->length) {
        unsigned code = 0;
        if (value->text[at] == ' ')
            at++;
        else
            code = letter_code(value->text, value->length, &at);
        add_gram(value, before * LETTER_CODES + code);
        before = code;
    }
    add_gram(value, before * LETTER_CODES);
}

/* Each digit at its place, alone and with the one before: a wrong digit costs three of sixteen. */
static void add_date_grams(EncodingValue *value)
{
    enum { DIGITS = 11, PAIRS = DIGITS * DIGITS };
    unsigned before = 0;

    for (size_t i = 0; i < value->length && i < DATE_DIGITS; i++) {
        unsigned digit = is_digit(value->text[i]) ? (unsigned)(value->text[i] - '0') + 1 : 0;
        add_gram(value, (unsigned)i * PAIRS + before * DIGITS + digit);
        add_gram(value, (DATE_DIGITS + (unsigned)i) * PAIRS + digit);
        before = digit;
    }
}

static void fold_value(EncodingKind kind, Text text, EncodingValue *value)
{
    if (kind == ENCODING_SEX) {
        char sex = normalise_sex(text);
        value->text[0] = sex;
        value->length = sex == '1' || sex == '2';
        return;
    }
    value->length = fold(text, value->text);
    if (kind == ENCODING_BIRTH_DATE)
        value->length = date_digits(value->text, value->length);
    if (kind == ENCODING_POSTCODE)
        value->length = without_spaces(value->text, value->length);
}

void encoding_value_fill(EncodingKind kind, Text text, EncodingValue *value)
{
    value->gram_count = 0;
    fold_value(kind, text, value);
    if (value->length == 0)
        return;
    if (kind == ENCODING_BIRTH_DATE)
        add_date_grams(value);
    else
        add_word_grams(value);
}

/* As much as was filled: wiping all of it costs more than making it. */
void encoding_value_wipe(EncodingValue *value)
{
    secret_wipe(value->text, value->length);
    secret_wipe(value->grams, value->gram_count * sizeof value->grams[0]);
    value->length = value->gram_count = 0;
}

/* ---- parts ---- */

static Text first_words(Text text, int words)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == ' ' && --words == 0)
            return text_slice(text, 0, i);
    }
    return text;
}

static Text sound(Text text, char buffer[ENCODING_TEXT_BYTES])
{
    size_t length = sounding_of(text, buffer);

    return length > 0 ? (Text){.data = buffer, .length = length} : text;
}

static Text of_date(Text date, size_t from, size_t to)
{
    return date.length == DATE_DIGITS ? text_slice(date, from, to) : (Text){.length = 0};
}

static Text shortened(Text text, size_t length)
{
    return text_slice(text, 0, length < text.length ? length : text.length);
}

Text encoding_value_part(const EncodingValue *value, EncodingKind kind, EncodingPart part,
                         char buffer[ENCODING_TEXT_BYTES])
{
    Text text = {.data = value->text, .length = value->length};

    if (text.length == 0)
        return text;
    switch (part) {
    case ENCODING_PART_SOUND:
        return sound(kind == ENCODING_GIVEN_NAME ? first_words(text, 1) : text, buffer);
    case ENCODING_PART_PREFIX:
        return shortened(text, PREFIX_LETTERS);
    case ENCODING_PART_LETTER:
        return shortened(text, 1);
    case ENCODING_PART_YEAR:
        return of_date(text, 0, 4);
    case ENCODING_PART_MONTH_DAY:
        return of_date(text, 4, DATE_DIGITS);
    case ENCODING_PART_OUTWARD:
        return shortened(text, text.length > INWARD + 1 ? text.length - INWARD : INWARD);
    case ENCODING_PART_START:
        return first_words(text, 2);
    default:
        return text;
    }
}
