-- What the weights of links and pairs expect; no row where no encodings are compared. Called by linkage/report.c.
-- -> kind text, counted bigint, expected, out_of double precision
SELECT kind, counted, expected, out_of FROM linkage.report_estimates()
