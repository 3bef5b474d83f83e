#include "tests/attack/county.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

static const uint64_t PEOPLE_SEED = 7, FILES_SEED = 11;

size_t county_size(size_t usual)
{
    const char *wanted = getenv("CINQUE_ATTACK_PEOPLE");

    return wanted != NULL ? strtoul(wanted, NULL, 10) : usual;
}

bool county_is_usual(void)
{
    return getenv("CINQUE_ATTACK_PEOPLE") == NULL && getenv("CINQUE_ATTACK_FILE") == NULL;
}

static People people_of(size_t count)
{
    const PeopleFile file = {.path = getenv("CINQUE_ATTACK_FILE"),
                             .truth = "cluster",
                             .field_count = 7,
                             .fields = {{"first_name", ENCODING_GIVEN_NAME},
                                        {"surname", ENCODING_FAMILY_NAME},
                                        {"dob", ENCODING_BIRTH_DATE},
                                        {"gender", ENCODING_SEX},
                                        {"postcode_fake", ENCODING_POSTCODE},
                                        {"birth_place", ENCODING_TEXT},
                                        {"occupation", ENCODING_TEXT}}};

    return file.path != NULL ? people_read(&file) : people_make(2 * count, PEOPLE_SEED);
}

County county_of(People people, size_t count, int overlap, bool by_blocks)
{
    const EncodingOptions options = {.purpose = "attack", .key_version = 1, .by_blocks = by_blocks};
    County county = {.people = memory_alloc(sizeof *county.people)};

    *county.people = people;
    cr_assert_gt(county.people->count, 1U);
    count = count < county.people->count / 2 ? count : county.people->count / 2;
    county.files = files_make(county.people, count, overlap, FILES_SEED);
    county.table = table_encode(&county.files, county.files.encoded, &options);
    county.sheets = sheets_make(&county.files, &county.table);
    return county;
}

County county_make(size_t count, int overlap, bool by_blocks)
{
    return county_of(people_of(count), count, overlap, by_blocks);
}

void county_close(County *county)
{
    sheets_close(&county->sheets);
    table_close_rows(&county->table);
    files_close(&county->files);
    people_close(county->people);
    memory_free(county->people);
}

void county_say(const char *attack, int overlap, const Outcome *outcome)
{
    if (getenv("CINQUE_ATTACK_SAY") != NULL)
        printf("| %s | %d | %.4f | %.3f | %.4f | %zu |\n", attack, overlap, outcome->share,
               outcome_precision(outcome), outcome->base, outcome->top_lost);
    (void)fflush(stdout);
}
