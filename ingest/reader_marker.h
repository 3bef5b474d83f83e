#pragma once
/* Header and trailer records. Private to reader.c. */
#include "ingest/reader_scan.h"

bool marker_matches(const ReaderMarker *marker, const Scan *scan);
/* The number of rows that the record declares; false: none stands where it should. */
bool marker_count(const ReaderMarker *marker, const Scan *scan, uint64_t *rows);
