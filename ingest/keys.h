#pragma once
/* What records are known by, as text: a record's own key, and those of the other sources' records that it
 * refers to. Parts are joined by 0x1F. Private to ingest. */
#include "ingest/rule.h"

typedef struct Keys Keys;

Keys *keys_open(const IngestSpec *spec);
/* texts: by the spec's columns. Fills record_key and references, views that live until the next call. */
void keys_join(Keys *keys, const Text *texts, RuleRow *row);
void keys_wipe(Keys *keys);
void keys_close(Keys **keys); /* wipes */
