-- The shares of a model, field by field and level by level. Called by linkage/alike_model.c.
-- $1 model_id integer  ->  place bigint, match, chance, prior float8
SELECT s.place, s.match, m.chance_shares[s.place], m.prior
  FROM linkage.model AS m
 CROSS JOIN LATERAL unnest(m.match_shares) WITH ORDINALITY AS s (match, place)
 WHERE m.model_id = $1
 ORDER BY s.place
