-- Pairs that wait for a decision, and what could not be made one person. Called by linkage/report.c.
-- -> kind, value text, pairs bigint
SELECT kind, value, pairs FROM linkage.report_waiting()
