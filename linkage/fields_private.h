#pragma once
/* Between fields.c and fields_avx2.c. */
#include "linkage/fields.h"

enum {
    FIELDS_GROUP = 8,      /* fields that are compared side by side */
    FIELDS_SLIM_WORDS = 2, /* of a filter of at most 128 bits */
    FIELDS_RAREST = 3,     /* a class */
    FIELDS_UNKNOWN = 4,    /* behind all classes: whoever knows one says it */
};

struct FieldsRows {
    const LinkageSet *set;
    size_t words;         /* a filter */
    size_t groups, slots; /* slots: FIELDS_GROUP a group; those behind the last field stay absent */
    float *bits;          /* of each slot: its filter's */
    int32_t *partly;      /* of each slot: all ones unless its field agrees or not, nothing between */
    uint8_t slot_of[SET_FIELDS_MAX + 4];
    size_t capacity;   /* records */
    uint64_t *filters; /* of record after record, in it of slot after slot, in slot_of's order */
    float *ones;       /* of each filter, in the fields' order; -1: absent */
    int32_t *classes;  /* of each value, in the fields' order */
};

/* Likeness from which a level is reached. */
extern const float fields_level_from[LEVEL_EQUAL];

#ifdef __x86_64__
/* Of filters of FIELDS_SLIM_WORDS. */
void fields_compare_avx2(const FieldsRows *rows, const FieldsPair *pairs, size_t count, uint64_t *levels);
#endif
