#pragma once
/*
 * Private to query: which practices delivered a source for which months, as a release notes it, for
 * `practice sent SOURCE from D to D`. Of deliveries, not of people.
 */
#include "query/tree.h"

typedef struct SentMonth {
    Text source, practice;
    Month month;
} SentMonth;

struct Sent {
    const SentMonth *items; /* those of one source together, of them those of one practice */
    size_t count;
    Month last; /* the release's */
};

/*
 * Of the sources that the tree asks it of; sets tree->sent, which lives in arena. ERROR_REFUSED where a
 * release cannot say it: nobody who sent is a practice, or the source's rows are replaced by deliveries of
 * later months, so that who sent is noted only while none of them was.
 */
Result sent_read(Db *reader, int64_t release_id, Month last, Tree *tree, Arena *arena, Error *error) CHECKED;
Result sent_fail_replaced(const Node *sent, Error *error) CHECKED;
/* Those who sent each month from first to last; into practices, of at least sent->count; of no month none. */
size_t sent_each_month(const Sent *sent, Text source, Month first, Month last, Text *practices);
