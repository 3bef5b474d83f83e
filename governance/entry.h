#pragma once
/*
 * A log entry as canonical bytes, version 1: fields of tag (1 byte), length
 * (2 bytes, big-endian) and value, tags ascending, each at most once. A field
 * that is empty or 0 is left out, so that one entry has one form only.
 * Numbers are 8 bytes big-endian. Schema 020 reads some tags: they never move.
 */
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

enum { ENTRY_BYTES_MAX = 65535, ENTRY_PERMIT_BYTES = 16 };

typedef enum EntryKind { ENTRY_DECISION = 1, ENTRY_RESULT, ENTRY_NOTE } EntryKind;
typedef enum EntryDecision { ENTRY_UNDECIDED, ENTRY_GRANTED, ENTRY_REFUSED } EntryDecision;
typedef enum EntryEnd { ENTRY_OPEN, ENTRY_SUCCEEDED, ENTRY_FAILED } EntryEnd;

typedef struct Entry {
    EntryKind kind;
    int64_t time_us; /* since 1970-01-01 UTC */
    Text permit;     /* ENTRY_PERMIT_BYTES or empty */
    Text person, action;
    EntryDecision decision; /* of a decision; its rule when refused */
    Text rule;
    Text source, sender, purpose, project, object, detail;
    EntryEnd end; /* of a result, with what follows */
    int64_t rows, cells, cells_suppressed;
    Text content; /* HASH_BYTES or empty */
} Entry;

/* Texts must be UTF-8 without control characters: ERROR_INPUT names the field. */
Result entry_check_texts(const Entry *entry, Error *error) CHECKED;
/* Appends the bytes to out, whose maximum is at least ENTRY_BYTES_MAX. ERROR_LIMIT past ENTRY_BYTES_MAX. */
Result entry_encode(const Entry *entry, TextBuilder *out, Error *error) CHECKED;
/* Accepts nothing but what entry_encode makes. The entry's texts are views into bytes. */
Result entry_decode(Text bytes, Entry *entry, Error *error) CHECKED;
