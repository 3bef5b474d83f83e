-- Fixes the content of a release and lets readers in. Called by query/release.c.
-- $1 permit bytea, $2 release_id int4
-- ->  people, opted_out, rows, rows_unlinked, rows_without_agreement, rows_practice_rejected, content
SELECT people, opted_out, rows, rows_unlinked, rows_without_agreement, rows_practice_rejected, content
  FROM release.build_publish($1::bytea, $2::int4);
