#pragma once
/* Private to synth: which delivery arrives when; written as OUT/deliveries.csv. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synth/extract.h"
#include "synth/synth.h"

enum { SENDER_BYTES = 32 };

typedef struct Delivery {
    SynthSource source;
    char sender[SENDER_BYTES];
    Month period;
    const char *status;            /* provisional or final */
    char path[EXTRACT_PATH_BYTES]; /* empty: a nil return */
    bool is_replacement;
    Month arrives;     /* in this month's loading */
    bool arrives_last; /* after the month's usual ones */
    size_t nth;        /* set by schedule_add */
} Delivery;

typedef struct Schedule {
    Delivery *items;
    size_t count, capacity;
} Schedule;

void schedule_add(Schedule *schedule, const Delivery *delivery);
/* Sorts into the order of loading. */
Result schedule_write(Schedule *schedule, const char *folder, Error *error) CHECKED;
void schedule_close(Schedule *schedule);
