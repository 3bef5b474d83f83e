#include "synth/dirt.h"

#include <string.h>

#include "synth/numbers.h"

/* A file never holds more than one damaged row in so many, whatever the draw: specs refuse at 1 in 50 or 20.
 */
enum { ROWS_A_DAMAGE = 200 };

const DirtRates DIRT_RATES[SYNTH_SOURCE_COUNT] = {
    [SYNTH_PATIENT_LIST] = {.uprn_missing = 25000,
                            .address_respelt = 60000,
                            .postcode_old = 8000,
                            .name_typo = 4000,
                            .names_swapped = 1500,
                            .malformed = 500},
    [SYNTH_COUNCIL_TAX_ACCOUNT] = {.uprn_missing = 15000,
                                   .address_respelt = 300000,
                                   .name_typo = 10000,
                                   .names_swapped = 3000,
                                   .duplicate = 500,
                                   .malformed = 1000},
    [SYNTH_APC_SPELL] = {.nhs_missing = 12000,
                         .nhs_of_another = 800,
                         .nhs_misread = 1500,
                         .nhs_outdated = 250000,
                         .postcode_old = 25000,
                         .duplicate = 1000,
                         .late = 15000,
                         .malformed = 1000,
                         .withheld = 3000},
    [SYNTH_EC_ATTENDANCE] = {.nhs_missing = 55000,
                             .nhs_of_another = 1500,
                             .nhs_misread = 3000,
                             .nhs_outdated = 300000,
                             .postcode_old = 40000,
                             .duplicate = 1500,
                             .late = 10000,
                             .malformed = 1500,
                             .withheld = 2000},
    [SYNTH_GP_EVENT] = {.nhs_missing = 4000,
                        .nhs_of_another = 500,
                        .nhs_misread = 800,
                        .duplicate = 500,
                        .late = 12000,
                        .malformed = 400},
    [SYNTH_SOCIAL_CARE_EVENT] = {.nhs_missing = 80000,
                                 .nhs_of_another = 2000,
                                 .nhs_misread = 4000,
                                 .nhs_outdated = 400000,
                                 .postcode_old = 50000,
                                 .name_typo = 15000,
                                 .names_swapped = 6000,
                                 .duplicate = 1000,
                                 .late = 20000,
                                 .malformed = 1500},
    [SYNTH_FIRE_VISIT] = {.uprn_missing = 60000,
                          .address_respelt = 200000,
                          .name_typo = 20000,
                          .duplicate = 1000,
                          .late = 20000,
                          .malformed = 1000},
    [SYNTH_DEATH] = {.nhs_missing = 15000,
                     .nhs_of_another = 300,
                     .nhs_misread = 700,
                     .nhs_outdated = 200000,
                     .name_typo = 5000,
                     .names_swapped = 1000,
                     .malformed = 1000},
};

/* One digit read wrongly; by modulus 11 every such number fails its check. */
static void misread(char digits[NHS_NUMBER_BYTES], Stream *stream)
{
    char *digit = &digits[random_below(stream, 10)];
    *digit = (char)('0' + (*digit - '0' + random_between(stream, 1, 9)) % 10);
}

bool dirt_nhs_number(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream,
                     char out[IDENTITY_BYTES])
{
    const DirtRates *rates = &DIRT_RATES[source];
    const Person *who = &county->people[person];
    bool is_outdated = random_chance(stream, rates->nhs_outdated);
    int64_t drawn = random_below(stream, RANDOM_MILLION);
    uint32_t other = random_below(stream, (uint32_t)county->person_count);

    out[0] = '\0';
    bool before = who->superseded != 0 && (date < who->superseded_on || is_outdated);
    uint32_t body = before ? who->superseded : who->nhs;
    if (who->canary == 0 && (drawn -= rates->nhs_missing) < 0)
        return false;
    (void)numbers_nhs(body, out);
    if (who->canary != 0)
        return true;
    if ((drawn -= rates->nhs_of_another) < 0 && other != person && county->people[other].canary == 0) {
        (void)numbers_nhs(county->people[other].nhs, out);
        return false;
    }
    if (drawn < 0 || drawn >= rates->nhs_misread)
        return true;
    misread(out, stream);
    return false;
}

/* Two neighbouring letters change places, or one is lost; only ASCII letters, to stay well-formed. */
static void mistype(char *name, Stream *stream)
{
    size_t length = strlen(name);
    if (length < 4)
        return;
    size_t at = 1 + random_below(stream, (uint32_t)length - 2);

    if ((name[at] & 0x80) != 0 || (name[at + 1] & 0x80) != 0 || (name[at - 1] & 0x80) != 0)
        return;
    if (random_chance(stream, 500000)) {
        memmove(name + at, name + at + 1, length - at);
        return;
    }
    char kept = name[at];
    name[at] = name[at + 1];
    name[at + 1] = kept;
}

void dirt_names(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream,
                char family[IDENTITY_BYTES], char given[IDENTITY_BYTES])
{
    const DirtRates *rates = &DIRT_RATES[source];
    const Person *who = &county->people[person];
    char kept[IDENTITY_BYTES];
    bool has_typo = random_chance(stream, rates->name_typo),
         is_swapped = random_chance(stream, rates->names_swapped);

    (void)identity_family(who, county_stay_on(county, who, date), family);
    (void)identity_given(who, given);
    if (who->canary != 0)
        return;
    if (has_typo)
        mistype(random_chance(stream, 500000) ? family : given, stream);
    if (!is_swapped)
        return;
    memcpy(kept, family, IDENTITY_BYTES);
    memcpy(family, given, IDENTITY_BYTES);
    memcpy(given, kept, IDENTITY_BYTES);
}

uint32_t dirt_dwelling(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream)
{
    const Stay *stay = county_stay_on(county, &county->people[person], date);

    if (random_chance(stream, DIRT_RATES[source].postcode_old) && stay->previous != NO_STAY)
        return county->stays[stay->previous].dwelling;
    return stay->dwelling;
}

const char *dirt_uprn(const County *county, SynthSource source, uint32_t dwelling, Stream *stream,
                      char out[IDENTITY_BYTES])
{
    bool is_missing = random_chance(stream, DIRT_RATES[source].uprn_missing);

    if (is_missing && !county_is_canary_dwelling(county, dwelling))
        return "";
    return identity_uprn(county, dwelling, out);
}

static void abbreviate(char *address)
{
    static const char *const shorter[][2] = {{" Road", " Rd"},   {" Street", " St"},    {" Avenue", " Ave"},
                                             {" Close", " Cl"},  {" Gardens", " Gdns"}, {" Drive", " Dr."},
                                             {" House", " Hse"}, {" Lane", " Ln"}};

    for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++) {
        char *at = strstr(address, shorter[i][0]);
        size_t from = strlen(shorter[i][0]), to = strlen(shorter[i][1]);
        if (at == NULL)
            continue;
        memcpy(at, shorter[i][1], to);
        memmove(at + to, at + from, strlen(at + from) + 1);
    }
}

/* Flat 3, 12 Oak Road: 12 Oak Road, Flat 3. */
static void put_flat_behind(char *address)
{
    char flat[IDENTITY_BYTES];
    char *street = strchr(address, ',');

    if (strncmp(address, "Flat ", 5) != 0 || street == NULL)
        return;
    size_t length = (size_t)(street - address);
    memcpy(flat, address, length);
    street += 2;
    char *town = strchr(street, ',');
    size_t until = town != NULL ? (size_t)(town - street) : strlen(street);
    memmove(address, street, until);
    memcpy(address + until, ", ", 2);
    memcpy(address + until + 2, flat, length);
}

static void capitalise(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
}

/* One letter of the street is wrong: that nobody can put right. */
static void misspell(char *address, Stream *stream)
{
    size_t length = strlen(address), at = random_below(stream, (uint32_t)length);

    while (at < length && !(address[at] >= 'a' && address[at] <= 'z'))
        at++;
    if (at < length)
        address[at] = address[at] == 'x' ? 'y' : 'x';
}

const char *dirt_address(const County *county, SynthSource source, uint32_t dwelling, uint64_t which,
                         char out[IDENTITY_BYTES])
{
    Stream stream =
        random_stream(county->options.seed, PURPOSE_ADDRESS, (uint64_t)source << 32 | dwelling, which);
    bool is_respelt = random_chance(&stream, DIRT_RATES[source].address_respelt);

    (void)identity_address(county, dwelling, out);
    if (!is_respelt || county_is_canary_dwelling(county, dwelling))
        return out;
    char *town = strrchr(out, ',');
    if (random_chance(&stream, 300000) && town != NULL)
        *town = '\0';
    if (random_chance(&stream, 100000))
        misspell(out, &stream);
    if (random_chance(&stream, 600000))
        abbreviate(out);
    if (random_chance(&stream, 300000))
        put_flat_behind(out);
    if (random_chance(&stream, 400000))
        capitalise(out);
    return out;
}

RowDamage dirt_damage(SynthSource source, const Extract *extract, Stream *stream)
{
    bool is_drawn = random_chance(stream, DIRT_RATES[source].malformed);
    RowDamage damage = (RowDamage)random_between(stream, ROW_SHORT, ROW_BAD_CODE);

    if (!is_drawn || (extract->damaged + 1) * ROWS_A_DAMAGE > extract->rows + 1)
        return ROW_WHOLE;
    if (damage == ROW_BAD_CODE && extract->layout->damage_code < 0)
        return ROW_BAD_DATE;
    return damage;
}
