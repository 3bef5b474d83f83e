#include "ingest/snomed.h"

#include <stdint.h>
#include <string.h>

enum { DIGITS_MIN = 6, EXTENSION_DIGITS_MIN = 11, PERMUTATIONS = 8, ENDING = 3, MADE_DIGITS = 8 };

/* J. Verhoeff, Error Detecting Decimal Codes, 1969: the dihedral group of order 10, and powers of a
 * permutation. */
static const uint8_t products[10][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
    {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
    {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
};
static const uint8_t permutations[PERMUTATIONS][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
};

static bool passes_verhoeff(Text digits)
{
    uint8_t check = 0;

    for (size_t i = 0; i < digits.length; i++) {
        int digit = digits.data[digits.length - 1 - i] - '0';
        check = products[check][permutations[i % PERMUTATIONS][digit]];
    }
    return check == 0;
}

bool snomed_is_concept(Text text)
{
    if (text.length < DIGITS_MIN || text.length > SNOMED_DIGITS_MAX || text.data[0] == '0')
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    const char *partition = text.data + text.length - 3;
    bool is_core = memcmp(partition, "00", 2) == 0;
    /* an extension's identifier holds seven digits that say whose it is */
    bool is_extension = memcmp(partition, "10", 2) == 0 && text.length >= EXTENSION_DIGITS_MIN;
    return (is_core || is_extension) && passes_verhoeff(text);
}

bool snomed_text(Text begins, uint64_t number, char text[SNOMED_DIGITS_MAX], size_t *length)
{
    size_t item = begins.length + ENDING < MADE_DIGITS ? MADE_DIGITS : begins.length + ENDING;

    if (number == 0 && snomed_is_concept(begins)) {
        *length = begins.length;
        memcpy(text, begins.data, begins.length);
        return true;
    }
    *length = item + ENDING;
    if (*length > SNOMED_DIGITS_MAX)
        return false;
    memcpy(text, begins.data, begins.length);
    for (size_t i = item; i-- > begins.length; number /= 10)
        text[i] = (char)('9' - (char)(number % 10));
    memcpy(text + item, "000", ENDING);
    for (; text[*length - 1] <= '9'; text[*length - 1]++)
        if (snomed_is_concept((Text){text, *length}))
            return true;
    return false;
}
