-- Re-keying: after the hub key was rotated, the outer layer of every token held is redone. In one transaction of the
-- caller (ingest/rekey.c, as cinque_keeper): begin; rows out and rewrapped ones into staging.rekey, in turn; finish.
-- A kill at any point leaves all tokens as they were.
SET LOCAL ROLE cinque_owner;

-- Waits for killed sessions to be noticed. No table is locked yet: a load that is publishing could never end while
-- we held what it needs.
CREATE FUNCTION ingest.open_loads_await() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
DECLARE
    wanted int4;
BEGIN
    FOR wanted IN SELECT l.load_id FROM ingest.load AS l WHERE l.state = 'open' ORDER BY l.load_id LOOP
        PERFORM pg_advisory_xact_lock(1667852913, wanted);
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'load % is under way: re-key when it has ended', wanted USING ERRCODE = 'CQ001';
END $$;

CREATE FUNCTION ingest.held_loads_refuse() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waiting int4 := (SELECT min(l.load_id) FROM ingest.load AS l WHERE l.state = 'held');
BEGIN
    IF waiting IS NOT NULL THEN
        RAISE EXCEPTION 'load % is held back, and its tokens with it: have it released or refused first', waiting
            USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- The staging of a load that was left open holds tokens too. One that opened while we waited is under way.
CREATE FUNCTION ingest.open_loads_end() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    leftover ingest.load;
BEGIN
    PERFORM ingest.held_loads_refuse();
    FOR leftover IN SELECT l.* FROM ingest.load AS l WHERE l.state = 'open' ORDER BY l.load_id LOOP
        IF NOT pg_try_advisory_xact_lock(1667852913, leftover.load_id) THEN
            RAISE EXCEPTION 'load % is under way: re-key when it has ended', leftover.load_id USING ERRCODE = 'CQ001';
        END IF;
        UPDATE ingest.load SET state = 'abandoned' WHERE load_id = leftover.load_id;
        PERFORM ingest.staging_drop(leftover.source_id, leftover.load_id);
    END LOOP;
END $$;

-- Households take the tokens of their subjects: a subject's UPRN and address are part of what makes it a subject, so they
-- never change but in their outer layer. The graph of mergers, the cross-walks and what addresses stand for are made
-- anew by the next run of linkage.
CREATE FUNCTION linkage.households_rekey() RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed int8 := linkage.households_retoken();
BEGIN
    IF EXISTS (SELECT FROM linkage.household AS h
                WHERE h.uprn_token IS NOT NULL
                  AND NOT EXISTS (SELECT FROM subjects.subject AS s WHERE s.uprn_token = h.uprn_token))
       OR EXISTS (SELECT FROM linkage.household AS h
                   WHERE h.address_token IS NOT NULL
                     AND NOT EXISTS (SELECT FROM subjects.subject AS s
                                      WHERE s.subject_id = h.address_subject AND s.address_token = h.address_token)) THEN
        RAISE EXCEPTION 'a household has a token that no subject has' USING ERRCODE = 'CQ003';
    END IF;
    TRUNCATE linkage.merger_edge, linkage.merger_token, linkage.crosswalk, linkage.number_subject, linkage.address_uprn,
        linkage.address_alone;
    PERFORM linkage.basis_forget();
    RETURN changed;
END $$;

-- ---- the keeper's doors: the object of the permit is the hub key version to be held ----

-- Asked before the version is made: one that is made and not in use keeps every load out.
CREATE FUNCTION ingest.rekey_check(permit bytea, wanted int2) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'rekey', wanted::text);
    PERFORM ingest.held_loads_refuse();
    PERFORM ingest.open_loads_await();
END $$;

-- From here to the end of the transaction no load is opened or published and no linkage runs. What was tokenised under
-- an older version and comes later is refused when it is published (ingest.staged_keys_require).
CREATE FUNCTION ingest.rekey_begin(permit bytea, wanted int2) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'rekey', wanted::text);
    LOCK TABLE linkage.run IN SHARE ROW EXCLUSIVE MODE;
    PERFORM ingest.open_loads_await();
    LOCK TABLE ingest.load IN SHARE ROW EXCLUSIVE MODE;
    PERFORM ingest.open_loads_end();
    IF EXISTS (SELECT FROM subjects.hub_key AS k WHERE k.version > wanted)
       OR EXISTS (SELECT FROM subjects.subject AS s WHERE s.key_version > wanted) THEN
        RAISE EXCEPTION 'subjects are held under a newer hub key version than %: the keyring in use is out of date',
            wanted USING ERRCODE = 'CQ003';
    END IF;
    CREATE TABLE staging.rekey (subject_id int8 NOT NULL, nhs_token bytea, superseded_nhs_token bytea,
                                local_token bytea, uprn_token bytea, foreign_token bytea,
                                foreign_token_to bytea, address_token bytea);
    GRANT INSERT ON staging.rekey TO cinque_keeper;
    RETURN (SELECT count(*) FROM subjects.subject AS s WHERE s.key_version <> wanted);
END $$;

-- Subjects of older versions in order of their number, from one on.
CREATE FUNCTION ingest.rekey_rows(permit bytea, wanted int2, from_id int8, rows_max int8)
RETURNS TABLE (subject_id int8, key_version int2, nhs_token bytea, superseded_nhs_token bytea, local_token bytea,
               uprn_token bytea, foreign_token bytea, foreign_token_to bytea, address_token bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM audit.require(permit, 'rekey', wanted::text);
    RETURN QUERY
    SELECT s.subject_id, s.key_version, s.nhs_token, s.superseded_nhs_token, s.local_token, s.uprn_token,
           s.foreign_token, s.foreign_token_to, s.address_token
      FROM subjects.subject AS s
     WHERE s.subject_id >= from_id AND s.key_version <> wanted
     ORDER BY s.subject_id
     LIMIT rows_max;
END $$;

-- Puts the rewrapped tokens in place, all or none.
CREATE FUNCTION ingest.rekey_finish(permit bytea, wanted int2) RETURNS TABLE (subjects int8, households int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    changed int8;
BEGIN
    PERFORM audit.require(permit, 'rekey', wanted::text);
    ANALYZE staging.rekey;
    UPDATE subjects.subject AS s
       SET key_version = wanted, nhs_token = t.nhs_token, superseded_nhs_token = t.superseded_nhs_token,
           local_token = t.local_token, uprn_token = t.uprn_token, foreign_token = t.foreign_token,
           foreign_token_to = t.foreign_token_to, address_token = t.address_token
      FROM staging.rekey AS t
     WHERE t.subject_id = s.subject_id AND s.key_version <> wanted
       AND (s.nhs_token IS NULL) = (t.nhs_token IS NULL)
       AND (s.superseded_nhs_token IS NULL) = (t.superseded_nhs_token IS NULL)
       AND (s.local_token IS NULL) = (t.local_token IS NULL)
       AND (s.uprn_token IS NULL) = (t.uprn_token IS NULL)
       AND (s.foreign_token IS NULL) = (t.foreign_token IS NULL)
       AND (s.foreign_token_to IS NULL) = (t.foreign_token_to IS NULL)
       AND (s.address_token IS NULL) = (t.address_token IS NULL);
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF EXISTS (SELECT FROM subjects.subject AS s WHERE s.key_version <> wanted) THEN
        RAISE EXCEPTION 're-key: a subject has no rewrapped tokens, or others than it had' USING ERRCODE = 'CQ002';
    END IF;
    DROP TABLE staging.rekey;
    INSERT INTO subjects.hub_key (version) VALUES (wanted)
        ON CONFLICT (is_only) DO UPDATE SET version = excluded.version;
    RETURN QUERY SELECT changed, linkage.households_rekey();
    ANALYZE subjects.subject, linkage.household;
END $$;

-- Asked before a version is destroyed, and still true behind it: no load can bring tokens of a version that is not the
-- one held, and that one is never destroyed.
CREATE FUNCTION ingest.key_destroy_check(permit bytea, unwanted int2) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'key_destroy', unwanted::text);
    PERFORM ingest.held_loads_refuse(); -- the first load of all may wait under it, before any subject is held
    IF EXISTS (SELECT FROM subjects.hub_key AS k WHERE k.version = unwanted)
       OR EXISTS (SELECT FROM subjects.subject AS s WHERE s.key_version = unwanted) THEN
        RAISE EXCEPTION 'subjects are held under hub key version %: rotate it first', unwanted USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- How many subjects each version still holds, and which version they should all be under: that has a row also when
-- there is no subject.
CREATE FUNCTION ingest.key_use() RETURNS TABLE (version int2, subject_count int8, is_held boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(s.key_version, k.version), coalesce(s.subject_count, 0), k.version IS NOT NULL
      FROM (SELECT key_version, count(*) AS subject_count FROM subjects.subject GROUP BY key_version) AS s
      FULL JOIN subjects.hub_key AS k ON k.version = s.key_version
     ORDER BY 1
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ingest, linkage FROM PUBLIC;
GRANT USAGE ON SCHEMA ingest, staging TO cinque_keeper;
GRANT EXECUTE ON FUNCTION ingest.rekey_check(bytea, int2), ingest.rekey_begin(bytea, int2), ingest.rekey_rows(bytea, int2, int8, int8),
    ingest.rekey_finish(bytea, int2), ingest.key_use(),
    ingest.key_destroy_check(bytea, int2) TO cinque_keeper;

RESET ROLE;
