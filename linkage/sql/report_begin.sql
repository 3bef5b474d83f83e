-- The run whose report is about to be written; null: none was done. Called by linkage/report_keep.c.
-- $1 permit bytea, $2 month text  ->  run_id bigint
SELECT linkage.report_begin($1, $2)::int8
