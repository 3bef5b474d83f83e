#pragma once
/* Private to cli: the file and the spec of `cinque link evaluate`. */
#include "base/arena.h"
#include "pseudonymise/pseudonymise.h"

enum { EVALUATE_NAME_BYTES = 128 };

/* columns: [{ name: first_name, kind: given_name }]; separator: one character, "," unless said. */
typedef struct EvaluateSpec {
    char separator;
    size_t field_count;
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    char names[ENCODING_FIELDS_MAX][EVALUATE_NAME_BYTES];
} EvaluateSpec;

Result evaluate_spec_read(const char *path, Arena *arena, EvaluateSpec *spec, Error *error) CHECKED;

typedef struct EvaluateFile EvaluateFile;

/* Reads a delimited file whole and finds the spec's columns and the truth's in its header. */
Result evaluate_file_open(const char *path, const EvaluateSpec *spec, const char *truth_column, Arena *arena,
                          EvaluateFile **file, Error *error) CHECKED;
/* fields: as the spec has them, trimmed; valid until the next call. */
Result evaluate_file_next(EvaluateFile *file, Text fields[ENCODING_FIELDS_MAX], Text *truth, bool *at_end,
                          Error *error) CHECKED;
