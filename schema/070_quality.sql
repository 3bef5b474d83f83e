-- What is unusual about a month's deliveries: the measures of each load against those of the sender's months before.
-- Numbers of rows alone, never a value or a person.

SET LOCAL ROLE cinque_owner;

-- Rows whose record key an earlier row of the same load has already.
CREATE FUNCTION ingest.duplicates(source text, wanted int4) RETURNS int8
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found int8;
BEGIN
    EXECUTE format('SELECT count(r.record_key) - count(DISTINCT r.record_key) FROM records.%I AS r'
                   ' WHERE r.load_id = %s', source, wanted) INTO found;
    RETURN found;
END $$;

-- Measures of a load: its rows, and shares in percent. Of an NHS number loads know validity apart from columns.
CREATE FUNCTION ingest.measures(wanted ingest.load)
RETURNS TABLE (measure text, column_name text, value float8)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'rows', NULL::text, ($1).rows_loaded::float8
    UNION ALL
    SELECT m.measure, NULL, 100 * m.found / nullif(m.out_of, 0)::float8
      FROM (VALUES ('rejected', ($1).rows_quarantined, ($1).rows_read),
                   ('identity withheld', ($1).rows_withheld, ($1).rows_loaded)) AS m (measure, found, out_of)
    UNION ALL
    SELECT m.measure, NULL, 100 * m.found / nullif(($1).rows_loaded, 0)::float8
      FROM (VALUES ('nhs number invalid', ($1).nhs_invalid), ('nhs number absent', ($1).nhs_absent))
               AS m (measure, found)
     WHERE ($1).nhs_valid + ($1).nhs_invalid + ($1).nhs_absent > 0
    UNION ALL
    SELECT m.measure, c.column_name,
           100 * m.found / nullif(($1).rows_read - ($1).rows_excluded - ($1).rows_damaged, 0)::float8
      FROM ingest.load_column AS c,
           LATERAL (VALUES ('missing', c.missing), ('invalid', c.invalid), ('default', c.defaulted), ('other', c.other))
               AS m (measure, found)
     WHERE c.load_id = ($1).load_id
$$;

-- One line a measure of each delivery held for the period, and one for each that is missing. usual: the median of up to
-- twelve of the sender's months before, of deliveries that are held, so that a failed month that was put right does not
-- count. low to high: three robust standard deviations (1.4826 median absolute deviations) around it, never less than
-- three of chance alone (Poisson for rows, binomial for shares), a tenth of the usual rows or two percentage points.
-- Verdicts: as usual, low, high, missing; no history below three months. Duplicates and agreement with the other
-- senders of a column have fixed limits: 1 percent, 10 points.
CREATE FUNCTION ingest.quality(wanted int4, only_source text)
RETURNS TABLE (source text, sender text, measure text, column_name text, value float8, usual float8, low float8,
               high float8, verdict text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH measured AS MATERIALIZED (
        SELECT s.name, l.source_id, l.sender, l.period, l.load_id, l.rows_loaded, m.measure, m.column_name, m.value
          FROM ingest.load AS l JOIN ingest.source AS s USING (source_id), LATERAL ingest.measures(l) AS m
         WHERE l.state = 'published' AND l.period BETWEEN wanted - 12 AND wanted AND m.value IS NOT NULL
           AND (only_source IS NULL OR s.name = only_source)),
    usual AS (
        SELECT m.source_id, m.sender, m.measure, m.column_name, count(*) AS months,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value) AS middle
          FROM measured AS m WHERE m.period < wanted
         GROUP BY m.source_id, m.sender, m.measure, m.column_name),
    spread AS (
        SELECT m.source_id, m.sender, m.measure, m.column_name, u.months, u.middle,
               greatest(3 * 1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(m.value - u.middle)),
                        CASE m.measure WHEN 'rows' THEN u.middle / 10 ELSE 2 END) AS band
          FROM measured AS m
          JOIN usual AS u ON (u.source_id, u.sender, u.measure) = (m.source_id, m.sender, m.measure)
                         AND u.column_name IS NOT DISTINCT FROM m.column_name
         WHERE m.period < wanted
         GROUP BY m.source_id, m.sender, m.measure, m.column_name, u.months, u.middle),
    judged AS (
        SELECT m.name AS source, m.sender, m.measure, m.column_name, m.value, w.middle AS usual,
               greatest(w.middle - n.band, 0) AS low,
               CASE m.measure WHEN 'rows' THEN w.middle + n.band ELSE least(w.middle + n.band, 100) END AS high,
               coalesce(w.months, 0) AS months
          FROM measured AS m
          LEFT JOIN spread AS w ON (w.source_id, w.sender, w.measure) = (m.source_id, m.sender, m.measure)
                               AND w.column_name IS NOT DISTINCT FROM m.column_name,
               LATERAL (SELECT (least(w.middle, 100) / 100 * m.rows_loaded + 1) / (m.rows_loaded + 2) AS share) AS p,
               LATERAL (SELECT greatest(w.band, CASE m.measure WHEN 'rows' THEN 3 * sqrt(w.middle)
                                                ELSE 300 * sqrt(p.share * (1 - p.share) / greatest(m.rows_loaded, 1))
                                                END) AS band) AS n
         WHERE m.period = wanted),
    among AS ( -- coding that differs between the senders of one month
        SELECT j.source, j.measure, j.column_name, percentile_cont(0.5) WITHIN GROUP (ORDER BY j.value) AS middle
          FROM judged AS j WHERE j.column_name IS NOT NULL
         GROUP BY j.source, j.measure, j.column_name HAVING count(*) >= 3),
    doubled AS MATERIALIZED (
        SELECT m.name, m.sender, 100 * ingest.duplicates(m.name, m.load_id) / nullif(m.rows_loaded, 0)::float8 AS share
          FROM measured AS m WHERE m.period = wanted AND m.measure = 'rows')
    SELECT q.source, q.sender, q.measure, q.column_name, q.value, q.usual, q.low, q.high, q.verdict
      FROM (
        SELECT j.source, j.sender, j.measure, j.column_name, j.value, j.usual, j.low, j.high,
               CASE WHEN j.months < 3 THEN 'no history' WHEN j.value < j.low THEN 'low'
                    WHEN j.value > j.high THEN 'high' ELSE 'as usual' END AS verdict
          FROM judged AS j
        UNION ALL
        SELECT j.source, j.sender, j.measure || ', beside other senders', j.column_name, j.value, a.middle,
               greatest(a.middle - 10, 0), a.middle + 10,
               CASE WHEN j.value < a.middle - 10 THEN 'low' WHEN j.value > a.middle + 10 THEN 'high'
                    ELSE 'as usual' END
          FROM judged AS j JOIN among AS a USING (source, measure, column_name)
        UNION ALL
        SELECT d.name, d.sender, 'duplicates', NULL, d.share, NULL, 0, 1,
               CASE WHEN d.share > 1 THEN 'high' ELSE 'as usual' END
          FROM doubled AS d
         WHERE d.share IS NOT NULL
        UNION ALL
        SELECT m.source, m.sender, 'rows', NULL, NULL, m.last_rows, NULL, NULL, 'missing'
          FROM ingest.load_missing(wanted) AS m
         WHERE only_source IS NULL OR m.source = only_source) AS q
     ORDER BY q.source, q.sender, q.measure <> 'rows', q.column_name NULLS FIRST, q.measure
$$;

-- Rows held of each source and sender, of the twelve periods up to the wanted one; what is missing has no line.
CREATE FUNCTION ingest.quality_history(wanted int4, only_source text)
RETURNS TABLE (source text, sender text, period int4, row_count int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.name, l.sender, l.period, l.rows_loaded
      FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
     WHERE l.state = 'published' AND l.period BETWEEN wanted - 11 AND wanted
       AND (only_source IS NULL OR s.name = only_source)
     ORDER BY s.name, l.sender, l.period
$$;

REVOKE ALL ON FUNCTION ingest.quality_history(int4, text), ingest.duplicates(text, int4),
    ingest.measures(ingest.load), ingest.quality(int4, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.quality(int4, text), ingest.quality_history(int4, text) TO cinque_loader;

RESET ROLE;
