#pragma once
/* Which column a name in a file means: by the spec's name, its aliases, or normalised. Private to ingest. */
#include "ingest/reader.h"

typedef struct Names {
    const ReaderFormat *format;
    size_t next;                        /* the column to try first: files keep their order */
    size_t renamed;                     /* columns found under another name than the spec's */
    bool is_renamed[READER_FIELDS_MAX]; /* of a column */
} Names;

/* Index of the column meant, or -1. */
int names_find(Names *names, Text name);
