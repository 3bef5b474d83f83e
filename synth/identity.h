#pragma once
/* Private to synth: how a person's and a dwelling's identifiers are written; a canary's are marked. */
#include "synth/county.h"
#include "synth/numbers.h"

enum { IDENTITY_BYTES = 96 };

typedef enum IssuerKind { ISSUER_PRACTICE, ISSUER_HOSPITAL, ISSUER_COUNCIL, ISSUER_KIND_COUNT } IssuerKind;

const char *identity_family(const Person *person, const Stay *stay, char out[IDENTITY_BYTES]);
const char *identity_given(const Person *person, char out[IDENTITY_BYTES]);
const char *identity_street(const County *county, uint32_t dwelling,
                            char out[IDENTITY_BYTES]); /* 13 Oak Road; Flat 3, 12 Oak Road */
const char *identity_address(const County *county, uint32_t dwelling,
                             char out[IDENTITY_BYTES]); /* 13 Oak Road, Dover */
const char *identity_postcode(const County *county, uint32_t dwelling, char out[IDENTITY_BYTES]);
const char *identity_uprn(const County *county, uint32_t dwelling, char out[IDENTITY_BYTES]);
const char *identity_national_insurance(uint32_t person, char out[IDENTITY_BYTES]);
/* A canary's does not depend on the issuer's number. */
const char *identity_local_id(const County *county, uint32_t person, IssuerKind kind, uint32_t issuer,
                              char out[IDENTITY_BYTES]);
