-- Encodings of subjects: how like two people's fields are, without the fields (docs/linkage.md). Kept apart from the
-- subjects, so that they can be read by linkage alone and deleted without a trace in what is linked. Sealed by the load
-- that made them, to a key that the database never has: nothing here compares, joins or measures them.
SET LOCAL ROLE cinque_owner;

-- What a load sealed its encodings to: without the header and the private half of that version none of them opens.
CREATE TABLE subjects.encoding_seal (
    load_id     int4  PRIMARY KEY,
    key_version int2  NOT NULL CHECK (key_version > 0),
    header      bytea NOT NULL CHECK (octet_length(header) = 41)
);

-- Both sealed. head: form, fields, block tokens, which a run reads of everybody; filters: what is read of those who
-- share a token. They do not compress, and three rows fill a page: nothing lies out of line.
CREATE TABLE subjects.encoding (
    subject_id int8  PRIMARY KEY,
    source_id  int2  NOT NULL,
    load_id    int4  NOT NULL,
    head       bytea NOT NULL
) WITH (toast_tuple_target = 8160);
CREATE INDEX encoding_load ON subjects.encoding USING brin (load_id) WITH (pages_per_range = 16);
CREATE TABLE subjects.encoding_filter (
    subject_id int8  PRIMARY KEY,
    filters    bytea NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE subjects.encoding ALTER head SET STORAGE EXTERNAL;
ALTER TABLE subjects.encoding_filter ALTER filters SET STORAGE EXTERNAL;

-- Sampled fields of the one load that had most of them: their salts are the load's, so two loads' cannot be compared.
CREATE TABLE subjects.encoding_reference (
    load_id  int4  NOT NULL,
    encoding bytea NOT NULL
);

-- ---- for ingest ----

-- Somebody may link by this source's encodings, with whatever other source and for whatever purpose.
CREATE FUNCTION ingest.is_encoded(of_source int2) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ingest.source AS s
                     JOIN governance.linkage AS l ON s.name IN (l.source_a, l.source_b)
                    WHERE s.source_id = of_source AND s.subject_kind = 'person'
                      AND governance.may_compare(l.source_a, l.source_b, l.purpose))
$$;

-- The loader's door. True, and a table to copy to, where encodings are to be made; asked once a load.
CREATE FUNCTION ingest.encoding_open(permit bytea, wanted int4, key_version int2, header bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.load_claim(permit, wanted);
    staged text := 'encoding_' || wanted;
BEGIN
    IF NOT ingest.is_encoded(held.source_id) THEN
        RETURN false;
    END IF;
    INSERT INTO subjects.encoding_seal (load_id, key_version, header)
    VALUES (wanted, encoding_open.key_version, encoding_open.header);
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I (subject_id int8, head bytea NOT NULL, filters bytea)', staged);
    EXECUTE format('ALTER TABLE staging.%I ALTER head SET STORAGE EXTERNAL, ALTER filters SET STORAGE EXTERNAL,'
                   ' SET (toast_tuple_target = 8160)', staged);
    EXECUTE format('GRANT INSERT ON staging.%I TO cinque_loader', staged);
    RETURN true;
END $$;

CREATE FUNCTION ingest.references_keep(staged text, wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given int8;
BEGIN
    PERFORM pg_advisory_xact_lock(1667852915);
    EXECUTE format('SELECT count(*) FROM staging.%I WHERE subject_id IS NULL', staged) INTO given;
    IF given > (SELECT count(*) FROM subjects.encoding_reference) THEN
        DELETE FROM subjects.encoding_reference;
        EXECUTE format('INSERT INTO subjects.encoding_reference (load_id, encoding)'
                       ' SELECT %s, t.head FROM staging.%I AS t WHERE t.subject_id IS NULL', wanted, staged);
    END IF;
END $$;

-- Moves a load's encodings in, of subjects that have none yet: those that are new, and those that came before anybody
-- might link by them. The rules are asked again, for the load may have waited.
CREATE FUNCTION ingest.encodings_keep(load_source int2, wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    staged text := 'encoding_' || wanted;
BEGIN
    IF to_regclass(format('staging.%I', staged)) IS NULL THEN
        RETURN;
    END IF;
    IF ingest.is_encoded(load_source) THEN
        EXECUTE format(
            'WITH fresh AS MATERIALIZED ('
            ' SELECT DISTINCT ON (t.subject_id) t.subject_id, t.head, t.filters'
            '   FROM staging.%I AS t WHERE t.subject_id IS NOT NULL'
            '    AND NOT EXISTS (SELECT FROM subjects.encoding AS e WHERE e.subject_id = t.subject_id)'
            '  ORDER BY t.subject_id'
            '), filters AS ('
            ' INSERT INTO subjects.encoding_filter (subject_id, filters)'
            ' SELECT f.subject_id, f.filters FROM fresh AS f)'
            ' INSERT INTO subjects.encoding (subject_id, source_id, load_id, head)'
            ' SELECT f.subject_id, %s, %s, f.head FROM fresh AS f', staged, load_source, wanted);
        PERFORM ingest.references_keep(staged, wanted);
    END IF;
    EXECUTE format('DROP TABLE staging.%I', staged);
END $$;

-- What a load that is held back keeps must outlive the session and the server.
CREATE FUNCTION ingest.encodings_hold(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_regclass(format('staging.%I', 'encoding_' || wanted)) IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON staging.%I FROM cinque_loader', 'encoding_' || wanted);
    EXECUTE format('ALTER TABLE staging.%I SET LOGGED', 'encoding_' || wanted);
END $$;

-- ---- the end of encodings ----

-- An encoding is needed while a published load names its subject, whoever places it: the next subject without a number
-- may be the same person. Of a load that was withdrawn or replaced those go whom no other names; which load sealed them
-- is all one. What a withdrawn load sampled goes too.
CREATE FUNCTION ingest.encodings_unneeded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    named text := (SELECT s.name FROM ingest.source AS s WHERE s.source_id = NEW.source_id);
    published int4[] := (SELECT array_agg(l.load_id) FROM ingest.load AS l
                          WHERE l.source_id = NEW.source_id AND l.state = 'published');
    gone int8[];
BEGIN
    IF NEW.state = 'withdrawn' THEN
        DELETE FROM subjects.encoding_reference AS r WHERE r.load_id = NEW.load_id;
    END IF;
    IF NOT EXISTS (SELECT FROM subjects.encoding_seal AS s JOIN ingest.load AS l USING (load_id)
                    WHERE l.source_id = NEW.source_id) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('WITH unnamed AS MATERIALIZED ('
                   ' SELECT r.subject_id FROM records.%1$I AS r WHERE r.load_id = $1 AND r.subject_id IS NOT NULL'
                   ' EXCEPT SELECT r.subject_id FROM records.%1$I AS r WHERE r.load_id = ANY ($2)'
                   '), gone AS ('
                   ' DELETE FROM subjects.encoding AS e USING unnamed AS u WHERE e.subject_id = u.subject_id'
                   ' RETURNING e.subject_id)'
                   ' SELECT array_agg(g.subject_id) FROM gone AS g', named)
       INTO gone USING NEW.load_id, published;
    DELETE FROM subjects.encoding_filter AS f WHERE f.subject_id = ANY (gone);
    RETURN NULL;
END $$;
-- At the end of the transaction, when what replaces a load is published too.
CREATE CONSTRAINT TRIGGER encodings_unneeded AFTER UPDATE OF state ON ingest.load DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state IN ('published', 'replaced') AND NEW.state IN ('withdrawn', 'replaced'))
    EXECUTE FUNCTION ingest.encodings_unneeded();

-- ---- for who holds the keys ----

-- Encodings sealed to a version that is about to be destroyed go first: nobody can read them then, and their subjects get
-- others with a later delivery. No load may wait or be under way that has sealed to it.
CREATE FUNCTION ingest.encodings_forget(permit bytea, unwanted int2) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    gone int8;
BEGIN
    PERFORM audit.require(permit, 'key_destroy', 'encodings-' || unwanted);
    PERFORM ingest.held_loads_refuse();
    PERFORM ingest.open_loads_await();
    LOCK TABLE linkage.run IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM subjects.encoding_filter AS f
     USING subjects.encoding AS e
      JOIN subjects.encoding_seal AS s USING (load_id)
     WHERE e.subject_id = f.subject_id AND s.key_version = unwanted;
    DELETE FROM subjects.encoding AS e
     USING subjects.encoding_seal AS s WHERE s.load_id = e.load_id AND s.key_version = unwanted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM subjects.encoding_reference AS r
     USING subjects.encoding_seal AS s WHERE s.load_id = r.load_id AND s.key_version = unwanted;
    DELETE FROM subjects.encoding_seal AS s WHERE s.key_version = unwanted;
    RETURN gone;
END $$;

-- How many encodings each version seals.
CREATE FUNCTION ingest.encoding_key_use() RETURNS TABLE (version int2, encoding_count int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.key_version, count(*) FROM subjects.encoding AS e JOIN subjects.encoding_seal AS s USING (load_id)
     GROUP BY s.key_version ORDER BY 1
$$;

REVOKE EXECUTE ON FUNCTION ingest.is_encoded(int2), ingest.encoding_open(bytea, int4, int2, bytea),
    ingest.references_keep(text, int4), ingest.encodings_keep(int2, int4), ingest.encodings_hold(int4),
    ingest.encodings_unneeded(), ingest.encodings_forget(bytea, int2), ingest.encoding_key_use() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.encoding_open(bytea, int4, int2, bytea) TO cinque_loader;
GRANT EXECUTE ON FUNCTION ingest.encodings_forget(bytea, int2), ingest.encoding_key_use() TO cinque_keeper;
GRANT SELECT ON subjects.encoding, subjects.encoding_filter, subjects.encoding_reference, subjects.encoding_seal
    TO cinque_linker;

RESET ROLE;
