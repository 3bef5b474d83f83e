#include "tests/attack/control.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

static size_t add_grams(const char *name, uint16_t grams[CONTROL_GRAMS], size_t count)
{
    unsigned before = 0;

    for (size_t i = 0; i <= strlen(name); i++) {
        unsigned letter = name[i] == '\0' ? 0 : 1 + ((unsigned char)name[i] & 0x1FU) % 26;
        unsigned gram = before * 27 + letter;
        bool is_there = false;
        for (size_t g = 0; g < count; g++)
            is_there = is_there || grams[g] == gram;
        if (!is_there && count < CONTROL_GRAMS)
            grams[count++] = (uint16_t)gram;
        before = letter;
    }
    return count;
}

size_t control_grams(const Person *person, size_t first, size_t second, uint16_t grams[CONTROL_GRAMS])
{
    size_t count = person->fields[first][0] != '\0' ? add_grams(person->fields[first], grams, 0) : 0;

    return person->fields[second][0] != '\0' ? add_grams(person->fields[second], grams, count) : count;
}

typedef struct Positions {
    unsigned start, step;
    bool is_made;
} Positions;

static Positions positions_of(unsigned gram, unsigned key)
{
    static Positions kept[2][GRAM_CODES];
    static const char *const keys[2] = {"a secret that the attacker does not have",
                                        "the attacker's own secret"};
    Positions *positions = &kept[key][gram];
    const uint8_t message[] = {(uint8_t)(gram >> 8), (uint8_t)gram};
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (!positions->is_made) {
        (void)HMAC(EVP_sha256(), keys[key], (int)strlen(keys[key]), message, sizeof message, digest, &length);
        positions->start = (unsigned)(digest[0] << 8 | digest[1]) % CONTROL_BITS;
        positions->step = 1 + (unsigned)(digest[2] << 8 | digest[3]) % (CONTROL_BITS - 1);
        positions->is_made = true;
    }
    return *positions;
}

void control_encode(const Person *person, size_t first, size_t second, unsigned key,
                    uint8_t filter[CONTROL_BYTES])
{
    uint16_t grams[CONTROL_GRAMS];
    size_t count = control_grams(person, first, second, grams);

    memset(filter, 0, CONTROL_BYTES);
    for (size_t i = 0; i < count; i++) {
        Positions positions = positions_of(grams[i], key);
        for (unsigned h = 0; h < CONTROL_HASHES; h++) {
            unsigned bit = (positions.start + h * positions.step) % CONTROL_BITS;
            filter[bit >> 3] |= (uint8_t)(1U << (bit & 7));
        }
    }
}
