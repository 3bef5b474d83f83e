-- Loads that wait for a second person. Called by governance/loads.c.
-- ->  load int4, source text, sender text, period int4, loaded by text, since timestamptz, rows int8, why text
SELECT h.load_id, h.source, h.sender, h.period, h.loader, h.held_at, h.row_count, h.why
  FROM governance.held_loads() AS h
