#include "pseudonymise/encoding_memo.h"

#include <string.h>

#include "base/arena.h"

enum { ENTRIES = 1 << 11, LINE = 64, WORD_BYTES = 7 };

_Static_assert(sizeof(MemoEntry) % LINE == 0, "an entry is whole lines of the caches");

static const uint64_t PRIME = (UINT64_C(1) << 61) - 1;

struct Memo {
    uint64_t points[2];
    MemoEntry *entries; /* at a multiple of a line */
    uint8_t *room;
};

Result memo_create(Memo **memo, Error *error)
{
    SCOPED(memo_close) Memo *made = memory_alloc(sizeof *made);

    made->room = memory_alloc(ENTRIES * sizeof *made->entries + LINE);
    made->entries = (MemoEntry *)(((uintptr_t)made->room + LINE - 1) / LINE * LINE);
    TRY(secret_random(made->points, sizeof made->points, error));
    made->points[0] %= PRIME;
    made->points[1] %= PRIME;
    *memo = made;
    made = NULL;
    return RESULT_OK;
}

/* An entry that was never used is on a page that was never touched: reading it costs nothing. */
void memo_close(Memo **memo)
{
    if (*memo == NULL)
        return;
    for (size_t i = 0; i < ENTRIES; i++) {
        if ((*memo)->entries[i].is_used)
            secret_wipe(&(*memo)->entries[i], sizeof(*memo)->entries[i]);
    }
    memory_free((*memo)->room);
    secret_wipe(*memo, sizeof **memo);
    memory_free(*memo);
    *memo = NULL;
}

/* ---- names of values ---- */

/* Modulo 2^61 - 1, of numbers below it; the result is below it plus two, which is as good. */
static inline uint64_t times_plus(uint64_t sum, uint64_t point, uint64_t word)
{
    unsigned __int128 product = (unsigned __int128)sum * point + word;
    uint64_t folded = ((uint64_t)product & PRIME) + (uint64_t)(product >> 61);

    return (folded & PRIME) + (folded >> 61);
}

static inline uint64_t word_at(Text text, size_t at)
{
    size_t left = text.length - at;
    uint64_t word = 0;

    memcpy(&word, text.data + at, left < WORD_BYTES ? left : WORD_BYTES);
    return word;
}

/* The length is the first word: values that differ are polynomials that differ. */
static void name_value(const Memo *memo, Text text, uint64_t known_by[2])
{
    known_by[0] = known_by[1] = text.length + 1;
    for (size_t at = 0; at < text.length; at += WORD_BYTES) {
        uint64_t word = word_at(text, at);
        known_by[0] = times_plus(known_by[0], memo->points[0], word);
        known_by[1] = times_plus(known_by[1], memo->points[1], word);
    }
    for (size_t i = 0; i < 2; i++) {
        known_by[i] = times_plus(known_by[i], memo->points[i], 0);
        known_by[i] -= known_by[i] >= PRIME ? PRIME : 0;
    }
}

static MemoEntry *entry_of(const Memo *memo, const uint64_t known_by[2])
{
    return &memo->entries[(known_by[0] ^ known_by[0] >> 32) % ENTRIES];
}

void memo_ask(const Memo *memo, EncodingKind kind, Text raw, FieldValue *field)
{
    field->raw = raw;
    field->kind = kind;
    field->is_filled = false;
    name_value(memo, raw, field->known_by);
    const MemoEntry *entry = entry_of(memo, field->known_by);
    __builtin_prefetch(entry);
    __builtin_prefetch(entry->codes[MEMO_PARTS_MAX - 1]);
}

void memo_take(Memo *memo, FieldValue *field)
{
    MemoEntry *entry = entry_of(memo, field->known_by);

    field->entry = entry;
    if (entry->is_used && entry->known_by[0] == field->known_by[0] &&
        entry->known_by[1] == field->known_by[1])
        return;
    *entry = (MemoEntry){.known_by = {field->known_by[0], field->known_by[1]}, .is_used = true};
    entry->is_absent = field_value(field)->length == 0;
}

/* ---- the value itself ---- */

const EncodingValue *field_value(FieldValue *field)
{
    if (!field->is_filled)
        encoding_value_fill(field->kind, field->raw, &field->value);
    field->is_filled = true;
    return &field->value;
}

void field_value_wipe(FieldValue *field)
{
    if (field->is_filled)
        encoding_value_wipe(&field->value);
}
