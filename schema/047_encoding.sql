-- Encodings of subjects: how like two people's fields are, without the fields (docs/linkage.md). Kept apart from the
-- subjects, so that they can be read by linkage alone and deleted without a trace in what is linked.
SET LOCAL ROLE cinque_owner;

-- head: form, fields, block tokens, which a run reads of everybody; filters: what is read of those who share a token.
CREATE TABLE subjects.encoding (
    subject_id int8  PRIMARY KEY,
    source_id  int2  NOT NULL,
    head       bytea NOT NULL
);
CREATE TABLE subjects.encoding_filter (
    subject_id int8  PRIMARY KEY,
    filters    bytea NOT NULL
);

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
CREATE FUNCTION ingest.encoding_open(permit bytea, wanted int4) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.load_claim(permit, wanted);
    staged text := 'encoding_' || wanted;
BEGIN
    IF NOT ingest.is_encoded(held.source_id) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE UNLOGGED TABLE staging.%I (subject_id int8, encoding bytea NOT NULL)', staged);
    EXECUTE format('GRANT INSERT ON staging.%I TO cinque_loader', staged);
    RETURN true;
END $$;

-- Bytes of an encoding up to its filters.
CREATE FUNCTION ingest.encoding_head_bytes(encoding bytea) RETURNS int4
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 24 + get_byte(encoding, 8) + 8 * bit_count(substring(encoding FROM 13 FOR 8))::int4
$$;

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
                       ' SELECT %s, t.encoding FROM staging.%I AS t WHERE t.subject_id IS NULL', wanted, staged);
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
            ' SELECT DISTINCT ON (t.subject_id) t.subject_id, t.encoding, ingest.encoding_head_bytes(t.encoding) AS head'
            '   FROM staging.%I AS t WHERE t.subject_id IS NOT NULL'
            '    AND NOT EXISTS (SELECT FROM subjects.encoding AS e WHERE e.subject_id = t.subject_id)'
            '  ORDER BY t.subject_id'
            '), filters AS ('
            ' INSERT INTO subjects.encoding_filter (subject_id, filters)'
            ' SELECT f.subject_id, substring(f.encoding FROM f.head + 1) FROM fresh AS f)'
            ' INSERT INTO subjects.encoding (subject_id, source_id, head)'
            ' SELECT f.subject_id, %s, substring(f.encoding FROM 1 FOR f.head) FROM fresh AS f', staged, load_source);
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

REVOKE EXECUTE ON FUNCTION ingest.is_encoded(int2), ingest.encoding_open(bytea, int4), ingest.encoding_head_bytes(bytea),
    ingest.references_keep(text, int4), ingest.encodings_keep(int2, int4), ingest.encodings_hold(int4) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.encoding_open(bytea, int4) TO cinque_loader;
GRANT SELECT ON subjects.encoding, subjects.encoding_filter, subjects.encoding_reference TO cinque_linker;

RESET ROLE;
