-- Sources that may be compared with each other. Called by linkage/alike.c.
-- ->  source_a, source_b bigint
SELECT source_a::int8, source_b::int8 FROM linkage.comparable ORDER BY 1, 2
