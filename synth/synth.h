#pragma once
/*
 * The synthetic county: monthly extracts of a Kent-shaped county in the
 * column layouts of the specs in sources/, with realistic dirt and a truth kept
 * apart that says who is who. No row describes a real person.
 *
 * Same options, same bytes: each decision draws from a stream of its own,
 * named by seed, purpose, person and month.
 * Calibration, dirt rates and number ranges: docs/synthetic-county.md
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"

enum { SYNTH_PEOPLE_MAX = 3500000, SYNTH_MONTHS_MAX = 120, SYNTH_CANARIES_MAX = 5000 };

typedef enum SynthSource {
    SYNTH_LSOA,
    SYNTH_IMD,
    SYNTH_PRACTICE,
    SYNTH_PATIENT_LIST,
    SYNTH_PATIENT_MERGER,
    SYNTH_OPT_OUT,
    SYNTH_COUNCIL_TAX_ACCOUNT,
    SYNTH_APC_SPELL,
    SYNTH_EC_ATTENDANCE,
    SYNTH_GP_EVENT,
    SYNTH_SOCIAL_CARE_EVENT,
    SYNTH_FIRE_VISIT,
    SYNTH_DEATH,
    SYNTH_SOURCE_COUNT
} SynthSource;

typedef struct SynthOptions {
    int64_t people; /* alive when the county begins, a month before first_month: 50..SYNTH_PEOPLE_MAX */
    int months;     /* 1..SYNTH_MONTHS_MAX */
    int canaries;   /* people with marked identifiers: 0..SYNTH_CANARIES_MAX, at most people / 10 */
    uint64_t seed;
    const char *out_folder; /* made when missing; refused when it holds anything but an earlier county */
    Month first_month;      /* the first month delivered */
    bool show_progress;
} SynthOptions;

typedef struct SynthReport {
    int64_t rows[SYNTH_SOURCE_COUNT]; /* data rows written, a resubmitted file counted once */
    int64_t rows_total;
    int64_t people; /* ever in the county, those born and arrived among them */
    int64_t dwellings;
    int64_t deliveries; /* rows of deliveries.csv */
    int64_t bytes;      /* of extracts, without reference and truth */
    int64_t elapsed_us;
} SynthReport;

/* 100,000 people, 3 months from 2026-07, seed 1, no canaries, no folder. */
SynthOptions synth_options_default(void);
const char *synth_source_name(SynthSource source); /* "patient_list", as its spec names it */

/*
 * Writes OUT/deliveries.csv (in the order in which they would be loaded), OUT/extracts/, OUT/reference/ and
 * OUT/truth/. report may be NULL.
 * Errors  ERROR_CONFIG for an option out of range, ERROR_SYSTEM when a file cannot be written
 */
Result synth_county(const SynthOptions *options, SynthReport *report, Error *error) CHECKED;
