#pragma once
/*
 * What two people may open: loads 17 and 18 have rejected lines, 19 none; deliveries 17 and 18 have an
 * archive, that of 19 was deleted, 20 is a duplicate.
 */
static const char openable_sql[] =
    "INSERT INTO ingest.source (name, title, subject_kind, update_mode)"
    " VALUES ('gp_event', 'GP events', 'person', 'snapshot');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " SELECT source_id, 1, sha256(''), '', '2020-01-01' FROM ingest.source;"
    "INSERT INTO ingest.load (load_id, source_id, sender, period, status, spec_version, permit_id, "
    "may_replace,"
    " state, rows_quarantined) OVERRIDING SYSTEM VALUE"
    " SELECT n, source_id, 'a', n, 'final', 1, sha256(n::text::bytea), false, 'rejected', 19 - n"
    " FROM ingest.source, generate_series(17, 19) AS n;"
    "INSERT INTO ingest.delivery (delivery_id, feed, source_id, sender, period, status, spec_version, state, "
    "item,"
    " content, keep_days, is_signed, permit_id, archived_at, ended_at, duplicate_of) OVERRIDING SYSTEM VALUE"
    " SELECT n, 'f', source_id, 'a', n, 'final', 1, CASE n WHEN 20 THEN 'duplicate' ELSE 'archived' END,"
    " sha256(''), sha256(''), 30, false, '', now(), CASE n WHEN 19 THEN now() END, CASE n WHEN 20 THEN 17 END"
    " FROM ingest.source, generate_series(17, 20) AS n";
