-- Sources that may be compared with each other, and which keyed combinations may link them. Called by linkage/alike.c.
-- ->  source_a, source_b, combinations bigint
SELECT source_a::int8, source_b::int8, combinations::int8 FROM linkage.comparable ORDER BY 1, 2
