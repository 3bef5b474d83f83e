-- The log and the permits. Entries are canonical bytes made by governance/entry.c; SQL reads a few fields of them.
SET LOCAL ROLE cinque_owner;

-- ---- fields of an entry: tag (1 byte), length (2 bytes, big-endian), value; tags ascend ----

CREATE FUNCTION audit.entry_field(entry bytea, tag int4) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place int4 := 0;
    bytes int4;
BEGIN
    WHILE place + 3 <= length(entry) LOOP
        bytes := get_byte(entry, place + 1) * 256 + get_byte(entry, place + 2);
        IF get_byte(entry, place) = tag THEN
            RETURN substr(entry, place + 4, bytes);
        END IF;
        place := place + 3 + bytes;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit.entry_text(entry bytea, tag int4) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(convert_from(audit.entry_field(entry, tag), 'UTF8'), '');
$$;

CREATE FUNCTION audit.entry_kind(entry bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE audit.entry_field(entry, 2) WHEN '\x01' THEN 'decision' WHEN '\x02' THEN 'result'
                                            WHEN '\x03' THEN 'note' END;
$$;

CREATE FUNCTION audit.entry_time(entry bytea) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT timestamptz 'epoch'
         + ('x' || encode(audit.entry_field(entry, 3), 'hex'))::bit(64)::int8 * interval '1 microsecond';
$$;

-- ---- intake: insert only, no row-to-row chain, so that appends commit together ----

CREATE TABLE audit.intake (
    entry_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- may have gaps; the leaf index has none
    at       timestamptz NOT NULL,                          -- the time inside the entry
    entry    bytea NOT NULL CHECK (length(entry) BETWEEN 1 AND 65535)
);

CREATE TABLE audit.permit (
    permit_id  bytea PRIMARY KEY CHECK (length(permit_id) = 16),
    action     text NOT NULL,
    object     text NOT NULL,
    person_id  text NOT NULL,
    entry_id   int8 NOT NULL UNIQUE,
    granted_at timestamptz NOT NULL DEFAULT now(),
    spent_at   timestamptz
);

CREATE TABLE audit.leaf (
    leaf_index int8 PRIMARY KEY CHECK (leaf_index >= 0),
    entry_id   int8 NOT NULL UNIQUE, -- no foreign key: checking one needs UPDATE on intake
    leaf_hash  bytea NOT NULL CHECK (length(leaf_hash) = 32)
);

CREATE TABLE audit.checkpoint (
    tree_size int8 PRIMARY KEY CHECK (tree_size > 0),
    root      bytea NOT NULL CHECK (length(root) = 32),
    at        timestamptz NOT NULL
);

CREATE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.%: rows are only ever added', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = '42501';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.intake
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.leaf
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON audit.permit
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
-- also when session_replication_role is replica
ALTER TABLE audit.intake     ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.leaf       ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.permit     ENABLE ALWAYS TRIGGER append_only;

-- synchronous_commit is the session's choice and is read at commit: there it is put right.
CREATE FUNCTION audit.make_durable() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SET LOCAL synchronous_commit = on;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER durable AFTER INSERT ON audit.intake DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.make_durable();
ALTER TABLE audit.intake ENABLE ALWAYS TRIGGER durable;

REVOKE UPDATE, DELETE, TRUNCATE ON audit.intake, audit.leaf, audit.checkpoint FROM cinque_owner;
REVOKE DELETE, TRUNCATE ON audit.permit FROM cinque_owner;

-- ---- the doors ----

-- The only writer of intake. The doors below call it; no role may itself.
CREATE FUNCTION audit.append(new_entry bytea) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id int8;
    new_at timestamptz := audit.entry_time(new_entry);
BEGIN
    IF audit.entry_field(new_entry, 1) IS DISTINCT FROM '\x01' OR new_at IS NULL THEN
        RAISE EXCEPTION 'log entry: not of version 1' USING ERRCODE = 'CQ002';
    END IF;
    -- an entry older than what is sealed would look as if it had been slipped in later
    IF new_at < (SELECT max(at) FROM audit.checkpoint) - interval '10 minutes' THEN
        RAISE EXCEPTION 'log entry: the clock is behind the last checkpoint; set it right, or wait until it has caught up' USING ERRCODE = 'CQ003';
    END IF;
    INSERT INTO audit.intake (at, entry) VALUES (new_at, new_entry) RETURNING entry_id INTO new_id;
    RETURN new_id;
END
$$;

-- A decision. A granted one is believed only if the rule says so again here, and makes the permit it names.
CREATE FUNCTION audit.decide(new_entry bytea) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    broken_rule text;
    new_id int8;
BEGIN
    IF audit.entry_kind(new_entry) IS DISTINCT FROM 'decision' THEN
        RAISE EXCEPTION 'log entry: not a decision' USING ERRCODE = 'CQ002';
    END IF;
    IF audit.entry_field(new_entry, 7) IS DISTINCT FROM '\x01' THEN
        RETURN audit.append(new_entry);
    END IF;
    broken_rule := governance.decide(audit.entry_text(new_entry, 6), audit.entry_text(new_entry, 5),
                                     audit.entry_text(new_entry, 9), audit.entry_text(new_entry, 10),
                                     audit.entry_text(new_entry, 11), audit.entry_text(new_entry, 12),
                                     audit.entry_text(new_entry, 13));
    IF broken_rule IS NOT NULL THEN
        RAISE EXCEPTION '%', broken_rule USING ERRCODE = 'CQ001';
    END IF;
    new_id := audit.append(new_entry);
    INSERT INTO audit.permit (permit_id, action, object, person_id, entry_id)
    VALUES (audit.entry_field(new_entry, 4), audit.entry_text(new_entry, 6), audit.entry_text(new_entry, 13),
            audit.entry_text(new_entry, 5), new_id);
    RETURN new_id;
END
$$;

-- A result spends its permit in the same commit.
CREATE FUNCTION audit.result(new_entry bytea) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF audit.entry_kind(new_entry) IS DISTINCT FROM 'result' THEN
        RAISE EXCEPTION 'log entry: not a result' USING ERRCODE = 'CQ002';
    END IF;
    UPDATE audit.permit AS p SET spent_at = now()
     WHERE p.permit_id = audit.entry_field(new_entry, 4) AND p.spent_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'permit: unknown, or it has its result already' USING ERRCODE = 'CQ001';
    END IF;
    RETURN audit.append(new_entry);
END
$$;

CREATE FUNCTION audit.note(new_entry bytea) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF audit.entry_kind(new_entry) IS DISTINCT FROM 'note' THEN
        RAISE EXCEPTION 'log entry: not a note' USING ERRCODE = 'CQ002';
    END IF;
    RETURN audit.append(new_entry);
END
$$;

-- For every function that changes or reads rows: its first line. The rules are those of the day of the grant, so a
-- permit that was left open is of no use the day after.
CREATE FUNCTION audit.require(permit bytea, action text, object text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM audit.permit AS p
      WHERE p.permit_id = $1 AND p.action = $2 AND p.object = $3 AND p.spent_at IS NULL
        AND p.granted_at > now() - interval '1 day';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'permit: none is open for this action and object' USING ERRCODE = 'CQ001';
    END IF;
END
$$;

-- Who holds an open permit, for functions that record it.
CREATE FUNCTION audit.permit_person(permit bytea) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.person_id FROM audit.permit AS p WHERE p.permit_id = $1 AND p.spent_at IS NULL;
$$;

-- The log entry that an open permit was made by: what exactly was granted.
CREATE FUNCTION audit.permit_entry(permit bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.entry FROM audit.permit AS p JOIN audit.intake AS i USING (entry_id)
     WHERE p.permit_id = $1 AND p.spent_at IS NULL;
$$;

-- ---- sealing ----

-- Gives each entry without one the next leaf index; says how many leaves there are now.
CREATE FUNCTION audit.index_pending() RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('cinque audit index', 0));
    INSERT INTO audit.leaf (leaf_index, entry_id, leaf_hash)
    SELECT (SELECT coalesce(max(l.leaf_index) + 1, 0) FROM audit.leaf AS l)
               + row_number() OVER (ORDER BY i.entry_id) - 1,
           i.entry_id, sha256('\x00'::bytea || i.entry)
      FROM audit.intake AS i
     WHERE NOT EXISTS (SELECT FROM audit.leaf AS l WHERE l.entry_id = i.entry_id);
    RETURN (SELECT coalesce(max(l.leaf_index) + 1, 0) FROM audit.leaf AS l);
END
$$;

CREATE FUNCTION audit.add_checkpoint(new_size int8, new_root bytea, new_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO audit.checkpoint (tree_size, root, at) VALUES (new_size, new_root, new_at);
$$;

GRANT EXECUTE ON FUNCTION audit.decide(bytea), audit.result(bytea), audit.note(bytea), audit.index_pending(),
                          audit.add_checkpoint(int8, bytea, timestamptz), audit.entry_field(bytea, int4),
                          audit.entry_text(bytea, int4), audit.entry_kind(bytea), audit.entry_time(bytea)
      TO cinque_governor;
GRANT SELECT ON audit.intake, audit.leaf, audit.checkpoint TO cinque_governor;
RESET ROLE;
