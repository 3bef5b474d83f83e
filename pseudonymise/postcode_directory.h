#pragma once
/* Private to pseudonymise: the small areas of a postcode. */
#include "pseudonymise/pseudonymise.h"

enum { LSOA_BYTES = 10 };

/* That postcode, in normal form, will be looked for soon: asks for its place in memory. */
void postcode_directory_expect(const PostcodeDirectory *directory, Text postcode);
/* postcode: normal form. false, and empty codes, when the directory does not hold it. */
bool postcode_directory_find(const PostcodeDirectory *directory, Text postcode, char lsoa_2011[LSOA_BYTES],
                             char lsoa_2021[LSOA_BYTES]);
