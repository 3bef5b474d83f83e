-- Cross-walks: what an issuer of pseudonyms says they stand for. A pseudonym that somebody else made is linked inside
-- the space it was made for, and to anything else through its issuer's own cross-walk alone.
SET LOCAL ROLE cinque_owner;

-- The cross-walks of the last run, one row a pseudonym. target: what its issuer maps it to, null where they map it to
-- more than one; root: where the walk ends, a number's token (the one that stands for it now) or a pseudonym's, null
-- where it leads nowhere. A walk never merges two numbers: a pseudonym of two numbers is used for neither.
CREATE TABLE linkage.crosswalk (
    foreign_token bytea   PRIMARY KEY,
    target        bytea,
    is_number     boolean NOT NULL, -- the target is a number's token
    root          bytea,
    leads_to_number boolean NOT NULL DEFAULT false
);

-- Private: every pair that active cross-walks hold, as a query's text; '' without a source of that role. Beside the
-- tokens, which two issuers never share, whose delivery it is counts: only the issuer's own.
CREATE FUNCTION linkage.crosswalk_pairs() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(string_agg(format(
               'SELECT s.foreign_token, coalesce(s.nhs_token, s.foreign_token_to) AS target,'
               ' s.nhs_token IS NOT NULL AS is_number FROM subjects.subject AS s WHERE s.source_id = %s'
               ' AND s.foreign_token IS NOT NULL AND (s.nhs_token IS NOT NULL OR s.foreign_token_to IS NOT NULL)'
               ' AND EXISTS (SELECT FROM presence.%I AS p JOIN ingest.load AS l USING (load_id)'
               ' WHERE p.subject_id = s.subject_id AND l.sender = %L'
               ' AND governance.today() BETWEEN coalesce(p.valid_from, ''-infinity'')'
               ' AND coalesce(p.valid_to, ''infinity''))', source_id, name, crosswalk_issuer),
               ' UNION ' ORDER BY source_id), '')
      FROM ingest.source
     WHERE role = 'crosswalk'
$$;

-- Private: each pseudonym with its one target, a number before another pseudonym.
CREATE FUNCTION linkage.crosswalk_collect() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pairs text := linkage.crosswalk_pairs();
BEGIN
    TRUNCATE linkage.crosswalk;
    IF pairs = '' THEN
        RETURN;
    END IF;
    EXECUTE 'INSERT INTO linkage.crosswalk (foreign_token, target, is_number)
             SELECT DISTINCT ON (foreign_token) foreign_token, CASE WHEN cardinality(targets) = 1 THEN targets[1] END,
                    is_number
               FROM (SELECT pair.foreign_token, pair.is_number,
                            array_agg(DISTINCT coalesce(merger.root_token, pair.target)) AS targets
                       FROM (' || pairs || ') AS pair
                       LEFT JOIN linkage.merger_token AS merger ON pair.is_number AND merger.nhs_token = pair.target
                      GROUP BY pair.foreign_token, pair.is_number) AS mapped
              ORDER BY foreign_token, is_number DESC';
    ANALYZE linkage.crosswalk;
END
$$;

-- Private: links that a walk made and that do not fit where it ends now go to link_history, before anybody is merged:
-- else whoever a corrected walk led to and whoever it leads to now would become one. They fit a person by a number, or
-- by a pseudonym that leads nowhere; where a person has neither, the links of one walk's end stay and the others go.
-- A walk that is gone moves nobody.
CREATE FUNCTION linkage.strays_move(new_run int4) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH walked AS MATERIALIZED (
        SELECT link.subject_id, link.person_id, coalesce(walk.root, walk.foreign_token) AS component
          FROM linkage.crosswalk AS walk
          JOIN linkage.person_subject AS subject USING (foreign_token)
          JOIN linkage.current_link AS link USING (subject_id)
         WHERE link.pass BETWEEN 3 AND 5 AND (walk.root IS NOT NULL OR walk.target IS NULL)
    ), anchor AS MATERIALIZED (
        SELECT link.person_id, coalesce(token.root_token, subject.nhs_token, subject.foreign_token) AS component
          FROM linkage.current_link AS link
          JOIN linkage.person_subject AS subject USING (subject_id)
          LEFT JOIN linkage.merger_token AS token USING (nhs_token)
         WHERE link.person_id IN (SELECT person_id FROM walked)
           AND (link.pass < 3 OR link.pass = 4 AND link.subject_id NOT IN (SELECT subject_id FROM walked))
    ), fitting AS (
        SELECT person_id, component FROM anchor
        UNION ALL
        (SELECT DISTINCT ON (person_id) person_id, component
           FROM walked
          WHERE person_id NOT IN (SELECT person_id FROM anchor)
          ORDER BY person_id, component)
    ), stray AS (
        DELETE FROM linkage.link
         USING walked
         WHERE link.subject_id = walked.subject_id
           AND NOT EXISTS (SELECT FROM fitting
                            WHERE fitting.person_id = walked.person_id AND fitting.component = walked.component)
        RETURNING link.*
    )
    INSERT INTO linkage.link_history (subject_id, person_id, run_id, pass, rule_version, moved_run)
    SELECT subject_id, person_id, run_id, pass, rule_version, new_run FROM stray
$$;

-- The step of a run between mergers and people: where each walk ends. Every round goes one space further, and a row is
-- decided once, so it ends; a walk in a circle is never decided. Returns the pseudonyms that lead somewhere.
CREATE FUNCTION linkage.run_crosswalk(permit bytea, run_id int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    changed int8;
BEGIN
    PERFORM linkage.run_require(permit, run_id);
    PERFORM linkage.crosswalk_collect();
    UPDATE linkage.crosswalk AS walk
       SET root = target, leads_to_number = is_number
     WHERE target IS NOT NULL
       AND (is_number OR NOT EXISTS (SELECT FROM linkage.crosswalk AS next
                                      WHERE next.foreign_token = walk.target AND next.target IS NOT NULL));
    LOOP
        UPDATE linkage.crosswalk AS walk
           SET root = next.root, leads_to_number = next.leads_to_number
          FROM linkage.crosswalk AS next
         WHERE walk.root IS NULL AND next.foreign_token = walk.target AND next.root IS NOT NULL;
        GET DIAGNOSTICS changed = ROW_COUNT;
        EXIT WHEN changed = 0;
    END LOOP;
    ANALYZE linkage.crosswalk;
    IF EXISTS (SELECT FROM linkage.crosswalk) THEN
        PERFORM linkage.strays_move(run_id);
    END IF;
    UPDATE linkage.run SET crosswalk_ambiguous = (SELECT count(*) FROM linkage.crosswalk WHERE target IS NULL)
     WHERE run.run_id = run_crosswalk.run_id;
    RETURN (SELECT count(*) FROM linkage.crosswalk WHERE root IS NOT NULL);
END
$$;

REVOKE EXECUTE ON FUNCTION linkage.crosswalk_pairs(), linkage.crosswalk_collect(), linkage.strays_move(int4),
    linkage.run_crosswalk(bytea, int4) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION linkage.run_crosswalk(bytea, int4) TO cinque_linker;

RESET ROLE;
