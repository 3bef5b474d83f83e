#pragma once
/* What both counties of bench_link say of a month: a load of each source, the whole list once more, and how
 * many subjects came. Each source's load has the number 10 * month + source; each PRId64 is the month. */
#include <inttypes.h>

#define MONTH_LOADS_SQL                                                                                      \
    "INSERT INTO ingest.load (load_id, source_id, sender, period, status, spec_version, permit_id, "         \
    "may_replace,"                                                                                           \
    "       state, held_from, subjects_page) OVERRIDING SYSTEM VALUE"                                        \
    " SELECT 10 * %" PRId64 " + source_id, source_id, 'bench', %" PRId64 ", 'final', 1,"                     \
    "        substr(sha256(int8send(10 * %" PRId64 " + source_id)), 1, 16), false, 'published', now(),"      \
    "        ingest.subjects_last_page()"                                                                    \
    "   FROM ingest.source;"
#define MONTH_LIST_SQL                                                                                       \
    "CREATE TABLE records.list_%" PRId64 " PARTITION OF records.list FOR VALUES IN (10 * %" PRId64 " + 1);"  \
    "INSERT INTO records.list SELECT 10 * %" PRId64 " + 1, subject_id, '2020-01-01' FROM subjects.subject"   \
    " WHERE source_id = 1;"
#define MONTH_CAME_SQL                                                                                       \
    "UPDATE ingest.load AS l SET subjects_new ="                                                             \
    "       (SELECT count(*) FROM subjects.subject AS s WHERE s.first_load_id = l.load_id)"                  \
    " WHERE l.load_id / 10 = %" PRId64 ";"
