/* Which rules make blocks of records, by the kinds of their fields. */
#include "pseudonymise/encoding_block.h"

enum { RULES_MAX = 40 };

typedef struct RulePart {
    EncodingKind kind;
    EncodingPart part;
} RulePart;

#define GIVEN                                                                                                \
    {                                                                                                        \
        ENCODING_GIVEN_NAME, ENCODING_PART_SOUND                                                             \
    }
#define GIVEN_START                                                                                          \
    {                                                                                                        \
        ENCODING_GIVEN_NAME, ENCODING_PART_PREFIX                                                            \
    }
#define GIVEN_LETTER                                                                                         \
    {                                                                                                        \
        ENCODING_GIVEN_NAME, ENCODING_PART_LETTER                                                            \
    }
#define FAMILY                                                                                               \
    {                                                                                                        \
        ENCODING_FAMILY_NAME, ENCODING_PART_SOUND                                                            \
    }
#define FAMILY_START                                                                                         \
    {                                                                                                        \
        ENCODING_FAMILY_NAME, ENCODING_PART_PREFIX                                                           \
    }
#define FAMILY_LETTER                                                                                        \
    {                                                                                                        \
        ENCODING_FAMILY_NAME, ENCODING_PART_LETTER                                                           \
    }
#define BORN                                                                                                 \
    {                                                                                                        \
        ENCODING_BIRTH_DATE, ENCODING_PART_WHOLE                                                             \
    }
#define YEAR                                                                                                 \
    {                                                                                                        \
        ENCODING_BIRTH_DATE, ENCODING_PART_YEAR                                                              \
    }
#define DAY                                                                                                  \
    {                                                                                                        \
        ENCODING_BIRTH_DATE, ENCODING_PART_MONTH_DAY                                                         \
    }
#define PLACE                                                                                                \
    {                                                                                                        \
        ENCODING_POSTCODE, ENCODING_PART_WHOLE                                                               \
    }
#define AREA                                                                                                 \
    {                                                                                                        \
        ENCODING_POSTCODE, ENCODING_PART_OUTWARD                                                             \
    }
#define ADDRESS                                                                                              \
    {                                                                                                        \
        ENCODING_ADDRESS, ENCODING_PART_START                                                                \
    }
#define WORDS                                                                                                \
    {                                                                                                        \
        ENCODING_TEXT, ENCODING_PART_WHOLE                                                                   \
    }

/*
 * A block that grows too large is not compared; then the narrower rules below it hold its likelier pairs.
 * Broad rules bring many strangers together. Whoever knows a few people can go from block to block by them
 * until nearly all are known (tests/attack, "structure"): hardened encodings do without.
 */
static const struct {
    RulePart parts[BLOCK_PARTS_MAX];
    bool is_broad;
} rule_table[] = {
    {{BORN, PLACE}, false},
    {{BORN, FAMILY_LETTER}, false},
    {{BORN, GIVEN_LETTER}, false},
    {{PLACE, FAMILY_LETTER}, false},
    {{PLACE, GIVEN_LETTER}, false},
    {{PLACE, YEAR}, false},
    {{ADDRESS, BORN}, false},
    {{ADDRESS, FAMILY_LETTER}, false},
    {{ADDRESS, GIVEN_LETTER}, false},
    {{GIVEN, FAMILY}, true},
    {{GIVEN, FAMILY, YEAR}, false},
    {{GIVEN_START, FAMILY_START, YEAR}, false},
    {{GIVEN, FAMILY, AREA}, false},
    {{FAMILY, DAY}, false},
    {{GIVEN, DAY}, true},
    {{FAMILY, YEAR}, true},
    {{FAMILY, AREA}, true},
    {{GIVEN, AREA}, true},
    {{WORDS, BORN}, false},
    {{WORDS, PLACE}, false},
    {{WORDS, FAMILY}, false},
    {{WORDS, GIVEN}, true},
    {{WORDS, WORDS}, true},
    {{WORDS, YEAR}, true},
    {{WORDS, ADDRESS}, false},
    {{BORN, AREA}, false},
    {{GIVEN, YEAR, AREA}, false},
    {{WORDS, GIVEN, FAMILY}, false},
    {{WORDS, FAMILY, YEAR}, false},
    {{WORDS, GIVEN, YEAR}, false},
    {{WORDS, WORDS, YEAR}, false},
    {{WORDS, WORDS, GIVEN}, false},
    {{WORDS, WORDS, FAMILY}, false},
};

typedef struct RuleList {
    BlockRule *rules;
    size_t count;
} RuleList;

/* Each way in which the fields can stand for the parts: two parts of one kind are two fields, in order. */
static void expand(const RulePart *wanted, const EncodingKind *kinds, size_t field_count, size_t at,
                   BlockRule draft, RuleList *list)
{
    if (at == BLOCK_PARTS_MAX || wanted[at].part == ENCODING_PART_NONE) {
        if (list->count < RULES_MAX)
            list->rules[list->count++] = draft;
        return;
    }
    bool same = at > 0 && wanted[at - 1].kind == wanted[at].kind;
    for (size_t i = same ? draft.parts[at - 1].field + 1U : 0; i < field_count; i++) {
        if (kinds[i] != wanted[at].kind)
            continue;
        draft.parts[at].field = (uint8_t)i;
        draft.parts[at].part = (uint8_t)wanted[at].part;
        expand(wanted, kinds, field_count, at + 1, draft, list);
    }
}

size_t block_rules(const EncodingKind *kinds, size_t field_count, bool narrow,
                   BlockRule rules[ENCODING_BLOCKS_MAX])
{
    RuleList list = {.rules = rules};

    for (size_t i = 0; i < sizeof rule_table / sizeof rule_table[0]; i++) {
        if (!narrow || !rule_table[i].is_broad)
            expand(rule_table[i].parts, kinds, field_count, 0, (BlockRule){0}, &list);
    }
    return list.count;
}
