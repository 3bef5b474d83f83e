#pragma once
/* Private to synth: who is who, kept apart from the extracts. */
#include "synth/county.h"

/* OUT/truth/truth.csv and opt_outs.csv, as at the end of the last month. */
Result truth_write(const County *county, Error *error) CHECKED;
/* OUT/reference/postcode_directory.csv */
Result truth_write_postcodes(const County *county, Error *error) CHECKED;
