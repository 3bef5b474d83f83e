-- Writes a line of the report: numbers as they are printed, '' for none. Called by linkage/report_keep.c.
-- $1 permit bytea, $2 month text, $3 run_id, $4 line integer, $5 kind, $6 value, $7 rate, $8 low, $9 high, $10 change text,
-- $11 is_weak boolean  ->  0
SELECT 0::int8 FROM linkage.report_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
