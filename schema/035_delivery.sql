-- The ledger of deliveries that were pulled: what was seen, archived, loaded. The archive's files are beside the
-- database (ingest/archive.c); a row says what must lie there. No file name and no content is kept: a sender may put a
-- person into a file's name, so of the transport's id only its hash is here, which is enough to know it again.

SET LOCAL ROLE cinque_owner;

CREATE TABLE ingest.delivery (
    delivery_id   int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed          text NOT NULL CHECK (feed ~ '^[a-z][a-z0-9_-]{0,39}$'),
    source_id     int2 NOT NULL REFERENCES ingest.source,
    sender        text NOT NULL CHECK (sender ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
    period        int4 NOT NULL,             -- months since 2000-01
    status        text NOT NULL CHECK (status IN ('provisional', 'final', 'year_end')),
    spec_version  int4 NOT NULL,             -- in force for the period when it was archived, or that it was loaded by
    state         text NOT NULL DEFAULT 'seen'
                  CHECK (state IN ('seen', 'archived', 'loading', 'staged', 'published', 'rejected', 'duplicate',
                                   'withdrawn')),
    item          bytea NOT NULL CHECK (octet_length(item) = 32), -- SHA-256 of transport, id, size and times there
    content       bytea CHECK (octet_length(content) = 32), -- SHA-256 of the file as delivered
    bytes         int8,                      -- as delivered
    archive_bytes int8,
    keep_days     int4 NOT NULL CHECK (keep_days BETWEEN 1 AND 3660),
    is_signed     boolean NOT NULL,          -- a manifest vouched for it
    duplicate_of  int4 REFERENCES ingest.delivery,
    load_id       int4 REFERENCES ingest.load,
    permit_id     bytea NOT NULL,            -- by which it was pulled
    seen_at       timestamptz NOT NULL DEFAULT now(),
    archived_at   timestamptz,
    loaded_at     timestamptz,               -- published or rejected
    ended_at      timestamptz,               -- the archive was deleted
    FOREIGN KEY (source_id, spec_version) REFERENCES ingest.source_version (source_id, version),
    CHECK ((state IN ('seen')) = (archived_at IS NULL)),
    CHECK ((content IS NULL) = (archived_at IS NULL)),
    CHECK ((duplicate_of IS NOT NULL) <= (state = 'duplicate'))
);
-- One at a time: a withdrawn or rejected delivery may come and be loaded again.
CREATE UNIQUE INDEX delivery_once ON ingest.delivery (sender, source_id, period, content, spec_version)
    WHERE state NOT IN ('seen', 'duplicate', 'rejected', 'withdrawn');
CREATE INDEX delivery_item ON ingest.delivery (feed, item);

-- ---- helpers ----

-- The pull as granted: its object is the feed, and its log entry names source and sender.
CREATE FUNCTION ingest.pull_require(permit bytea, feed text, source text, sender text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'pull', feed);
    IF NOT ingest.permit_is_for(permit, source, sender, format('feed=%s', feed)) THEN
        RAISE EXCEPTION 'permit: not for this source and sender' USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- The delivery that a pull under this permit saw, locked.
CREATE FUNCTION ingest.delivery_claim(permit bytea, wanted int4) RETURNS ingest.delivery
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.delivery;
BEGIN
    SELECT d.* INTO held FROM ingest.delivery AS d WHERE d.delivery_id = wanted FOR UPDATE;
    IF NOT FOUND OR held.state <> 'seen' THEN
        RAISE EXCEPTION 'delivery %: not being pulled', wanted USING ERRCODE = 'CQ002';
    END IF;
    PERFORM audit.require(permit, 'pull', held.feed);
    IF held.permit_id <> permit THEN
        RAISE EXCEPTION 'delivery %: seen under another permit', wanted USING ERRCODE = 'CQ001';
    END IF;
    RETURN held;
END $$;

-- ---- the loader's doors ----

-- What is known of an item: the delivery that has it archived, or null. Asked before any permit: polling a feed that
-- has nothing new leaves no entry in the log.
CREATE FUNCTION ingest.delivery_known(wanted_feed text, wanted_item bytea)
RETURNS TABLE (delivery_id int4, has_archive boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.delivery_id, d.archived_at IS NOT NULL AND d.ended_at IS NULL FROM ingest.delivery AS d
     WHERE d.feed = wanted_feed AND d.item = wanted_item AND d.state <> 'seen'
     ORDER BY d.delivery_id DESC LIMIT 1
$$;

-- A delivery's number, before its first byte is read. A pull that was killed left its row as seen: that one is taken
-- again. One session at a time pulls a feed; waiting, for a killed one may not have been noticed yet.
CREATE FUNCTION ingest.delivery_see(permit bytea, feed text, source text, sender text, period int4, status text,
                                    item bytea, keep_days int4, is_signed boolean)
RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
#variable_conflict use_column
DECLARE
    found_source int2;
    found_version int4;
    seen int4;
BEGIN
    PERFORM ingest.pull_require(permit, delivery_see.feed, delivery_see.source, delivery_see.sender);
    BEGIN
        PERFORM pg_advisory_lock(1667852915, hashtext(delivery_see.feed));
    EXCEPTION WHEN lock_not_available THEN
        RAISE EXCEPTION 'feed %: another session is pulling it', delivery_see.feed USING ERRCODE = 'CQ001';
    END;
    SELECT s.source_id INTO found_source FROM ingest.source AS s WHERE s.name = delivery_see.source;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'source %: not registered', delivery_see.source USING ERRCODE = 'CQ003', HINT = 'source apply';
    END IF;
    SELECT max(v.version) INTO found_version FROM ingest.source_version AS v
     WHERE v.source_id = found_source
       AND v.effective_from < date '2000-01-01' + make_interval(months => delivery_see.period + 1)
       AND coalesce(v.effective_to >= date '2000-01-01' + make_interval(months => delivery_see.period), true);
    IF found_version IS NULL THEN
        RAISE EXCEPTION 'source %: no version of it is in effect in the delivery''s period', delivery_see.source
            USING ERRCODE = 'CQ003';
    END IF;
    UPDATE ingest.delivery AS d
       SET permit_id = permit, sender = delivery_see.sender, period = delivery_see.period,
           status = delivery_see.status, spec_version = found_version, source_id = found_source,
           keep_days = delivery_see.keep_days, is_signed = delivery_see.is_signed, seen_at = now()
     WHERE d.feed = delivery_see.feed AND d.item = delivery_see.item AND d.state = 'seen'
    RETURNING d.delivery_id INTO seen;
    IF FOUND THEN
        RETURN seen;
    END IF;
    INSERT INTO ingest.delivery (feed, source_id, sender, period, status, spec_version, item, keep_days, is_signed,
                                 permit_id)
    VALUES (delivery_see.feed, found_source, delivery_see.sender, delivery_see.period, delivery_see.status,
            found_version, delivery_see.item, delivery_see.keep_days, delivery_see.is_signed, permit)
    RETURNING delivery_id INTO seen;
    RETURN seen;
END $$;

-- The archive is durable. Returns null, or the delivery (or 0: a load of a file) that holds the same already: then the
-- row says duplicate, and the archive is not needed.
CREATE FUNCTION ingest.delivery_archive(permit bytea, wanted int4, content bytea, bytes int8, archive_bytes int8)
RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    held ingest.delivery := ingest.delivery_claim(permit, wanted);
    same int4;
BEGIN
    -- Two feeds may bring the same at one moment: the second waits for the first.
    PERFORM pg_advisory_xact_lock(hashtextextended(
        format('%s %s %s %s', held.source_id, held.sender, held.period, encode(delivery_archive.content, 'hex')),
        1667852915));
    SELECT d.delivery_id INTO same FROM ingest.delivery AS d
     WHERE (d.sender, d.source_id, d.period, d.content, d.spec_version) =
           (held.sender, held.source_id, held.period, delivery_archive.content, held.spec_version)
       AND d.state NOT IN ('seen', 'duplicate', 'rejected', 'withdrawn');
    IF NOT FOUND AND EXISTS (
        SELECT FROM ingest.load AS l
         WHERE (l.sender, l.source_id, l.period, l.content, l.spec_version) =
               (held.sender, held.source_id, held.period, delivery_archive.content, held.spec_version)
           AND l.state = 'published') THEN
        same := 0;
    END IF;
    IF same IS NULL THEN
        PERFORM ingest.withdrawn_require(permit, held.source_id, held.sender, held.period, delivery_archive.content);
    END IF;
    UPDATE ingest.delivery AS d
       SET state = CASE WHEN same IS NULL THEN 'archived' ELSE 'duplicate' END, duplicate_of = nullif(same, 0),
           content = delivery_archive.content, bytes = delivery_archive.bytes,
           archive_bytes = delivery_archive.archive_bytes, archived_at = clock_timestamp(),
           ended_at = CASE WHEN same IS NULL THEN NULL ELSE clock_timestamp() END
     WHERE d.delivery_id = wanted;
    RETURN same;
END $$;

-- Under the permit of a load of this content: when another load holds it already, the delivery is a duplicate.
CREATE FUNCTION ingest.delivery_settle(permit bytea, wanted int4) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.delivery;
    holder int4;
BEGIN
    SELECT d.* INTO held FROM ingest.delivery AS d WHERE d.delivery_id = wanted FOR UPDATE;
    PERFORM audit.require(permit, 'load', encode(held.content, 'hex'));
    IF held.state IN ('archived', 'loading') THEN
        SELECT max(l.load_id) INTO holder FROM ingest.load AS l
         WHERE (l.sender, l.source_id, l.period, l.content) = (held.sender, held.source_id, held.period, held.content)
           AND l.state IN ('published', 'replaced');
        IF holder IS NOT NULL THEN
            UPDATE ingest.delivery SET state = 'duplicate', load_id = holder, loaded_at = clock_timestamp()
             WHERE delivery_id = wanted;
        END IF;
    END IF;
    RETURN (SELECT d.state FROM ingest.delivery AS d WHERE d.delivery_id = wanted);
END $$;

-- The archive's file is due for deletion, and from here on is none: only then is it deleted. Never one that is still
-- to be loaded. Object of the permit: the delivery's number.
CREATE FUNCTION ingest.delivery_end(permit bytea, wanted int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'archive_sweep', wanted::text);
    UPDATE ingest.delivery SET ended_at = clock_timestamp()
     WHERE delivery_id = wanted AND ended_at IS NULL AND state IN ('published', 'rejected', 'duplicate', 'withdrawn')
       AND archived_at + make_interval(days => keep_days) <= clock_timestamp();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'delivery %: its archive is not due for deletion', wanted USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- Loads that stand or wait for a second person: what was loaded by its path has come too.
CREATE FUNCTION ingest.delivery_came(source text, sender text, period int4) RETURNS int8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
     WHERE s.name = $1 AND l.sender = $2 AND l.period = $3 AND l.state IN ('published', 'held')
$$;

CREATE FUNCTION ingest.delivery_list()
RETURNS TABLE (delivery_id int4, feed text, source text, sender text, period int4, status text, state text,
               bytes int8, content bytea, load_id int4, is_due boolean, has_archive boolean, needs_opening boolean,
               is_signed boolean, seen_at timestamptz, archived_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.delivery_id, d.feed, s.name, d.sender, d.period, d.status, d.state, d.bytes, d.content, d.load_id,
           d.ended_at IS NULL AND d.state IN ('published', 'rejected', 'duplicate', 'withdrawn')
               AND d.archived_at + make_interval(days => d.keep_days) <= now(),
           d.archived_at IS NOT NULL AND d.ended_at IS NULL,
           d.state IN ('archived', 'loading', 'staged'), d.is_signed, d.seen_at, d.archived_at
      FROM ingest.delivery AS d JOIN ingest.source AS s USING (source_id)
     ORDER BY d.delivery_id
$$;

-- ---- what a load does to its delivery ----

-- On the loads themselves, so that no way of loading leaves the ledger behind, whether the file came from the archive
-- or from a path. A load that waits for a second person is staged. What was rejected or withdrawn has no opening any
-- more, so it is never what waits to be loaded: it follows a load only when that is published.
CREATE FUNCTION ingest.delivery_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT'
       OR NEW.state = 'published' AND NOT EXISTS (SELECT FROM ingest.delivery AS h WHERE h.load_id = NEW.load_id) THEN
        UPDATE ingest.delivery AS d
           SET state = CASE TG_OP WHEN 'INSERT' THEN 'loading' ELSE 'published' END, load_id = NEW.load_id,
               spec_version = NEW.spec_version
         WHERE d.delivery_id = (
                   SELECT c.delivery_id FROM ingest.delivery AS c
                    WHERE (c.sender, c.source_id, c.period, c.content) =
                          (NEW.sender, NEW.source_id, NEW.period, NEW.content)
                      AND c.state = ANY (CASE TG_OP WHEN 'INSERT' THEN ARRAY['archived', 'loading']
                                                    ELSE ARRAY['rejected', 'withdrawn'] END)
                      AND NOT EXISTS (SELECT FROM ingest.delivery AS o -- the index delivery_once
                                       WHERE (o.sender, o.source_id, o.period, o.content, o.spec_version) =
                                             (NEW.sender, NEW.source_id, NEW.period, NEW.content, NEW.spec_version)
                                         AND o.delivery_id <> c.delivery_id
                                         AND o.state NOT IN ('seen', 'duplicate', 'rejected', 'withdrawn'))
                    ORDER BY c.delivery_id DESC LIMIT 1);
    END IF;
    IF TG_OP = 'INSERT' THEN
        RETURN NULL;
    END IF;
    UPDATE ingest.delivery AS d
       SET state = CASE WHEN NEW.state = 'refused' OR NEW.state = 'replaced' AND NEW.held_from IS NULL
                             THEN 'rejected' -- it was held back (075_hold.sql), and never published
                        WHEN NEW.state IN ('published', 'replaced') THEN 'published'
                        WHEN NEW.state = 'abandoned' AND d.state = 'loading' THEN 'archived'
                        WHEN NEW.state IN ('rejected', 'refused') THEN 'rejected'
                        WHEN NEW.state = 'withdrawn' THEN 'withdrawn'
                        WHEN NEW.state = 'held' THEN 'staged'
                        ELSE d.state END,
           load_id = CASE WHEN NEW.state = 'abandoned' THEN NULL ELSE d.load_id END,
           loaded_at = CASE WHEN NEW.state IN ('published', 'rejected', 'refused') THEN clock_timestamp() ELSE d.loaded_at END
     WHERE d.load_id = NEW.load_id AND d.state <> 'duplicate';
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_follow AFTER INSERT OR UPDATE OF state ON ingest.load
    FOR EACH ROW EXECUTE FUNCTION ingest.delivery_follow();

REVOKE ALL ON FUNCTION ingest.pull_require(bytea, text, text, text), ingest.delivery_claim(bytea, int4),
    ingest.delivery_known(text, bytea), ingest.delivery_came(text, text, int4),
    ingest.delivery_see(bytea, text, text, text, int4, text, bytea, int4, boolean),
    ingest.delivery_archive(bytea, int4, bytea, int8, int8), ingest.delivery_settle(bytea, int4),
    ingest.delivery_end(bytea, int4), ingest.delivery_list(), ingest.delivery_follow() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.delivery_known(text, bytea), ingest.delivery_came(text, text, int4),
    ingest.delivery_see(bytea, text, text, text, int4, text, bytea, int4, boolean),
    ingest.delivery_archive(bytea, int4, bytea, int8, int8), ingest.delivery_settle(bytea, int4),
    ingest.delivery_end(bytea, int4), ingest.delivery_list() TO cinque_loader;

RESET ROLE;
