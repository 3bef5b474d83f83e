#pragma once
/* Finds a spec's columns in a file's header: by name, in any order. Private to ingest. */
#include "ingest/spec.h"

/*
 * fields[i] is where the spec's column i stands in the file.
 * Errors  ERROR_INPUT: a declared column is missing or there twice, an undeclared one is there and the spec
 * does not ignore such
 */
Result header_match(const IngestSpec *spec, const char *path, const ReaderRecord *header, size_t *fields,
                    Error *error) CHECKED;
