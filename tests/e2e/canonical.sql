-- The database's content without surrogate ids, times and random numbers, as one SHA-256: two runs that held the same
-- deliveries under the same keys give the same line. Run by psql as superuser.
SET client_min_messages = warning;
SET search_path = pg_catalog;
CREATE TEMP TABLE canonical (line text COLLATE "C");

INSERT INTO canonical
SELECT concat_ws('|', 'load', s.name, l.sender, l.period, l.status, encode(l.content, 'hex'), l.state, l.rows_loaded,
                 l.rows_quarantined)
  FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
 WHERE l.state IN ('published', 'replaced', 'withdrawn', 'rejected');

INSERT INTO canonical
SELECT 'subject|' || (to_jsonb(s) - 'first_load_id')::text FROM subjects.subject AS s;

-- A person is named by the smallest subject linked to it.
CREATE TEMP TABLE person_name AS
SELECT linkage.current_person(person_id) AS person_id, min(subject_id) AS name FROM linkage.link GROUP BY 1;
INSERT INTO canonical
SELECT concat_ws('|', 'link', l.subject_id, n.name, l.pass, l.rule_version)
  FROM linkage.link AS l JOIN person_name AS n ON n.person_id = linkage.current_person(l.person_id);
INSERT INTO canonical
SELECT concat_ws('|', 'household', h.subject_id, encode(coalesce(k.uprn_token, k.address_token), 'hex'))
  FROM linkage.subject_household AS h JOIN linkage.household AS k USING (household_id);
INSERT INTO canonical
SELECT concat_ws('|', 'residence', n.name, encode(coalesce(k.uprn_token, k.address_token), 'hex'), r.valid_from, r.valid_to)
  FROM linkage.residence AS r JOIN linkage.household AS k USING (household_id)
  JOIN person_name AS n ON n.person_id = linkage.current_person(r.person_id);

DO $$
DECLARE
    source record;
    release int;
    relation text;
BEGIN
    FOR source IN SELECT name FROM ingest.source LOOP
        EXECUTE format($sql$
            INSERT INTO canonical
            SELECT concat_ws('|', 'record', %L, l.sender, l.period, (to_jsonb(r) - 'load_id')::text)
              FROM records.%I AS r JOIN ingest.load AS l USING (load_id)
             WHERE l.state IN ('published', 'replaced', 'withdrawn')$sql$, source.name, source.name);
    END LOOP;

    SELECT max(release_id) INTO release FROM release.release WHERE state = 'live';
    IF release IS NULL THEN
        RETURN;
    END IF;
    CREATE TEMP TABLE number_name AS SELECT 0 AS person_number, 0::bigint AS name WITH NO DATA;
    EXECUTE format($sql$
        INSERT INTO number_name
        SELECT g.person_number, n.name
          FROM release_%s.guard AS g JOIN release.guard_person AS p USING (guard_number)
          JOIN person_name AS n ON n.person_id = linkage.current_person(p.person_id)$sql$, release);
    FOR relation IN SELECT table_name FROM information_schema.columns
                     WHERE table_schema = 'release_' || release AND column_name = 'person_number'
                       AND table_name NOT IN ('guard') LOOP
        EXECUTE format($sql$
            INSERT INTO canonical
            SELECT concat_ws('|', 'release', %L, n.name,
                             (to_jsonb(t) - 'person_number' - 'record_number' - 'household_number')::text)
              FROM release_%s.%I AS t JOIN number_name AS n USING (person_number)$sql$, relation, release, relation);
    END LOOP;
    FOR relation IN SELECT table_name FROM information_schema.columns
                     WHERE table_schema = 'release_' || release AND column_name = 'household_number'
                       AND table_name NOT IN ('household') LOOP
        EXECUTE format($sql$
            INSERT INTO canonical
            SELECT concat_ws('|', 'release', %L, (to_jsonb(t) - 'record_number' - 'household_number')::text)
              FROM release_%s.%I AS t$sql$, relation, release, relation);
    END LOOP;
END
$$;

SELECT encode(sha256(convert_to(string_agg(line, E'\n' ORDER BY line), 'UTF8')), 'hex') || ' ' || count(*) FROM canonical;
