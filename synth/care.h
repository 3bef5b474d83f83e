#pragma once
/*
 * Private to synth: what councils and adults had to do with each other. A
 * council's submission covers a window of months and tells all of it anew, so
 * an event has to come out the same from whichever month it is looked at,
 * but for what became known of it since.
 */
#include "synth/county.h"

enum { CARE_COUNCIL_COUNT = 2, CARE_WINDOW_MONTHS = 3 };

typedef enum CareKind { CARE_REQUEST, CARE_ASSESSMENT, CARE_REVIEW, CARE_KIND_COUNT } CareKind;

typedef struct CareWindow {
    Date first, last;
} CareWindow;

/* An event of one day. */
typedef struct CareEvent {
    CareKind kind;
    Month month;
    Date day;
    bool is_unsettled; /* its outcome is not known yet */
    Stream stream;     /* for what else is to be told of it */
} CareEvent;

/* The months that a submission in the county's month covers. */
CareWindow care_window(const County *county);
/* The long-term service of a council for a person; to DATE_NONE: it goes on. False: none in the window. */
bool care_service(const County *county, uint32_t person, size_t council, CareWindow *service);
/* What the council tells now of the person in a month of the window; false: nothing of that kind. */
bool care_event(const County *county, uint32_t person, size_t council, Month month, CareKind kind,
                CareEvent *event);
