#pragma once
/* Private to synth: what goes wrong on the way from a person to a row, at stated rates. */
#include "synth/county.h"
#include "synth/extract.h"
#include "synth/identity.h"

/* In a million rows; for GP and social care in a million patients, as their systems hold the number once. */
typedef struct DirtRates {
    int nhs_missing, nhs_of_another, nhs_misread, nhs_outdated;
    int uprn_missing, address_respelt, postcode_old, name_typo, names_swapped;
    int duplicate, late, malformed, withheld;
} DirtRates;

extern const DirtRates DIRT_RATES[SYNTH_SOURCE_COUNT];

/* Writes the NHS number as a source would hold it on a date, "" when missing; false when it is not the
 * person's. */
bool dirt_nhs_number(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream,
                     char out[IDENTITY_BYTES]);
/* Both names of the person on a date, with a typing error or swapped now and then. */
void dirt_names(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream,
                char family[IDENTITY_BYTES], char given[IDENTITY_BYTES]);
/* Where the source believes the person to live on a date: sometimes the home before. */
uint32_t dirt_dwelling(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream);
const char *dirt_uprn(const County *county, SynthSource source, uint32_t dwelling, Stream *stream,
                      char out[IDENTITY_BYTES]);
/* The address as the source spells it: in capitals, abbreviated, without its town. which: of the row, so that
 * no other draw depends on it. */
const char *dirt_address(const County *county, SynthSource source, uint32_t dwelling, uint64_t which,
                         char out[IDENTITY_BYTES]);
/* How the row is to be damaged; the share of damaged rows stays under any rejection limit. */
RowDamage dirt_damage(SynthSource source, const Extract *extract, Stream *stream);
