-- Match rates: subjects and linked ones by group, now and at the run before. Called by linkage/report_rates.c.
-- -> kind, value text, subjects, linked, subjects_before, linked_before bigint; ordered as printed
SELECT kind, value, subjects, linked, subjects_before, linked_before FROM linkage.report_rates()
