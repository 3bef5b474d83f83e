#include "synth/identity.h"

#include <stdio.h>

#include "synth/names.h"

/* One house number in so many is of a house of flats, which are numbered so far. */
enum { FLATS_AT = 4, FLATS = 8 };

static const char *marked(const char *before, uint32_t number, const char *after, char out[IDENTITY_BYTES])
{
    char letters[8];

    (void)snprintf(out, IDENTITY_BYTES, "%s%s%s", before, numbers_letters(number, letters), after);
    return out;
}

const char *identity_family(const Person *person, const Stay *stay, char out[IDENTITY_BYTES])
{
    if (person->canary != 0)
        return marked("CANARY", person->canary, "", out);
    (void)snprintf(out, IDENTITY_BYTES, "%s", names_family(stay->family));
    return out;
}

const char *identity_given(const Person *person, char out[IDENTITY_BYTES])
{
    if (person->canary != 0)
        return marked("GIVENCANARY", person->canary, "", out);
    (void)snprintf(out, IDENTITY_BYTES, "%s", names_given(person->given));
    return out;
}

const char *identity_street(const County *county, uint32_t dwelling, char out[IDENTITY_BYTES])
{
    const Dwelling *home = &county->dwellings[dwelling];

    if (county_is_canary_dwelling(county, dwelling))
        return marked("1 CANARYSTREET", dwelling + 1, "", out);
    if (home->is_care_home)
        (void)snprintf(out, IDENTITY_BYTES, "%s House, %s", names_street(home->number),
                       names_street(home->street));
    else if (home->number % FLATS_AT == 0)
        (void)snprintf(out, IDENTITY_BYTES, "Flat %u, %u %s", dwelling % FLATS + 1, home->number,
                       names_street(home->street));
    else
        (void)snprintf(out, IDENTITY_BYTES, "%u %s", home->number, names_street(home->street));
    return out;
}

const char *identity_address(const County *county, uint32_t dwelling, char out[IDENTITY_BYTES])
{
    char street[IDENTITY_BYTES];

    (void)snprintf(out, IDENTITY_BYTES, "%.60s, %s", identity_street(county, dwelling, street),
                   DISTRICTS[county_area(county, dwelling)->district].name);
    return out;
}

const char *identity_postcode(const County *county, uint32_t dwelling, char out[IDENTITY_BYTES])
{
    return geography_postcode(&county->geography.postcodes[county->dwellings[dwelling].postcode], out);
}

const char *identity_uprn(const County *county, uint32_t dwelling, char out[IDENTITY_BYTES])
{
    return numbers_uprn(dwelling, county_is_canary_dwelling(county, dwelling), out);
}

const char *identity_national_insurance(uint32_t person, char out[IDENTITY_BYTES])
{
    return numbers_national_insurance(person, out);
}

const char *identity_local_id(const County *county, uint32_t person, IssuerKind kind, uint32_t issuer,
                              char out[IDENTITY_BYTES])
{
    static const char *const marks[ISSUER_KIND_COUNT] = {"PRACTICECANARY", "HOSPITALCANARY", "COUNCILCANARY"};
    uint16_t canary = county->people[person].canary;

    if (canary != 0)
        return marked(marks[kind], canary, "", out);
    return numbers_local_id(person, (uint32_t)kind * 100000 + issuer, out);
}
