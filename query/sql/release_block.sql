-- Keeps a block of a release that is being built. Called by query/index_blocks.c.
-- $1 permit bytea, $2 release_id int4, $3 kind int4, $4 source int4, $5 column int4, $6 part int4, $7 content bytea
-- ->  int8
SELECT 0::int8 FROM release.build_block($1::bytea, $2::int4, $3::int4, $4::int4, $5::int4, $6::int4, $7::bytea);
