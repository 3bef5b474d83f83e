#pragma once
/*
 * Private to synth: the desk at which a month's files are written. Each
 * writer of a source takes it, opens a delivery, ends rows with desk_end_row
 * (which damages, duplicates and notes the truth), and closes the delivery.
 */
#include "synth/county.h"
#include "synth/dirt.h"
#include "synth/extract.h"
#include "synth/schedule.h"

typedef struct Desk {
    County *county;
    Schedule schedule;
    Extract links; /* OUT/truth/links.csv */
    SynthReport report;
    uint64_t references; /* numbers given to events so far */
} Desk;

typedef enum RowState { STATE_OK, STATE_WITHHELD, STATE_CONFIDENTIAL, STATE_DELETED } RowState;

typedef struct RowTruth {
    uint32_t person; /* NOBODY: none */
    bool nhs_is_right;
    RowState state;
} RowTruth;

/* The usual delivery of the county's month; change it before desk_open when it is unusual. */
Delivery desk_delivery(const Desk *desk, SynthSource source, const char *sender);
/* Adds "-suffix" to the file's name. */
void desk_name(Delivery *delivery, const char *suffix);
/* Opens the delivery's file and puts it on the schedule; a nil return is scheduled by schedule_add alone. */
Result desk_open(Desk *desk, const Delivery *delivery, Extract *extract, Error *error) CHECKED;
void desk_end_row(Desk *desk, SynthSource source, Extract *extract, RowTruth truth, Stream *stream);
Result desk_close(Desk *desk, SynthSource source, Extract *extract, Error *error) CHECKED;
/* A date of the month for an event of that day, or, for late rows, of the month before. */
Date desk_late(const Desk *desk, SynthSource source, Date date, Stream *stream);
const char *desk_postcode(const Desk *desk, SynthSource source, uint32_t person, Date date, Stream *stream,
                          char out[IDENTITY_BYTES]);
/* How many months after the first the present one is. */
int desk_month_index(const Desk *desk);

/* ---- the writers, a source or two each ---- */
Result write_areas(Desk *desk, Error *error) CHECKED;
Result write_register(Desk *desk, Error *error) CHECKED;
Result write_opt_outs(Desk *desk, Error *error) CHECKED;
Result write_council_tax(Desk *desk, Error *error) CHECKED;
Result write_spells(Desk *desk, Error *error) CHECKED;
Result write_attendances(Desk *desk, Error *error) CHECKED;
Result write_gp_events(Desk *desk, Error *error) CHECKED;
Result write_care(Desk *desk, Error *error) CHECKED;
Result write_fire_visits(Desk *desk, Error *error) CHECKED;
Result write_deaths(Desk *desk, Error *error) CHECKED;

typedef enum PlaceOfDeath {
    PLACE_HOME,
    PLACE_ELSEWHERE,
    PLACE_COMMUNAL,
    PLACE_HOSPITAL,
    PLACE_HOSPICE,
    PLACE_COUNT
} PlaceOfDeath;

/* Of one who has died: hospital and registrar agree on it. */
PlaceOfDeath write_place_of_death(const County *county, uint32_t person);
/* "not_allowed", "allowed" or NULL: the person's entry in this month's list of opt-outs. */
const char *write_opt_out_decision(const County *county, uint32_t person);
