#pragma once
/*
 * A county by likeness for bench_link: each row of a file is somebody in a register by number; one in ten is
 * in social care as well, half of these without a number, one in three under another given name. Encodings
 * are real, hardened and sealed; the weights are given, so that both runs have the same.
 */
#include "base/db.h"
#include "linkage/linkage.h"

/* Of an empty database, as owner. */
Result likeness_prepare(Db *db, Error *error) CHECKED;

typedef struct Likeness Likeness;
/* folder: for a keyring, made anew. path: bench/rows.h */
Result likeness_open(const char *path, const char *folder, Likeness **likeness, Error *error) CHECKED;
void likeness_close(Likeness **likeness);
size_t likeness_count(const Likeness *likeness);
/* The rows from one on and before another come in a month from 1 on; the list whole. beside: a second
 * connection. */
Result likeness_add(Likeness *likeness, Db *db, Db *beside, int64_t month, size_t from, size_t to,
                    Error *error) CHECKED;
LinkageOpener likeness_opener(Likeness *likeness);
