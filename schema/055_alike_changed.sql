-- What of likeness a run has to look at, when it goes by what changed since the run before (046_incremental.sql): new
-- encodings and those whose subject a number places now or no longer, and the people whom new or lost evidence touches.
-- Who is one person depends on nobody but those who are joined by likely pairs (docs/decisions/incremental-likeness.md).
SET LOCAL ROLE cinque_owner;

-- Why all encodings and pairs are looked at; null: they need not be. Fills pg_temp.alike_new where it is null.
CREATE FUNCTION linkage.alike_whole_reason(new_run int4, model int4) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    whole text := (SELECT r.whole_because FROM linkage.run AS r WHERE r.run_id = new_run);
BEGIN
    IF whole IS NOT NULL THEN
        RETURN whole;
    ELSIF model IS DISTINCT FROM (SELECT r.model_id FROM linkage.run AS r JOIN pg_temp.run_basis USING (run_id)) THEN
        RETURN 'other weights';
    ELSIF model IS NULL THEN
        RETURN 'no weights yet';
    END IF;
    PERFORM linkage.alike_new_collect(new_run);
    ANALYZE pg_temp.alike_new;
    IF (SELECT count(*) FROM pg_temp.alike_new) > 20000 THEN
        RETURN 'many are new';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION linkage.alike_is_whole(wanted int4) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT r.alike_because IS NOT NULL FROM linkage.run AS r WHERE r.run_id = wanted);
END
$$;

-- By the index alone, whatever statistics say: a load's encodings lie together.
CREATE FUNCTION linkage.encodings_of(loads int4[]) RETURNS SETOF int8
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT e.subject_id FROM subjects.encoding AS e WHERE e.load_id = ANY (loads);
END
$$;

-- Encodings of new loads, and whose subject came to a number or lost it: its link moved. They are few beside what is held:
-- each is looked up, by the index whatever statistics say, for these may be of the day when there were no encodings yet.
CREATE FUNCTION linkage.alike_new_collect(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO pg_temp.alike_new (subject_id, is_free)
    SELECT changed.subject_id, e.is_free
      FROM (SELECT fresh.id AS subject_id
              FROM linkage.encodings_of((SELECT array_agg(l.load_id) FROM pg_temp.run_load AS l WHERE l.is_new)) AS fresh (id)
             UNION SELECT gone.subject_id FROM linkage.link_history AS gone WHERE gone.moved_run = new_run) AS changed
     CROSS JOIN LATERAL (SELECT held.is_free, held.is_new FROM linkage.encoded AS held
                          WHERE held.subject_id = changed.subject_id OFFSET 0) AS e
     WHERE e.is_new;
END
$$;

-- ---- whom new and lost evidence touches ----

-- Whose evidence may say otherwise than before: of pairs that came or went; whose number or person is another, and all whom
-- it is placed with; about whom somebody decided.
CREATE FUNCTION linkage.seeds_collect(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_material = off AS $$
BEGIN
    INSERT INTO pg_temp.alike_seed (subject_id)
    SELECT made.subject_id FROM pg_temp.run_link AS made
     UNION
    SELECT gone.subject_id FROM linkage.link_history AS gone WHERE gone.moved_run = new_run
     UNION
    SELECT link.subject_id
      FROM linkage.people_behind((
               SELECT array_agg(DISTINCT now.current_id)
                 FROM linkage.people_now((
                          SELECT array_agg(changed.person_id)
                            FROM (SELECT gone.person_id FROM linkage.link_history AS gone WHERE gone.moved_run = new_run
                                   UNION
                                  SELECT p.person_id FROM linkage.person AS p WHERE p.merged_run = new_run) AS changed)) AS now)) AS behind
      JOIN linkage.link USING (person_id)
     WHERE link.pass < 6
     UNION
    SELECT said.subject_a FROM linkage.decision AS said
     UNION
    SELECT said.subject_b FROM linkage.decision AS said;
END
$$;

-- From the last step of pg_temp.alike_touched one on: who is likely the same, and who is placed with them. Returns how many.
CREATE FUNCTION linkage.front_move(last int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_material = off AS $$
DECLARE
    moved int8;
BEGIN
    INSERT INTO pg_temp.alike_touched (subject_id, step)
    WITH front AS MATERIALIZED (
        SELECT t.subject_id FROM pg_temp.alike_touched AS t WHERE t.step = last
    ), near AS (
        SELECT p.subject_b AS subject_id, p.weight, p.levels
          FROM front AS f JOIN linkage.pair AS p ON p.subject_a = f.subject_id
         UNION ALL
        SELECT p.subject_a, p.weight, p.levels
          FROM front AS f JOIN linkage.pair AS p ON p.subject_b = f.subject_id
    ), placed AS MATERIALIZED (
        SELECT DISTINCT link.person_id
          FROM front AS f JOIN linkage.link USING (subject_id)
         WHERE link.pass < 6
    ), current AS MATERIALIZED (
        SELECT DISTINCT now.current_id FROM linkage.people_now((SELECT array_agg(placed.person_id) FROM placed)) AS now
    ), found AS (
        -- What alike_clusters.c calls enough, and no less.
        SELECT near.subject_id FROM near WHERE near.weight >= 4 OR near.weight >= 0 AND near.levels >> 48 <> 0
         UNION
        SELECT link.subject_id
          FROM linkage.people_behind((SELECT array_agg(c.current_id) FROM current AS c)) AS behind
          JOIN linkage.link USING (person_id)
         WHERE link.pass < 6
    )
    SELECT found.subject_id, last + 1 FROM found
     WHERE NOT EXISTS (SELECT FROM pg_temp.alike_touched AS t WHERE t.subject_id = found.subject_id);
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;

-- pg_temp.alike_touched: subjects of whom people are made anew, each with everybody likely the same, and so on. What is
-- decided to be one joins those whom it names, who are all seeds.
CREATE FUNCTION linkage.touched_collect(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last int4 := 0;
BEGIN
    CREATE TEMPORARY TABLE alike_touched (subject_id int8 PRIMARY KEY, step int4 NOT NULL) ON COMMIT DROP;
    IF linkage.alike_is_whole(new_run) THEN
        INSERT INTO pg_temp.alike_touched (subject_id, step)
        SELECT link.subject_id, 0 FROM linkage.link WHERE link.pass >= 6
         UNION SELECT c.subject_id, 0 FROM linkage.compared AS c WHERE c.is_free;
        RETURN;
    END IF;
    PERFORM linkage.seeds_collect(new_run);
    INSERT INTO pg_temp.alike_touched (subject_id, step) SELECT DISTINCT s.subject_id, 0 FROM pg_temp.alike_seed AS s;
    WHILE linkage.front_move(last) > 0 LOOP
        last := last + 1;
    END LOOP;
END
$$;

-- ---- the evidence about them ----

-- Pairs with one of them, likely or not: whom a number places goes by the smallest subject that any pair names.
CREATE FUNCTION linkage.pairs_touched(new_run int4) RETURNS SETOF linkage.pair
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_material = off AS $$
BEGIN
    RETURN QUERY
    SELECT p.* FROM pg_temp.alike_touched AS t JOIN linkage.pair AS p ON p.subject_a = t.subject_id
     UNION ALL
    SELECT p.* FROM pg_temp.alike_touched AS t JOIN linkage.pair AS p ON p.subject_b = t.subject_id
     WHERE NOT EXISTS (SELECT FROM pg_temp.alike_touched AS a WHERE a.subject_id = p.subject_a);
END
$$;

-- How many pairs wait for a decision, asked anew of all or of those touched. Who is whose person, and what is decided,
-- changes for nobody else's pairs; but a doubt about a number may end, or begin, with somebody who has no encoding, so these
-- are all asked: each by itself, for the view goes through all pairs otherwise.
CREATE FUNCTION linkage.waiting_count(new_run int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    IF linkage.alike_is_whole(new_run) THEN
        UPDATE linkage.pair AS p SET waits = now.waits
          FROM (SELECT held.pair_id, w.pair_id IS NOT NULL AS waits
                  FROM linkage.pair AS held LEFT JOIN linkage.clerical AS w USING (pair_id)) AS now
         WHERE now.pair_id = p.pair_id AND now.waits <> p.waits;
    ELSE
        UPDATE linkage.pair AS p SET waits = NOT p.waits
          FROM (SELECT looked.pair_id, looked.waits,
                       (SELECT count(*) FROM linkage.clerical AS w WHERE w.pair_id = looked.pair_id) > 0 AS waits_now
                  FROM (SELECT t.pair_id, t.waits FROM linkage.pairs_touched(new_run) AS t
                         UNION SELECT d.pair_id, d.waits FROM linkage.pair AS d WHERE d.weight IS NULL) AS looked) AS now
         WHERE now.pair_id = p.pair_id AND now.waits_now <> now.waits;
    END IF;
    RETURN (SELECT count(*) FROM linkage.pair AS p WHERE p.waits);
END
$$;

-- pg_temp.alike_pair: all pairs, or those touched; alike_placed: whom numbers place their subjects with; alike_known: of
-- these people, whether their death is registered and between which years they were born.
CREATE FUNCTION linkage.placed_collect(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    CREATE TEMPORARY TABLE alike_pair ON COMMIT DROP AS
    SELECT p.subject_a, p.subject_b, p.weight, p.levels FROM linkage.pair AS p LIMIT 0;
    IF linkage.alike_is_whole(new_run) THEN
        INSERT INTO pg_temp.alike_pair SELECT p.subject_a, p.subject_b, p.weight, p.levels FROM linkage.pair AS p;
    ELSE
        INSERT INTO pg_temp.alike_pair SELECT p.subject_a, p.subject_b, p.weight, p.levels FROM linkage.pairs_touched(new_run) AS p;
    END IF;
    ANALYZE pg_temp.alike_pair;
    CREATE TEMPORARY TABLE alike_placed ON COMMIT DROP AS
    WITH held AS MATERIALIZED (
        SELECT link.subject_id, link.person_id
          FROM (SELECT p.subject_a AS subject_id FROM pg_temp.alike_pair AS p UNION SELECT p.subject_b FROM pg_temp.alike_pair AS p) AS side
          JOIN linkage.link USING (subject_id)
         WHERE link.pass < 6
    )
    SELECT held.subject_id, now.current_id AS person_id
      FROM held
      JOIN linkage.people_now((SELECT array_agg(DISTINCT h.person_id) FROM held AS h)) AS now USING (person_id);
    CREATE TEMPORARY TABLE alike_known ON COMMIT DROP AS
    SELECT behind.current_id AS person_id, coalesce(bool_or(source.role = 'death'), false) AS is_dead,
           min(s.birth_year) AS born_from, max(s.birth_year) AS born_to
      FROM linkage.people_behind((SELECT array_agg(DISTINCT p.person_id) FROM pg_temp.alike_placed AS p)) AS behind
      JOIN linkage.link USING (person_id)
      JOIN subjects.subject AS s USING (subject_id)
      JOIN ingest.source USING (source_id)
     WHERE link.pass < 6
     GROUP BY 1;
    ANALYZE pg_temp.alike_placed, pg_temp.alike_known;
END
$$;

-- The step before making people. pg_temp.alike_evidence: pairs with what a decision makes of them; person_*: whom a number
-- places the subject with. Of two who may not be compared, or no longer, a decision counts that parts them, or that is about
-- a doubted number alone. Deaths: registered ones, of the subject or of whom it is placed with. pg_temp.alike_free:
-- whom no number places and who has been compared: who has no encoding any more is not compared anew when a number comes
-- to place them. Returns the pieces of evidence.
CREATE FUNCTION linkage.run_evidence(permit bytea, run_id int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    PERFORM linkage.run_require(permit, run_id);
    -- Who stands beside whom in a delivery may matter to anybody.
    IF EXISTS (SELECT FROM pg_temp.run_load JOIN ingest.source AS s USING (source_id) WHERE s.once_a_delivery) THEN
        UPDATE linkage.run AS r SET alike_because = 'a source that names each person once came or went'
         WHERE r.run_id = run_evidence.run_id AND r.alike_because IS NULL;
    END IF;
    PERFORM linkage.touched_collect(run_id);
    PERFORM linkage.placed_collect(run_id);
    CREATE TEMPORARY TABLE alike_evidence ON COMMIT DROP AS
    SELECT pair.subject_a, pair.subject_b, a.person_id AS person_a, b.person_id AS person_b,
           CASE WHEN said.is_same THEN 60 WHEN NOT said.is_same THEN -60 ELSE pair.weight END::float8 AS weight,
           coalesce(pair.levels, 0) AS levels,
           coalesce(source_a.role = 'death' OR known_a.is_dead, false) AS is_dead_a,
           coalesce(source_b.role = 'death' OR known_b.is_dead, false) AS is_dead_b,
           coalesce(abs(s_a.birth_year - s_b.birth_year), 0)::int8 AS years_between,
           coalesce(known_a.born_from, s_a.birth_year)::int8 AS born_from_a, coalesce(known_a.born_to, s_a.birth_year)::int8 AS born_to_a,
           coalesce(known_b.born_from, s_b.birth_year)::int8 AS born_from_b, coalesce(known_b.born_to, s_b.birth_year)::int8 AS born_to_b
      FROM pg_temp.alike_pair AS pair
      JOIN subjects.subject AS s_a ON s_a.subject_id = pair.subject_a
      JOIN subjects.subject AS s_b ON s_b.subject_id = pair.subject_b
      JOIN ingest.source AS source_a ON source_a.source_id = s_a.source_id
      JOIN ingest.source AS source_b ON source_b.source_id = s_b.source_id
      LEFT JOIN pg_temp.alike_placed AS a ON a.subject_id = pair.subject_a
      LEFT JOIN pg_temp.alike_placed AS b ON b.subject_id = pair.subject_b
      LEFT JOIN pg_temp.alike_known AS known_a ON known_a.person_id = a.person_id
      LEFT JOIN pg_temp.alike_known AS known_b ON known_b.person_id = b.person_id
      LEFT JOIN linkage.decision AS said
        ON said.subject_a = pair.subject_a AND said.subject_b = pair.subject_b AND said.ended IS NULL
     WHERE (pair.weight IS NOT NULL OR said.is_same IS NOT NULL)
       AND (a.person_id IS NULL OR b.person_id IS NULL)
       AND (NOT said.is_same OR pair.weight IS NULL
            OR EXISTS (SELECT FROM linkage.comparable AS c
                        WHERE c.source_a = least(s_a.source_id, s_b.source_id)
                          AND c.source_b = greatest(s_a.source_id, s_b.source_id)));
    CREATE TEMPORARY TABLE alike_free ON COMMIT DROP AS
    SELECT c.subject_id
      FROM pg_temp.alike_touched
      JOIN linkage.compared AS c USING (subject_id)
      JOIN subjects.subject AS s USING (subject_id)
     WHERE c.is_free AND EXISTS (SELECT FROM linkage.comparable AS r WHERE s.source_id IN (r.source_a, r.source_b))
       AND NOT EXISTS (SELECT FROM linkage.link WHERE link.subject_id = c.subject_id AND link.pass < 6);
    GRANT SELECT ON pg_temp.alike_evidence, pg_temp.alike_free TO cinque_linker;
    RETURN (SELECT count(*) FROM pg_temp.alike_evidence);
END
$$;

REVOKE EXECUTE ON FUNCTION linkage.alike_whole_reason(int4, int4), linkage.alike_is_whole(int4), linkage.encodings_of(int4[]), linkage.alike_new_collect(int4),
    linkage.seeds_collect(int4), linkage.front_move(int4), linkage.touched_collect(int4), linkage.pairs_touched(int4),
    linkage.placed_collect(int4), linkage.waiting_count(int4), linkage.run_evidence(bytea, int4) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION linkage.run_evidence(bytea, int4) TO cinque_linker;

RESET ROLE;
