-- What is unusual about a month's deliveries: the measures of each load against those of the sender's months before,
-- against what others publish, and against what it refers to. Numbers of rows alone, never a value or a person.

SET LOCAL ROLE cinque_owner;

-- ---- what a version of a spec holds whole deliveries to ----

CREATE TABLE ingest.source_quality (
    source_id    int2 NOT NULL,
    version      int4 NOT NULL,
    protected_by text[] NOT NULL, -- what tells that a file was cut at a row's end; empty: nothing
    cost_column  text,            -- in the file's header
    PRIMARY KEY (source_id, version),
    FOREIGN KEY (source_id, version) REFERENCES ingest.source_version
);

CREATE TABLE ingest.source_limit (
    source_id int2 NOT NULL,
    version   int4 NOT NULL,
    position  int2 NOT NULL,
    measure   text NOT NULL,
    place     text NOT NULL,    -- column in the file's header, or reference; empty: the delivery
    is_rows   boolean NOT NULL, -- else percent
    warn      float8,
    hold      float8,
    refuse    float8,
    PRIMARY KEY (source_id, version, position),
    FOREIGN KEY (source_id, version) REFERENCES ingest.source_version,
    CHECK (coalesce(warn, hold, refuse) IS NOT NULL)
);

CREATE TABLE ingest.source_reference (
    source_id  int2 NOT NULL,
    version    int4 NOT NULL,
    name       text NOT NULL,
    columns    text[] NOT NULL, -- as stored, here
    to_source  text NOT NULL,
    to_columns text[] NOT NULL, -- and there
    key_parts  int2,            -- to the other's record key: of how many columns; else null
    PRIMARY KEY (source_id, version, name),
    FOREIGN KEY (source_id, version) REFERENCES ingest.source_version,
    CHECK (cardinality(columns) = cardinality(to_columns) AND cardinality(columns) > 0),
    CHECK ((to_columns = '{record_key}') = (key_parts IS NOT NULL))
);

-- Limits that a load went past, as they were found when it ended.
CREATE TABLE ingest.load_finding (
    load_id   int4 NOT NULL REFERENCES ingest.load,
    measure   text NOT NULL,
    place     text NOT NULL,
    is_rows   boolean NOT NULL,
    value     float8 NOT NULL,
    threshold float8 NOT NULL,
    verdict   text NOT NULL CHECK (verdict IN ('warn', 'hold', 'refuse')),
    PRIMARY KEY (load_id, measure, place, is_rows)
);

-- ---- what others say a delivery should hold ----

CREATE TABLE ingest.outside_total (
    source_id int2 NOT NULL REFERENCES ingest.source,
    sender    text NOT NULL,
    period    int4 NOT NULL,
    measure   text NOT NULL CHECK (measure IN ('rows', 'people', 'list size')),
    practice  text NOT NULL,    -- of a list size; else empty
    value     int8 NOT NULL CHECK (value >= 0),
    tolerance float8 CHECK (tolerance BETWEEN 0 AND 100), -- percent; a list size has the fixed rule below
    origin    text NOT NULL,    -- where the figure is from
    permit_id bytea NOT NULL,
    PRIMARY KEY (source_id, sender, period, measure, practice),
    CHECK ((measure = 'list size') = (practice <> '')),
    CHECK ((measure = 'list size') = (tolerance IS NULL))
);

-- ---- measures of one load, wherever its rows are ----

CREATE FUNCTION ingest.rows_of(held ingest.load) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN ($1).state IN ('open', 'held') THEN format('staging.%I', s.name || '_' || ($1).load_id)
                ELSE format('records.%I', s.name) END
      FROM ingest.source AS s WHERE s.source_id = ($1).source_id
$$;

-- Rows whose record key an earlier row of the same load has already.
CREATE FUNCTION ingest.duplicates(held ingest.load) RETURNS int8
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found int8;
BEGIN
    EXECUTE format('SELECT count(r.record_key) - count(DISTINCT r.record_key) FROM %s AS r WHERE r.load_id = %s',
                   ingest.rows_of(held), held.load_id) INTO found;
    RETURN found;
END $$;

-- Counts them for good, once the load is published or held back, so that no publishing waits for it.
CREATE FUNCTION ingest.duplicates_keep(permit bytea, wanted int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    held ingest.load;
    found int8;
BEGIN
    SELECT l.* INTO held FROM ingest.load AS l WHERE l.load_id = wanted AND l.state IN ('published', 'held');
    PERFORM audit.require(permit, 'load', coalesce(encode(held.content, 'hex'), 'nil'));
    IF held.permit_id IS DISTINCT FROM permit THEN
        RAISE EXCEPTION 'load %: published under another permit, or not at all', wanted USING ERRCODE = 'CQ001';
    END IF;
    found := ingest.duplicates(held);
    UPDATE ingest.load SET rows_duplicate = found WHERE load_id = wanted;
    RETURN found;
END $$;

-- Whether the other source has what is referred to: the columns, or a record key of as many.
CREATE FUNCTION ingest.can_refer(reference ingest.source_reference, target ingest.source) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN ($1).key_parts IS NOT NULL THEN cardinality(($2).key_columns) = ($1).key_parts
                ELSE NOT EXISTS (SELECT FROM unnest(($1).to_columns) AS wanted (name)
                                  WHERE NOT EXISTS (SELECT FROM ingest.source_column AS c
                                                     WHERE c.source_id = ($2).source_id AND c.name = wanted.name)) END
$$;

-- Rows that refer to something, and those of them that refer to nothing held. Null where the other source or its
-- columns are not registered, or nothing of it is held.
CREATE FUNCTION ingest.orphans(held ingest.load, reference ingest.source_reference, OUT counted int8, OUT out_of int8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    target ingest.source;
    here text;
    there text;
    is_same text;
BEGIN
    SELECT s.* INTO target FROM ingest.source AS s WHERE s.name = reference.to_source;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM ingest.active_load(NULL) AS a WHERE a.source_id = target.source_id)
       OR NOT ingest.can_refer(reference, target) THEN
        RETURN;
    END IF;
    SELECT string_agg(format('r.%I IS NOT NULL', p.mine), ' AND '), string_agg(format('a.%I', p.theirs), ', '),
           string_agg(format('t.%I::text = r.%I::text', p.theirs, p.mine), ' AND ')
      INTO here, there, is_same
      FROM unnest(reference.columns, reference.to_columns) AS p (mine, theirs);
    EXECUTE format('SELECT count(*) FILTER (WHERE t.is_there IS NULL), count(*) FROM %s AS r'
                   ' LEFT JOIN (SELECT DISTINCT %s, true AS is_there FROM records.%I AS a) AS t ON %s'
                   ' WHERE r.load_id = %s AND %s',
                   ingest.rows_of(held), there, 'active_' || reference.to_source, is_same, held.load_id, here)
       INTO counted, out_of;
END $$;

-- Of each practice the people on its list on the last day of the period.
CREATE FUNCTION ingest.list_sizes(held ingest.load) RETURNS TABLE (practice text, people int8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    source ingest.source;
    of_practice text := ingest.practice_column(held.source_id);
    last_day date := (timestamp '2000-01-01' + make_interval(months => held.period + 1))::date - 1;
BEGIN
    IF of_practice IS NULL THEN
        RETURN;
    END IF;
    SELECT s.* INTO source FROM ingest.source AS s WHERE s.source_id = held.source_id;
    RETURN QUERY EXECUTE format(
        'SELECT r.%1$I, count(DISTINCT r.subject_id) FROM %2$s AS r WHERE r.load_id = %3$s%4$s GROUP BY r.%1$I',
        of_practice, ingest.rows_of(held), held.load_id,
        CASE WHEN source.valid_from_column IS NOT NULL
             THEN format(' AND r.%I <= %L AND (r.%I IS NULL OR r.%I >= %L)', source.valid_from_column, last_day,
                         source.valid_to_column, source.valid_to_column, last_day) ELSE '' END);
END $$;

-- A practice's list as North Central London's published rule has it: off by less than 1 percent excellent, by less
-- than 2 percent or by fewer than 5 people meets it, from 20 percent on it is no basis for analyses.
CREATE FUNCTION ingest.list_verdict(held int8, outside int8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN abs(held - outside) * 100 < outside THEN 'excellent'
                WHEN abs(held - outside) * 100 < 2 * outside OR abs(held - outside) < 5 THEN 'meets'
                WHEN abs(held - outside) * 100 >= 20 * outside THEN 'reject' ELSE 'differs' END
$$;

-- A load beside the outside totals there are for it.
CREATE FUNCTION ingest.totals_compare(held ingest.load)
RETURNS TABLE (measure text, place text, value int8, outside int8, tolerance float8, verdict text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counted int8;
BEGIN
    IF NOT EXISTS (SELECT FROM ingest.outside_total AS t
                    WHERE (t.source_id, t.sender, t.period) = (held.source_id, held.sender, held.period)) THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT count(DISTINCT r.subject_id) FROM %s AS r WHERE r.load_id = %s',
                   ingest.rows_of(held), held.load_id) INTO counted;
    RETURN QUERY
    SELECT t.measure, CASE t.practice WHEN '' THEN t.origin ELSE t.practice END, h.held, t.value,
           coalesce(t.tolerance * t.value / 100, greatest(0.02 * t.value, 4)),
           CASE WHEN t.practice <> '' THEN ingest.list_verdict(h.held, t.value)
                WHEN h.held < t.value * (1 - t.tolerance / 100) THEN 'low'
                WHEN h.held > t.value * (1 + t.tolerance / 100) THEN 'high' ELSE 'as usual' END
      FROM ingest.outside_total AS t LEFT JOIN ingest.list_sizes(held) AS l USING (practice),
           LATERAL (SELECT CASE t.measure WHEN 'rows' THEN held.rows_loaded WHEN 'people' THEN counted
                                          ELSE coalesce(l.people, 0) END AS held) AS h
     WHERE (t.source_id, t.sender, t.period) = (held.source_id, held.sender, held.period);
END $$;

-- Practices of a load that the rule rejects: no release holds them (schema/050_release.sql).
CREATE FUNCTION ingest.lists_rejected(held ingest.load) RETURNS TABLE (practice text, people int8, published int8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A load of changes, or of some groups, holds no whole list.
    IF ingest.practice_column(held.source_id) IS NOT NULL
       AND (SELECT s.update_mode FROM ingest.source AS s WHERE s.source_id = held.source_id)
           NOT IN ('net_change', 'bulk_replacement') THEN
        RETURN QUERY SELECT t.place, t.value, t.outside FROM ingest.totals_compare(held) AS t
                      WHERE t.measure = 'list size' AND t.verdict = 'reject';
    END IF;
END $$;

-- Rows that nothing of was looked at, because their controller has no agreement.
CREATE FUNCTION ingest.rows_refused(wanted int4) RETURNS int8
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum(r.row_count), 0)::int8 FROM ingest.load_refused AS r WHERE r.load_id = $1
$$;

-- What a load counts of what: of an NHS number loads know validity apart from columns.
CREATE FUNCTION ingest.measure_counts(wanted ingest.load)
RETURNS TABLE (measure text, column_name text, found float8, out_of float8)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.measure, NULL::text, m.found::float8, m.out_of::float8
      FROM (VALUES ('rejected', ($1).rows_quarantined, ($1).rows_read - ingest.rows_refused(($1).load_id)),
                   ('identity withheld', ($1).rows_withheld, ($1).rows_loaded)) AS m (measure, found, out_of)
    UNION ALL
    SELECT m.measure, NULL, m.found, ($1).rows_loaded
      FROM (VALUES ('nhs number invalid', ($1).nhs_invalid), ('nhs number absent', ($1).nhs_absent))
               AS m (measure, found)
     WHERE ($1).nhs_valid + ($1).nhs_invalid + ($1).nhs_absent > 0
    UNION ALL
    SELECT m.measure, c.column_name, m.found,
           ($1).rows_read - ($1).rows_excluded - ($1).rows_damaged - ingest.rows_refused(($1).load_id)
      FROM ingest.load_column AS c,
           LATERAL (VALUES ('missing', c.missing), ('invalid', c.invalid), ('default', c.defaulted), ('other', c.other))
               AS m (measure, found)
     WHERE c.load_id = ($1).load_id
$$;

-- Measures of a load: its rows, and shares in percent.
CREATE FUNCTION ingest.measures(wanted ingest.load)
RETURNS TABLE (measure text, column_name text, value float8)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'rows', NULL::text, ($1).rows_loaded::float8
    UNION ALL
    SELECT m.measure, m.column_name, 100 * m.found / nullif(m.out_of, 0) FROM ingest.measure_counts($1) AS m
$$;

-- Would anything tell that the load's file was cut at a row's end? Its announced hash does, and a manifest that the spec
-- counts on where a signed one came for this content.
CREATE FUNCTION ingest.is_protected(wanted ingest.load) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_or(p.name <> 'manifest' OR EXISTS (
               SELECT FROM ingest.delivery AS d
                WHERE (d.sender, d.source_id, d.period, d.content) = (($1).sender, ($1).source_id, ($1).period, ($1).content)
                  AND d.is_signed)), false) OR ingest.is_announced(($1).permit_id)
      FROM ingest.source_quality AS g, unnest(g.protected_by) AS p (name)
     WHERE (g.source_id, g.version) = (($1).source_id, ($1).spec_version)
$$;

-- ---- the report ----

-- One line a measure of each delivery held for the period, and one for each that is missing. usual: the median of up to
-- twelve of the sender's months before, of deliveries that are held, so that a failed month that was put right does not
-- count. low to high: three robust standard deviations (1.4826 median absolute deviations) around it, never less than
-- three of chance alone (Poisson for rows, binomial for shares), a tenth of the usual rows or two percentage points.
-- Verdicts: as usual, low, high, missing; no history below three months. Duplicates and agreement with the other
-- senders of a column have fixed limits: 1 percent, 10 points; so have orphans, 1 percent. Beside an outside total: its
-- tolerance. Last what a spec's own limits said (warn, hold, refuse), and which delivery nothing protects.
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
    delivered AS MATERIALIZED (
        SELECT s.name, l AS load FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
         WHERE l.state = 'published' AND l.period = wanted AND (only_source IS NULL OR s.name = only_source)),
    doubled AS MATERIALIZED (
        SELECT d.name, (d.load).sender, 'duplicates' AS measure, NULL::text AS column_name,
               100 * coalesce((d.load).rows_duplicate, ingest.duplicates(d.load)) / nullif((d.load).rows_loaded, 0)::float8 AS share
          FROM delivered AS d
        UNION ALL
        SELECT d.name, (d.load).sender, 'orphans', r.name, 100 * o.counted / nullif(o.out_of, 0)::float8
          FROM delivered AS d
          JOIN ingest.source_reference AS r
            ON (r.source_id, r.version) = ((d.load).source_id, (d.load).spec_version),
               LATERAL ingest.orphans(d.load, r) AS o)
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
        SELECT d.name, d.sender, d.measure, d.column_name, d.share, NULL, 0, 1,
               CASE WHEN d.share > 1 THEN 'high' ELSE 'as usual' END
          FROM doubled AS d
         WHERE d.share IS NOT NULL
        UNION ALL
        SELECT d.name, (d.load).sender, t.measure || ', beside outside total', t.place, t.value, t.outside,
               greatest(t.outside - t.tolerance, 0), t.outside + t.tolerance, t.verdict
          FROM delivered AS d, LATERAL ingest.totals_compare(d.load) AS t
        UNION ALL
        SELECT s.name, l.sender, f.measure || CASE WHEN f.is_rows THEN ', rows, limit of the spec'
                                                   ELSE ', limit of the spec' END,
               nullif(f.place, ''), f.value, NULL, NULL, f.threshold, f.verdict
          FROM ingest.load_finding AS f JOIN ingest.load AS l USING (load_id) JOIN ingest.source AS s USING (source_id)
         WHERE l.period = wanted AND l.state IN ('published', 'held', 'rejected')
           AND (only_source IS NULL OR s.name = only_source)
           AND (l.state <> 'rejected' OR NOT EXISTS (
                   SELECT FROM ingest.load AS later
                    WHERE (later.source_id, later.sender, later.period) = (l.source_id, l.sender, l.period)
                      AND later.load_id > l.load_id AND later.state IN ('published', 'held')))
        UNION ALL
        SELECT d.name, (d.load).sender, 'protection', NULL, NULL, NULL, NULL, NULL, 'unprotected'
          FROM delivered AS d
         WHERE (d.load).content IS NOT NULL AND NOT ingest.is_protected(d.load)
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

-- NHS England's Data Quality Maturity Index of each sender, over the deliveries held of the twelve periods up to the
-- wanted one: periods delivered of those twelve, or of those since the sender's first ever; of each item (column), then their mean: values filled in,
-- of these valid, of these saying not known.
CREATE FUNCTION ingest.dqmi(wanted int4, only_source text)
RETURNS TABLE (source text, sender text, coverage float8, completeness float8, validity float8, defaults float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH held AS (
        SELECT s.name, l.* FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
         WHERE l.state = 'published' AND l.period BETWEEN wanted - 11 AND wanted
           AND (only_source IS NULL OR s.name = only_source)),
    covered AS (
        SELECT h.name, h.sender, 100.0 * count(*) / least(wanted - f.period + 1, 12) AS coverage
          FROM held AS h, LATERAL (SELECT min(l.period) AS period FROM ingest.load AS l
                                    WHERE l.state = 'published' AND (l.source_id, l.sender) = (h.source_id, h.sender)) AS f
         GROUP BY h.name, h.sender, f.period),
    item AS (
        SELECT h.name, h.sender, c.column_name, sum(h.rows_read - h.rows_excluded - h.rows_damaged - ingest.rows_refused(h.load_id)) AS out_of,
               sum(c.missing) AS missing, sum(c.invalid) AS invalid, sum(c.defaulted) AS defaulted
          FROM held AS h JOIN ingest.load_column AS c USING (load_id)
         GROUP BY h.name, h.sender, c.column_name)
    SELECT v.name, v.sender, v.coverage, avg(100.0 * (i.out_of - i.missing) / nullif(i.out_of, 0)),
           avg(100.0 * (i.out_of - i.missing - i.invalid) / nullif(i.out_of - i.missing, 0)),
           avg(100.0 * i.defaulted / nullif(i.out_of - i.missing, 0))
      FROM covered AS v LEFT JOIN item AS i USING (name, sender)
     GROUP BY v.name, v.sender, v.coverage ORDER BY v.name, v.sender
$$;

-- Who should deliver what in a period: agreements that ran in it, but of look-ups, which come when they change; and
-- whatever was delivered. is_due: it came, is told missing, or nothing as new as the period ever came.
CREATE FUNCTION ingest.deliveries_expected(wanted int4, only_source text)
RETURNS TABLE (source text, sender text, is_delivered boolean, is_held_back boolean, is_due boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH month AS (SELECT (timestamp '2000-01-01' + make_interval(months => wanted))::date AS first_day,
                          (timestamp '2000-01-01' + make_interval(months => wanted + 1))::date - 1 AS last_day),
    pair AS (
        SELECT s.source_id, s.name, a.sender
          FROM governance.agreement AS a JOIN ingest.source AS s ON s.name = a.source, month AS m
         WHERE a.ended_on IS NULL AND a.valid_from <= m.last_day AND a.valid_to >= m.first_day
           AND (s.role IS NULL OR s.role NOT IN ('geography', 'deprivation', 'practice'))
        UNION
        SELECT s.source_id, s.name, l.sender FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
         WHERE l.period = wanted AND l.state IN ('published', 'held')),
    told AS (
        SELECT p.source_id, p.name, p.sender,
               coalesce(bool_or(l.period = wanted AND l.state = 'published'), false) AS came,
               coalesce(bool_or(l.period = wanted AND l.state = 'held'), false) AS waits,
               coalesce(max(l.period) FILTER (WHERE l.state = 'published') < wanted, true) AS is_silent
          FROM pair AS p
          LEFT JOIN ingest.load AS l ON (l.source_id, l.sender) = (p.source_id, p.sender)
         WHERE only_source IS NULL OR p.name = only_source
         GROUP BY p.source_id, p.name, p.sender)
    SELECT t.name, t.sender, t.came, t.waits,
           t.came OR t.waits OR t.is_silent OR EXISTS (SELECT FROM ingest.load_missing(wanted) AS m
                                                       WHERE m.source = t.name AND m.sender = t.sender)
      FROM told AS t
$$;

-- The seven tests that the Kent Integrated Dataset's team wrote down, of each sender and source: 1 sent, 2 stable,
-- 3 agrees with outside figures, 4 all items complete, 5 coded as others code, 6 every row has its cost, 7 duplicates.
-- Each: pass, fail, no history, held; n/a where it does not apply.
CREATE FUNCTION ingest.quality_tests(wanted int4, only_source text)
RETURNS TABLE (source text, sender text, sent text, stable text, agrees text, complete text, consistent text, costed text,
               single text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    WITH line AS MATERIALIZED (SELECT q.* FROM ingest.quality(wanted, only_source) AS q),
    counted AS (
        SELECT l.source, l.sender,
               count(*) FILTER (WHERE l.measure = 'rows' AND l.verdict IN ('low', 'high')) AS unstable,
               count(*) FILTER (WHERE l.measure = 'rows' AND l.verdict = 'as usual') AS usual,
               count(*) FILTER (WHERE l.measure = 'rows' AND l.verdict = 'no history') AS young,
               count(*) FILTER (WHERE l.measure LIKE '%, beside outside total') AS outside,
               count(*) FILTER (WHERE l.measure LIKE '%, beside outside total'
                                  AND l.verdict IN ('low', 'high', 'differs', 'reject')) AS off,
               count(*) FILTER (WHERE l.measure = 'missing' AND l.verdict IN ('low', 'high', 'as usual')) AS items,
               count(*) FILTER (WHERE l.measure = 'missing' AND l.verdict = 'high'
                                   OR l.measure LIKE 'missing,%limit of the spec') AS lacking,
               count(*) FILTER (WHERE l.measure LIKE '%, beside other senders') AS beside,
               count(*) FILTER (WHERE l.measure LIKE '%, beside other senders'
                                  AND l.verdict IN ('low', 'high')) AS apart,
               max(l.value) FILTER (WHERE l.measure = 'missing' AND l.column_name = g.cost_column) AS uncosted,
               max(l.value) FILTER (WHERE l.measure = 'duplicates') AS doubled
          FROM line AS l
          LEFT JOIN ingest.source AS s ON s.name = l.source
          LEFT JOIN LATERAL (SELECT q.cost_column FROM ingest.source_quality AS q WHERE q.source_id = s.source_id
                              ORDER BY q.version DESC LIMIT 1) AS g ON true
         GROUP BY l.source, l.sender)
    SELECT e.source, e.sender,
           CASE WHEN e.is_delivered THEN 'pass' WHEN e.is_held_back THEN 'held' WHEN e.is_due THEN 'fail' ELSE 'n/a' END,
           CASE WHEN c.unstable > 0 THEN 'fail' WHEN c.usual > 0 THEN 'pass' WHEN c.young > 0 THEN 'no history'
                ELSE 'n/a' END,
           CASE WHEN c.off > 0 THEN 'fail' WHEN c.outside > 0 THEN 'pass' ELSE 'n/a' END,
           CASE WHEN c.lacking > 0 THEN 'fail' WHEN c.items > 0 THEN 'pass' WHEN c.young > 0 THEN 'no history'
                ELSE 'n/a' END,
           CASE WHEN c.apart > 0 THEN 'fail' WHEN c.beside > 0 THEN 'pass' ELSE 'n/a' END,
           CASE WHEN c.uncosted > 0 THEN 'fail' WHEN c.uncosted = 0 THEN 'pass' ELSE 'n/a' END,
           CASE WHEN c.doubled > 1 THEN 'fail' WHEN c.doubled IS NOT NULL THEN 'pass' ELSE 'n/a' END
      FROM ingest.deliveries_expected(wanted, only_source) AS e LEFT JOIN counted AS c USING (source, sender)
     WHERE e.is_due ORDER BY e.source, e.sender
$$;

-- Of a source: by an agreement, which may have ended, or by what was loaded.
CREATE FUNCTION ingest.is_sender(of_source text, wanted text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM governance.agreement AS a WHERE a.source = $1 AND a.sender = $2)
        OR EXISTS (SELECT FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
                    WHERE s.name = $1 AND l.sender = $2 AND l.state = 'published')
$$;

-- The object of the permit is the SHA-256 of the file of totals, in hex. Each line: source, sender, period as months
-- since 2000-01, measure, practice, value, tolerance, origin. A figure that is published anew takes the place of its
-- earlier one.
CREATE FUNCTION ingest.totals_put(permit bytea, file_hash text, fields text[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown int8;
    put int8;
BEGIN
    PERFORM audit.require(permit, 'totals_add', file_hash);
    SELECT n + 1 INTO unknown FROM generate_series(0, cardinality(fields) / 8 - 1) AS n
     WHERE NOT EXISTS (SELECT FROM ingest.source AS s WHERE s.name = fields[8 * n + 1]) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'totals: figure % is for a source that is not registered', unknown USING ERRCODE = 'CQ002';
    END IF;
    SELECT n + 1 INTO unknown FROM generate_series(0, cardinality(fields) / 8 - 1) AS n
     WHERE NOT ingest.is_sender(fields[8 * n + 1], fields[8 * n + 2]) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'totals: figure % is for a sender who neither has nor had an agreement for the source', unknown
            USING ERRCODE = 'CQ002';
    END IF;
    SELECT n + 1 INTO unknown FROM generate_series(0, cardinality(fields) / 8 - 1) AS n
      JOIN ingest.source AS s ON s.name = fields[8 * n + 1]
     WHERE fields[8 * n + 4] = 'list size' AND ingest.practice_column(s.source_id) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'totals: figure % is a list size of a source that names no practices', unknown
            USING ERRCODE = 'CQ002';
    END IF;
    INSERT INTO ingest.outside_total (source_id, sender, period, measure, practice, value, tolerance, origin, permit_id)
    SELECT s.source_id, fields[8 * n + 2], fields[8 * n + 3]::int4, fields[8 * n + 4], fields[8 * n + 5],
           fields[8 * n + 6]::int8, nullif(fields[8 * n + 7], '')::float8, fields[8 * n + 8], permit
      FROM generate_series(0, cardinality(fields) / 8 - 1) AS n JOIN ingest.source AS s ON s.name = fields[8 * n + 1]
        ON CONFLICT (source_id, sender, period, measure, practice) DO UPDATE
       SET value = excluded.value, tolerance = excluded.tolerance, origin = excluded.origin,
           permit_id = excluded.permit_id;
    GET DIAGNOSTICS put = ROW_COUNT;
    RETURN put;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ingest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.quality(int4, text), ingest.quality_history(int4, text), ingest.dqmi(int4, text),
    ingest.quality_tests(int4, text), ingest.totals_put(bytea, text, text[]),
    ingest.duplicates_keep(bytea, int4) TO cinque_loader;

RESET ROLE;
