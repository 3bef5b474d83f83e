#pragma once
/* A code list: CSV with the columns code and meaning. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"

enum { CODES_MAX = 1 << 20, CODES_BYTES_MAX = 64 << 20 };

typedef struct Code {
    Text code, meaning;
} Code;

typedef struct CodeList {
    Text name;
    Code *codes; /* in the file's order */
    size_t count;
    uint32_t *slots; /* open addressing: index + 1 of codes, 0 empty */
    uint32_t slot_mask;
} CodeList;

/* The list lives in the arena. Errors: ERROR_CONFIG for what is wrong with the list, with file and line. */
Result codes_open(const char *path, Text name, Arena *arena, CodeList *list, Error *error) CHECKED;
bool codes_contain(const CodeList *list, Text code);
/* Adds name, codes and meanings: a spec's hash covers its lists. */
void codes_hash(const CodeList *list, HashStream *stream);
