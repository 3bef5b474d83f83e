#include <assert.h>
#include <stdio.h>

#include "base/arena.h"
#include "synth/geography.h"
#include "synth/random.h"

enum {
    PEOPLE_AN_AREA = 1700,
    PEOPLE_A_PRACTICE = 8000,
    PEOPLE_A_POSTCODE = 36, /* about fifteen addresses */
    AREAS_MIN = 2,          /* a district, and practices a partnership */
    AREAS_A_WARD = 4,
    PRACTICES_A_PCN = 5,
    AREAS_A_SPLIT = 20,  /* one area in so many was split in 2021 */
    RANKS = 32844,       /* small areas of England in 2011 */
    FIRST_AREA = 900001, /* E01900001: real codes end at E01035762 */
    FIRST_AREA_2021 = 950001,
    FIRST_WARD = 900001,    /* E05900001 */
    FIRST_PRACTICE = 10001, /* Z10001: no practice's code begins with Z */
};

/* First letters of postcodes that do not exist; the last ones are the canaries'. */
static const char POSTCODE_LETTERS[DISTRICT_COUNT + 1][3] = {"ZA", "ZB", "ZC", "ZD", "ZF", "ZG", "ZH",
                                                             "ZK", "ZL", "ZM", "ZN", "ZP", "ZR", "ZQ"};
static const char INWARD_LETTERS[] = "ABDEFGHJLNPQRSTUWXYZ"; /* C, I, K, M, O and V are not used there */

static int64_t county_people(void)
{
    int64_t sum = 0;
    for (size_t d = 0; d < DISTRICT_COUNT; d++)
        sum += DISTRICTS[d].people;
    return sum;
}

static size_t rounded_share(int64_t people, int64_t part, int64_t whole, int64_t people_each)
{
    int64_t count = (people * part + whole * people_each / 2) / (whole * people_each);
    return count < AREAS_MIN ? AREAS_MIN : (size_t)count;
}

static uint8_t decile_at(const District *district, uint32_t position)
{
    uint32_t below = 0;
    for (int decile = 0; decile < DECILE_COUNT; decile++) {
        below += 10U * district->deciles[decile];
        if (position < below)
            return (uint8_t)(decile + 1);
    }
    return DECILE_COUNT;
}

static void build_area(Geography *geography, uint64_t seed, size_t district, size_t nth, size_t of,
                       int64_t postcodes)
{
    size_t index = geography->area_count++;
    SmallArea *area = &geography->areas[index];
    Stream stream = random_stream(seed, PURPOSE_AREA, index, 0);
    uint32_t splits = (uint32_t)(index / AREAS_A_SPLIT);

    area->district = (uint8_t)district;
    area->position = (uint16_t)((2 * nth + 1) * 500 / of);
    area->decile = decile_at(&DISTRICTS[district], area->position);
    area->rank = (uint16_t)((uint32_t)(area->decile - 1) * RANKS / DECILE_COUNT + 1 +
                            random_below(&stream, RANKS / DECILE_COUNT));
    area->code = FIRST_AREA + (uint32_t)index;
    area->code_second = index % AREAS_A_SPLIT == AREAS_A_SPLIT / 2 ? FIRST_AREA_2021 + 2 * splits + 1 : 0;
    if (nth % AREAS_A_WARD == 0)
        geography->ward_count++;
    area->ward = FIRST_WARD + (uint32_t)geography->ward_count - 1;
    area->first_postcode = (uint32_t)geography->postcode_count;
    area->postcode_count = (uint32_t)postcodes;
    for (uint32_t i = 0; i < area->postcode_count; i++)
        geography->postcodes[geography->postcode_count++] = (Postcode){
            .area = (uint32_t)index,
            .ordinal = (uint32_t)(nth * (size_t)postcodes) + i,
            .letters = (uint8_t)district,
            .second_half = area->code_second != 0 && i % 2 == 1,
        };
}

static void build_areas(Geography *geography, uint64_t seed, int64_t people, int canaries)
{
    int64_t whole = county_people();
    size_t counts[DISTRICT_COUNT], areas = 0;

    for (size_t d = 0; d < DISTRICT_COUNT; d++)
        areas += counts[d] = rounded_share(people, DISTRICTS[d].people, whole, PEOPLE_AN_AREA);
    int64_t postcodes = people / (int64_t)areas / PEOPLE_A_POSTCODE + 2;

    geography->areas = memory_alloc(areas * sizeof(SmallArea));
    geography->postcodes = memory_alloc((areas * (size_t)postcodes + (size_t)canaries) * sizeof(Postcode));
    for (size_t d = 0; d < DISTRICT_COUNT; d++) {
        geography->first_area[d] = geography->area_count;
        for (size_t i = 0; i < counts[d]; i++)
            build_area(geography, seed, d, i, counts[d], postcodes);
    }
    geography->first_area[DISTRICT_COUNT] = geography->area_count;
}

/* Practices stand along their partnership's areas, so that neighbours share one. */
static void place_practices(Geography *geography, Partnership hcp, size_t first, size_t count)
{
    assert(count >= AREAS_MIN);
    size_t areas = 0, nth = 0;

    for (size_t i = 0; i < geography->area_count; i++)
        areas += DISTRICTS[geography->areas[i].district].hcp == hcp;
    for (size_t i = 0; i < geography->area_count; i++) {
        SmallArea *area = &geography->areas[i];
        if (DISTRICTS[area->district].hcp != hcp)
            continue;
        size_t near = nth++ * count / areas;
        area->practices[0] = (uint16_t)(first + near);
        area->practices[1] = (uint16_t)(first + (near + 1) % count);
    }
}

static void build_practices(Geography *geography, Partnership hcp, size_t count)
{
    size_t first = geography->practice_count;

    for (size_t i = 0; i < count; i++) {
        if (i % PRACTICES_A_PCN == 0)
            geography->pcn_count++;
        geography->practices[geography->practice_count++] = (Practice){
            .number = FIRST_PRACTICE + (uint32_t)(first + i),
            .pcn = (uint16_t)geography->pcn_count,
            .successor = NO_PRACTICE,
            .hcp = hcp,
            .opened = date_from_civil(1995 + (int)(i % 20), 4, 1),
            .closed = DATE_NONE,
        };
    }
    place_practices(geography, hcp, first, count);
}

static void build_all_practices(Geography *geography, int64_t people)
{
    size_t counts[HCP_COUNT], sum = 0;

    for (int hcp = 0; hcp < HCP_COUNT; hcp++) {
        int64_t part = 0;
        for (size_t d = 0; d < DISTRICT_COUNT; d++)
            part += DISTRICTS[d].hcp == (Partnership)hcp ? DISTRICTS[d].people : 0;
        sum += counts[hcp] = rounded_share(people, part, county_people(), PEOPLE_A_PRACTICE);
    }
    geography->practices = memory_alloc(sum * sizeof(Practice));
    for (int hcp = 0; hcp < HCP_COUNT; hcp++)
        build_practices(geography, (Partnership)hcp, counts[hcp]);
}

void geography_build(Geography *geography, uint64_t seed, int64_t people, int canaries)
{
    *geography = (Geography){0};
    build_areas(geography, seed, people, canaries);
    build_all_practices(geography, people);
    /* A canary's postcode follows its dwelling, which is not placed yet. */
    for (int i = 0; i < canaries; i++)
        geography->postcodes[geography->postcode_count++] =
            (Postcode){.ordinal = (uint32_t)i, .letters = DISTRICT_COUNT};
}

void geography_close(Geography *geography)
{
    memory_free(geography->areas);
    memory_free(geography->postcodes);
    memory_free(geography->practices);
    *geography = (Geography){0};
}

void geography_weights(uint16_t weights[DISTRICT_COUNT])
{
    for (size_t d = 0; d < DISTRICT_COUNT; d++)
        weights[d] = (uint16_t)(DISTRICTS[d].people / 100);
}

/* East Kent's practices come first and there are always two of them. */
uint16_t geography_merge_practice(Geography *geography, Date date)
{
    geography->practices[0].closed = date - 1;
    geography->practices[0].successor = 1;
    for (size_t i = 0; i < geography->area_count; i++)
        for (size_t choice = 0; choice < 2; choice++)
            if (geography->areas[i].practices[choice] == 0)
                geography->areas[i].practices[choice] = 1;
    return 0;
}

const char *geography_postcode(const Postcode *postcode, char out[POSTCODE_BYTES])
{
    uint32_t unit = postcode->ordinal % 400, sector = postcode->ordinal / 400 % 10;
    uint32_t outward = postcode->ordinal / 4000 % 99 + 1;

    (void)snprintf(out, POSTCODE_BYTES, "%s%u %u%c%c", POSTCODE_LETTERS[postcode->letters], outward, sector,
                   INWARD_LETTERS[unit / 20], INWARD_LETTERS[unit % 20]);
    return out;
}

const char *geography_area_code(char kind, uint32_t number, char out[AREA_CODE_BYTES])
{
    (void)snprintf(out, AREA_CODE_BYTES, "E0%c%06u", kind, number % RANDOM_MILLION);
    return out;
}

uint32_t geography_area_2021(const SmallArea *area, bool second_half)
{
    if (area->code_second == 0)
        return area->code;
    return second_half ? area->code_second : area->code_second - 1;
}

const char *geography_practice_code(const Practice *practice, char out[AREA_CODE_BYTES])
{
    (void)snprintf(out, AREA_CODE_BYTES, "Z%05u", practice->number % 100000);
    return out;
}
