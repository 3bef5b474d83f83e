-- Limits of a spec on whole deliveries, and loads that they hold back: staged completely, seen by nothing, until a
-- second person releases or refuses them.

SET LOCAL ROLE cinque_owner;

CREATE TABLE ingest.hold (
    load_id int4 PRIMARY KEY REFERENCES ingest.load,
    loader  text NOT NULL, -- whose permit loaded it
    held_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- its transaction may have begun long before
    UNIQUE (load_id, loader)
);

-- Two people by constraint: the foreign key carries the loader here, the check keeps the decider another.
CREATE TABLE ingest.hold_decision (
    load_id    int4 PRIMARY KEY,
    loader     text NOT NULL,
    decider    text NOT NULL,
    decision   text NOT NULL CHECK (decision IN ('released', 'refused')),
    decided_at timestamptz NOT NULL DEFAULT now(),
    permit_id  bytea NOT NULL,
    CONSTRAINT decision_is_of_the_loader FOREIGN KEY (load_id, loader) REFERENCES ingest.hold (load_id, loader),
    CONSTRAINT decider_is_another CHECK (decider <> loader)
);

CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ingest.hold
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ingest.hold_decision
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

-- ---- limits ----

-- The median of up to twelve months before that are held; null below three.
CREATE FUNCTION ingest.usual_rows(held ingest.load) RETURNS float8
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN count(*) >= 3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY l.rows_loaded) END
      FROM ingest.load AS l
     WHERE l.state = 'published' AND (l.source_id, l.sender) = (($1).source_id, ($1).sender)
       AND l.period BETWEEN ($1).period - 12 AND ($1).period - 1
$$;

-- Rows of what the load takes the place of: of its own period, or of a snapshot the newest before; null: of nothing.
CREATE FUNCTION ingest.rows_replaced(held ingest.load) RETURNS float8
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.rows_loaded FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
     WHERE l.state = 'published' AND (l.source_id, l.sender) = (($1).source_id, ($1).sender)
       AND (l.period = ($1).period OR s.update_mode = 'snapshot' AND l.period < ($1).period)
     ORDER BY l.period DESC LIMIT 1
$$;

-- What a limit is on: counted of out_of; null where it cannot be told. place: ingest.source_limit. Of several outside
-- figures the one furthest off, by rows or by share; off one of 0 each row is 100 percent.
CREATE FUNCTION ingest.limit_value(held ingest.load, measure text, place text, is_rows boolean, OUT counted float8, OUT out_of float8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE
    WHEN measure = 'duplicates' THEN
        counted := ingest.duplicates(held);
        out_of := held.rows_loaded;
    WHEN measure = 'orphans' THEN
        SELECT o.counted, o.out_of INTO counted, out_of
          FROM ingest.source_reference AS r, LATERAL ingest.orphans(held, r) AS o
         WHERE (r.source_id, r.version, r.name) = (held.source_id, held.spec_version, place);
    WHEN measure IN ('fall', 'rise') THEN
        out_of := ingest.usual_rows(held);
        counted := CASE measure WHEN 'fall' THEN out_of - held.rows_loaded ELSE held.rows_loaded - out_of END;
    WHEN measure = 'shrunk' THEN
        out_of := ingest.rows_replaced(held);
        counted := out_of - held.rows_loaded;
    WHEN measure IN ('off total', 'list size') THEN
        SELECT abs(t.value - t.outside), greatest(t.outside, 1) INTO counted, out_of
          FROM ingest.totals_compare(held) AS t
         WHERE (t.measure = 'list size') = (limit_value.measure = 'list size')
           AND t.verdict NOT IN ('excellent', 'meets')
         ORDER BY abs(t.value - t.outside) / CASE WHEN is_rows THEN 1 ELSE greatest(t.outside, 1)::float8 END DESC LIMIT 1;
    ELSE
        SELECT m.found, m.out_of INTO counted, out_of
          FROM ingest.measure_counts(held) AS m
         WHERE m.measure = limit_value.measure AND coalesce(m.column_name, '') = place;
    END CASE;
END $$;

-- Limits of earlier versions that keep deliveries back, and that the load's version has not, or only further off: whoever
-- loads may register a version without them. Counted from the version on that a second person has let through.
CREATE FUNCTION ingest.limits_weakened(held ingest.load) RETURNS int8
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH let_through AS (
        SELECT coalesce(max(l.spec_version), 0) AS version
          FROM ingest.hold_decision AS d JOIN ingest.load AS l USING (load_id) JOIN ingest.load_finding AS f USING (load_id)
         WHERE l.source_id = ($1).source_id AND l.spec_version <= ($1).spec_version AND d.decision = 'released'
           AND f.measure = 'limits weakened')
    SELECT count(*) FROM ingest.source_limit AS b, let_through AS t
     WHERE b.source_id = ($1).source_id AND b.version >= t.version AND b.version < ($1).spec_version
       AND coalesce(b.hold, b.refuse) IS NOT NULL
       AND NOT EXISTS (
               SELECT FROM ingest.source_limit AS n
                WHERE (n.source_id, n.version) = (($1).source_id, ($1).spec_version)
                  AND (n.measure, n.place, n.is_rows) = (b.measure, b.place, b.is_rows)
                  AND least(n.hold, n.refuse) <= least(b.hold, b.refuse) AND (b.refuse IS NULL OR n.refuse <= b.refuse))
$$;

-- Locked: a decision about it that is under way comes first, and what it publishes waits no more.
CREATE FUNCTION ingest.held_find(load_source int2, load_sender text, load_period int4) RETURNS ingest.load
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.* FROM ingest.load AS l
     WHERE l.source_id = $1 AND l.sender = $2 AND l.period = $3 AND l.state = 'held' FOR UPDATE
$$;

-- Keeps which limits the load went past, and says what comes of it: 'published', 'held', 'rejected'. A limit counts
-- from its threshold on. What takes the place of a load that waits has to wait as well.
CREATE FUNCTION ingest.limits_weigh(wanted int4) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load;
    waiting ingest.load;
BEGIN
    SELECT l.* INTO STRICT held FROM ingest.load AS l WHERE l.load_id = wanted;
    waiting := ingest.held_find(held.source_id, held.sender, held.period); -- before anything is compared with it
    INSERT INTO ingest.load_finding (load_id, measure, place, is_rows, value, threshold, verdict)
    SELECT wanted, m.measure, m.place, m.is_rows, v.value, t.threshold, t.verdict
      FROM ingest.source_limit AS m,
           LATERAL ingest.limit_value(held, m.measure, m.place, m.is_rows) AS f,
           LATERAL (SELECT CASE WHEN m.is_rows THEN f.counted ELSE 100 * f.counted / nullif(f.out_of, 0) END) AS v (value),
           LATERAL (SELECT * FROM (VALUES (m.refuse, 'refuse'), (m.hold, 'hold'), (m.warn, 'warn'))
                                      AS given (threshold, verdict)
                     WHERE v.value >= given.threshold ORDER BY given.threshold DESC LIMIT 1) AS t
     WHERE (m.source_id, m.version) = (held.source_id, held.spec_version)
    UNION ALL
    SELECT wanted, r.measure, '', true, r.value, 1, 'hold'
      FROM (VALUES ('limits weakened', ingest.limits_weakened(held)),
                   ('replaces what waits', (waiting.load_id IS NOT NULL)::int4)) AS r (measure, value)
     WHERE r.value > 0;
    RETURN (SELECT CASE WHEN bool_or(f.verdict = 'refuse') THEN 'rejected' WHEN bool_or(f.verdict = 'hold') THEN 'held'
                        ELSE 'published' END
              FROM ingest.load_finding AS f WHERE f.load_id = wanted);
END $$;

-- ---- loads held back ----

-- Nothing stays of it but its quarantine, its counts and what was found.
CREATE FUNCTION ingest.load_drop(held ingest.load, ends_as text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE ingest.load SET state = ends_as, rows_loaded = 0
     WHERE load_id = held.load_id AND state IN ('open', 'held'); -- what is published is never dropped
    IF NOT FOUND THEN
        RAISE EXCEPTION 'load %: neither open nor held back', held.load_id USING ERRCODE = 'CQ002';
    END IF;
    PERFORM ingest.staging_drop(held.source_id, held.load_id);
    DELETE FROM ingest.load_replaces WHERE load_id = held.load_id; -- whose loads have rows
END $$;

-- A newer delivery of the same month takes the place of one that still waits.
CREATE FUNCTION ingest.held_replace(held ingest.load) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waiting ingest.load := ingest.held_find(held.source_id, held.sender, held.period);
BEGIN
    IF waiting.load_id IS NOT NULL THEN
        PERFORM ingest.load_drop(waiting, 'replaced');
        UPDATE ingest.load SET replaced_by = held.load_id WHERE load_id = waiting.load_id;
    END IF;
END $$;

-- Its staging outlives the session and the server: the loader may no longer write there, and a crash no longer
-- empties the subjects.
CREATE FUNCTION ingest.load_hold(held ingest.load, loader text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    records text := ingest.staging_name(held.source_id, held.load_id);
    subject text := 'subject_' || held.load_id;
BEGIN
    PERFORM ingest.held_replace(held);
    PERFORM ingest.staging_shut(records);
    EXECUTE format('REVOKE ALL ON staging.%I FROM cinque_loader', subject);
    EXECUTE format('ALTER TABLE staging.%I SET LOGGED', subject);
    PERFORM ingest.encodings_hold(held.load_id);
    UPDATE ingest.load SET state = 'held' WHERE load_id = held.load_id;
    INSERT INTO ingest.hold (load_id, loader) VALUES (held.load_id, loader);
END $$;

-- Whoever may withdraw a load may also take one back that nobody has seen yet.
CREATE FUNCTION ingest.held_withdraw(wanted int4) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load;
BEGIN
    SELECT l.* INTO held FROM ingest.load AS l WHERE l.load_id = wanted AND l.state = 'held' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM ingest.load_drop(held, 'withdrawn');
    RETURN true;
END $$;

-- The load, locked, and the decision about it kept: by the permit's person, who is not the loader.
CREATE FUNCTION ingest.held_decide(permit bytea, action text, wanted int4, decision text) RETURNS ingest.load
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load;
BEGIN
    PERFORM audit.require(permit, action, wanted::text);
    LOCK TABLE ingest.load IN ROW EXCLUSIVE MODE; -- as when a load is published
    SELECT l.* INTO held FROM ingest.load AS l WHERE l.load_id = wanted AND l.state = 'held' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'load %: not held back', wanted USING ERRCODE = 'CQ002';
    END IF;
    BEGIN
        INSERT INTO ingest.hold_decision (load_id, loader, decider, decision, permit_id)
        SELECT h.load_id, h.loader, audit.permit_person(permit), held_decide.decision, permit
          FROM ingest.hold AS h WHERE h.load_id = wanted;
    EXCEPTION WHEN check_violation THEN
        RAISE EXCEPTION 'load %: who loaded it cannot decide about it', wanted USING ERRCODE = 'CQ001';
    END;
    RETURN held;
END $$;

-- ---- the doors: decisions are of people, who come through governance ----

-- Whoever decides has locked what publishers need, so nobody is waited for here.
CREATE FUNCTION ingest.held_enter(held ingest.load) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
    PERFORM ingest.subjects_enter(held.source_id, held.load_id);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'load %: another of its source is under way: release it when that one has ended', held.load_id
        USING ERRCODE = 'CQ001';
END $$;

-- Returns its rows.
CREATE FUNCTION governance.release_load(permit bytea, wanted int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.held_decide(permit, 'load_release', wanted, 'released');
BEGIN
    PERFORM ingest.held_enter(held);
    PERFORM ingest.load_show(held);
    RETURN held.rows_loaded;
END $$;

CREATE FUNCTION governance.refuse_load(permit bytea, wanted int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.held_decide(permit, 'load_refuse', wanted, 'refused');
BEGIN
    PERFORM ingest.load_drop(held, 'refused');
    RETURN held.rows_loaded;
END $$;

CREATE FUNCTION ingest.finding_text(found ingest.load_finding) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN ($1).measure IN ('limits weakened', 'replaces what waits') THEN ($1).measure ELSE
           format('%s%s %s%s, %s from %s', ($1).measure, CASE ($1).place WHEN '' THEN '' ELSE ' ' || ($1).place END,
                  round(($1).value::numeric, 1), CASE WHEN ($1).is_rows THEN ' rows' ELSE ' percent' END,
                  ($1).verdict, ($1).threshold) END
$$;

CREATE FUNCTION governance.held_loads()
RETURNS TABLE (load_id int4, source text, sender text, period int4, loader text, held_at timestamptz, row_count int8,
               why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.load_id, s.name, l.sender, l.period, h.loader, h.held_at, l.rows_loaded,
           (SELECT string_agg(ingest.finding_text(f), '; ' ORDER BY f.measure, f.place) FROM ingest.load_finding AS f
             WHERE f.load_id = l.load_id AND f.verdict = 'hold')
      FROM ingest.hold AS h JOIN ingest.load AS l USING (load_id) JOIN ingest.source AS s USING (source_id)
     WHERE l.state = 'held' ORDER BY l.load_id
$$;

CREATE FUNCTION ingest.load_findings(wanted int4) RETURNS TABLE (finding text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ingest.finding_text(f) FROM ingest.load_finding AS f WHERE f.load_id = wanted ORDER BY f.measure, f.place
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ingest, governance FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.load_findings(int4) TO cinque_loader;
GRANT EXECUTE ON FUNCTION governance.release_load(bytea, int4), governance.refuse_load(bytea, int4),
                          governance.held_loads() TO cinque_governor;

RESET ROLE;
