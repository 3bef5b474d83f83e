-- Links by pass and band. Called by linkage/report.c.
-- -> pass bigint, band text, links bigint; by pass
SELECT pass::int8, band, links FROM linkage.report_passes()
