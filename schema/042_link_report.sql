-- What the linkage report says: counts by group as of the newest run and of the last one of an earlier month, and what
-- weights say of links and pairs. Counts alone leave these functions; which of them may be seen is decided in linkage/.
-- What came since the run is not in them, so that the report of a run says the same whenever it is asked for; an ethnic group
-- alone is what the rows that are held now say.
SET LOCAL ROLE cinque_owner;

-- The newest run and the last one of a month before its own; no row before the first run.
CREATE FUNCTION linkage.report_runs()
RETURNS TABLE (run_id int4, started timestamptz, before_run int4, before_started timestamptz)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT newest.run_id, newest.started, before.run_id, before.started
      FROM (SELECT run.run_id, run.started FROM linkage.run
             WHERE run.state = 'done' ORDER BY run.run_id DESC LIMIT 1) AS newest
      LEFT JOIN LATERAL (
               SELECT run.run_id, run.started FROM linkage.run
                WHERE run.state = 'done' AND run.run_id < newest.run_id
                  AND date_trunc('month', run.started, 'Europe/London')
                    < date_trunc('month', newest.started, 'Europe/London')
                ORDER BY run.run_id DESC LIMIT 1) AS before ON true
$$;

-- Private: the ethnic group of subjects of sources that hold one, by the five groups of the 2001 census; one of several
-- codes is taken, and one that says something before one that does not. No payload leaves but these groups' counts.
CREATE FUNCTION linkage.report_ethnicity() RETURNS TABLE (subject_id int8, value text)
LANGUAGE plpgsql STABLE ROWS 1000000 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held text;
BEGIN
    SELECT string_agg(format('SELECT r.subject_id, min(left(r.%I, 1)) FILTER (WHERE left(r.%1$I, 1) BETWEEN ''A'' AND ''S'')'
                             ' AS code FROM records.%2$I AS r GROUP BY 1', c.name, 'active_' || s.name), ' UNION ALL ')
      INTO held
      FROM ingest.source AS s
      JOIN LATERAL (SELECT c.name FROM ingest.source_column AS c
                     WHERE c.source_id = s.source_id AND c.list IN ('ethnic_category', 'ethnic_category_stated')
                     ORDER BY c.position LIMIT 1) AS c ON true
     WHERE s.subject_kind = 'person' AND to_regclass(format('records.%I', 'active_' || s.name)) IS NOT NULL;
    IF held IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE
        'SELECT h.subject_id, CASE WHEN h.code <= ''C'' THEN ''White'' WHEN h.code <= ''G'' THEN ''Mixed'''
        ' WHEN h.code <= ''L'' THEN ''Asian'' WHEN h.code <= ''P'' THEN ''Black'' WHEN h.code IS NOT NULL THEN'
        ' ''Chinese or other'' ELSE ''not stated'' END FROM (' || held || ') AS h WHERE h.subject_id IS NOT NULL';
END $$;

-- Private: at how many addresses, or areas where it sends none, a source has somebody, by the sender's own number or else
-- the NHS number or pseudonym: known of those who are not linked too, so that moving is not measured by what linking found.
-- Addresses that came since the newest run are none. ROWS: planned as few, all of a source would be looked through for each
-- subject.
CREATE FUNCTION linkage.report_mobility() RETURNS TABLE (source_id int2, number bytea, places int8)
LANGUAGE sql STABLE ROWS 1000000 SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.source_id, n.number, count(DISTINCT coalesce(s.uprn_token, convert_to(s.lsoa_2011, 'UTF8')))
      FROM subjects.subject AS s
      LEFT JOIN ingest.load ON load.load_id = s.first_load_id
      LEFT JOIN linkage.report_runs() AS runs ON true
     CROSS JOIN LATERAL (SELECT coalesce(s.local_token, s.nhs_token, s.foreign_token)) AS n (number)
     WHERE n.number IS NOT NULL AND (coalesce(load.held_from, '-infinity') <= runs.started OR runs.run_id IS NULL)
     GROUP BY s.source_id, n.number
$$;

-- Private: each subject with its groups, and whether it was held and linked, now and at the run before. A subject is
-- linked to a person by any pass but the last, which makes a person of whoever is like nobody; a household's to an
-- address. Ages are those reached in the year of the run, for a subject has no day of birth.
CREATE FUNCTION linkage.report_subject()
RETURNS TABLE (subject_id int8, source text, is_person boolean, is_linked boolean, was_held boolean, was_linked boolean,
               age int8, sex text, decile int8, places int8)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT subject.subject_id, source.name, source.subject_kind = 'person',
           CASE WHEN source.subject_kind = 'person' THEN coalesce(link.pass < 10, false)
                ELSE home.subject_id IS NOT NULL END,
           coalesce(coalesce(load.held_from, '-infinity') <= runs.before_started, false),
           CASE WHEN source.subject_kind = 'person'
                THEN coalesce(link.pass < 10 AND link.run_id <= runs.before_run, false)
                     OR runs.before_run IS NOT NULL
                        AND EXISTS (SELECT FROM linkage.link_history AS gone
                                     WHERE gone.subject_id = subject.subject_id AND gone.pass < 10
                                       AND gone.run_id <= runs.before_run AND gone.moved_run > runs.before_run)
                ELSE coalesce(home.run_id <= runs.before_run, false) END,
           extract(year FROM coalesce(runs.started, now()) AT TIME ZONE 'Europe/London')::int8 - subject.birth_year,
           subject.sex, deprivation.imd_decile, moved.places
      FROM subjects.subject
      JOIN ingest.source USING (source_id)
      LEFT JOIN ingest.load ON load.load_id = subject.first_load_id
      LEFT JOIN linkage.link USING (subject_id)
      LEFT JOIN linkage.subject_household AS home USING (subject_id)
      LEFT JOIN linkage.deprivation ON deprivation.lsoa_2011 = subject.lsoa_2011
      LEFT JOIN linkage.report_mobility() AS moved
             ON moved.source_id = subject.source_id
            AND moved.number = coalesce(subject.local_token, subject.nhs_token, subject.foreign_token)
      LEFT JOIN linkage.report_runs() AS runs ON true
     WHERE (source.role IS NULL OR source.role NOT IN ('merger', 'crosswalk'))
       AND (coalesce(load.held_from, '-infinity') <= runs.started OR runs.run_id IS NULL)
$$;

CREATE FUNCTION linkage.report_age_band(age int8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN age < 0 OR age > 199 THEN NULL WHEN age < 5 THEN '0 to 4' WHEN age < 18 THEN '5 to 17'
                WHEN age < 25 THEN '18 to 24' WHEN age < 45 THEN '25 to 44' WHEN age < 65 THEN '45 to 64'
                WHEN age < 75 THEN '65 to 74' WHEN age < 85 THEN '75 to 84' WHEN age >= 85 THEN '85 and over' END
$$;

-- Subjects and linked ones by group, now and at the run before, ordered as printed. The groups of a kind share no
-- subject; a group of 0 before is one that nobody was in, or there is no run before.
CREATE FUNCTION linkage.report_rates()
RETURNS TABLE (kind text, value text, subjects int8, linked int8, subjects_before int8, linked_before int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
    WITH alike AS ( -- many subjects are, and each kind of group is made of these few
        SELECT s.source, s.is_person, linkage.report_age_band(s.age) AS band, s.sex, s.decile,
               CASE WHEN s.places >= 3 THEN 3 ELSE s.places END AS places, e.value AS ethnicity, min(s.age) AS youngest,
               count(*) AS subjects, count(*) FILTER (WHERE s.is_linked) AS linked,
               count(*) FILTER (WHERE s.was_held) AS subjects_before,
               count(*) FILTER (WHERE s.was_held AND s.was_linked) AS linked_before
          FROM linkage.report_subject() AS s
          LEFT JOIN linkage.report_ethnicity() AS e USING (subject_id)
         GROUP BY 1, 2, 3, 4, 5, 6, 7
    )
    SELECT g.kind, coalesce(g.value, 'unknown'), sum(a.subjects)::int8, sum(a.linked)::int8, sum(a.subjects_before)::int8,
           sum(a.linked_before)::int8
      FROM alike AS a
     CROSS JOIN LATERAL (VALUES
           (1, 'all', 'person sources', '', a.is_person),
           (2, 'source', a.source, a.source, a.is_person),
           (3, 'age', a.band, to_char(a.youngest, '000'), a.is_person),
           (4, 'sex', CASE a.sex WHEN '1' THEN 'male' WHEN '2' THEN 'female' WHEN '9' THEN 'indeterminate' END,
               a.sex, a.is_person),
           (5, 'ethnicity', a.ethnicity, (a.ethnicity = 'not stated')::text || a.ethnicity,
               a.is_person AND a.ethnicity IS NOT NULL),
           (6, 'deprivation decile', a.decile::text, to_char(a.decile, '000'), a.is_person),
           (7, 'addresses', CASE WHEN a.places >= 3 THEN '3 or more' WHEN a.places > 0 THEN a.places::text END,
               CASE WHEN a.places > 0 THEN a.places::text END, a.is_person),
           (8, 'household source', a.source, a.source, NOT a.is_person)
         ) AS g (place, kind, value, sort_key, is_counted)
     WHERE g.is_counted
     GROUP BY g.place, g.kind, 2
     ORDER BY g.place, min(coalesce(g.sort_key, '~')), 2
$$;

-- log2 of the odds of a pair as its probability. Beyond 60 it makes no difference that is seen.
CREATE FUNCTION linkage.probability(weight float8) RETURNS float8
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 1 / (1 + power(2::float8, -greatest(least(weight, 60), -60)))
$$;

-- Private: what had been decided of pairs when the newest run began. In PL/pgSQL like what follows, for the tables that it
-- reads are made later, in 048_alike.sql.
CREATE FUNCTION linkage.report_decisions() RETURNS TABLE (subject_a int8, subject_b int8, is_same boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT said.subject_a, said.subject_b, said.is_same
      FROM linkage.decision AS said JOIN linkage.report_runs() AS newest
        ON said.decided <= newest.started AND coalesce(said.ended > newest.started, true);
END $$;

-- Private: links with a weight and what their pair's probability is; certain where somebody decided.
CREATE FUNCTION linkage.report_scored() RETURNS TABLE (pass int2, probability float8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT link.pass, CASE WHEN said.is_same THEN 1 ELSE linkage.probability(link.weight) END
      FROM linkage.link
      LEFT JOIN linkage.report_decisions() AS said
             ON said.subject_a = least(link.subject_id, link.other_subject)
            AND said.subject_b = greatest(link.subject_id, link.other_subject)
     WHERE link.weight IS NOT NULL;
END $$;

-- Links by pass, and those with a weight by the band of their pair.
CREATE FUNCTION linkage.report_passes() RETURNS TABLE (pass int2, band text, links int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH scored AS (
        SELECT s.pass, CASE WHEN s.probability >= 0.95 THEN 'link' WHEN s.probability >= 0.5 THEN 'clerical'
                            ELSE 'apart' END AS band, count(*) AS links
          FROM linkage.report_scored() AS s
         GROUP BY 1, 2
    ), other AS (
        SELECT link.pass, 'rule' AS band,
               count(*) - coalesce((SELECT sum(scored.links) FROM scored WHERE scored.pass = link.pass), 0)::int8 AS links
          FROM linkage.link
         GROUP BY link.pass
    )
    SELECT pass, band, links FROM (SELECT pass, band, links FROM other UNION ALL SELECT pass, band, links FROM scored) AS u
     WHERE links > 0
     ORDER BY pass, array_position('{rule,link,clerical,apart}'::text[], band)
$$;

-- What waits for a person, and what could not be made one.
CREATE FUNCTION linkage.report_waiting() RETURNS TABLE (kind text, value text, pairs int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT 'waiting', 'pairs for a decision', count(*) FROM linkage.clerical;
    RETURN QUERY SELECT 'conflict', c.reason, count(*) FROM linkage.conflict AS c GROUP BY c.reason ORDER BY c.reason;
    RETURN QUERY SELECT 'cross-walk', 'pseudonyms mapped to more than one', run.crosswalk_ambiguous
                   FROM linkage.run JOIN linkage.report_runs() AS newest USING (run_id);
END $$;

-- What weights expect. false: the sum of what links lack to certainty. missed: the sum of probabilities of held pairs
-- below the link band whose two are not one person and whom nobody decided about. out_of: matches expected in all. No row where nothing has a weight.
CREATE FUNCTION linkage.report_estimates() RETURNS TABLE (kind text, counted int8, expected float8, out_of float8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    scored record;
BEGIN
    SELECT count(*) AS links, coalesce(sum(1 - s.probability), 0) AS wrong, coalesce(sum(s.probability), 0) AS right
      INTO scored FROM linkage.report_scored() AS s;
    IF scored.links = 0 AND NOT EXISTS (SELECT FROM linkage.pair WHERE pair.weight IS NOT NULL) THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 'false matches', scored.links, scored.wrong::float8, scored.links::float8;
    RETURN QUERY
    SELECT 'missed matches', count(*), coalesce(sum(linkage.probability(p.weight)), 0)::float8,
           (coalesce(sum(linkage.probability(p.weight)), 0) + scored.right)::float8
      FROM linkage.pair AS p
      LEFT JOIN linkage.current_link AS a ON a.subject_id = p.subject_a
      LEFT JOIN linkage.current_link AS b ON b.subject_id = p.subject_b
     WHERE p.weight IS NOT NULL AND linkage.probability(p.weight) < 0.95 AND (a.person_id = b.person_id) IS NOT TRUE
       AND NOT EXISTS (SELECT FROM linkage.report_decisions() AS said
                        WHERE said.subject_a = p.subject_a AND said.subject_b = p.subject_b);
END $$;

-- The report of the newest run as it may be seen, without counts: a release copies it (050_release.sql), and it goes beside
-- every answer. Only that of the newest run asked for is kept. First come the days of the run and of the one that it is
-- compared with.
CREATE TABLE linkage.report (
    run_id  int4    NOT NULL REFERENCES linkage.run,
    line    int4    NOT NULL,              -- in the order they are printed
    kind    text    NOT NULL,
    value   text    NOT NULL,
    rate    numeric(5,4) CHECK (rate BETWEEN 0 AND 1),    -- null: hidden
    low     numeric(5,4) CHECK (low BETWEEN 0 AND 1),     -- null: an estimate
    high    numeric(5,4) CHECK (high BETWEEN 0 AND 1),
    change  numeric(5,4) CHECK (change BETWEEN -1 AND 1), -- null: hidden, or nothing to compare with
    is_weak boolean NOT NULL,              -- linked less than all, beyond chance
    PRIMARY KEY (run_id, line)
);

-- The run whose report is about to be written, in the transaction of the caller, with no linkage beside it; null: none was
-- done. What was written before goes. The permit is that of the release of a month, CCYY-MM, which is to copy it.
CREATE FUNCTION linkage.report_begin(permit bytea, month text) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newest record;
BEGIN
    PERFORM audit.require(permit, 'release_build', month);
    LOCK TABLE linkage.run IN SHARE MODE;
    LOCK TABLE linkage.report IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM linkage.report;
    SELECT r.* INTO newest FROM linkage.report_runs() AS r;
    INSERT INTO linkage.report (run_id, line, kind, value, is_weak)
    SELECT newest.run_id, d.line, d.kind, to_char(d.started AT TIME ZONE 'Europe/London', 'YYYY-MM-DD'), false
      FROM (VALUES (-2, 'run', newest.started), (-1, 'run before', newest.before_started)) AS d (line, kind, started)
     WHERE d.started IS NOT NULL;
    RETURN newest.run_id;
END $$;

-- Numbers as the report prints them; '': none.
CREATE FUNCTION linkage.report_add(permit bytea, month text, run_id int4, line int4, kind text, value text, rate text, low text,
                                   high text, change text, is_weak boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'release_build', month);
    INSERT INTO linkage.report (run_id, line, kind, value, rate, low, high, change, is_weak)
    VALUES (report_add.run_id, report_add.line, report_add.kind, report_add.value, nullif(report_add.rate, '')::numeric,
            nullif(report_add.low, '')::numeric, nullif(report_add.high, '')::numeric,
            nullif(report_add.change, '')::numeric, report_add.is_weak);
END $$;

REVOKE EXECUTE ON FUNCTION linkage.report_runs(), linkage.report_ethnicity(), linkage.report_mobility(),
    linkage.report_subject(), linkage.report_age_band(int8), linkage.report_rates(), linkage.probability(float8),
    linkage.report_decisions(), linkage.report_scored(), linkage.report_passes(), linkage.report_waiting(),
    linkage.report_estimates(), linkage.report_begin(bytea, text),
    linkage.report_add(bytea, text, int4, int4, text, text, text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION linkage.report_runs(), linkage.report_rates(), linkage.report_passes(), linkage.report_waiting(),
    linkage.report_estimates(), linkage.report_begin(bytea, text),
    linkage.report_add(bytea, text, int4, int4, text, text, text, text, text, text, boolean) TO cinque_linker;

RESET ROLE;
