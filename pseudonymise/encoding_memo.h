#pragma once
/*
 * Private to pseudonymise: what a field's values came to under its keys, kept while the encoder lives, so
 * that a name that many have is folded and hashed once. No value is kept: it is known again by 122 bits of
 * two polynomials at points drawn at random (Carter and Wegman 1979), which two values of 1000 bytes share
 * once in 2^100. The frequent ones stay; what meets a taken place takes it over. Wiped with the encoder.
 */
#include "pseudonymise/encoding_filter.h"

enum { MEMO_PARTS_MAX = 4 };

typedef struct MemoEntry {
    uint64_t known_by[2];
    uint64_t class_at; /* how many records were observed when its class was asked for; 0: never */
    bool is_used, is_absent, has_filter;
    uint8_t made, present; /* bit of a part: asked for its code; it has one */
    uint8_t class;         /* commonness */
    uint8_t codes[MEMO_PARTS_MAX][KEYED_BLOCK_BYTES];
    uint8_t filter[FILTER_BYTES_MAX]; /* without salt */
} MemoEntry;

/* Of one field. */
typedef struct Memo Memo;
Result memo_create(Memo **memo, Error *error) CHECKED;
void memo_close(Memo **memo);

/* A field of the record at hand. */
typedef struct FieldValue {
    Text raw;
    EncodingKind kind;
    uint64_t known_by[2];
    MemoEntry *entry;
    EncodingValue value;
    bool is_filled;
} FieldValue;

/* Names the value, and asks memory for its entry: those of a record's fields lie anywhere. */
void memo_ask(const Memo *memo, EncodingKind kind, Text raw, FieldValue *field);
/* Its entry, perhaps a new one; valid until the next record. */
void memo_take(Memo *memo, FieldValue *field);
/* In normal form, made when first asked for. */
const EncodingValue *field_value(FieldValue *field);
void field_value_wipe(FieldValue *field);
