#pragma once
/* Finds a spec's columns in a file's header: by name, in any order. Private to ingest. */
#include "ingest/names.h"
#include "ingest/spec.h"

/* Errors  ERROR_INPUT: it is damaged, with what to do where it is no text in the spec's encoding */
Result header_check(const char *path, const ReaderRecord *header, Error *error) CHECKED;
/*
 * fields[i] is where the spec's column i stands in the file. header NULL: the reader gives the fields in the
 * spec's order.
 * Errors  ERROR_INPUT: a declared column is missing or there twice, an undeclared one is there and the spec
 * does not ignore such
 */
Result header_match(const IngestSpec *spec, const char *path, const ReaderRecord *header, size_t *fields,
                    Error *error) CHECKED;
/* Which columns of a header that matches have another name than the spec's. */
Names header_names(const IngestSpec *spec, const ReaderRecord *header);
