-- People by likeness: subjects without a number that can be trusted are compared by their encodings, under rules that
-- say which sources may meet, and weights that are frozen. What was found out about a pair is kept; who is one person is
-- decided from all of it anew in each run, so the order in which subjects came makes no difference.
SET LOCAL ROLE cinque_owner;

-- Weights once learnt never change: a new model is a new row. weights: of fields by level, log2 of how much likelier a
-- match is to agree so than two others.
CREATE TABLE linkage.model (
    model_id     int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_version int2     NOT NULL,
    match_shares float8[] NOT NULL,
    chance_shares float8[] NOT NULL CHECK (cardinality(chance_shares) = cardinality(match_shares)),
    prior        float8   NOT NULL CHECK (prior > 0 AND prior < 1),
    run_id       int4     NOT NULL,
    learnt       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Whose encodings have been compared with those of all others here, by which model and run. load_id: whose encoding it
-- was: one that was deleted and came again is compared again.
CREATE TABLE linkage.compared (
    subject_id int8    PRIMARY KEY,
    is_free    boolean NOT NULL,
    load_id    int4    NOT NULL,
    model_id   int4    NOT NULL,
    run_id     int4    NOT NULL
);
CREATE INDEX compared_free ON linkage.compared (subject_id) WHERE is_free;

-- Which sources could meet when the last comparison was made, and by which keyed combinations they could link.
CREATE TABLE linkage.compared_rule (
    source_a     int2 NOT NULL,
    source_b     int2 NOT NULL,
    combinations int2 NOT NULL,
    PRIMARY KEY (source_a, source_b)
);

-- Two subjects that are likely one person, or that share a number and are not alike: what is evidence, not who is who.
CREATE TABLE linkage.pair (
    pair_id   int8 GENERATED ALWAYS AS IDENTITY UNIQUE,
    subject_a int8   NOT NULL,
    subject_b int8   NOT NULL CHECK (subject_a < subject_b),
    weight    float4,          -- log2 of the odds; null: they share a number, and birth and sex say otherwise
    levels    int8,            -- four bits a field; from bit 48 on the first keyed combination whose tokens they share, 0: none
    block     int2,            -- the first rule whose token they share
    run_id    int4   NOT NULL,
    waits     boolean NOT NULL DEFAULT false, -- whether linkage.clerical had it at the end of the last run
    PRIMARY KEY (subject_a, subject_b),
    CHECK ((weight IS NULL) = (levels IS NULL))
);
CREATE INDEX pair_b ON linkage.pair (subject_b);
CREATE INDEX pair_doubted ON linkage.pair (subject_a, subject_b) WHERE weight IS NULL;

-- Subjects whose number is somebody's who was born at another time: the register's subject they were held against.
CREATE TABLE linkage.suspect (
    subject_id int8 PRIMARY KEY,
    register_subject int8 NOT NULL
);

-- What a person decided about two subjects, on how they agree alone; it holds whatever the weights say.
CREATE TABLE linkage.decision (
    subject_a int8    NOT NULL,
    subject_b int8    NOT NULL CHECK (subject_a < subject_b),
    is_same   boolean NOT NULL,
    author    text    NOT NULL,
    weight    float4, -- as it was when they decided
    levels    int8,
    decided   timestamptz NOT NULL DEFAULT clock_timestamp(),
    permit_id bytea   NOT NULL,
    ended     timestamptz, -- decided anew since
    CHECK (ended >= decided)
);
CREATE UNIQUE INDEX decision_current ON linkage.decision (subject_a, subject_b) WHERE ended IS NULL;

-- Pairs that are likely one person and were not made one, as of the last run.
CREATE TABLE linkage.conflict (
    subject_a int8 NOT NULL,
    subject_b int8 NOT NULL,
    reason    text NOT NULL CHECK (reason IN ('two numbers', 'two deaths', 'ages', 'one delivery', 'apart from the others')),
    run_id    int4 NOT NULL,
    PRIMARY KEY (subject_a, subject_b)
);

-- ---- reading ----

-- Two sources that may meet now, for whatever purpose; and which keyed combinations may link them (a bit each).
CREATE FUNCTION linkage.comparable_rows() RETURNS TABLE (source_a int2, source_b int2, combinations int2)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.source_id, b.source_id, governance.may_combine(a.name, b.name)
      FROM ingest.source AS a
      JOIN ingest.source AS b ON a.source_id <= b.source_id
     WHERE a.subject_kind = 'person' AND b.subject_kind = 'person'
       AND coalesce(a.role, '') NOT IN ('merger', 'crosswalk') AND coalesce(b.role, '') NOT IN ('merger', 'crosswalk')
       AND governance.may_compare(a.name, b.name, NULL)
$$;
CREATE VIEW linkage.comparable AS SELECT source_a, source_b, combinations FROM linkage.comparable_rows();

-- Everybody with an encoding. Free: no number or pseudonym places them. New: not compared with the others yet.
CREATE VIEW linkage.encoded AS
SELECT e.subject_id, e.source_id, link.subject_id IS NULL AS is_free,
       coalesce(done.is_free <> (link.subject_id IS NULL) OR done.load_id <> e.load_id, true) AS is_new, e.load_id, e.head
  FROM subjects.encoding AS e
  LEFT JOIN linkage.link ON link.subject_id = e.subject_id AND link.pass < 6
  LEFT JOIN linkage.compared AS done ON done.subject_id = e.subject_id
 WHERE EXISTS (SELECT FROM linkage.comparable AS c WHERE e.source_id IN (c.source_a, c.source_b));

-- Of sources that name each person once a delivery: which deliveries that count now name whom the evidence is about, or
-- anybody who is placed with them. key: a person's, whom a number places (has_number), or a subject's.
CREATE FUNCTION linkage.once_rows(permit bytea, run_id int4) RETURNS TABLE (key int8, has_number boolean, load_id int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    source text;
BEGIN
    PERFORM linkage.run_require(permit, run_id);
    IF NOT EXISTS (SELECT FROM ingest.source AS s WHERE s.once_a_delivery) THEN
        RETURN;
    END IF;
    CREATE TEMPORARY TABLE once_unit ON COMMIT DROP AS
    WITH side AS MATERIALIZED (
        SELECT e.subject_a AS subject_id, e.person_a AS person_id, e.subject_b, e.person_b FROM pg_temp.alike_evidence AS e
    ), unit AS (
        SELECT side.subject_id, side.person_id FROM side UNION SELECT side.subject_b, side.person_b FROM side
    )
    SELECT unit.subject_id, unit.subject_id AS key, false AS has_number FROM unit WHERE unit.person_id IS NULL
     UNION ALL
    SELECT link.subject_id, link.person_id, true FROM linkage.current_link AS link
     WHERE link.pass < 6 AND link.person_id IN (SELECT unit.person_id FROM unit);
    FOR source IN SELECT s.name FROM ingest.source AS s WHERE s.once_a_delivery AND s.subject_kind = 'person'
                   ORDER BY s.source_id LOOP
        RETURN QUERY EXECUTE format('SELECT DISTINCT u.key, u.has_number, p.load_id FROM pg_temp.once_unit AS u'
                                    '  JOIN presence.%I AS p USING (subject_id)', source);
    END LOOP;
    DROP TABLE pg_temp.once_unit;
END
$$;

-- ---- a run's steps ----

-- Private: links move to the history, for the run's undo to put back.
CREATE FUNCTION linkage.links_move(subjects int8[], new_run int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved int8;
BEGIN
    WITH gone AS (
        DELETE FROM linkage.link WHERE link.subject_id = ANY (subjects) RETURNING link.*
    )
    INSERT INTO linkage.link_history (subject_id, person_id, run_id, pass, rule_version, other_subject, weight, levels,
                                      moved_run)
    SELECT gone.subject_id, gone.person_id, gone.run_id, gone.pass, gone.rule_version, gone.other_subject, gone.weight,
           gone.levels, new_run
      FROM gone;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;

-- The step before people, of sources that may be compared: a number that agrees while birth and sex do not is not
-- believed. Held against the registers' subjects of that number: none of them may agree in year or month of birth, or in
-- one of the two and sex; where nobody's birth is known nothing is said. Returns how many are suspect.
CREATE FUNCTION linkage.run_crosscheck(permit bytea, run_id int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    moved int8[];
BEGIN
    PERFORM linkage.run_require(permit, run_id);
    PERFORM linkage.checked_collect(run_id);
    DELETE FROM linkage.suspect AS s
     WHERE linkage.numbers_are_whole(run_id) OR s.subject_id IN (SELECT c.subject_id FROM pg_temp.run_checked AS c);
    INSERT INTO linkage.suspect (subject_id, register_subject)
    SELECT held.subject_id, min(known.subject_id)
      FROM pg_temp.run_checked
      JOIN subjects.subject AS held USING (subject_id)
      JOIN linkage.person_subject USING (subject_id)
      JOIN ingest.source AS of ON of.source_id = held.source_id AND of.role IS DISTINCT FROM 'register'
      LEFT JOIN linkage.merger_token AS held_root ON held_root.nhs_token = held.nhs_token
      JOIN (SELECT s.subject_id, s.birth_year, s.birth_month, s.sex, coalesce(t.root_token, s.nhs_token) AS root
              FROM pg_temp.run_checked
              JOIN subjects.subject AS s USING (subject_id)
              JOIN ingest.source AS register ON register.source_id = s.source_id AND register.role = 'register'
              LEFT JOIN linkage.merger_token AS t ON t.nhs_token = s.nhs_token
             WHERE s.nhs_token IS NOT NULL AND s.birth_year IS NOT NULL) AS known
        ON known.root = coalesce(held_root.root_token, held.nhs_token)
     WHERE held.birth_year IS NOT NULL
       AND held.source_id IN (SELECT s.source_id FROM ingest.source AS s WHERE ingest.is_encoded(s.source_id))
     GROUP BY held.subject_id
    HAVING bool_and(CASE WHEN known.birth_year = held.birth_year AND known.birth_month = held.birth_month THEN false
                         WHEN known.birth_year <> held.birth_year AND known.birth_month <> held.birth_month THEN true
                         ELSE coalesce(known.sex <> held.sex, false) END);
    DELETE FROM linkage.suspect AS s
     USING linkage.decision AS said
     WHERE said.subject_a = least(s.subject_id, s.register_subject) AND said.subject_b = greatest(s.subject_id, s.register_subject)
       AND said.ended IS NULL AND said.is_same;
    SELECT array_agg(link.subject_id) INTO moved
      FROM pg_temp.run_checked
      JOIN linkage.link USING (subject_id)
      JOIN subjects.subject AS s USING (subject_id)
      LEFT JOIN linkage.suspect USING (subject_id)
     WHERE s.nhs_token IS NOT NULL AND (link.pass < 6) = (suspect.subject_id IS NOT NULL);
    PERFORM linkage.links_move(moved, run_id);
    RETURN (SELECT count(*) FROM linkage.suspect);
END
$$;

-- Private: what the rules no longer let meet is forgotten, and who may meet others than before is to be compared anew.
CREATE FUNCTION linkage.comparisons_forget(model int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM subjects.encoding AS e
     WHERE e.source_id NOT IN (SELECT s.source_id FROM ingest.source AS s WHERE ingest.is_encoded(s.source_id));
    DELETE FROM subjects.encoding_filter AS f
     WHERE NOT EXISTS (SELECT FROM subjects.encoding AS e WHERE e.subject_id = f.subject_id);
    IF NOT EXISTS (SELECT FROM subjects.encoding) THEN
        DELETE FROM subjects.encoding_reference;
    END IF;
    DELETE FROM subjects.encoding_seal AS s
     WHERE s.load_id NOT IN (SELECT e.load_id FROM subjects.encoding AS e
                             UNION SELECT r.load_id FROM subjects.encoding_reference AS r
                             UNION SELECT l.load_id FROM ingest.load AS l WHERE l.state IN ('open', 'held'));
    -- Asked once: who was compared by other rules than are noted here would not be compared anew.
    CREATE TEMPORARY TABLE rule_now ON COMMIT DROP AS SELECT r.source_a, r.source_b, r.combinations FROM linkage.comparable AS r;
    DELETE FROM linkage.compared AS c
     USING subjects.subject AS s
     WHERE s.subject_id = c.subject_id
       AND (c.model_id IS DISTINCT FROM model
            OR EXISTS (SELECT FROM pg_temp.rule_now AS r
                        WHERE s.source_id IN (r.source_a, r.source_b)
                          AND NOT EXISTS (SELECT FROM linkage.compared_rule AS h
                                           WHERE (h.source_a, h.source_b, h.combinations) = (r.source_a, r.source_b, r.combinations))));
    DELETE FROM linkage.compared_rule;
    INSERT INTO linkage.compared_rule (source_a, source_b, combinations)
    SELECT r.source_a, r.source_b, r.combinations FROM pg_temp.rule_now AS r;
    DELETE FROM linkage.pair AS p
     WHERE p.weight IS NOT NULL
       AND NOT EXISTS (SELECT FROM subjects.subject AS a, subjects.subject AS b, linkage.comparable AS r
                        WHERE a.subject_id = p.subject_a AND b.subject_id = p.subject_b
                          AND r.source_a = least(a.source_id, b.source_id) AND r.source_b = greatest(a.source_id, b.source_id));
    IF EXISTS (SELECT FROM linkage.comparable) THEN
        ANALYZE subjects.encoding, linkage.compared, linkage.link, linkage.pair;
    END IF;
END
$$;

-- Opens a comparison. Returns the model whose weights count, 0 where none is learnt yet, and whether all encodings are to
-- be looked at or those of pg_temp.alike_new; there, what the run before counted, to count on from.
CREATE FUNCTION linkage.compare_begin(permit bytea, run_id int4)
RETURNS TABLE (model_id int8, is_whole boolean, blocks_closed int8, unread int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    version int2 := linkage.run_require(permit, run_id);
    model int4 := (SELECT max(m.model_id) FROM linkage.model AS m WHERE m.rule_version = version);
    why text;
BEGIN
    CREATE TEMPORARY TABLE alike_new (subject_id int8, is_free boolean) ON COMMIT DROP;
    CREATE TEMPORARY TABLE alike_seed (subject_id int8) ON COMMIT DROP;
    CREATE TEMPORARY TABLE pair_made (subject_a int8, subject_b int8, weight float8, levels int8, block int2) ON COMMIT DROP;
    CREATE TEMPORARY TABLE compared_made (subject_id int8, is_free boolean, is_again boolean) ON COMMIT DROP;
    CREATE TEMPORARY TABLE person_made (subject_id int8, first_subject int8, person_id int8, pass int2, other_subject int8,
                                        weight float8, levels int8) ON COMMIT DROP;
    CREATE TEMPORARY TABLE conflict_made (subject_a int8, subject_b int8, reason text) ON COMMIT DROP;
    GRANT INSERT ON pg_temp.pair_made, pg_temp.compared_made, pg_temp.person_made, pg_temp.conflict_made TO cinque_linker;
    GRANT SELECT ON pg_temp.alike_new TO cinque_linker;
    why := linkage.alike_whole_reason(run_id, model);
    UPDATE linkage.run AS r SET alike_because = why WHERE r.run_id = compare_begin.run_id;
    IF why IS NOT NULL THEN
        PERFORM linkage.comparisons_forget(model);
    END IF;
    IF why IS NOT NULL THEN
        RETURN QUERY SELECT coalesce(model, 0)::int8, true, 0::int8, 0::int8;
    ELSE
        RETURN QUERY SELECT model::int8, false, before.blocks_closed, before.unread
                       FROM pg_temp.run_basis AS basis JOIN linkage.run AS before ON before.run_id = basis.run_id;
    END IF;
END
$$;

-- Keeps a model for good.
CREATE FUNCTION linkage.model_keep(permit bytea, run_id int4, match_shares text, chance_shares text, prior text) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    version int2 := linkage.run_require(permit, run_id);
    kept int4;
BEGIN
    INSERT INTO linkage.model (rule_version, match_shares, chance_shares, prior, run_id)
    VALUES (version, string_to_array(match_shares, ',')::float8[], string_to_array(chance_shares, ',')::float8[],
            prior::float8, run_id)
    RETURNING model_id INTO kept;
    DELETE FROM linkage.compared;
    RETURN kept;
END
$$;

-- Puts in what was compared. Who is compared again, or by another model, loses what was known of them.
CREATE FUNCTION linkage.compare_keep(permit bytea, run_id int4, model int4, pairs int8, blocks_closed int8, unread int8) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    is_whole boolean := linkage.alike_is_whole(run_id);
    kept int8;
BEGIN
    PERFORM linkage.run_require(permit, run_id);
    ANALYZE pg_temp.pair_made, pg_temp.compared_made;
    WITH gone AS (
        DELETE FROM linkage.pair AS p USING pg_temp.compared_made AS c
         WHERE p.subject_a = c.subject_id OR p.subject_b = c.subject_id
        RETURNING p.subject_a, p.subject_b
    )
    INSERT INTO pg_temp.alike_seed (subject_id)
    SELECT seed.subject_id
      FROM (SELECT gone.subject_a AS subject_id FROM gone UNION SELECT gone.subject_b FROM gone
             UNION SELECT side.subject_id
                     FROM pg_temp.pair_made AS m CROSS JOIN LATERAL (VALUES (m.subject_a), (m.subject_b)) AS side (subject_id)
             UNION SELECT c.subject_id FROM pg_temp.compared_made AS c) AS seed
     WHERE NOT is_whole;
    INSERT INTO linkage.pair (subject_a, subject_b, weight, levels, block, run_id)
    SELECT least(m.subject_a, m.subject_b), greatest(m.subject_a, m.subject_b), m.weight, m.levels, m.block, compare_keep.run_id
      FROM pg_temp.pair_made AS m
     ORDER BY 1, 2
        ON CONFLICT (subject_a, subject_b) DO NOTHING;
    GET DIAGNOSTICS kept = ROW_COUNT;
    DELETE FROM linkage.compared AS held USING pg_temp.compared_made AS c WHERE held.subject_id = c.subject_id;
    INSERT INTO linkage.compared (subject_id, is_free, load_id, model_id, run_id)
    SELECT c.subject_id, c.is_free, e.load_id, model, compare_keep.run_id
      FROM pg_temp.compared_made AS c
      JOIN subjects.encoding AS e USING (subject_id);
    -- One that stands for a doubted number alone ends with the doubt, where the two may not meet.
    DELETE FROM linkage.pair AS p
     WHERE p.weight IS NULL
       AND NOT EXISTS (SELECT FROM linkage.suspect AS s
                        WHERE least(s.subject_id, s.register_subject) = p.subject_a
                          AND greatest(s.subject_id, s.register_subject) = p.subject_b)
       AND NOT EXISTS (SELECT FROM subjects.subject AS a, subjects.subject AS b, linkage.comparable AS r
                        WHERE a.subject_id = p.subject_a AND b.subject_id = p.subject_b
                          AND r.source_a = least(a.source_id, b.source_id) AND r.source_b = greatest(a.source_id, b.source_id));
    INSERT INTO linkage.pair (subject_a, subject_b, run_id)
    SELECT least(s.subject_id, s.register_subject), greatest(s.subject_id, s.register_subject), compare_keep.run_id
      FROM linkage.suspect AS s
        ON CONFLICT (subject_a, subject_b) DO NOTHING;
    UPDATE linkage.run SET model_id = nullif(model, 0), compared = pairs, blocks_closed = compare_keep.blocks_closed,
           unread = compare_keep.unread
     WHERE run.run_id = compare_keep.run_id;
    IF is_whole AND EXISTS (SELECT FROM linkage.comparable) THEN
        ANALYZE linkage.pair, linkage.compared;
    END IF;
    RETURN kept;
END
$$;

-- Private: pg_temp.person_wanted: who each free subject is. A person goes on as whoever has the smallest of its subjects;
-- of several in one cluster the oldest goes on. New ids follow the order of subject ids, which are hashes.
CREATE FUNCTION linkage.people_wanted(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
BEGIN
    CREATE TEMPORARY TABLE person_wanted ON COMMIT DROP AS
    WITH held AS MATERIALIZED (
        SELECT made.subject_id, made.first_subject, link.person_id
          FROM pg_temp.person_made AS made
          JOIN linkage.link USING (subject_id)
         WHERE made.person_id IS NULL AND link.pass >= 6
    ), now AS MATERIALIZED (
        SELECT n.person_id, n.current_id FROM linkage.people_now((SELECT array_agg(DISTINCT h.person_id) FROM held AS h)) AS n
    ), anchored AS MATERIALIZED (
        SELECT b.current_id
          FROM linkage.people_behind((SELECT array_agg(DISTINCT n.current_id) FROM now AS n)) AS b
          JOIN linkage.link USING (person_id)
         WHERE link.pass < 6
    ), heir AS (
        SELECT DISTINCT ON (now.current_id) now.current_id AS person_id, held.first_subject
          FROM held
          JOIN now USING (person_id)
         WHERE now.current_id NOT IN (SELECT a.current_id FROM anchored AS a)
         ORDER BY now.current_id, held.subject_id
    ), known AS (
        SELECT first_subject, min(person_id) AS person_id FROM heir GROUP BY first_subject
    ), fresh AS MATERIALIZED (
        SELECT first_subject, nextval(pg_get_serial_sequence('linkage.person', 'person_id')::regclass) AS person_id
          FROM (SELECT DISTINCT made.first_subject
                  FROM pg_temp.person_made AS made
                 WHERE made.person_id IS NULL AND NOT EXISTS (SELECT FROM known WHERE known.first_subject = made.first_subject)
                 ORDER BY 1) AS unknown
    ), added AS (
        INSERT INTO linkage.person (person_id, created_run) SELECT fresh.person_id, new_run FROM fresh
    )
    SELECT made.subject_id, coalesce(made.person_id, known.person_id, fresh.person_id) AS person_id, made.pass,
           made.other_subject, made.weight::float4 AS weight, made.levels
      FROM pg_temp.person_made AS made
      LEFT JOIN known ON made.person_id IS NULL AND known.first_subject = made.first_subject
      LEFT JOIN fresh ON made.person_id IS NULL AND fresh.first_subject = made.first_subject;
END
$$;

-- The step after comparing: links by likeness are brought to what the evidence says now. Returns the links that are new.
CREATE FUNCTION linkage.run_alike(permit bytea, run_id int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    version int2 := linkage.run_require(permit, run_id);
    is_whole boolean := linkage.alike_is_whole(run_id);
    added int8;
BEGIN
    PERFORM linkage.people_wanted(run_id);
    PERFORM linkage.links_move((SELECT array_agg(link.subject_id)
                                  FROM pg_temp.alike_touched
                                  JOIN linkage.link USING (subject_id)
                                  LEFT JOIN pg_temp.person_wanted AS w USING (subject_id)
                                 WHERE link.pass >= 6
                                   AND (w.person_id, w.pass, w.other_subject, w.levels)
                                       IS DISTINCT FROM (link.person_id, link.pass, link.other_subject, link.levels)), run_id);
    INSERT INTO linkage.link (subject_id, person_id, run_id, pass, rule_version, other_subject, weight, levels)
    SELECT w.subject_id, w.person_id, run_alike.run_id, w.pass, version, w.other_subject, w.weight, w.levels
      FROM pg_temp.person_wanted AS w
     WHERE NOT EXISTS (SELECT FROM linkage.link WHERE link.subject_id = w.subject_id)
     ORDER BY w.subject_id;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF NOT linkage.run_is_whole(run_id) THEN
        INSERT INTO pg_temp.run_link (subject_id, pass)
        SELECT w.subject_id, w.pass FROM pg_temp.person_wanted AS w JOIN linkage.link USING (subject_id)
         WHERE link.run_id = run_alike.run_id;
    END IF;
    -- It is of a likely pair, or of one that somebody decided about: both are touched, or neither.
    DELETE FROM linkage.conflict AS c
     WHERE is_whole OR c.subject_a IN (SELECT t.subject_id FROM pg_temp.alike_touched AS t);
    INSERT INTO linkage.conflict (subject_a, subject_b, reason, run_id)
    SELECT c.subject_a, c.subject_b, c.reason, run_alike.run_id FROM pg_temp.conflict_made AS c;
    UPDATE linkage.run
       SET conflicts = (SELECT count(*) FROM linkage.conflict),
           clerical = linkage.waiting_count(run_alike.run_id)
     WHERE run.run_id = run_alike.run_id;
    IF added > 0 AND is_whole THEN
        ANALYZE linkage.link, linkage.person;
    END IF;
    RETURN added;
END
$$;

-- Private, of undo: what the run compared is to be compared again.
CREATE FUNCTION linkage.comparisons_undo(undone int4) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM linkage.pair WHERE run_id = undone;
    DELETE FROM linkage.compared WHERE run_id = undone;
    DELETE FROM linkage.conflict WHERE run_id = undone;
    DELETE FROM linkage.model WHERE run_id = undone;
$$;

-- ---- clerical decisions ----

-- Pairs that wait: likely but not enough, or a number that birth and sex speak against; nobody decided, and they are not
-- one person by another way: who stands for people is one list for all pairs, not a question for each.
CREATE VIEW linkage.clerical AS
WITH now AS (
    SELECT s.person_id, s.current_id FROM linkage.survivor AS s
)
SELECT pair.pair_id, pair.subject_a, pair.subject_b, pair.weight, pair.levels, pair.run_id
  FROM linkage.pair
  LEFT JOIN linkage.link AS a ON a.subject_id = pair.subject_a
  LEFT JOIN linkage.link AS b ON b.subject_id = pair.subject_b
  LEFT JOIN now AS now_a ON now_a.person_id = a.person_id
  LEFT JOIN now AS now_b ON now_b.person_id = b.person_id
 WHERE (pair.weight IS NULL AND EXISTS (SELECT FROM linkage.suspect AS s
                                         WHERE least(s.subject_id, s.register_subject) = pair.subject_a
                                           AND greatest(s.subject_id, s.register_subject) = pair.subject_b)
        OR pair.weight >= 0)
   AND coalesce(now_a.current_id, a.person_id) IS DISTINCT FROM coalesce(now_b.current_id, b.person_id)
   AND NOT EXISTS (SELECT FROM linkage.decision AS said
                    WHERE said.subject_a = pair.subject_a AND said.subject_b = pair.subject_b AND said.ended IS NULL);

REVOKE EXECUTE ON FUNCTION linkage.comparable_rows(), linkage.once_rows(bytea, int4), linkage.links_move(int8[], int4), linkage.run_crosscheck(bytea, int4),
    linkage.comparisons_forget(int4), linkage.compare_begin(bytea, int4), linkage.model_keep(bytea, int4, text, text, text),
    linkage.compare_keep(bytea, int4, int4, int8, int8, int8), linkage.people_wanted(int4), linkage.run_alike(bytea, int4),
    linkage.comparisons_undo(int4) FROM PUBLIC;
GRANT SELECT ON linkage.model, linkage.compared, linkage.pair, linkage.decision, linkage.conflict, linkage.suspect,
    linkage.comparable, linkage.encoded, linkage.clerical TO cinque_linker;
GRANT EXECUTE ON FUNCTION linkage.comparable_rows(), linkage.once_rows(bytea, int4), linkage.run_crosscheck(bytea, int4), linkage.compare_begin(bytea, int4),
    linkage.model_keep(bytea, int4, text, text, text), linkage.compare_keep(bytea, int4, int4, int8, int8, int8),
    linkage.run_alike(bytea, int4) TO cinque_linker;

RESET ROLE;
