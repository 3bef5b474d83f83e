/* Combinations are numbers to linkage; what they stand for is the table of rules of the module that makes
 * tokens. */
#include <criterion/criterion.h>

#include "linkage/combination.h"
#include "pseudonymise/encoding_block.h"

/* As the database's encodings have them, hardened. */
static const EncodingKind kinds[] = {ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE,
                                     ENCODING_SEX,        ENCODING_POSTCODE,    ENCODING_ADDRESS};

static bool has_part(unsigned combination, EncodingKind kind, EncodingPart part)
{
    BlockRule rules[ENCODING_BLOCKS_MAX];
    size_t count = block_rules(kinds, sizeof kinds / sizeof *kinds, true, rules);

    for (size_t r = 0; r < count; r++) {
        for (size_t p = 0; p < BLOCK_PARTS_MAX && (combination_rules(combination) >> r & 1) != 0; p++) {
            if (rules[r].parts[p].part == part && kinds[rules[r].parts[p].field] == kind)
                return true;
        }
    }
    return false;
}

Test(combination, each_holds_both_names_sounds_the_birth_date_and_a_place)
{
    static const struct {
        EncodingKind kind;
        EncodingPart part;
    } places[COMBINATION_COUNT] = {{ENCODING_POSTCODE, ENCODING_PART_WHOLE},
                                   {ENCODING_ADDRESS, ENCODING_PART_START},
                                   {ENCODING_POSTCODE, ENCODING_PART_OUTWARD}};

    for (unsigned i = 1; i <= COMBINATION_COUNT; i++) {
        cr_expect_eq(__builtin_popcountll(combination_rules(i)), 2);
        cr_expect(has_part(i, ENCODING_GIVEN_NAME, ENCODING_PART_SOUND), "%u", i);
        cr_expect(has_part(i, ENCODING_FAMILY_NAME, ENCODING_PART_SOUND), "%u", i);
        cr_expect(has_part(i, ENCODING_BIRTH_DATE, ENCODING_PART_WHOLE), "%u", i);
        cr_expect(has_part(i, places[i - 1].kind, places[i - 1].part), "%u", i);
    }
}
