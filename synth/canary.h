#pragma once
/* Private to synth: people with marked identifiers, for the test that looks for them where none may be. */
#include "synth/county.h"

/* The eldest of the first dwellings get a canary's number each; they never move, marry, leave or die. */
void canary_mark(County *county);
/* OUT/truth/canaries.csv: every marked string, by person and kind. */
Result canary_write(const County *county, Error *error) CHECKED;
