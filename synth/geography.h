#pragma once
/*
 * Private to synth: districts, small areas, postcodes, practices. Districts
 * are Kent's twelve and Medway; all smaller areas are invented, in code
 * ranges that were never issued.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"

typedef enum Partnership { HCP_EAST, HCP_WEST, HCP_NORTH, HCP_MEDWAY, HCP_COUNT } Partnership;

enum { DISTRICT_COUNT = 13, DISTRICT_MEDWAY = 12, DECILE_COUNT = 10, ETHNIC_GROUP_COUNT = 5 };
enum { POSTCODE_BYTES = 9, AREA_CODE_BYTES = 10, NO_PRACTICE = UINT16_MAX };

typedef struct District {
    const char *name, *sender, *code;
    uint32_t people; /* Census 2021 */
    Partnership hcp;
    int smokers;                         /* in 1,000 adults */
    int older;                           /* per cent: older people's households against the county's */
    uint16_t deciles[DECILE_COUNT];      /* share of small areas in each decile of deprivation */
    uint16_t ethnic[ETHNIC_GROUP_COUNT]; /* White, mixed, Asian, Black, other: in 1,000 */
} District;

extern const District DISTRICTS[DISTRICT_COUNT];
extern const char *const PARTNERSHIPS[HCP_COUNT];
extern const char *const PROVIDERS[HCP_COUNT]; /* invented hospital trusts, one a partnership */

typedef struct SmallArea {
    uint8_t district, decile;
    uint16_t rank;         /* 1..32844, 1 the most deprived */
    uint16_t position;     /* 0..999 within its district: 0 the most deprived */
    uint16_t practices[2]; /* the usual one and the next */
    uint32_t ward;
    uint32_t first_postcode, postcode_count;
    uint32_t code, code_second; /* 2011 code; of a split area the second 2021 code, 0: not split */
} SmallArea;

typedef struct Postcode {
    uint32_t area;
    uint32_t ordinal; /* within its letters */
    uint8_t letters;  /* the district; DISTRICT_COUNT: a canary's */
    bool second_half; /* of a split area */
} Postcode;

typedef struct Practice {
    uint32_t number;
    uint16_t pcn;
    uint16_t successor; /* NO_PRACTICE: none */
    Partnership hcp;
    Date opened, closed; /* DATE_NONE: open */
} Practice;

typedef struct Geography {
    SmallArea *areas;
    Postcode *postcodes;
    Practice *practices;
    size_t area_count, postcode_count, practice_count, pcn_count, ward_count;
    size_t first_area[DISTRICT_COUNT + 1];
} Geography;

/* Deterministic in (seed, people, canaries). The canaries' postcodes are the last ones, one each. */
void geography_build(Geography *geography, uint64_t seed, int64_t people, int canaries);
void geography_close(Geography *geography);

/* One more person's chance, by the share of Kent and Medway's people. */
void geography_weights(uint16_t weights[DISTRICT_COUNT]);
/* The first practice closes into the second on the date; returns the closed one. */
uint16_t geography_merge_practice(Geography *geography, Date date);

const char *geography_postcode(const Postcode *postcode, char out[POSTCODE_BYTES]);
const char *geography_area_code(char kind, uint32_t number,
                                char out[AREA_CODE_BYTES]); /* '1' LSOA, '5' ward: E01..., E05... */
uint32_t geography_area_2021(const SmallArea *area, bool second_half);
const char *geography_practice_code(const Practice *practice, char out[AREA_CODE_BYTES]);
