-- Who shares a home. A UPRN is one; where a record has none, its address in normal form stands for it, under a key of its
-- own. An address that subjects with a UPRN have too is that UPRN's home, as long as it is one UPRN's alone; one that is of
-- several places nobody, because flats of one house can be spelt alike. Subjects only ever come, so an address goes from
-- a home of its own to a UPRN's and from there to nobody's, and never back but by undo.
SET LOCAL ROLE cinque_owner;

-- Both made of subjects alone, for nobody but the owner: who has an address and no UPRN, and of those addresses, which are
-- few, the UPRNs that anybody says.
CREATE TABLE linkage.address_alone (
    address_token bytea NOT NULL,
    subject_id    int8  NOT NULL
);
CREATE INDEX address_alone_address ON linkage.address_alone (address_token);
CREATE TABLE linkage.address_uprn (
    address_token bytea NOT NULL,
    uprn_token    bytea NOT NULL
);
CREATE INDEX address_uprn_address ON linkage.address_uprn (address_token);

CREATE FUNCTION linkage.addresses_all() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    TRUNCATE linkage.address_uprn, linkage.address_alone;
    INSERT INTO linkage.address_alone (address_token, subject_id)
    SELECT s.address_token, s.subject_id
      FROM subjects.subject AS s
     WHERE s.address_token IS NOT NULL AND s.uprn_token IS NULL;
    ANALYZE linkage.address_alone;
    INSERT INTO linkage.address_uprn (address_token, uprn_token)
    SELECT DISTINCT s.address_token, s.uprn_token
      FROM subjects.subject AS s
      JOIN (SELECT DISTINCT a.address_token FROM linkage.address_alone AS a) AS wanted USING (address_token)
     WHERE s.uprn_token IS NOT NULL;
    ANALYZE linkage.address_uprn;
END
$$;

-- An address that nobody had alone before is looked for among all subjects: one reading of them, for no index is paid for
-- by every load.
CREATE FUNCTION linkage.addresses_changed() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    CREATE TEMPORARY TABLE address_fresh ON COMMIT DROP AS
    SELECT DISTINCT s.address_token
      FROM pg_temp.run_subject AS s
     WHERE s.address_token IS NOT NULL AND s.uprn_token IS NULL
       AND NOT EXISTS (SELECT FROM linkage.address_alone AS held WHERE held.address_token = s.address_token);
    ANALYZE pg_temp.address_fresh;
    INSERT INTO linkage.address_uprn (address_token, uprn_token)
    SELECT DISTINCT s.address_token, s.uprn_token
      FROM pg_temp.run_subject AS s
     WHERE s.uprn_token IS NOT NULL
       AND EXISTS (SELECT FROM linkage.address_alone AS held WHERE held.address_token = s.address_token)
       AND NOT EXISTS (SELECT FROM linkage.address_uprn AS held
                        WHERE held.address_token = s.address_token AND held.uprn_token = s.uprn_token);
    INSERT INTO linkage.address_alone (address_token, subject_id)
    SELECT s.address_token, s.subject_id
      FROM pg_temp.run_subject AS s
     WHERE s.address_token IS NOT NULL AND s.uprn_token IS NULL;
    IF EXISTS (SELECT FROM pg_temp.address_fresh) THEN
        INSERT INTO linkage.address_uprn (address_token, uprn_token)
        SELECT DISTINCT s.address_token, s.uprn_token
          FROM subjects.subject AS s
          JOIN pg_temp.address_fresh USING (address_token)
         WHERE s.uprn_token IS NOT NULL;
    END IF;
    DROP TABLE pg_temp.address_fresh;
END
$$;

-- At a run's begin.
CREATE FUNCTION linkage.addresses_keep(is_whole boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF is_whole THEN
        PERFORM linkage.addresses_all();
    ELSE
        PERFORM linkage.addresses_changed();
    END IF;
END
$$;

-- A subject's UPRN and address are part of what makes it a subject, so another token is the same one under a newer key.
CREATE FUNCTION linkage.households_retoken() RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_uprn int8;
    of_address int8;
BEGIN
    UPDATE linkage.household
       SET uprn_token = subject.uprn_token
      FROM linkage.subject_household AS place
      JOIN subjects.subject USING (subject_id)
     WHERE place.household_id = household.household_id AND subject.uprn_token <> household.uprn_token;
    GET DIAGNOSTICS of_uprn = ROW_COUNT;
    UPDATE linkage.household
       SET address_token = subject.address_token
      FROM subjects.subject
     WHERE subject.subject_id = household.address_subject AND subject.address_token <> household.address_token;
    GET DIAGNOSTICS of_address = ROW_COUNT;
    RETURN of_uprn + of_address;
END
$$;

-- pg_temp.home_wanted: whose home of those with an address of pg_temp.home_token alone is where. No UPRN is known of
-- their address, one, or several.
CREATE FUNCTION linkage.homes_wanted() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    CREATE TEMPORARY TABLE home_wanted ON COMMIT DROP AS
    SELECT alone.subject_id, alone.address_token, coalesce(known.uprns, 0) AS uprns, known.uprn_token
      FROM pg_temp.home_token AS wanted
      JOIN linkage.address_alone AS alone ON alone.address_token = wanted.token
      LEFT JOIN (SELECT u.address_token, count(*) AS uprns, (array_agg(u.uprn_token))[1] AS uprn_token
                   FROM linkage.address_uprn AS u
                   JOIN pg_temp.home_token AS t ON t.token = u.address_token
                  GROUP BY u.address_token) AS known ON known.address_token = alone.address_token;
    ANALYZE pg_temp.home_wanted;
END
$$;

-- Households of addresses alone: those that are new, and those that nobody is in any more. Returns by how many there are
-- more.
CREATE FUNCTION linkage.homes_of_addresses(new_run int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made int8;
    left_empty int8;
BEGIN
    INSERT INTO linkage.household (address_token, address_subject, run_id)
    SELECT unknown.address_token, unknown.subject_id, new_run
      FROM (SELECT w.address_token, min(w.subject_id) AS subject_id
              FROM pg_temp.home_wanted AS w
             WHERE w.uprns = 0
               AND NOT EXISTS (SELECT FROM linkage.household AS held WHERE held.address_token = w.address_token)
             GROUP BY w.address_token
             ORDER BY w.address_token) AS unknown;
    GET DIAGNOSTICS made = ROW_COUNT;
    UPDATE linkage.household AS h SET left_run = new_run
      FROM (SELECT DISTINCT w.address_token FROM pg_temp.home_wanted AS w WHERE w.uprns > 0) AS known
     WHERE h.address_token = known.address_token AND h.left_run IS NULL;
    GET DIAGNOSTICS left_empty = ROW_COUNT;
    RETURN made - left_empty;
END
$$;

-- Brings those of pg_temp.home_token to where they are wanted, those who were elsewhere to the history. Returns by how
-- many households there are more.
CREATE FUNCTION linkage.homes_settle(new_run int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    more int8;
BEGIN
    PERFORM linkage.homes_wanted();
    more := linkage.homes_of_addresses(new_run);
    CREATE TEMPORARY TABLE home_now ON COMMIT DROP AS
    SELECT w.subject_id, coalesce(of_uprn.household_id, of_address.household_id) AS household_id
      FROM pg_temp.home_wanted AS w
      LEFT JOIN linkage.household AS of_uprn ON w.uprns = 1 AND of_uprn.uprn_token = w.uprn_token
      LEFT JOIN linkage.household AS of_address ON w.uprns = 0 AND of_address.address_token = w.address_token;
    WITH moved AS (
        DELETE FROM linkage.subject_household AS held
         USING pg_temp.home_now AS now
         WHERE held.subject_id = now.subject_id AND held.household_id IS DISTINCT FROM now.household_id
        RETURNING held.*
    ), noted AS (
        INSERT INTO pg_temp.run_place (subject_id) SELECT moved.subject_id FROM moved
    )
    INSERT INTO linkage.subject_household_history (subject_id, household_id, run_id, moved_run)
    SELECT moved.subject_id, moved.household_id, moved.run_id, new_run FROM moved;
    INSERT INTO linkage.subject_household (subject_id, household_id, run_id)
    SELECT now.subject_id, now.household_id, new_run
      FROM pg_temp.home_now AS now
     WHERE now.household_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM linkage.subject_household AS held WHERE held.subject_id = now.subject_id)
     ORDER BY now.subject_id;
    DROP TABLE pg_temp.home_wanted, pg_temp.home_now;
    RETURN more;
END
$$;

-- Every subject that has no household yet, and everybody who has an address alone.
CREATE FUNCTION linkage.households_all(new_run int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    placed int8;
BEGIN
    PERFORM linkage.households_retoken();
    INSERT INTO linkage.household (uprn_token, run_id)
    SELECT uprn_token, new_run
      FROM (SELECT DISTINCT subject.uprn_token
              FROM subjects.subject
             WHERE subject.uprn_token IS NOT NULL
               AND NOT EXISTS (SELECT FROM linkage.household AS held WHERE held.uprn_token = subject.uprn_token)
             ORDER BY subject.uprn_token) AS unknown;
    INSERT INTO linkage.subject_household (subject_id, household_id, run_id)
    SELECT subject.subject_id, household.household_id, new_run
      FROM subjects.subject
      JOIN linkage.household USING (uprn_token)
     WHERE NOT EXISTS (SELECT FROM linkage.subject_household AS placed_before
                        WHERE placed_before.subject_id = subject.subject_id)
     ORDER BY subject.subject_id;
    GET DIAGNOSTICS placed = ROW_COUNT;
    CREATE TEMPORARY TABLE home_token ON COMMIT DROP AS SELECT DISTINCT a.address_token AS token FROM linkage.address_alone AS a;
    ANALYZE linkage.household, pg_temp.home_token;
    PERFORM linkage.homes_settle(new_run);
    DROP TABLE pg_temp.home_token;
    ANALYZE linkage.household, linkage.subject_household;
    RETURN placed;
END
$$;

-- New subjects, and whoever has an address of theirs alone.
CREATE FUNCTION linkage.households_changed(new_run int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made int8;
    placed int8;
BEGIN
    INSERT INTO linkage.household (uprn_token, run_id)
    SELECT unknown.uprn_token, new_run
      FROM (SELECT DISTINCT s.uprn_token FROM pg_temp.run_subject AS s
             WHERE s.uprn_token IS NOT NULL
               AND NOT EXISTS (SELECT FROM linkage.household AS held WHERE held.uprn_token = s.uprn_token)
             ORDER BY s.uprn_token) AS unknown;
    GET DIAGNOSTICS made = ROW_COUNT;
    INSERT INTO linkage.subject_household (subject_id, household_id, run_id)
    SELECT s.subject_id, household.household_id, new_run
      FROM pg_temp.run_subject AS s
      JOIN linkage.household USING (uprn_token)
     ORDER BY s.subject_id;
    GET DIAGNOSTICS placed = ROW_COUNT;
    CREATE TEMPORARY TABLE home_token ON COMMIT DROP AS
    SELECT DISTINCT s.address_token AS token FROM pg_temp.run_subject AS s WHERE s.address_token IS NOT NULL;
    ANALYZE pg_temp.home_token;
    made := made + linkage.homes_settle(new_run);
    DROP TABLE pg_temp.home_token;
    UPDATE linkage.run SET households = before.households + made
      FROM linkage.run AS before, pg_temp.run_basis AS b
     WHERE run.run_id = new_run AND before.run_id = b.run_id;
    RETURN placed;
END
$$;

-- Private, of undo.
CREATE FUNCTION linkage.homes_undo(undone int4) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM linkage.subject_household WHERE run_id = undone;
    WITH back AS (
        DELETE FROM linkage.subject_household_history WHERE moved_run = undone RETURNING *
    )
    INSERT INTO linkage.subject_household (subject_id, household_id, run_id)
    SELECT back.subject_id, back.household_id, back.run_id FROM back;
    UPDATE linkage.household SET left_run = NULL WHERE left_run = undone;
    DELETE FROM linkage.household WHERE run_id = undone;
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA linkage FROM PUBLIC;

RESET ROLE;
