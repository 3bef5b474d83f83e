#pragma once
/* The pass over a file before its rows are made, where subjects are encoded. Private to ingest. */
#include "ingest/pass.h"

/*
 * Counts the subjects of the rows that pass, which is read again, will take: of nothing else, and each once.
 * content: SHA-256 of what was read; whatever is made of the counts is of this content alone.
 */
Result observe_run(const Pass *pass, Pseudonymiser *pseudonymiser, Hash *content, Error *error) CHECKED;
