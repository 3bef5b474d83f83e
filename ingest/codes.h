#pragma once
/*
 * A code list: CSV with the columns code and meaning, then where codes come and go valid_from and valid_to
 * (CCYY-MM-DD, each may be empty): the first and the last day on which a code could be given; then, where a
 * code says that nothing is known, class: "default" (not known, not stated) or "other" (none of the list),
 * else empty.
 */
#include "base/arena.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/text.h"

enum { CODES_MAX = 1 << 20, CODES_BYTES_MAX = 64 << 20 };

/* As VODIM has them: NHS England's split of a field into valid, other, default, invalid and missing. */
typedef enum CodeClass { CODE_VALID, CODE_OTHER, CODE_DEFAULT } CodeClass;

typedef struct Code {
    Text code, meaning;
    Date valid_from, valid_to; /* both inclusive; DATE_NONE: no such end */
    CodeClass class;
} Code;

typedef struct CodeList {
    Text name;
    Code *codes; /* in the file's order */
    size_t count;
    bool is_dated, is_classed; /* it has the columns valid_from and valid_to; class */
    uint32_t *slots;           /* open addressing: index + 1 of codes, 0 empty */
    uint32_t slot_mask;
} CodeList;

/* The list lives in the arena. Errors: ERROR_CONFIG for what is wrong with the list, with file and line. */
Result codes_open(const char *path, Text name, Arena *arena, CodeList *list, Error *error) CHECKED;
/* NULL: not in the list. */
const Code *codes_find(const CodeList *list, Text code);
/* On at least one of the days. */
bool codes_valid(const Code *code, Date first_day, Date last_day);
/* Adds name, codes, meanings, days and classes: a spec's hash covers its lists. */
void codes_hash(const CodeList *list, HashStream *stream);
