-- Publishes a load, unless a limit of its spec holds or rejects it: its rows become a partition, its subjects are
-- kept. Called by ingest/store.c.
-- $1 permit bytea, $2 load_id int4, $3 counts int8[], $4 columns text[],
-- $5 of each column missing, invalid, default, other int8[], $6 groups whose days it replaces text[],
-- $7 from and to of each in days since 2000-01-01 int8[]  ->  'published', 'held' or 'rejected' text, subjects not seen
-- before int8
SELECT p.outcome, p.subjects_new
  FROM ingest.load_publish($1::bytea, $2::int4, $3::int8[], $4::text[], $5::int8[], $6::text[], $7::int8[]) AS p
