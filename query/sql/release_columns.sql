-- The tables that are written as blocks, and their columns; from here on they may be read until the release is
-- published. Called by query/index_write.c.
-- $1 permit bytea, $2 release_id int4  ->  source text, is_household bool, column text (null: it has none), type text, listed_by text
SELECT source, is_household, "column", type, listed_by FROM release.build_columns($1::bytea, $2::int4);
