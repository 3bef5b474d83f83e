-- The newest run and the last one of an earlier month; no row before the first run. Called by linkage/report_page.c.
-- -> run_id bigint, started timestamptz, before_run bigint, before_started timestamptz
SELECT run_id::int8, started, before_run::int8, before_started FROM linkage.report_runs()
