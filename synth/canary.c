#include "synth/canary.h"

#include <stdio.h>

#include "synth/desk.h"
#include "synth/identity.h"

void canary_mark(County *county)
{
    for (uint32_t dwelling = 0; dwelling < (uint32_t)county->options.canaries; dwelling++) {
        uint32_t eldest = county_eldest(county, dwelling);
        if (eldest == NOBODY)
            continue;
        county->people[eldest].canary = (uint16_t)(dwelling + 1);
        county->people[eldest].nhs = numbers_next_canary_body(&county->canary_serial);
    }
}

static void write_mark(Extract *extract, uint32_t person, const char *kind, const char *identifier)
{
    extract_integer(extract, (int64_t)person + 1);
    extract_text(extract, kind);
    extract_text(extract, identifier);
    (void)extract_write_row(extract, ROW_WHOLE);
    extract_new_row(extract);
}

static void write_canary(const County *county, Extract *extract, uint32_t person)
{
    char text[IDENTITY_BYTES];
    const Person *who = &county->people[person];
    const Stay *stay = county_last_stay(county, who);

    write_mark(extract, person, "nhs_number", numbers_nhs(who->nhs, text));
    write_mark(extract, person, "uprn", identity_uprn(county, stay->dwelling, text));
    write_mark(extract, person, "family_name", identity_family(who, stay, text));
    write_mark(extract, person, "given_name", identity_given(who, text));
    write_mark(extract, person, "postcode", identity_postcode(county, stay->dwelling, text));
    write_mark(extract, person, "address", identity_street(county, stay->dwelling, text));
    write_mark(extract, person, "ni_number", identity_national_insurance(person, text));
    for (int issuer = 0; issuer < ISSUER_KIND_COUNT; issuer++)
        write_mark(extract, person, "local_id",
                   identity_local_id(county, person, (IssuerKind)issuer, 0, text));
}

Result canary_write(const County *county, Error *error)
{
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    if (county->options.canaries == 0)
        return RESULT_OK;
    TRY(extract_open(county->options.out_folder, "truth/canaries.csv", &LAYOUT_CANARIES, &extract, error));
    for (uint32_t p = 0; p < county->person_count; p++)
        if (county->people[p].canary != 0)
            write_canary(county, &extract, p);
    return extract_close(&extract, error);
}
