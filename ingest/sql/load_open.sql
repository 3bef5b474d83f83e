-- Opens a load and makes its staging tables, or names the load that holds the same delivery. Called by
-- ingest/store.c.
-- $1 permit bytea, $2 source text, $3 sender text, $4 period int4, $5 status text, $6 content bytea, $7 version int4,
-- $8 spec hash bytea, $9 directory edition text, $10 may replace bool, $11 key version int2,
-- $12 halved max int4  ->  outcome text, load_id int4, source_id int2, in halves bool
SELECT o.outcome, o.load_id, o.source_id, o.in_halves
  FROM ingest.load_open($1::bytea, $2::text, $3::text, $4::int4, $5::text, $6::bytea, $7::int4, $8::bytea, $9::text,
                        $10::boolean, $11::int2, $12::int4) AS o
