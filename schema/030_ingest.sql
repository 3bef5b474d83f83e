-- Sources, loads, quarantine and subjects, and the functions through which cinque_loader works.
-- The loader sees no table: it opens a load, copies into the staging tables that opening made, and publishes.
-- Tables of a source's records are generated from its spec (ingest/spec_ddl.c), never here.

SET LOCAL ROLE cinque_owner;

-- ---- sources ----

CREATE TABLE ingest.source (
    source_id         int2 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    title             text NOT NULL,
    subject_kind      text NOT NULL CHECK (subject_kind IN ('person', 'household', 'none')),
    role              text,
    update_mode       text NOT NULL
                      CHECK (update_mode IN ('snapshot', 'replace_by_period', 'net_change', 'bulk_replacement')),
    valid_from_column text,
    valid_to_column   text,
    event_date_column text,
    operation_column  text, -- net_change: what is done to the record, and
    removal_code      text, -- which operation takes it away;
    change_date_column text, -- when that was said
    change_time_column text,
    group_column      text, -- bulk_replacement: the group whose days
    replaced_from_column text, -- from and
    replaced_to_column text, -- to, inclusive, a row's delivery replaces
    replaced_until_column text, -- until when the event of a row that is replaced lasts; null: it is of one day
    key_columns       text[] NOT NULL DEFAULT '{}', -- what a record is known by; stored or as the file names them
    controller_column text, -- who each row is of, by their code; null: the sender
    once_a_delivery   boolean NOT NULL DEFAULT false, -- no delivery names a person twice: linkage joins no two of one
    crosswalk_issuer  text, -- role crosswalk: whose spaces it joins, who alone may send it
    CHECK ((role IS NOT DISTINCT FROM 'crosswalk') = (crosswalk_issuer IS NOT NULL)),
    CHECK ((update_mode = 'net_change') = (operation_column IS NOT NULL)
           AND (operation_column IS NULL) = (removal_code IS NULL)
           AND (operation_column IS NULL) = (change_date_column IS NULL)),
    CHECK ((update_mode = 'bulk_replacement') = (group_column IS NOT NULL)
           AND (group_column IS NULL) = (replaced_from_column IS NULL)
           AND (group_column IS NULL) = (replaced_to_column IS NULL)
           AND (group_column IS NULL OR event_date_column IS NOT NULL))
);

CREATE TABLE ingest.source_version (
    source_id      int2 NOT NULL REFERENCES ingest.source,
    version        int4 NOT NULL CHECK (version > 0),
    spec_hash      bytea NOT NULL CHECK (octet_length(spec_hash) = 32), -- of the spec's text and its code lists
    spec_text      text NOT NULL,
    effective_from date NOT NULL,
    effective_to   date,
    applied        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, version),
    CHECK (effective_to >= effective_from)
);

-- The catalogue: what the payload of records.<source> is. Columns that a newer version dropped stay, with the
-- last version that had them.
CREATE TABLE ingest.source_column (
    source_id     int2 NOT NULL REFERENCES ingest.source,
    name          text NOT NULL,             -- in records.<source>
    position      int2 NOT NULL,
    label         text NOT NULL,             -- in the file's header
    use           text NOT NULL CHECK (use IN ('dimension', 'measure', 'date', 'time', 'code', 'text', 'presence')),
    type          text NOT NULL CHECK (type IN ('text', 'date', 'time', 'integer', 'decimal', 'boolean')),
    list          text,                      -- of ingest.source_code
    shape         text,
    terminology   text GENERATED ALWAYS AS ( -- of its codes: those without a list or a shape are checked as SNOMED CT's
                  CASE WHEN use <> 'code' OR type <> 'text' OR list IS NOT NULL THEN NULL
                       WHEN shape IS NULL THEN 'SNOMED CT'
                       WHEN shape IN ('A99X?', 'A99X?X?X?') THEN 'ICD-10' -- with a dagger or an asterisk behind
                       WHEN shape = 'A999?' THEN 'OPCS-4' END) STORED,
    value_min     int8,                      -- hundredths for decimals
    value_max     int8,
    required      boolean NOT NULL,
    meaning       text,                      -- for people; null: the spec does not say
    first_version int4 NOT NULL,
    last_version  int4 NOT NULL,
    PRIMARY KEY (source_id, name)
);

-- Code lists as the newest version of the source's spec holds them.
CREATE TABLE ingest.source_code (
    source_id int2 NOT NULL REFERENCES ingest.source,
    list      text NOT NULL,
    code      text NOT NULL,
    position  int4 NOT NULL,
    meaning   text NOT NULL,
    PRIMARY KEY (source_id, list, code)
);

-- ---- loads ----

CREATE TABLE ingest.load (
    load_id           int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id         int2 NOT NULL REFERENCES ingest.source,
    sender            text NOT NULL CHECK (sender ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
    period            int4 NOT NULL,         -- months since 2000-01
    status            text NOT NULL CHECK (status IN ('provisional', 'final', 'year_end')),
    content           bytea CHECK (octet_length(content) = 32), -- SHA-256 of the file as delivered; null: nil return
    spec_version      int4 NOT NULL,
    directory_edition text,
    permit_id         bytea NOT NULL,
    may_replace       boolean NOT NULL,
    state             text NOT NULL DEFAULT 'open'
                      CHECK (state IN ('open', 'held', 'published', 'replaced', 'withdrawn', 'refused', 'rejected',
                                       'abandoned')),
    rows_read         int8,
    rows_loaded       int8,
    rows_quarantined  int8,
    rows_excluded     int8,
    rows_withheld     int8,
    rows_damaged      int8,                  -- of those quarantined: not one of their columns was looked at
    rows_duplicate    int8,                  -- whose record key an earlier row of the load has; null: not counted
    subjects_new      int8,
    subjects_page     int8,                  -- of subjects.subject, from which on they stood when they came
    nhs_valid         int8,
    nhs_invalid       int8,
    nhs_absent        int8,
    opened            timestamptz NOT NULL DEFAULT now(),
    held_from         timestamptz,           -- published
    held_to           timestamptz,           -- replaced or withdrawn
    replaced_by       int4 REFERENCES ingest.load,
    FOREIGN KEY (source_id, spec_version) REFERENCES ingest.source_version (source_id, version)
);
CREATE UNIQUE INDEX load_published ON ingest.load (source_id, sender, period) WHERE state = 'published';
CREATE UNIQUE INDEX load_permit ON ingest.load (permit_id); -- one permit opens one load
CREATE UNIQUE INDEX load_held ON ingest.load (source_id, sender, period) WHERE state = 'held';
CREATE UNIQUE INDEX load_open ON ingest.load (source_id, sender, period) WHERE state = 'open';

-- Place and rule, never a value. The raw line is in the sealed file of the load.
CREATE TABLE ingest.quarantine (
    load_id     int4 NOT NULL REFERENCES ingest.load,
    line_number int4 NOT NULL,
    column_name text,                        -- null: the whole row
    rule        text NOT NULL,
    reason      text NOT NULL,               -- a short code for the rule, which stays
    byte_offset int8 NOT NULL CHECK (byte_offset >= 0), -- of the record in the file as it is read, and its length
    byte_length int8 NOT NULL CHECK (byte_length >= 0)
);
CREATE INDEX quarantine_place ON ingest.quarantine (load_id, line_number);

-- What a load's columns lack, of its rows neither damaged nor excluded: the VODIM classes but valid, which is the rest.
CREATE TABLE ingest.load_column (
    load_id     int4 NOT NULL REFERENCES ingest.load,
    column_name text NOT NULL,               -- in the file's header
    missing     int8 NOT NULL,
    invalid     int8 NOT NULL,
    defaulted   int8 NOT NULL,               -- says not known, not stated
    other       int8 NOT NULL,               -- says none of the list
    PRIMARY KEY (load_id, column_name)
);

-- Rows that were never stored, because their controller has no agreement (037_controller.sql). By code where it is a
-- registered organisation's, all others together: what stands in the column could be anything.
CREATE TABLE ingest.load_refused (
    load_id    int4 NOT NULL REFERENCES ingest.load,
    controller text,
    row_count  int8 NOT NULL CHECK (row_count > 0)
);
CREATE INDEX load_refused_load ON ingest.load_refused (load_id);

-- Bulk replacement: the days of groups that a load replaces, as its rows name them, those it quarantined as well. Every
-- load here has a row: its spec rejects a load that is bad as a whole.
CREATE TABLE ingest.load_replaces (
    load_id     int4 NOT NULL REFERENCES ingest.load,
    group_value text NOT NULL,
    day_from    date NOT NULL,
    day_to      date NOT NULL,
    PRIMARY KEY (load_id, group_value, day_from, day_to),
    CHECK (day_from <= day_to)
);

-- ---- subjects ----

-- One identity bundle of one source. No name, no payload.
CREATE TABLE subjects.subject (
    subject_id           int8 PRIMARY KEY,
    source_id            int2 NOT NULL,
    digest               bytea NOT NULL,
    first_load_id        int4 NOT NULL,
    key_version          int2 NOT NULL,
    nhs_token            bytea,
    superseded_nhs_token bytea,
    local_token          bytea,
    uprn_token           bytea,
    foreign_token        bytea, -- of a pseudonym that somebody else made, and
    foreign_token_to     bytea, -- what their cross-walk maps it to
    address_token        bytea, -- with the postcode, however it was spelt
    nhs_state            int2 NOT NULL,
    birth_year           int2,
    birth_month          int2,
    sex                  text,
    lsoa_2011            text,
    lsoa_2021            text,
    -- One, since each takes a step of its own for every new subject. What is null is not asked. A small area is nine
    -- letters and digits, the second a digit, so no name; a regular expression would take a third of publishing.
    CHECK (octet_length(digest) = 16 AND octet_length(nhs_token) = 16 AND octet_length(superseded_nhs_token) = 16
           AND octet_length(local_token) = 16 AND octet_length(uprn_token) = 16 AND octet_length(foreign_token) = 16
           AND octet_length(foreign_token_to) = 16 AND octet_length(address_token) = 16
           AND nhs_state BETWEEN 0 AND 2 AND birth_month BETWEEN 1 AND 12 AND sex IN ('1', '2', '9', 'X')
           AND octet_length(lsoa_2011) = 9 AND substr(lsoa_2011, 2, 1) < 'A'
           AND octet_length(lsoa_2021) = 9 AND substr(lsoa_2021, 2, 1) < 'A')
);

-- The door by which a load's new subjects come without being staged: rows copied into it are those of its only
-- partition. It is open while its transaction has a row in subjects.merging, and shut to reading.
CREATE TABLE subjects.arriving (LIKE subjects.subject) PARTITION BY LIST (source_id);
ALTER TABLE subjects.arriving ATTACH PARTITION subjects.subject DEFAULT;

-- How far the subjects of a load under way are held, in the transaction that will publish it: of those put straight
-- into subjects.subject how many (null while a statement puts some in), from which page on, and what this session had
-- counted there before; of those staged, up to where they are merged, how many these are, how many were new, and whether
-- one may differ from who is held. Of how many in all it is vouched that they are of this load and source, with their
-- oldest and newest key versions; null: not yet. No other transaction ever sees a row of it.
CREATE TABLE subjects.merging (
    load_id   int4 PRIMARY KEY,
    from_page int8 NOT NULL,
    counted   int8 NOT NULL,
    put       int8,
    up_to     tid NOT NULL,
    given     int8 NOT NULL,
    added     int8 NOT NULL,
    differs   boolean NOT NULL,
    vouched   int8,
    oldest    int2,
    newest    int2
);

-- The one version of the hub key that the tokens of all subjects are under. The first load decides it, and re-keying
-- alone (060_rekey.sql) changes it: tokens of two versions side by side would make two people of one.
CREATE TABLE subjects.hub_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version int2 NOT NULL CHECK (version > 0)
);

-- ---- helpers, for the functions below alone ----

-- Raises unless tokens of this version may stand beside those held.
CREATE FUNCTION ingest.key_version_require(made_under int2) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held int2 := (SELECT k.version FROM subjects.hub_key AS k);
BEGIN
    IF made_under < held THEN
        RAISE EXCEPTION 'the keyring in use has hub key version %, subjects are held under version %: it is out of date',
            made_under, held USING ERRCODE = 'CQ003';
    ELSIF made_under > held THEN
        RAISE EXCEPTION 'subjects are still held under hub key version %, the current one is %: finish with key rotate',
            held, made_under USING ERRCODE = 'CQ003';
    END IF;
END $$;

-- A permit's object is the content alone; whose delivery of what, for which period, how final and whether in place of
-- another stands in its log entry (governance/entry.h), the latter as ingest_delivery_detail writes it; behind it may
-- stand that the hash was announced, and why something withdrawn is taken again.
CREATE FUNCTION ingest.permit_is_for(permit bytea, source text, sender text, detail text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM audit.permit AS p JOIN audit.intake AS i USING (entry_id)
                    WHERE p.permit_id = $1 AND audit.entry_text(i.entry, 9) = $2
                      AND audit.entry_text(i.entry, 10) = $3
                      AND split_part(audit.entry_text(i.entry, 14), ' again=', 1) IN ($4, $4 || ' hash=announced'))
$$;

-- Was a load's hash its sender's word? A file that has another is not kept.
CREATE FUNCTION ingest.is_announced(permit bytea) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM audit.permit AS p JOIN audit.intake AS i USING (entry_id)
                    WHERE p.permit_id = $1
                      AND split_part(audit.entry_text(i.entry, 14), ' again=', 1) LIKE '% hash=announced')
$$;

-- A version is read for the months in which it is in effect on the last day, and of several the newest: an older one may
-- be from before a limit.
CREATE FUNCTION ingest.version_require(of_source int2, wanted int4, period int4) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last_day date := (timestamp '2000-01-01' + make_interval(months => period + 1))::date - 1;
    newest int4;
BEGIN
    SELECT max(v.version) INTO newest FROM ingest.source_version AS v
     WHERE v.source_id = of_source AND v.effective_from <= last_day
       AND coalesce(v.effective_to >= last_day, true);
    IF newest > wanted THEN
        RAISE EXCEPTION 'spec: version % is superseded in the delivery''s period by version %', wanted, newest
            USING ERRCODE = 'CQ003';
    END IF;
END $$;

-- What somebody has taken back comes again by mistake, or by whoever laid an old file and its manifest down once more:
-- it is taken only under a permit that says why.
CREATE FUNCTION ingest.withdrawn_require(permit bytea, of_source int2, of_sender text, of_period int4, of_content bytea)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last ingest.load;
BEGIN
    SELECT l.* INTO last FROM ingest.load AS l
     WHERE (l.source_id, l.sender, l.period) = (of_source, of_sender, of_period)
       AND l.content IS NOT DISTINCT FROM of_content -- nil returns are all alike
       AND l.state NOT IN ('open', 'abandoned', 'rejected')
     ORDER BY l.load_id DESC LIMIT 1;
    IF last.state = 'withdrawn' AND NOT EXISTS (
           SELECT FROM audit.permit AS p JOIN audit.intake AS i USING (entry_id)
            WHERE p.permit_id = permit AND audit.entry_text(i.entry, 14) LIKE '% again=_%') THEN
        RAISE EXCEPTION 'the same content was withdrawn as load %: if it is right after all, give --again with the reason',
            last.load_id USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- The load as opened under this permit; raises unless it is open and the permit covers it.
CREATE FUNCTION ingest.load_opened(permit bytea, wanted int4) RETURNS ingest.load
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load;
BEGIN
    SELECT l.* INTO held FROM ingest.load AS l WHERE l.load_id = wanted;
    IF NOT FOUND OR held.state <> 'open' THEN
        RAISE EXCEPTION 'load %: not open', wanted USING ERRCODE = 'CQ002';
    END IF;
    PERFORM audit.require(permit, 'load', coalesce(encode(held.content, 'hex'), 'nil'));
    IF held.permit_id <> permit THEN
        RAISE EXCEPTION 'load %: opened under another permit', wanted USING ERRCODE = 'CQ001';
    END IF;
    RETURN held;
END $$;

-- The same, locked.
CREATE FUNCTION ingest.load_claim(permit bytea, wanted int4) RETURNS ingest.load
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM ingest.load AS l WHERE l.load_id = wanted FOR UPDATE;
    RETURN ingest.load_opened(permit, wanted);
END $$;

CREATE FUNCTION ingest.staging_name(load_source int2, wanted int4) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.name || '_' || wanted FROM ingest.source AS s WHERE s.source_id = load_source
$$;

-- Few rows, at most what the spec allows: the limit guards this insert as well.
CREATE FUNCTION ingest.quarantine_keep(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('INSERT INTO ingest.quarantine (load_id, line_number, column_name, rule, reason, byte_offset,'
                   ' byte_length) SELECT %s, q.line_number, q.column_name, q.rule, q.reason, q.byte_offset,'
                   ' q.byte_length FROM staging.%I AS q'
                   ' ORDER BY q.line_number', wanted, 'quarantine_' || wanted);
    EXECUTE format('DROP TABLE staging.%I', 'quarantine_' || wanted);
END $$;

CREATE FUNCTION ingest.staging_drop(load_source int2, wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS staging.%I', ingest.staging_name(load_source, wanted));
    EXECUTE format('DROP TABLE IF EXISTS staging.%I', 'subject_' || wanted);
    EXECUTE format('DROP TABLE IF EXISTS staging.%I', 'quarantine_' || wanted);
    EXECUTE format('DROP TABLE IF EXISTS staging.%I', 'encoding_' || wanted);
END $$;

-- A session holds the advisory lock of its open load; a killed one has lost it. 1667852913 spells "cinq".
-- Waiting: the server may need a moment to notice that a client is gone.
CREATE FUNCTION ingest.leftovers_drop(load_source int2, load_sender text, load_period int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
DECLARE
    leftover ingest.load;
BEGIN
    FOR leftover IN SELECT l.* FROM ingest.load AS l WHERE l.state = 'open' ORDER BY l.load_id LOOP
        IF (leftover.source_id, leftover.sender, leftover.period) = (load_source, load_sender, load_period) THEN
            BEGIN
                PERFORM pg_advisory_xact_lock(1667852913, leftover.load_id);
            EXCEPTION WHEN lock_not_available THEN
                RAISE EXCEPTION 'load % of the same source, sender and period is under way', leftover.load_id
                    USING ERRCODE = 'CQ001';
            END;
        ELSIF NOT pg_try_advisory_xact_lock(1667852913, leftover.load_id) THEN
            CONTINUE;
        END IF;
        -- It may have ended well while we waited.
        UPDATE ingest.load SET state = 'abandoned' WHERE load_id = leftover.load_id AND state = 'open';
        IF FOUND THEN
            PERFORM ingest.staging_drop(leftover.source_id, leftover.load_id);
        END IF;
    END LOOP;
END $$;

-- Loads of other sessions, by their locks: these show before what opened a load is committed, and behind its end.
CREATE FUNCTION ingest.others_under_way() RETURNS int8
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
     WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.classid = 1667852913 AND l.objsubid = 2
       AND l.granted AND l.pid <> pg_backend_pid()
       AND NOT EXISTS (SELECT FROM ingest.load AS e WHERE e.load_id = l.objid::int8 AND e.state <> 'open')
$$;

-- Of a staged table that two sessions write: rows go by stretches of 256 lines, so that which are whose does not depend
-- on when they come. No source is called so, nor so but for the underscore: then that were its array type.
CREATE FUNCTION ingest.half_name(staged text, half int4) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT '_' || staged || CASE half WHEN 0 THEN 'a' WHEN 1 THEN 'b' END
$$;

-- The tables that a staged table is: itself, and its halves.
CREATE FUNCTION ingest.staging_parts(staged text) RETURNS regclass[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.staged || ARRAY(SELECT i.inhrelid::regclass FROM pg_inherits AS i WHERE i.inhparent = w.staged)
      FROM (SELECT format('staging.%I', $1)::regclass AS staged) AS w
$$;

-- Who is writing is waited for: a COPY that has begun asks no more whether it may.
CREATE FUNCTION ingest.staging_shut(staged text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part regclass;
BEGIN
    FOREACH part IN ARRAY ingest.staging_parts(staged) LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE MODE', part);
        EXECUTE format('REVOKE ALL ON %s FROM cinque_loader', part);
    END LOOP;
END $$;

CREATE FUNCTION ingest.staging_make(source_name text, wanted int4, in_halves boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    records text := source_name || '_' || wanted;
    subject text := 'subject_' || wanted;
    quarantine text := 'quarantine_' || wanted;
    part regclass;
BEGIN
    -- The check lets publishing attach the table without reading it.
    EXECUTE format('CREATE TABLE staging.%I (LIKE records.%I, CHECK (load_id = %s))%s', records, source_name, wanted,
                   CASE WHEN in_halves THEN ' PARTITION BY LIST (((line_number >> 8) & 1))' ELSE '' END);
    IF in_halves THEN
        FOR half IN 0..1 LOOP
            EXECUTE format('CREATE TABLE staging.%I PARTITION OF staging.%I FOR VALUES IN (%s)',
                           ingest.half_name(records, half), records, half);
        END LOOP;
    END IF;
    FOREACH part IN ARRAY ingest.staging_parts(records) LOOP
        EXECUTE format('GRANT INSERT ON %s TO cinque_loader', part);
    END LOOP;
    -- A crash empties these two, and ends the session without which their load is a leftover.
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I (LIKE subjects.subject, CHECK (first_load_id = %s))', subject,
                   wanted);
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I (line_number int4 NOT NULL, column_name text,'
                   ' rule text NOT NULL, reason text NOT NULL, byte_offset int8 NOT NULL,'
                   ' byte_length int8 NOT NULL)', quarantine);
    EXECUTE format('GRANT INSERT ON staging.%I, staging.%I TO cinque_loader', subject, quarantine);
END $$;

-- ---- the loader's doors ----

-- in_halves: two sessions write its rows, where fewer than halved_max other loads are under way. outcome: 'opened', or
-- with the load that has the same delivery 'duplicate', or 'held': it waits for a second person.
CREATE FUNCTION ingest.load_open(permit bytea, source text, sender text, period int4, status text, content bytea,
                                 spec_version int4, spec_hash bytea, directory_edition text, may_replace boolean,
                                 key_version int2, halved_max int4)
RETURNS TABLE (outcome text, load_id int4, source_id int2, in_halves boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_source int2;
    held ingest.load;
    waiting ingest.load;
    opened int4;
    halved boolean;
BEGIN
    PERFORM audit.require(permit, 'load', coalesce(encode(load_open.content, 'hex'), 'nil'));
    IF NOT ingest.permit_is_for(permit, load_open.source, load_open.sender,
                                format('period=%s status=%s replace=%s',
                                       to_char(make_interval(months => load_open.period) + timestamp '2000-01-01',
                                               'YYYY-MM'),
                                       load_open.status, CASE WHEN load_open.may_replace THEN 'yes' ELSE 'no' END)) THEN
        RAISE EXCEPTION 'permit: not for this source, sender, period, status and replace' USING ERRCODE = 'CQ001';
    END IF;
    IF EXISTS (SELECT FROM ingest.load AS l WHERE l.permit_id = permit) THEN
        RAISE EXCEPTION 'permit: has opened a load already' USING ERRCODE = 'CQ001';
    END IF;
    SELECT s.source_id INTO found_source FROM ingest.source AS s
      JOIN ingest.source_version AS v USING (source_id)
     WHERE s.name = load_open.source AND v.version = load_open.spec_version AND v.spec_hash = load_open.spec_hash;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'source % version %: not registered as this spec has it', load_open.source,
            load_open.spec_version USING ERRCODE = 'CQ003', HINT = 'source apply';
    END IF;
    PERFORM ingest.version_require(found_source, load_open.spec_version, load_open.period);
    -- Anybody else's would join people by hearsay.
    IF EXISTS (SELECT FROM ingest.source AS s
                WHERE s.source_id = found_source AND s.crosswalk_issuer <> load_open.sender) THEN
        RAISE EXCEPTION 'source %: a cross-walk is taken from the issuer of its pseudonyms alone', load_open.source
            USING ERRCODE = 'CQ001';
    END IF;
    PERFORM ingest.key_version_require(load_open.key_version); -- before an hour of work: publishing asks the rows
    PERFORM pg_advisory_unlock_all(); -- a load that this session left open is given up
    PERFORM pg_advisory_xact_lock(hashtextextended(
        format('%s %s %s', found_source, load_open.sender, load_open.period), 1667852913));
    PERFORM ingest.leftovers_drop(found_source, load_open.sender, load_open.period);

    waiting := ingest.held_find(found_source, load_open.sender, load_open.period);
    SELECT l.* INTO held FROM ingest.load AS l
     WHERE l.source_id = found_source AND l.sender = load_open.sender AND l.period = load_open.period
       AND l.state = 'published';
    IF FOUND AND held.content IS NOT DISTINCT FROM load_open.content AND held.spec_version = load_open.spec_version
       AND (held.status = load_open.status OR NOT load_open.may_replace) THEN
        -- What became final without a change is no duplicate: a release may ask for final deliveries alone.
        IF ingest.status_rank(load_open.status) > ingest.status_rank(held.status) THEN
            RAISE EXCEPTION 'the same content is held as load %, %; give --replace to hold it as %', held.load_id, held.status,
                load_open.status USING ERRCODE = 'CQ001';
        END IF;
        RETURN QUERY SELECT 'duplicate', held.load_id, found_source, false;
        RETURN;
    END IF;
    IF waiting.content IS NOT DISTINCT FROM load_open.content AND waiting.spec_version = load_open.spec_version
       AND waiting.status = load_open.status AND waiting.may_replace = load_open.may_replace THEN
        RETURN QUERY SELECT 'held', waiting.load_id, found_source, false;
        RETURN;
    ELSIF waiting.load_id IS NOT NULL AND NOT load_open.may_replace THEN
        RAISE EXCEPTION 'a delivery for this period is held back as load %: have it released or refused, or give '
            '--replace', waiting.load_id USING ERRCODE = 'CQ001';
    END IF;
    IF held.load_id IS NOT NULL AND NOT load_open.may_replace THEN
        -- The delivery that a correction has replaced comes again: it is known, and still replaced.
        RETURN QUERY SELECT 'duplicate', l.load_id, found_source, false FROM ingest.load AS l
                      WHERE l.source_id = found_source AND l.sender = load_open.sender AND l.period = load_open.period
                        AND l.state = 'replaced' AND l.content IS NOT DISTINCT FROM load_open.content
                        AND l.spec_version = load_open.spec_version
                      ORDER BY l.load_id DESC LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;
        RAISE EXCEPTION 'a delivery for this period is held as load %; give --replace', held.load_id
            USING ERRCODE = 'CQ001';
    END IF;

    PERFORM ingest.withdrawn_require(permit, found_source, load_open.sender, load_open.period, load_open.content);
    INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, directory_edition, permit_id,
                             may_replace)
    VALUES (found_source, load_open.sender, load_open.period, load_open.status, load_open.content,
            load_open.spec_version, load_open.directory_edition, permit, load_open.may_replace)
    RETURNING load.load_id INTO opened;
    PERFORM pg_advisory_lock(1667852913, opened); -- until this session opens another or ends
    halved := ingest.others_under_way() < load_open.halved_max; -- locked first: of two at once both see the other
    PERFORM ingest.staging_make(load_open.source, opened, halved);
    RETURN QUERY SELECT 'opened', opened, found_source, halved;
END $$;

CREATE FUNCTION ingest.counts_set(wanted int4, counts int8[], columns text[], classes int8[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ingest.load_column (load_id, column_name, missing, invalid, defaulted, other)
    SELECT wanted, c.name, classes[4 * c.n - 3], classes[4 * c.n - 2], classes[4 * c.n - 1], classes[4 * c.n]
      FROM unnest(columns) WITH ORDINALITY AS c (name, n);
    UPDATE ingest.load
       SET rows_read = counts[1], rows_loaded = counts[2], rows_quarantined = counts[3], rows_excluded = counts[4],
           rows_withheld = counts[5], nhs_valid = counts[6], nhs_invalid = counts[7], nhs_absent = counts[8],
           rows_damaged = counts[9]
     WHERE load_id = wanted
$$;

-- Staged tokens, from the oldest to the newest, are under the version that all subjects are held under, whatever the
-- loader said when it opened: the hub key may have been rotated since.
CREATE FUNCTION ingest.staged_keys_require(oldest int2, newest int2) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF newest IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO subjects.hub_key (version) VALUES (newest) ON CONFLICT DO NOTHING;
    PERFORM ingest.key_version_require(oldest);
    PERFORM ingest.key_version_require(newest);
END $$;

-- Whether a newer directory places the staged subject t elsewhere than s, who is held.
CREATE FUNCTION ingest.subject_moves() RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT '(s.subject_id IS NOT NULL AND (t.lsoa_2011 IS NOT NULL AND t.lsoa_2011 IS DISTINCT FROM s.lsoa_2011'
           ' OR t.lsoa_2021 IS NOT NULL AND t.lsoa_2021 IS DISTINCT FROM s.lsoa_2021))'
$$;

-- Of the staged subjects between two places, where those are that are not held; and whether one of the others is not who
-- is held, has moved, as a newer directory may place a postcode elsewhere, or at all (the postcode itself is part of what
-- makes a subject), or brings a token of its address, which is part of it too, to one that came before addresses had any.
CREATE FUNCTION ingest.subjects_look(staged text, behind tid, up_to tid, OUT fresh tid[], OUT is_clash boolean,
                                     OUT is_moved boolean, OUT is_addressed boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
BEGIN
    EXECUTE format('SELECT array_agg(t.ctid) FILTER (WHERE s.subject_id IS NULL),'
                   ' bool_or(s.digest <> t.digest OR s.source_id <> t.source_id), bool_or(%s),'
                   ' bool_or(s.subject_id IS NOT NULL AND s.address_token IS NULL AND t.address_token IS NOT NULL)'
                   ' FROM staging.%I AS t LEFT JOIN subjects.subject AS s USING (subject_id)'
                   ' WHERE t.ctid > %L::tid AND t.ctid <= %L::tid', ingest.subject_moves(), staged, behind, up_to)
       INTO fresh, is_clash, is_moved, is_addressed;
END $$;

-- What is new of subjects held already is taken, and each must be who is held.
CREATE FUNCTION ingest.subjects_compare(staged text, wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    looked record;
BEGIN
    SELECT l.* INTO looked FROM ingest.subjects_look(staged, '(0,0)', '(4294967295,65535)') AS l;
    IF looked.is_clash THEN
        RAISE EXCEPTION 'load %: two identities have one subject number', wanted USING ERRCODE = 'CQ002';
    END IF;
    IF looked.is_moved THEN
        EXECUTE format('UPDATE subjects.subject AS s SET lsoa_2011 = coalesce(t.lsoa_2011, s.lsoa_2011),'
                       ' lsoa_2021 = coalesce(t.lsoa_2021, s.lsoa_2021)'
                       ' FROM (SELECT DISTINCT ON (subject_id) subject_id, lsoa_2011, lsoa_2021 FROM staging.%I'
                       ' WHERE lsoa_2011 IS NOT NULL OR lsoa_2021 IS NOT NULL ORDER BY subject_id) AS t'
                       ' WHERE s.subject_id = t.subject_id AND %s', staged, ingest.subject_moves());
    END IF;
    IF looked.is_addressed THEN
        EXECUTE format('UPDATE subjects.subject AS s SET address_token = t.address_token FROM staging.%I AS t'
                       ' WHERE s.subject_id = t.subject_id AND s.address_token IS NULL AND t.address_token IS NOT NULL',
                       staged);
        PERFORM linkage.basis_forget(); -- no load tells a run which subjects these are
    END IF;
END $$;

-- Loads of one source take turns to add what they have staged of its subjects. Who has the turn may wait for one that
-- another load has put in and not published yet; so nobody waits for the turn who has put some in.
CREATE FUNCTION ingest.subjects_turn(load_source int2) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_advisory_xact_lock(1667852914, load_source)
$$;
CREATE FUNCTION ingest.subjects_turn_try(load_source int2) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_try_advisory_xact_lock(1667852914, load_source)
$$;

-- Adds those staged subjects, between two places, that are not held yet: looked for by one join, since an upsert of each
-- row would cost twice as much. Sorted, so that neighbours in the index come together; work_mem keeps that sort in memory.
-- are_new: likely all of them. Then none is looked for before it is added, a quarter of the work. The index tells where one
-- is held after all, or came to be held while it was waited for; then each is asked for. differs: one that is held may not
-- be as it was staged.
CREATE FUNCTION ingest.subjects_add(staged text, behind tid, up_to tid, are_new boolean, OUT added int8, OUT differs boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    statement text := 'INSERT INTO subjects.subject SELECT DISTINCT ON (t.subject_id) t.* FROM staging.%I AS t'
                      ' WHERE %s ORDER BY t.subject_id';
    place text := format('t.ctid > %L::tid AND t.ctid <= %L::tid', behind, up_to);
    fresh tid[];
    wanted int8;
BEGIN
    IF are_new THEN
        EXECUTE format('SELECT count(*) FROM staging.%I AS t WHERE %s', staged, place) INTO wanted;
        differs := false;
    ELSE
        SELECT l.fresh, coalesce(l.is_clash OR l.is_moved OR l.is_addressed, false) INTO fresh, differs
          FROM ingest.subjects_look(staged, behind, up_to) AS l;
        place := 't.ctid = ANY ($1)';
        wanted := coalesce(cardinality(fresh), 0);
    END IF;
    statement := format(statement, staged, place);
    BEGIN
        EXECUTE statement USING fresh;
    EXCEPTION WHEN unique_violation THEN
        EXECUTE statement || ' ON CONFLICT DO NOTHING' USING fresh;
    END;
    GET DIAGNOSTICS added = ROW_COUNT;
    differs := differs OR added < wanted;
END $$;

-- How many subjects this session has put into subjects.subject lately: their difference is those of a transaction, also
-- of what failed in it.
CREATE FUNCTION ingest.subjects_counted() RETURNS int8
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_stat_get_xact_tuples_inserted('subjects.subject'::regclass)
$$;

-- What comes from now on lies nearly always on this page or behind it.
CREATE FUNCTION ingest.subjects_last_page() RETURNS int8
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT greatest(pg_relation_size('subjects.subject') / current_setting('block_size')::int8 - 1, 0)
$$;

-- In the transaction that will publish the load: nobody sees before what is put in or merged there, and nothing stays of
-- it when it fails.
CREATE FUNCTION ingest.merging_begin(wanted int4) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO subjects.merging (load_id, from_page, counted, put, up_to, given, added, differs)
    VALUES (wanted, ingest.subjects_last_page(), ingest.subjects_counted(), 0, '(0,0)', 0, 0, false)
$$;

-- Adds a piece of what was staged and not added yet, while the load's rows still come. A piece, since nothing is staged
-- meanwhile. First called before anything is staged or put straight into subjects.subject: into a table that its
-- transaction has emptied PostgreSQL writes page after page, never into room left on an earlier one, so that what comes
-- next lies behind what came before (subjects_enter sees to it that it did). From then on the transaction gives up what
-- another load is in the way of, rather than wait until that one ends: of two that put in the same new person each may
-- meet the other. Returns how many it looked at, 0 where none are left until more is staged, and -1 where there is no
-- point in calling it again, as another load of the source has its turn or is in the way, or most of the subjects are
-- held already and can only be compared, which publishing does. Each call looks for few subjects among many: by the index
-- alone, whatever statistics say, for what they were made of may have been nearly empty.
CREATE FUNCTION ingest.subjects_merge(permit bytea, wanted int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_seqscan = off SET enable_material = off AS $$
DECLARE
    held ingest.load := ingest.load_opened(permit, wanted); -- not locked: the transaction of its rows has it
    staged text := 'subject_' || wanted;
    merged subjects.merging;
    more int8;
    last tid;
    piece record;
BEGIN
    SELECT m.* INTO merged FROM subjects.merging AS m WHERE m.load_id = wanted;
    IF NOT FOUND THEN
        EXECUTE format('TRUNCATE staging.%I', staged);
        PERFORM ingest.merging_begin(wanted);
        PERFORM set_config('lock_timeout', '100ms', true);
        RETURN 0;
    END IF;
    IF NOT ingest.subjects_turn_try(held.source_id) THEN
        RETURN -1;
    END IF;
    EXECUTE format('SELECT count(*), max(p.ctid) FROM (SELECT t.ctid FROM staging.%I AS t WHERE t.ctid > %L::tid'
                   ' LIMIT %s) AS p', staged, merged.up_to, CASE merged.given WHEN 0 THEN 1000 ELSE 8192 END)
       INTO more, last;
    IF more = 0 THEN
        RETURN 0;
    END IF;
    SELECT a.* INTO piece FROM ingest.subjects_add(staged, merged.up_to, last, false) AS a;
    UPDATE subjects.merging AS m SET up_to = last, given = m.given + more, added = m.added + piece.added,
           differs = m.differs OR piece.differs
     WHERE m.load_id = wanted;
    RETURN CASE WHEN 2 * piece.added > more THEN more ELSE -1 END;
EXCEPTION WHEN lock_not_available THEN
    RETURN -1;
END $$;

-- Around each statement that puts subjects straight in: refused but in the transaction of one load that is merged, from
-- before its first row until after its last, since a statement may call functions that begin or end a load. What a
-- statement before it had put in and taken back would be counted too, and ends the load: who fails here goes on by staging.
CREATE FUNCTION ingest.subjects_put() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    loads int8;
BEGIN
    IF TG_WHEN = 'BEFORE' THEN
        UPDATE subjects.merging AS m SET put = NULL WHERE m.put IS NOT NULL;
    ELSE
        UPDATE subjects.merging AS m SET put = ingest.subjects_counted() - m.counted;
    END IF;
    GET DIAGNOSTICS loads = ROW_COUNT;
    IF loads <> 1 THEN
        RAISE EXCEPTION 'subjects: put only while their load is merged' USING ERRCODE = 'CQ001';
    ELSIF NOT current_setting('track_counts')::boolean THEN
        RAISE EXCEPTION 'subjects: this server does not count them' USING ERRCODE = 'CQ003';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER subjects_put_begin BEFORE INSERT ON subjects.arriving FOR EACH STATEMENT EXECUTE FUNCTION ingest.subjects_put();
CREATE TRIGGER subjects_put AFTER INSERT ON subjects.arriving FOR EACH STATEMENT EXECUTE FUNCTION ingest.subjects_put();

-- What was merged is kept by the end of its load alone: whoever commits before that is refused.
CREATE FUNCTION ingest.merging_refuse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM subjects.merging AS m WHERE m.load_id = NEW.load_id) THEN
        RAISE EXCEPTION 'load %: its subjects are kept with its rows alone', NEW.load_id USING ERRCODE = 'CQ001';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER merging_refuse AFTER INSERT ON subjects.merging DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ingest.merging_refuse();

-- Those put straight in are as many as say that they are of this load and source. Nearly always they lie behind all that
-- was there before; where some fill a gap, all are looked for, and from_page is where they begin. Who was vouched for
-- stays so: as long as none came since, and who is taken back takes the word back as well.
CREATE FUNCTION ingest.subjects_vouch(load_source int2, INOUT merged subjects.merging)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF merged.load_id IS NULL OR merged.put = 0 OR merged.vouched = merged.put + merged.added THEN
        RETURN;
    ELSIF merged.put IS NULL THEN
        RAISE EXCEPTION 'load %: its subjects are still being put in', merged.load_id USING ERRCODE = 'CQ001';
    END IF;
    LOOP
        SELECT count(*), min(s.key_version), max(s.key_version) INTO merged.vouched, merged.oldest, merged.newest
          FROM subjects.subject AS s
         WHERE s.ctid >= format('(%s,0)', merged.from_page)::tid
           AND (s.first_load_id, s.source_id) = (merged.load_id, load_source);
        EXIT WHEN merged.vouched = merged.put + merged.added OR merged.from_page = 0;
        merged.from_page := 0;
    END LOOP;
    IF merged.vouched <> merged.put + merged.added THEN
        RAISE EXCEPTION 'load %: subjects of another load or source came with it', merged.load_id USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- All that the load puts straight in are in: they are looked through while its rows are still written.
CREATE FUNCTION ingest.subjects_vouch_early(permit bytea, wanted int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.load_opened(permit, wanted);
    merged subjects.merging;
BEGIN
    SELECT m.* INTO merged FROM subjects.merging AS m WHERE m.load_id = wanted;
    merged := ingest.subjects_vouch(held.source_id, merged);
    UPDATE subjects.merging AS m SET (from_page, vouched, oldest, newest)
         = (merged.from_page, merged.vouched, merged.oldest, merged.newest) WHERE m.load_id = wanted;
    RETURN coalesce(merged.vouched, 0);
END $$;

-- What was merged of a load that ends now; null: nothing.
CREATE FUNCTION ingest.merging_end(wanted int4) RETURNS subjects.merging
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM subjects.merging AS m WHERE m.load_id = wanted RETURNING m.*
$$;

-- The load is not published, or not yet: those that were put straight in are staged after all.
CREATE FUNCTION ingest.subjects_unmerge(load_source int2, wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    merged subjects.merging := ingest.subjects_vouch(load_source, ingest.merging_end(wanted));
    begins tid := '(' || merged.from_page || ',0)';
    gone int8 := 0;
BEGIN
    IF merged.put > 0 THEN
        EXECUTE format('INSERT INTO staging.%I SELECT s.* FROM subjects.subject AS s WHERE s.ctid >= %L::tid'
                       ' AND s.first_load_id = %s', 'subject_' || wanted, begins, wanted);
    END IF;
    WHILE gone < merged.put + merged.added LOOP
        DELETE FROM subjects.subject AS s WHERE s.ctid >= begins AND s.first_load_id = wanted;
        EXIT WHEN begins = '(0,0)';
        GET DIAGNOSTICS gone = ROW_COUNT;
        begins := '(0,0)'; -- some filled a gap
    END LOOP;
END $$;

-- Adds those of the load's subjects that were staged and not added yet. One that another load has put in is waited for,
-- until that load ends: so a publisher asks for this before it locks anything that another one needs. false: nothing is
-- added, and what was put in is staged after all, for another load has its turn and may wait for one of these. When that
-- is committed nobody waits for this load any more, and it may ask again.
CREATE FUNCTION ingest.subjects_enter(load_source int2, wanted int4) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET default_statistics_target = 1 AS $$
DECLARE
    staged text := 'subject_' || wanted;
    merged subjects.merging;
    passed int8 := 0;
    are_staged boolean;
    are_new boolean := false;
    piece record;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM staging.%I)', staged) INTO are_staged;
    IF NOT are_staged THEN
        RETURN true;
    ELSIF NOT EXISTS (SELECT FROM subjects.merging AS m WHERE m.load_id = wanted) THEN
        PERFORM ingest.subjects_turn(load_source);
        PERFORM ingest.merging_begin(wanted);
        -- Likely new where none of the first ones is held.
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM (SELECT t.subject_id FROM staging.%I AS t LIMIT 100) AS t'
                       ' JOIN subjects.subject AS s USING (subject_id))', staged) INTO are_new;
    ELSIF NOT ingest.subjects_turn_try(load_source) THEN
        PERFORM ingest.subjects_unmerge(load_source, wanted);
        RETURN false;
    END IF;
    SELECT m.* INTO merged FROM subjects.merging AS m WHERE m.load_id = wanted;
    IF merged.given > 0 THEN
        EXECUTE format('SELECT count(*) FROM staging.%I AS t WHERE t.ctid <= %L::tid', staged, merged.up_to) INTO passed;
    END IF;
    EXECUTE format('ANALYZE staging.%I (subject_id)', staged); -- the fewer are hashed, not all that are held
    -- Where one more lies among those merged all are looked at again.
    SELECT a.* INTO piece
      FROM ingest.subjects_add(staged, CASE WHEN passed = merged.given THEN merged.up_to ELSE '(0,0)' END,
                               '(4294967295,65535)', are_new) AS a;
    UPDATE subjects.merging AS m SET added = m.added + piece.added, differs = m.differs OR piece.differs
     WHERE m.load_id = wanted;
    RETURN true;
END $$;

-- The subjects of a load that is published are those that were entered. Returns how many were not seen before.
CREATE FUNCTION ingest.subjects_keep(load_source int2, wanted int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    staged text := 'subject_' || wanted;
    merged subjects.merging := ingest.subjects_vouch(load_source, ingest.merging_end(wanted));
    oldest int2;
    newest int2;
    has_others boolean;
BEGIN
    UPDATE ingest.load SET subjects_page = coalesce(merged.from_page, ingest.subjects_last_page()) WHERE load_id = wanted;
    PERFORM ingest.staged_keys_require(merged.oldest, merged.newest);
    EXECUTE format('SELECT min(t.key_version), max(t.key_version), bool_or(t.source_id <> %s) FROM staging.%I AS t',
                   load_source, staged) INTO oldest, newest, has_others;
    IF has_others THEN
        RAISE EXCEPTION 'load %: subjects of another source came with it', wanted USING ERRCODE = 'CQ001';
    END IF;
    PERFORM ingest.staged_keys_require(oldest, newest);
    IF merged.differs THEN
        PERFORM ingest.subjects_compare(staged, wanted);
    END IF;
    EXECUTE format('DROP TABLE staging.%I', staged);
    PERFORM ingest.encodings_keep(load_source, wanted);
    RETURN coalesce(merged.added + merged.put, 0);
END $$;

CREATE FUNCTION ingest.replaces_set(wanted int4, groups text[], days int8[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ingest.load_replaces (load_id, group_value, day_from, day_to)
    SELECT wanted, g.name, date '2000-01-01' + days[2 * g.n - 1]::int4, date '2000-01-01' + days[2 * g.n]::int4
      FROM unnest(groups) WITH ORDINALITY AS g (name, n);
$$;

-- A newer version of the spec may have widened the source while the load was staged, or waited.
CREATE FUNCTION ingest.staging_widen(source_name text, staged text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing record;
BEGIN
    FOR missing IN SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute AS a
                    WHERE a.attrelid = format('records.%I', source_name)::regclass AND a.attnum > 0
                      AND NOT a.attisdropped
                      AND NOT EXISTS (SELECT FROM pg_attribute AS b WHERE b.attname = a.attname
                                         AND b.attrelid = format('staging.%I', staged)::regclass)
                    ORDER BY a.attnum LOOP
        EXECUTE format('ALTER TABLE staging.%I ADD COLUMN %I %s', staged, missing.attname, missing.type);
    END LOOP;
END $$;

-- Attaches the staged rows without reading them, keeps the subjects that were entered and supersedes what the load may
-- replace. Returns the subjects not seen before.
CREATE FUNCTION ingest.load_show(held ingest.load) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    source_name text := (SELECT s.name FROM ingest.source AS s WHERE s.source_id = held.source_id);
    staged text := ingest.staging_name(held.source_id, held.load_id);
    published timestamptz := clock_timestamp();
    part regclass;
    added int8;
BEGIN
    UPDATE ingest.load AS l SET state = 'replaced', held_to = published, replaced_by = held.load_id
     WHERE l.source_id = held.source_id AND l.sender = held.sender AND l.period = held.period
       AND l.state = 'published' AND held.may_replace;
    PERFORM ingest.staging_shut(staged);
    PERFORM ingest.staging_widen(source_name, staged);
    EXECUTE format('ALTER TABLE records.%I ATTACH PARTITION staging.%I FOR VALUES IN (%s)', source_name, staged,
                   held.load_id);
    FOREACH part IN ARRAY ingest.staging_parts(staged) LOOP
        EXECUTE format('ALTER TABLE %s SET SCHEMA records', part);
    END LOOP;
    added := ingest.subjects_keep(held.source_id, held.load_id);
    UPDATE ingest.load SET state = 'published', held_from = published, subjects_new = added
     WHERE load_id = held.load_id;
    RETURN added;
END $$;

-- counts: rows read, loaded, quarantined, excluded, withheld; NHS numbers valid, invalid, absent. outcome: 'published',
-- or what the spec's limits make of it (075_hold.sql): 'held', 'rejected'; or 'again': nothing is published, and commits
-- before it asks again (ingest.subjects_enter). subjects_new: those not seen before.
CREATE FUNCTION ingest.load_publish(permit bytea, wanted int4, counts int8[], columns text[], classes int8[],
                                    groups text[], days int8[])
RETURNS TABLE (outcome text, subjects_new int8)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = 0 AS $$
DECLARE
    held ingest.load := ingest.load_claim(permit, wanted);
BEGIN
    IF NOT ingest.subjects_enter(held.source_id, wanted) THEN
        outcome := 'again';
        RETURN NEXT;
        RETURN;
    END IF;
    LOCK TABLE ingest.load IN ROW EXCLUSIVE MODE; -- waits for a linkage: then the moment is later than its beginning
    PERFORM ingest.quarantine_keep(wanted);
    PERFORM ingest.counts_set(wanted, counts, columns, classes);
    PERFORM ingest.replaces_set(wanted, groups, days);
    outcome := ingest.limits_weigh(wanted);
    IF outcome <> 'published' THEN
        PERFORM ingest.subjects_unmerge(held.source_id, wanted);
    END IF;
    IF outcome = 'rejected' THEN
        PERFORM ingest.load_drop(held, 'rejected');
    ELSIF outcome = 'held' THEN
        PERFORM ingest.load_hold(held, audit.permit_person(permit));
    ELSE
        subjects_new := ingest.load_show(held);
    END IF;
    RETURN NEXT;
END $$;

-- More bad rows than the spec allows: the quarantine stays, nothing else.
CREATE FUNCTION ingest.load_reject(permit bytea, wanted int4, counts int8[], columns text[], classes int8[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.load_claim(permit, wanted);
BEGIN
    PERFORM ingest.quarantine_keep(wanted);
    PERFORM ingest.staging_drop(held.source_id, wanted);
    PERFORM ingest.counts_set(wanted, counts, columns, classes);
    UPDATE ingest.load SET state = 'rejected' WHERE load_id = wanted;
END $$;

-- What is written into a table emptied in the same transaction need not be logged (wal_level minimal): it is flushed
-- at its end instead, and a fifth quicker. The empty table was committed before, so that a killed load is found. Where
-- the server itself is killed meanwhile, PostgreSQL leaves the file behind: `cinque archive sweep` tells it.
-- The disk is given its pages while they come, so that fewer are left for the end, when nothing else is under way.
-- half: of those that are written by a session each, 0 or 1; null: the whole.
CREATE FUNCTION ingest.load_stage(permit bytea, wanted int4, half int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load;
    staged text;
BEGIN
    IF half = 1 THEN
        held := ingest.load_opened(permit, wanted); -- not locked: the transaction of the first half has it
    ELSE
        held := ingest.load_claim(permit, wanted);
    END IF;
    staged := ingest.staging_name(held.source_id, wanted);
    PERFORM set_config('backend_flush_after', '2MB', true);
    EXECUTE format('TRUNCATE staging.%I', CASE WHEN half IS NULL THEN staged ELSE ingest.half_name(staged, half) END);
END $$;

-- The load failed: nothing stays.
CREATE FUNCTION ingest.load_abandon(permit bytea, wanted int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.load_claim(permit, wanted);
BEGIN
    PERFORM ingest.staging_drop(held.source_id, wanted);
    UPDATE ingest.load SET state = 'abandoned' WHERE load_id = wanted;
END $$;

-- The rows stay for releases already built; no later one sees them, also none of a day when a load that has been replaced
-- since was held. What is published does not change by that, nor when it was held.
CREATE FUNCTION ingest.load_withdraw(permit bytea, wanted int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'withdraw', wanted::text);
    IF ingest.held_withdraw(wanted) THEN
        RETURN;
    END IF;
    UPDATE ingest.load SET state = 'withdrawn', held_to = CASE state WHEN 'replaced' THEN held_to ELSE clock_timestamp() END
     WHERE load_id = wanted AND state IN ('published', 'replaced') AND held_from IS NOT NULL; -- not one that waited when it was replaced
    IF NOT FOUND THEN
        RAISE EXCEPTION 'load %: never published, or taken back before', wanted USING ERRCODE = 'CQ002';
    END IF;
END $$;

-- The moment at which a day (UTC) is over.
CREATE FUNCTION ingest.day_end(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (day + 1)::timestamp AT TIME ZONE 'UTC';
$$;

-- held_on: only what was held at the end of that day (UTC); null: all that ever was.
CREATE FUNCTION ingest.load_list(held_on date)
RETURNS TABLE (load_id int4, source text, sender text, period int4, status text, state text, rows_loaded int8,
               rows_quarantined int8, rows_refused int8, held_from timestamptz, held_to timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.load_id, s.name, l.sender, l.period, l.status, l.state, l.rows_loaded, l.rows_quarantined,
           (SELECT coalesce(sum(r.row_count), 0)::int8 FROM ingest.load_refused AS r WHERE r.load_id = l.load_id),
           l.held_from, l.held_to
      FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
     WHERE held_on IS NULL
        OR l.held_from < ingest.day_end(held_on) AND coalesce(l.held_to >= ingest.day_end(held_on), true)
     ORDER BY l.load_id
$$;

-- Who delivered two of the three periods before, has a current agreement still, and not this one. What comes once, as
-- look-ups do, is not waited for.
CREATE FUNCTION ingest.load_missing(wanted int4)
RETURNS TABLE (source text, sender text, last_period int4, last_rows int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.name, l.sender, max(l.period), (array_agg(l.rows_loaded ORDER BY l.period DESC))[1]
      FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
     WHERE l.state = 'published' AND l.period BETWEEN wanted - 3 AND wanted - 1
       AND governance.agreement_is_current(l.sender, s.name, NULL)
       AND NOT EXISTS (SELECT FROM ingest.load AS t WHERE t.state = 'published' AND t.source_id = l.source_id
                          AND t.sender = l.sender AND t.period = wanted)
     GROUP BY s.name, l.sender HAVING count(*) >= 2
     ORDER BY s.name, l.sender
$$;

CREATE FUNCTION ingest.quarantine_list(wanted int4, rows_max int8)
RETURNS TABLE (line_number int4, column_name text, reason text, rule text, byte_offset int8, byte_length int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ingest.load AS l WHERE l.load_id = wanted) THEN
        RAISE EXCEPTION 'quarantine: there is no load of this number (cinque loads lists them)' USING ERRCODE = 'CQ002';
    END IF;
    RETURN QUERY
        SELECT q.line_number, q.column_name, q.reason, q.rule, q.byte_offset, q.byte_length
          FROM ingest.quarantine AS q WHERE q.load_id = wanted
         ORDER BY q.line_number, q.column_name LIMIT rows_max;
END
$$;

-- ---- for linkage and releases ----

-- Where a source's rows say which practice they are of: its required column of that shape. Null: nowhere.
CREATE FUNCTION ingest.practice_column(of_source int2) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.name FROM ingest.source_column AS c
     WHERE c.source_id = $1 AND c.use = 'dimension' AND c.shape = 'A99999' AND c.required ORDER BY c.position LIMIT 1
$$;

-- Provisional before final before the year's end: what a status says is the more settled the further on it stands.
CREATE FUNCTION ingest.status_rank(status text) RETURNS int4
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_position('{provisional,final,year_end}'::text[], $1)
$$;

-- Published loads up to a period (null: any) of at least a status; of a snapshot source, for each sender only the
-- latest of them. held_on: those that were at the end of that day (UTC), also if they have been replaced since; what
-- was withdrawn is held on no day. ROWS 1: the views records.active_* read one partition a load, and the planner multiplies all
-- partitions' rows by it.
CREATE FUNCTION ingest.active_load_at(up_to_period int4, at_least text, held_on date)
RETURNS TABLE (load_id int4, source_id int2, sender text, period int4)
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
    WITH held AS (
        SELECT h.* FROM ingest.load AS h
         WHERE CASE WHEN held_on IS NULL THEN h.state = 'published'
                    ELSE h.state IN ('published', 'replaced') AND h.held_from < ingest.day_end(held_on)
                         AND (h.held_to IS NULL OR h.held_to >= ingest.day_end(held_on)) END
           AND (up_to_period IS NULL OR h.period <= up_to_period)
           AND ingest.status_rank(h.status) >= ingest.status_rank(at_least))
    SELECT l.load_id, l.source_id, l.sender, l.period
      FROM held AS l JOIN ingest.source AS s USING (source_id)
     WHERE s.update_mode <> 'snapshot'
        OR NOT EXISTS (SELECT FROM held AS later
                        WHERE later.source_id = l.source_id AND later.sender = l.sender AND later.period > l.period)
$$;

-- Of any status.
CREATE FUNCTION ingest.active_load(up_to_period int4)
RETURNS TABLE (load_id int4, source_id int2, sender text, period int4)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.load_id, a.source_id, a.sender, a.period FROM ingest.active_load_at(up_to_period, 'provisional', NULL) AS a
$$;

-- Which rows of active loads count, as a subquery over base (a subquery or table with the columns of the source's
-- records). Nothing is kept about it: a load that is replaced or withdrawn gives back what it had superseded.
-- Net change: of each sender's word on a record the newest, unless it takes the record away; of two of one moment the
-- later delivery's. Bulk replacement: a row counts until a later delivery of its sender replaces its group's day,
-- or where events last, a day of it.
CREATE FUNCTION ingest.active_rows(of_source ingest.source, base text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE ($1).update_mode
    WHEN 'net_change' THEN format(
        '(SELECT said.* FROM (SELECT DISTINCT ON (l.sender, b.record_key) b.* FROM %1$s AS b'
        ' JOIN ingest.load AS l USING (load_id) ORDER BY l.sender, b.record_key, b.%2$I DESC NULLS LAST, %3$s l.period DESC,'
        ' b.load_id DESC, b.line_number DESC) AS said WHERE said.%4$I <> %5$L)',
        base, ($1).change_date_column, CASE WHEN ($1).change_time_column IS NULL THEN ''
             ELSE format('b.%I DESC NULLS LAST,', ($1).change_time_column) END,
        ($1).operation_column, ($1).removal_code)
    WHEN 'bulk_replacement' THEN format(
        '(SELECT b.* FROM %1$s AS b JOIN ingest.load AS l USING (load_id) WHERE NOT EXISTS (SELECT FROM'
        ' (SELECT ll.sender, ll.period, p.* FROM ingest.load_replaces AS p JOIN ingest.load AS ll USING (load_id)'
        ' WHERE p.load_id IN (SELECT c.load_id FROM %1$s AS c)) AS later'
        ' WHERE later.sender = l.sender AND later.group_value = b.%2$I'
        ' AND b.%3$I <= later.day_to AND %4$s >= later.day_from'
        ' AND (later.period, later.load_id) > (l.period, b.load_id)))',
        base, ($1).group_column, ($1).event_date_column,
        CASE WHEN ($1).replaced_until_column IS NULL THEN format('b.%I', ($1).event_date_column)
             ELSE format('coalesce(b.%I, ''infinity'')', ($1).replaced_until_column) END)
    ELSE base END
$$;

-- OFFSET 0 keeps one partition scan a load: active_load, above.
CREATE FUNCTION ingest.active_view_make(wanted int2) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    source ingest.source;
BEGIN
    SELECT s.* INTO STRICT source FROM ingest.source AS s WHERE s.source_id = wanted;
    EXECUTE format('CREATE OR REPLACE VIEW records.%I AS SELECT r.* FROM %s AS r', 'active_' || source.name,
                   ingest.active_rows(source, format(
                       '(SELECT a.* FROM ingest.active_load(NULL) AS held CROSS JOIN LATERAL (SELECT p.* FROM records.%I'
                       ' AS p WHERE p.load_id = held.load_id OFFSET 0) AS a WHERE held.source_id = %s)',
                       source.name, wanted)));
END $$;

-- ---- who may what ----

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ingest FROM PUBLIC;
GRANT USAGE ON SCHEMA ingest, staging, subjects TO cinque_loader;
GRANT INSERT ON subjects.arriving TO cinque_loader;
GRANT EXECUTE ON FUNCTION
    ingest.load_open(bytea, text, text, int4, text, bytea, int4, bytea, text, boolean, int2, int4),
    ingest.load_publish(bytea, int4, int8[], text[], int8[], text[], int8[]), ingest.load_reject(bytea, int4, int8[], text[], int8[]),
    ingest.load_abandon(bytea, int4), ingest.load_stage(bytea, int4, int4), ingest.load_withdraw(bytea, int4),
    ingest.subjects_merge(bytea, int4), ingest.subjects_vouch_early(bytea, int4),
    ingest.load_list(date), ingest.load_missing(int4), ingest.quarantine_list(int4, int8) TO cinque_loader;

GRANT USAGE ON SCHEMA ingest, subjects, presence TO cinque_linker;
GRANT SELECT ON ingest.source, subjects.subject TO cinque_linker;
GRANT EXECUTE ON FUNCTION ingest.active_load(int4) TO cinque_linker;

GRANT USAGE ON SCHEMA ingest TO cinque_query, cinque_governor;
GRANT SELECT ON ingest.source, ingest.source_version, ingest.source_column, ingest.source_code TO cinque_query;
GRANT SELECT ON ingest.source TO cinque_governor;

RESET ROLE;
