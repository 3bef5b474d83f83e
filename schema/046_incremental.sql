-- What changed since the run before, so that a run need look at nothing else. Subjects never change and come with a load;
-- what counts of them changes with the state of loads. So the loads say all: which are new, which no longer count. What
-- the tables below hold besides is made of subjects and loads alone and can be made again: where anything else changed
-- (sources, rules, keys, a token that came late, a run taken back), a run looks at everything and says why
-- (linkage.run.whole_because).
SET LOCAL ROLE cinque_owner;

-- What the newest finished run went by.
CREATE TABLE linkage.basis (
    is_only      boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    run_id       int4  NOT NULL,
    rule_version int2  NOT NULL,
    rules        bytea NOT NULL, -- linkage.rules_print()
    day          date  NOT NULL,
    key_version  int2            -- of all tokens; null: there was none
);
-- Every load whose subjects it saw, and whether it counted.
CREATE TABLE linkage.basis_load (
    load_id      int4    PRIMARY KEY,
    is_published boolean NOT NULL
);

-- Whose number or pseudonym a token is: subjects.subject has no index by token, which every load would pay for.
CREATE TABLE linkage.number_subject (
    token      bytea NOT NULL,
    subject_id int8  NOT NULL
);
CREATE INDEX number_subject_token ON linkage.number_subject (token);
ALTER TABLE linkage.number_subject ALTER token SET STATISTICS 10, ALTER subject_id SET STATISTICS 10;

-- What the registers say of subjects that have a household. Both dates inclusive, infinite where open.
CREATE TABLE linkage.stay (
    subject_id   int8 NOT NULL,
    household_id int8 NOT NULL,
    source_id    int2 NOT NULL,
    valid_from   date NOT NULL,
    valid_to     date NOT NULL
);
CREATE INDEX stay_subject ON linkage.stay (subject_id);
ALTER TABLE linkage.stay ALTER subject_id SET STATISTICS 10, ALTER household_id SET STATISTICS 10,
    ALTER source_id SET STATISTICS 10, ALTER valid_from SET STATISTICS 10, ALTER valid_to SET STATISTICS 10;

-- ---- what a run looks at ----

-- All that decides besides subjects and loads. Rules of linkage by the transactions that wrote them as well: what was ended
-- and taken up again between two runs, or while one went on, is another print. Versions of a source only ever come.
CREATE FUNCTION linkage.rules_print() RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    RETURN (SELECT sha256(convert_to(concat_ws(' / ',
        (SELECT string_agg(s::text, ' ' ORDER BY s.source_id) FROM ingest.source AS s),
        (SELECT string_agg(v.source_id || ':' || v.version, ' ' ORDER BY v.source_id, v.version)
           FROM ingest.source_version AS v),
        (SELECT string_agg(concat_ws(' ', l.xmin, l), ' ' ORDER BY l.purpose, l.source_a, l.source_b, l.valid_from)
           FROM governance.linkage AS l),
        (SELECT string_agg(s.source_id::text, ' ' ORDER BY s.source_id) FROM ingest.source AS s
          WHERE ingest.is_encoded(s.source_id)),
        (SELECT string_agg(concat_ws(':', c.source_a, c.source_b, c.combinations), ' ' ORDER BY c.source_a, c.source_b)
           FROM linkage.comparable_rows() AS c)), 'UTF8')));
END
$$;

-- Encodings came under a rule whose days have passed since: a run over everything deletes them. A seal may stay behind for
-- the references of its load, which are nobody's.
CREATE FUNCTION linkage.encodings_outlive_rules() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM (SELECT l.source_id, array_agg(l.load_id) AS loads
                                  FROM subjects.encoding_seal JOIN ingest.load AS l USING (load_id)
                                 WHERE l.state NOT IN ('open', 'held')
                                 GROUP BY l.source_id) AS sealed,
                               LATERAL unnest(sealed.loads) AS of (load_id)
                    WHERE NOT ingest.is_encoded(sealed.source_id)
                      AND (of.load_id NOT IN (SELECT r.load_id FROM subjects.encoding_reference AS r)
                           OR EXISTS (SELECT FROM subjects.encoding AS e WHERE e.load_id = of.load_id)));
END
$$;

-- Why a run has to look at everything; null: it need not. print: linkage.rules_print() as the run began.
CREATE FUNCTION linkage.whole_reason(version int2, print bytea) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    basis linkage.basis;
    before linkage.run;
BEGIN
    SELECT b.* INTO basis FROM linkage.basis AS b;
    SELECT r.* INTO before FROM linkage.run AS r WHERE r.run_id = basis.run_id AND r.state = 'done';
    RETURN CASE
        WHEN before.run_id IS NULL THEN 'no run before it stands'
        WHEN basis.rule_version <> version THEN 'another rule version'
        WHEN basis.rules <> print OR linkage.encodings_outlive_rules() THEN 'a source or a rule changed'
        WHEN NOT EXISTS (SELECT FROM linkage.basis_load) THEN 'no load says what changed'
        WHEN 4 * (SELECT sum(l.subjects_new) FROM ingest.load AS l
                   WHERE l.held_from IS NOT NULL AND l.load_id NOT IN (SELECT b.load_id FROM linkage.basis_load AS b))
             > before.subjects THEN 'much is new'
    END;
END
$$;

CREATE FUNCTION linkage.run_is_whole(wanted int4) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT r.whole_because IS NOT NULL FROM linkage.run AS r WHERE r.run_id = wanted);
END
$$;

-- A cross-walk that changes sends people anywhere: where there is one, all numbers are looked at.
CREATE FUNCTION linkage.numbers_are_whole(wanted int4) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN linkage.run_is_whole(wanted) OR EXISTS (SELECT FROM linkage.crosswalk);
END
$$;

CREATE FUNCTION linkage.whole_analyze(wanted int4, tables text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    analyzed text;
BEGIN
    IF linkage.run_is_whole(wanted) THEN
        FOREACH analyzed IN ARRAY tables LOOP
            EXECUTE format('ANALYZE %s', analyzed::regclass);
        END LOOP;
    END IF;
END
$$;

-- Those on a page or behind it that came with these loads.
CREATE FUNCTION linkage.subjects_of(fresh int4[], page int8) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found int8;
BEGIN
    INSERT INTO pg_temp.run_subject (subject_id, source_id, key_version, nhs_token, foreign_token, uprn_token, address_token)
    SELECT s.subject_id, s.source_id, CASE WHEN s.nhs_token IS NOT NULL OR s.superseded_nhs_token IS NOT NULL
                                             OR s.uprn_token IS NOT NULL OR s.foreign_token IS NOT NULL
                                             OR s.address_token IS NOT NULL THEN s.key_version END,
           s.nhs_token, s.foreign_token, s.uprn_token, s.address_token
      FROM subjects.subject AS s
     WHERE s.ctid >= format('(%s,0)', page)::tid AND s.first_load_id = ANY (fresh);
    GET DIAGNOSTICS found = ROW_COUNT;
    RETURN found;
END
$$;

-- A subject's first load never changes, and few are new: these stand behind all others, unless some were moved since or
-- filled a gap. Then fewer are found than came, and all are looked through.
CREATE FUNCTION linkage.subjects_collect() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    fresh int4[];
    came int8;
    page int8;
    found int8;
BEGIN
    SELECT array_agg(l.load_id), sum(l.subjects_new), min(coalesce(l.subjects_page, 0)) INTO fresh, came, page
      FROM ingest.load AS l JOIN pg_temp.run_load AS r USING (load_id)
     WHERE r.is_new;
    found := linkage.subjects_of(fresh, coalesce(page, 0));
    IF page > 0 AND found IS DISTINCT FROM came THEN
        TRUNCATE pg_temp.run_subject;
        PERFORM linkage.subjects_of(fresh, 0);
    END IF;
    ANALYZE pg_temp.run_subject;
END
$$;

-- Tokens by subject, of those that may be linked to a person.
CREATE FUNCTION linkage.tokens_keep(is_whole boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    IF is_whole THEN
        TRUNCATE linkage.number_subject;
        DROP INDEX linkage.number_subject_token; -- to build it of all costs a third of adding to it
        INSERT INTO linkage.number_subject (token, subject_id)
        SELECT coalesce(s.nhs_token, s.foreign_token), s.subject_id
          FROM linkage.person_subject AS s
         WHERE s.nhs_token IS NOT NULL OR s.foreign_token IS NOT NULL;
        CREATE INDEX number_subject_token ON linkage.number_subject (token);
        ANALYZE linkage.number_subject;
    ELSE
        INSERT INTO linkage.number_subject (token, subject_id)
        SELECT coalesce(s.nhs_token, s.foreign_token), s.subject_id
          FROM pg_temp.run_subject AS s
          JOIN ingest.source USING (source_id)
         WHERE source.subject_kind = 'person' AND coalesce(source.role, '') NOT IN ('merger', 'crosswalk')
           AND (s.nhs_token IS NOT NULL OR s.foreign_token IS NOT NULL);
    END IF;
END
$$;

-- At a run's begin, when loads stand still. run_load: new ones, and those that count no longer, or again; run_subject:
-- who came with the new ones. To be filled as the run goes: run_token: numbers whose component the mergers changed;
-- run_checked: whose number is to be checked; run_link: links that are new; run_place: who moved to another household.
CREATE FUNCTION linkage.changes_collect(new_run int4, version int2, print bytea, is_whole boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE TEMPORARY TABLE run_basis ON COMMIT DROP AS
    SELECT b.run_id, b.day, b.key_version, (SELECT coalesce(max(p.person_id), 0) FROM linkage.person AS p) AS last_person
      FROM linkage.basis AS b;
    CREATE TEMPORARY TABLE run_load ON COMMIT DROP AS
    SELECT l.load_id, l.source_id, b.load_id IS NULL AS is_new
      FROM ingest.load AS l
      LEFT JOIN linkage.basis_load AS b USING (load_id)
     WHERE l.held_from IS NOT NULL AND (b.load_id IS NULL OR b.is_published <> (l.state = 'published'));
    CREATE TEMPORARY TABLE run_token (token bytea) ON COMMIT DROP;
    CREATE TEMPORARY TABLE run_checked (subject_id int8) ON COMMIT DROP;
    CREATE TEMPORARY TABLE run_link (subject_id int8, pass int2) ON COMMIT DROP;
    CREATE TEMPORARY TABLE run_subject (subject_id int8, source_id int2, key_version int2, nhs_token bytea,
                                        foreign_token bytea, uprn_token bytea, address_token bytea) ON COMMIT DROP;
    CREATE TEMPORARY TABLE run_place (subject_id int8) ON COMMIT DROP;
    IF is_whole THEN
        -- A small table is never analysed by itself, and a guess of one source makes index look-ups of what should be
        -- hashed.
        ANALYZE ingest.source, subjects.subject;
    ELSE
        PERFORM linkage.subjects_collect();
    END IF;
    PERFORM linkage.tokens_keep(is_whole);
    PERFORM linkage.addresses_keep(is_whole);
    DELETE FROM linkage.basis;
    INSERT INTO linkage.basis (run_id, rule_version, rules, day) VALUES (new_run, version, print, governance.today());
    DELETE FROM linkage.basis_load;
    INSERT INTO linkage.basis_load (load_id, is_published)
    SELECT l.load_id, l.state = 'published' FROM ingest.load AS l WHERE l.held_from IS NOT NULL;
END
$$;

-- False where subjects hold tokens of two key versions.
CREATE FUNCTION linkage.tokens_meet(is_whole boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    oldest int2;
    newest int2;
BEGIN
    IF is_whole THEN
        SELECT min(s.key_version), max(s.key_version) INTO oldest, newest FROM subjects.subject AS s
         WHERE s.nhs_token IS NOT NULL OR s.superseded_nhs_token IS NOT NULL OR s.uprn_token IS NOT NULL
            OR s.foreign_token IS NOT NULL OR s.address_token IS NOT NULL;
    ELSE
        SELECT min(v.key_version), max(v.key_version) INTO oldest, newest
          FROM (SELECT s.key_version FROM pg_temp.run_subject AS s UNION ALL SELECT b.key_version FROM pg_temp.run_basis AS b) AS v;
    END IF;
    UPDATE linkage.basis SET key_version = newest;
    RETURN oldest IS NOT DISTINCT FROM newest;
END
$$;

-- At a run's end. Rules begin and end by the day: steps before midnight and after it may have gone by others.
CREATE FUNCTION linkage.basis_doubt() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE linkage.basis SET rules = '' WHERE day <> governance.today()
$$;

-- After something that loads do not tell: the next run looks at everything.
CREATE FUNCTION linkage.basis_forget() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM linkage.basis
$$;

-- ---- mergers ----

-- A merger comes, goes or ends with its load, or by its dates as the days pass.
CREATE FUNCTION linkage.mergers_stand(wanted int4) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT NOT linkage.run_is_whole(wanted)
       AND NOT EXISTS (SELECT FROM pg_temp.run_load AS l JOIN ingest.source AS s USING (source_id) WHERE s.role = 'merger')
       AND governance.today() = (SELECT b.day FROM pg_temp.run_basis AS b));
END
$$;

CREATE FUNCTION linkage.mergers_note() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE TEMPORARY TABLE merger_before ON COMMIT DROP AS SELECT nhs_token, root_token FROM linkage.merger_token;
END
$$;

-- A component that lost some of its tokens is another one too: its old name's.
CREATE FUNCTION linkage.mergers_compare() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pg_temp.run_token (token)
    SELECT coalesce(now.nhs_token, before.nhs_token)
      FROM pg_temp.merger_before AS before
      FULL JOIN linkage.merger_token AS now USING (nhs_token)
     WHERE now.root_token IS DISTINCT FROM before.root_token
     UNION
    SELECT before.root_token
      FROM pg_temp.merger_before AS before
      LEFT JOIN linkage.merger_token AS now USING (nhs_token)
     WHERE now.root_token IS DISTINCT FROM before.root_token;
END
$$;

-- ---- people ----

-- Each with the one that stands for them now; few of them, unlike linkage.survivor.
CREATE FUNCTION linkage.people_now(wanted int8[]) RETURNS TABLE (person_id int8, current_id int8)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE chain AS (
        SELECT p.person_id AS origin, p.person_id, p.merged_into FROM linkage.person AS p WHERE p.person_id = ANY (wanted)
        UNION ALL
        SELECT chain.origin, p.person_id, p.merged_into
          FROM chain
          JOIN linkage.person AS p ON p.person_id = chain.merged_into
    )
    SELECT chain.origin, chain.person_id FROM chain WHERE chain.merged_into IS NULL
$$;

-- All that became one with them, themselves too.
CREATE FUNCTION linkage.people_behind(wanted int8[]) RETURNS TABLE (person_id int8, current_id int8)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE chain AS (
        SELECT w.id AS person_id, w.id AS current_id FROM unnest(wanted) AS w (id)
        UNION ALL
        SELECT p.person_id, chain.current_id
          FROM chain
          JOIN linkage.person AS p ON p.merged_into = chain.person_id
    )
    SELECT chain.person_id, chain.current_id FROM chain
$$;

-- Whom components of mergers and cross-walks have, of all or of those that changed.
CREATE FUNCTION linkage.people_members(new_run int4) RETURNS TABLE (root bytea, person_id int8)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
    IF linkage.numbers_are_whole(new_run) THEN
        RETURN QUERY
        SELECT token.root_token, link.person_id
          FROM linkage.merger_token AS token
          JOIN linkage.person_subject AS subject USING (nhs_token)
          JOIN linkage.current_link AS link USING (subject_id)
         WHERE link.pass < 6
         UNION
        SELECT walk.root, link.person_id
          FROM (SELECT w.foreign_token AS token, w.root FROM linkage.crosswalk AS w WHERE w.root IS NOT NULL
                UNION
                SELECT w.root, w.root FROM linkage.crosswalk AS w WHERE w.root IS NOT NULL) AS walk
          JOIN linkage.person_subject AS subject ON coalesce(subject.nhs_token, subject.foreign_token) = walk.token
          JOIN linkage.current_link AS link USING (subject_id)
         WHERE link.pass < 6;
        RETURN;
    END IF;
    RETURN QUERY
    WITH held AS MATERIALIZED (
        SELECT DISTINCT token.root_token, link.person_id
          FROM (SELECT DISTINCT m.root_token FROM linkage.merger_token AS m JOIN pg_temp.run_token AS t ON t.token = m.nhs_token) AS touched
          JOIN linkage.merger_token AS token USING (root_token)
          JOIN linkage.number_subject AS number ON number.token = token.nhs_token
          JOIN linkage.link USING (subject_id)
         WHERE link.pass < 6
    )
    SELECT DISTINCT held.root_token, now.current_id
      FROM held
      JOIN linkage.people_now((SELECT array_agg(h.person_id) FROM held AS h)) AS now USING (person_id);
END
$$;

-- Who is to be linked by number, and which people components have: of everybody.
CREATE FUNCTION linkage.numbers_all() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    INSERT INTO pg_temp.number_wanted (subject_id, component, pass)
    SELECT subject.subject_id,
           coalesce(token.root_token, subject.nhs_token, walk.root, subject.foreign_token),
           CASE WHEN token.is_superseded THEN 2 WHEN subject.nhs_token IS NOT NULL THEN 1
                WHEN walk.leads_to_number THEN 3 WHEN walk.root IS NULL THEN 4 ELSE 5 END::int2
      FROM linkage.person_subject AS subject
      LEFT JOIN linkage.merger_token AS token USING (nhs_token)
      LEFT JOIN linkage.crosswalk AS walk USING (foreign_token)
     WHERE (subject.nhs_token IS NOT NULL OR subject.foreign_token IS NOT NULL)
       AND NOT EXISTS (SELECT FROM linkage.link WHERE link.subject_id = subject.subject_id)
       AND NOT EXISTS (SELECT FROM linkage.suspect WHERE suspect.subject_id = subject.subject_id);
    INSERT INTO pg_temp.number_known (component, person_id)
    SELECT coalesce(token.root_token, subject.nhs_token, walk.root, subject.foreign_token), min(link.person_id)
      FROM linkage.current_link AS link
      JOIN linkage.person_subject AS subject USING (subject_id)
      LEFT JOIN linkage.merger_token AS token USING (nhs_token)
      LEFT JOIN linkage.crosswalk AS walk USING (foreign_token)
     WHERE link.pass < 6
     GROUP BY 1;
END
$$;

-- The same of those who are new, or whose link by number may have ended; there is no cross-walk. Everybody else with a
-- number has been linked by an earlier run, or is suspect still.
CREATE FUNCTION linkage.numbers_changed() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    INSERT INTO pg_temp.number_wanted (subject_id, component, pass)
    SELECT subject.subject_id, coalesce(token.root_token, subject.nhs_token, subject.foreign_token),
           CASE WHEN token.is_superseded THEN 2 WHEN subject.nhs_token IS NOT NULL THEN 1 ELSE 4 END::int2
      FROM (SELECT s.subject_id FROM pg_temp.run_subject AS s UNION SELECT c.subject_id FROM pg_temp.run_checked AS c) AS changed
      JOIN linkage.person_subject AS subject USING (subject_id)
      LEFT JOIN linkage.merger_token AS token USING (nhs_token)
     WHERE (subject.nhs_token IS NOT NULL OR subject.foreign_token IS NOT NULL)
       AND NOT EXISTS (SELECT FROM linkage.link WHERE link.subject_id = subject.subject_id)
       AND NOT EXISTS (SELECT FROM linkage.suspect WHERE suspect.subject_id = subject.subject_id);
    ANALYZE pg_temp.number_wanted;
    INSERT INTO pg_temp.number_known (component, person_id)
    WITH component AS MATERIALIZED (
        SELECT DISTINCT w.component AS token FROM pg_temp.number_wanted AS w
    ), token AS MATERIALIZED (
        SELECT c.token, c.token AS component FROM component AS c
         UNION
        SELECT m.nhs_token, m.root_token FROM linkage.merger_token AS m JOIN component AS c ON c.token = m.root_token
    ), held AS MATERIALIZED (
        SELECT DISTINCT token.component, link.person_id
          FROM token
          JOIN linkage.number_subject AS number USING (token)
          JOIN linkage.link USING (subject_id)
         WHERE link.pass < 6
    )
    SELECT held.component, min(now.current_id)
      FROM held
      JOIN linkage.people_now((SELECT array_agg(DISTINCT h.person_id) FROM held AS h)) AS now USING (person_id)
     GROUP BY held.component;
END
$$;

-- Whose number is to be checked against birth and sex: of everybody, or of the components that mergers, new subjects or
-- somebody's decision are about.
CREATE FUNCTION linkage.checked_collect(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    IF linkage.numbers_are_whole(new_run) THEN
        IF EXISTS (SELECT FROM ingest.source AS s WHERE ingest.is_encoded(s.source_id))
           OR EXISTS (SELECT FROM linkage.link WHERE link.pass >= 6) THEN -- a rule that ended gives numbers back
            INSERT INTO pg_temp.run_checked (subject_id)
            SELECT s.subject_id FROM linkage.person_subject AS s WHERE s.nhs_token IS NOT NULL;
        END IF;
    ELSIF EXISTS (SELECT FROM ingest.source AS s WHERE ingest.is_encoded(s.source_id)) THEN
        INSERT INTO pg_temp.run_checked (subject_id)
        WITH touched AS MATERIALIZED (
            SELECT t.token FROM pg_temp.run_token AS t
             UNION SELECT s.nhs_token FROM pg_temp.run_subject AS s WHERE s.nhs_token IS NOT NULL
             UNION SELECT s.nhs_token FROM linkage.decision AS d JOIN subjects.subject AS s ON s.subject_id IN (d.subject_a, d.subject_b)
                    WHERE s.nhs_token IS NOT NULL
        ), component AS MATERIALIZED (
            SELECT DISTINCT coalesce(m.root_token, touched.token) AS token
              FROM touched LEFT JOIN linkage.merger_token AS m ON m.nhs_token = touched.token
        ), token AS MATERIALIZED (
            SELECT c.token FROM component AS c
             UNION SELECT m.nhs_token FROM linkage.merger_token AS m JOIN component AS c ON c.token = m.root_token
        )
        SELECT DISTINCT number.subject_id FROM token JOIN linkage.number_subject AS number USING (token);
    END IF;
    ANALYZE pg_temp.run_checked;
END
$$;

-- ---- residences ----

-- What a register says now, as a query's text; of subjects without a household as well.
CREATE FUNCTION linkage.stays_said(source_name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT p.subject_id, coalesce(p.valid_from, ''-infinity'') AS valid_from,'
                  ' coalesce(p.valid_to, ''infinity'') AS valid_to FROM presence.%I AS p'
                  ' WHERE coalesce(p.valid_from, ''-infinity'') <= coalesce(p.valid_to, ''infinity'')', source_name)
$$;

CREATE FUNCTION linkage.residences_all() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    register record;
BEGIN
    TRUNCATE linkage.stay;
    DROP INDEX linkage.stay_subject;
    FOR register IN SELECT s.source_id, s.name FROM ingest.source AS s WHERE s.role = 'register' AND s.subject_kind = 'person'
                     ORDER BY s.source_id LOOP
        EXECUTE 'INSERT INTO linkage.stay (subject_id, household_id, source_id, valid_from, valid_to)'
                ' SELECT DISTINCT p.subject_id, h.household_id, $1, p.valid_from, p.valid_to'
                '   FROM (' || linkage.stays_said(register.name) || ') AS p'
                '   JOIN linkage.subject_household AS h USING (subject_id)' USING register.source_id;
    END LOOP;
    CREATE INDEX stay_subject ON linkage.stay (subject_id);
    ANALYZE linkage.stay;
    INSERT INTO pg_temp.residence_now (person_id, household_id, valid_from, valid_to)
    SELECT merged.person_id, merged.household_id, lower(merged.period), upper(merged.period) - 1
      FROM (SELECT link.person_id, stay.household_id,
                   unnest(range_agg(daterange(nullif(stay.valid_from, '-infinity'), nullif(stay.valid_to, 'infinity'), '[]'))) AS period
              FROM linkage.stay
              JOIN linkage.current_link AS link USING (subject_id)
             GROUP BY link.person_id, stay.household_id) AS merged;
    INSERT INTO pg_temp.residence_held (person_id, household_id, valid_from, valid_to, place)
    SELECT held.person_id, held.household_id, held.valid_from, held.valid_to, held.ctid FROM linkage.residence AS held;
END
$$;

-- What one register says otherwise than at the run before goes to linkage.stay and pg_temp.run_stay.
CREATE FUNCTION linkage.stays_compare(register int2, source_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    EXECUTE format('CREATE TEMPORARY TABLE stay_other ON COMMIT DROP AS'
                   ' SELECT DISTINCT coalesce(now.subject_id, held.subject_id) AS subject_id,'
                   ' coalesce(now.valid_from, held.valid_from) AS valid_from,'
                   ' coalesce(now.valid_to, held.valid_to) AS valid_to, held.place'
                   ' FROM (%s) AS now FULL JOIN (SELECT s.subject_id, s.valid_from, s.valid_to, s.ctid AS place'
                   '  FROM linkage.stay AS s WHERE s.source_id = %s) AS held'
                   ' ON held.subject_id = now.subject_id AND held.valid_from = now.valid_from'
                   ' AND held.valid_to = now.valid_to WHERE now.subject_id IS NULL OR held.subject_id IS NULL',
                   linkage.stays_said(source_name), register);
    ANALYZE pg_temp.stay_other;
    DELETE FROM linkage.stay AS s USING pg_temp.stay_other AS o WHERE s.ctid = o.place;
    INSERT INTO linkage.stay (subject_id, household_id, source_id, valid_from, valid_to)
    SELECT o.subject_id, h.household_id, register, o.valid_from, o.valid_to
      FROM pg_temp.stay_other AS o
      JOIN linkage.subject_household AS h USING (subject_id)
     WHERE o.place IS NULL
     ORDER BY o.subject_id;
    INSERT INTO pg_temp.run_stay (subject_id) SELECT DISTINCT o.subject_id FROM pg_temp.stay_other AS o;
    DROP TABLE pg_temp.stay_other;
END
$$;

-- A register's subjects who moved since more is known of their address.
CREATE FUNCTION linkage.stays_move() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE linkage.stay AS s SET household_id = h.household_id
      FROM pg_temp.run_place AS p JOIN linkage.subject_household AS h USING (subject_id)
     WHERE s.subject_id = p.subject_id;
    DELETE FROM linkage.stay AS s USING pg_temp.run_place AS p
     WHERE s.subject_id = p.subject_id
       AND NOT EXISTS (SELECT FROM linkage.subject_household AS h WHERE h.subject_id = p.subject_id);
    INSERT INTO pg_temp.run_stay (subject_id) SELECT p.subject_id FROM pg_temp.run_place AS p;
END
$$;

-- People whose residences may differ from what is held: of subjects whom a register says otherwise of, or whose link is
-- new or moved; and who became one.
CREATE FUNCTION linkage.residents_changed(new_run int4) RETURNS int8[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (WITH touched AS (
        SELECT link.person_id FROM pg_temp.run_stay AS s JOIN linkage.link USING (subject_id)
         UNION
        SELECT link.person_id FROM pg_temp.run_link AS made JOIN linkage.link USING (subject_id)
         WHERE EXISTS (SELECT FROM linkage.stay AS s WHERE s.subject_id = made.subject_id)
         UNION
        SELECT gone.person_id FROM linkage.link_history AS gone WHERE gone.moved_run = new_run
         UNION
        SELECT p.person_id FROM linkage.person AS p WHERE p.merged_run = new_run
    ), current AS (
        SELECT now.current_id FROM linkage.people_now((SELECT array_agg(t.person_id) FROM touched AS t)) AS now
    )
    SELECT array_agg(DISTINCT c.current_id) FROM current AS c);
END
$$;

CREATE FUNCTION linkage.residences_changed(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    register record;
BEGIN
    CREATE TEMPORARY TABLE run_stay (subject_id int8) ON COMMIT DROP;
    PERFORM linkage.stays_move();
    FOR register IN SELECT s.source_id, s.name FROM ingest.source AS s WHERE s.role = 'register' AND s.subject_kind = 'person'
                       AND s.source_id IN (SELECT l.source_id FROM pg_temp.run_load AS l)
                     ORDER BY s.source_id LOOP
        PERFORM linkage.stays_compare(register.source_id, register.name);
    END LOOP;
    ANALYZE pg_temp.run_stay;
    CREATE TEMPORARY TABLE resident ON COMMIT DROP AS
    SELECT b.person_id, b.current_id FROM linkage.people_behind(linkage.residents_changed(new_run)) AS b;
    ANALYZE pg_temp.resident;
    INSERT INTO pg_temp.residence_now (person_id, household_id, valid_from, valid_to)
    SELECT merged.person_id, merged.household_id, lower(merged.period), upper(merged.period) - 1
      FROM (SELECT r.current_id AS person_id, stay.household_id,
                   unnest(range_agg(daterange(nullif(stay.valid_from, '-infinity'), nullif(stay.valid_to, 'infinity'), '[]'))) AS period
              FROM pg_temp.resident AS r
              JOIN linkage.link USING (person_id)
              JOIN linkage.stay USING (subject_id)
             GROUP BY r.current_id, stay.household_id) AS merged;
    INSERT INTO pg_temp.residence_held (person_id, household_id, valid_from, valid_to, place)
    SELECT held.person_id, held.household_id, held.valid_from, held.valid_to, held.ctid
      FROM pg_temp.resident AS r
      JOIN linkage.residence AS held USING (person_id);
    DROP TABLE pg_temp.run_stay, pg_temp.resident;
END
$$;

-- ---- counts ----

CREATE FUNCTION linkage.counts_all(new_run int4) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE linkage.run AS run
       SET subjects = (SELECT count(*) FROM linkage.person_subject),
           linked = links.linked, alike = links.alike, alone = links.alone, crosswalked = links.crosswalked,
           within_space = links.within_space, people = links.people,
           people_new = (SELECT count(*) FROM linkage.person WHERE created_run = new_run),
           households = (SELECT count(*) FROM linkage.household WHERE left_run IS NULL),
           residences = (SELECT count(*) FROM linkage.residence)
      FROM (SELECT count(*) FILTER (WHERE pass <> 10) AS linked, count(*) FILTER (WHERE pass BETWEEN 6 AND 9) AS alike,
                   count(*) FILTER (WHERE pass = 10) AS alone, count(*) FILTER (WHERE pass IN (3, 5)) AS crosswalked,
                   count(*) FILTER (WHERE pass = 4) AS within_space, count(DISTINCT person_id) AS people
              FROM linkage.current_link) AS links
     WHERE run.run_id = new_run
$$;

-- People whom the run left without a link: of those whose link it moved.
CREATE FUNCTION linkage.people_left(new_run int4) RETURNS int8
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH lost AS MATERIALIZED (
        SELECT DISTINCT now.current_id
          FROM linkage.people_now((SELECT array_agg(g.person_id) FROM linkage.link_history AS g WHERE g.moved_run = new_run)) AS now
    )
    SELECT count(*) FROM lost
     WHERE NOT EXISTS (SELECT FROM linkage.people_behind(ARRAY[lost.current_id]) AS b JOIN linkage.link USING (person_id))
$$;

-- What the run before counted, and what this one made otherwise. Households and residences are counted by their steps.
CREATE FUNCTION linkage.counts_changed(new_run int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE linkage.run AS run
       SET subjects = before.subjects + (SELECT count(*) FROM pg_temp.run_subject AS s JOIN ingest.source USING (source_id)
                                          WHERE source.subject_kind = 'person'
                                            AND coalesce(source.role, '') NOT IN ('merger', 'crosswalk')),
           linked = before.linked + links.linked, alike = before.alike + links.alike, alone = before.alone + links.alone,
           crosswalked = before.crosswalked + links.crosswalked, within_space = before.within_space + links.within_space,
           people_new = made.people, people = before.people + made.people - run.people_merged - linkage.people_left(new_run)
      FROM linkage.run AS before, pg_temp.run_basis AS basis,
           (SELECT count(*) AS people FROM linkage.person WHERE person_id > (SELECT b.last_person FROM pg_temp.run_basis AS b)) AS made,
           (SELECT coalesce(sum(l.n) FILTER (WHERE l.pass <> 10), 0) AS linked,
                   coalesce(sum(l.n) FILTER (WHERE l.pass BETWEEN 6 AND 9), 0) AS alike,
                   coalesce(sum(l.n) FILTER (WHERE l.pass = 10), 0) AS alone,
                   coalesce(sum(l.n) FILTER (WHERE l.pass IN (3, 5)), 0) AS crosswalked,
                   coalesce(sum(l.n) FILTER (WHERE l.pass = 4), 0) AS within_space
              FROM (SELECT made.pass, 1 AS n FROM pg_temp.run_link AS made
                    UNION ALL SELECT pass, -1 FROM linkage.link_history WHERE moved_run = new_run) AS l) AS links
     WHERE run.run_id = new_run AND before.run_id = basis.run_id;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA linkage FROM PUBLIC;

RESET ROLE;
