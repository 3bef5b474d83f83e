-- Releases: one month frozen for one purpose. Built by functions that run as owner, in one transaction of the caller:
-- begin, one call a source, people, publish. A killed build leaves nothing; a leftover of an older version is dropped.
-- A release lives in a schema of its own, release_<id>; nobody but the owner can write there, and only
-- cinque_query can read it, while it is live.
SET LOCAL ROLE cinque_owner;

CREATE TABLE release.release (
    release_id             int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month                  int4 NOT NULL,             -- months since 2000-01
    purpose                text NOT NULL,
    state                  text NOT NULL CHECK (state IN ('building', 'live', 'retired')),
    people                 int8 NOT NULL DEFAULT 0,
    opted_out              int8 NOT NULL DEFAULT 0,   -- people left out whole
    rows                   int8 NOT NULL DEFAULT 0,   -- in the tables of sources
    rows_unlinked          int8 NOT NULL DEFAULT 0,   -- without a person or household: left out
    rows_without_agreement int8 NOT NULL DEFAULT 0,   -- of loads whose sender has none: left out
    rows_practice_rejected int8 NOT NULL DEFAULT 0,   -- of practices in release_practice: left out
    content                bytea CHECK (octet_length(content) = 32),
    manifest               bytea CHECK (octet_length(manifest) = 32), -- SHA-256 of the first of its blocks, which has those of the others
    opt_out_load_id        int4,                      -- null: the purpose does not apply opt-outs
    links_run_id           int4,                      -- the linkage it was linked by; null: none was done
    at_least               text NOT NULL DEFAULT 'provisional' -- of deliveries less settled it holds nothing
                           CHECK (at_least IN ('provisional', 'final', 'year_end')),
    known_on               date,                      -- it holds only what was held at the end of that day; null: what was when it was built
    permit_id              bytea NOT NULL,
    built                  timestamptz,
    retired                timestamptz,
    retire_permit_id       bytea,
    CHECK (state = 'building' OR (content IS NOT NULL AND built IS NOT NULL)),
    CHECK ((state = 'retired') = (retired IS NOT NULL))
);

-- The loads a release was made from, and those left out for want of an agreement.
CREATE TABLE release.release_load (
    release_id    int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    load_id       int4 NOT NULL REFERENCES ingest.load,
    source_id     int2 NOT NULL REFERENCES ingest.source,
    has_agreement boolean NOT NULL,
    each_controller boolean NOT NULL DEFAULT false, -- only rows of the controllers in release_controller
    PRIMARY KEY (release_id, load_id)
);

-- Of each look-up of places and of practices, the loads of each edition up to the release's month: a delivery's period is its edition.
CREATE TABLE release.release_edition (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    period     int4 NOT NULL,
    load_id    int4 NOT NULL REFERENCES ingest.load,
    source_id  int2 NOT NULL REFERENCES ingest.source,
    PRIMARY KEY (release_id, period, load_id)
);

-- The loads it would have used if it did not ask for a more settled status.
CREATE TABLE release.release_unsettled (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    load_id    int4 NOT NULL REFERENCES ingest.load,
    PRIMARY KEY (release_id, load_id)
);

-- Whose rows a release holds of a source whose sender does not answer for all controllers: as agreed when it was built.
CREATE TABLE release.release_controller (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    source_id  int2 NOT NULL REFERENCES ingest.source,
    controller text NOT NULL,
    PRIMARY KEY (release_id, source_id, controller)
);

-- Practices whose list is too far off the published one, as it was judged when the release was built: of the register,
-- none of their rows in any source that says which practice a row is of; of another source, none of that load.
CREATE TABLE release.release_practice (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    load_id    int4 NOT NULL REFERENCES ingest.load, -- whose list it is
    source_id  int2 NOT NULL REFERENCES ingest.source,
    practice   text NOT NULL,
    people     int8 NOT NULL,
    published  int8 NOT NULL,
    PRIMARY KEY (release_id, load_id, practice)
);

-- What queries may know of them: how many they are, and not how many people.
CREATE VIEW release.practice_left_out AS SELECT x.release_id, x.source_id, x.practice FROM release.release_practice AS x;

-- Stable and random, drawn once a person: later controls compare person sets of different releases by them.
CREATE TABLE release.guard_person (
    person_id    int8 PRIMARY KEY,
    guard_number int8 NOT NULL UNIQUE,
    record_key   int8 NOT NULL
);

CREATE TABLE release.coverage (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    source     text NOT NULL,
    month      int4 NOT NULL,
    status     text NOT NULL,        -- the least settled of the month's loads
    senders    int4 NOT NULL,        -- as in release.sent
    rows       int8 NOT NULL,
    match_rate float8,               -- share of rows with a person or household; null: no rows
    PRIMARY KEY (release_id, source, month)
);

-- The report of the linkage that a release was linked by, as it may be seen: linkage.report as it was. None: none was done.
CREATE TABLE release.linkage (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    line       int4 NOT NULL,
    kind       text NOT NULL,
    value      text NOT NULL,
    rate       numeric(5,4),
    low        numeric(5,4),
    high       numeric(5,4),
    change     numeric(5,4),
    is_weak    boolean NOT NULL,
    PRIMARY KEY (release_id, line)
);

-- Who delivered a source for a month: each practice that a row of it is of, where the source's rows say that, else the
-- sender of the load; a nil return is one of its sender. Practices whose lists are left out did not deliver.
CREATE TABLE release.sent (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    source     text NOT NULL,
    month      int4 NOT NULL,
    sender     text NOT NULL,
    PRIMARY KEY (release_id, source, month, sender)
);

-- Practices that have closed, by the newest register of practices, and the last month in which they were open: nothing is
-- awaited of them in a later one.
CREATE TABLE release.closed (
    release_id int4 NOT NULL REFERENCES release.release ON DELETE CASCADE,
    practice   text NOT NULL,
    month      int4 NOT NULL,
    PRIMARY KEY (release_id, practice)
);

-- Releases whose tables the builder has been let read. What is begun so is published or it never was.
CREATE TABLE release.opened (
    release_id int4 PRIMARY KEY REFERENCES release.release ON DELETE CASCADE
);

CREATE FUNCTION release.opened_check() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM release.opened AS o WHERE o.release_id = NEW.release_id) THEN
        RAISE EXCEPTION 'release %: begun and not published', NEW.release_id USING ERRCODE = 'CQ001';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER opened_check AFTER INSERT ON release.opened
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION release.opened_check();

-- ---- helpers, for the functions below alone ----

CREATE FUNCTION release.schema_name(release_id int4) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'release_' || $1;
$$;

CREATE FUNCTION release.month_text(month int4) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(date '2000-01-01' + make_interval(months => $1), 'YYYY-MM');
$$;

CREATE FUNCTION release.month_end(month int4) RETURNS date
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (date '2000-01-01' + make_interval(months => $1 + 1))::date - 1;
$$;

-- 64 random bits: of a version 4 uuid, octets 7 and 9 hold fixed bits.
CREATE FUNCTION release.random_int8() RETURNS int8
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ('x' || encode(substr(u, 1, 6) || substr(u, 15, 2), 'hex'))::bit(64)::int8
      FROM uuid_send(gen_random_uuid()) AS u;
$$;

-- The release that is being built under this permit; raises when there is none.
CREATE FUNCTION release.claim(permit bytea, wanted int4) RETURNS release.release
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held release.release;
BEGIN
    SELECT r.* INTO held FROM release.release AS r WHERE r.release_id = wanted AND r.state = 'building';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'release %: not being built', wanted USING ERRCODE = 'CQ002';
    END IF;
    PERFORM audit.require(permit, 'release_build', release.month_text(held.month));
    IF held.permit_id <> permit THEN
        RAISE EXCEPTION 'release %: begun under another permit', wanted USING ERRCODE = 'CQ001';
    END IF;
    RETURN held;
END $$;

-- The loads of a source that a release reads, as a literal for generated statements.
CREATE FUNCTION release.loads_of(wanted int4, of_source int2) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT quote_literal(coalesce(array_agg(l.load_id ORDER BY l.load_id), '{}')::text) || '::int4[]'
      FROM release.release_load AS l
     WHERE l.release_id = wanted AND l.source_id = of_source AND l.has_agreement;
$$;

-- Which of the active rows of those loads count, as a condition on p: where the sender does not answer for all controllers, those of
-- the ones that agreed, and none where no column tells whose they are. '' where all senders do.
CREATE FUNCTION release.controller_condition(wanted int4, of_source ingest.source) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN each_loads IS NULL THEN ''
                WHEN ($2).controller_column IS NULL THEN format(' AND p.load_id <> ALL (%L::int4[])', each_loads)
                ELSE format(' AND (p.load_id <> ALL (%L::int4[]) OR p.%I = ANY (%L::text[]))', each_loads,
                            ($2).controller_column,
                            ARRAY(SELECT c.controller FROM release.release_controller AS c
                                   WHERE c.release_id = $1 AND c.source_id = ($2).source_id ORDER BY 1)) END
      FROM (SELECT array_agg(l.load_id ORDER BY l.load_id) AS each_loads FROM release.release_load AS l
             WHERE l.release_id = $1 AND l.source_id = ($2).source_id AND l.has_agreement AND l.each_controller) AS e;
$$;

-- Which of the rows p of a source are of rejected practices, as a condition; '' where none can be.
CREATE FUNCTION release.practice_condition(wanted int4, of_source ingest.source) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN c.name IS NULL OR ($2).subject_kind = 'none'
                     OR NOT EXISTS (SELECT FROM release.release_practice AS x WHERE x.release_id = $1) THEN ''
                ELSE format('EXISTS (SELECT FROM release.release_practice AS x'
                            ' JOIN ingest.source AS s USING (source_id) WHERE x.release_id = %s AND x.practice = p.%I'
                            ' AND (s.role = ''register'' OR x.load_id = p.load_id))', $1, c.name) END
      FROM ingest.practice_column(($2).source_id) AS c (name);
$$;

-- The rows of a source that a release has agreements for, as a subquery for generated statements. Whose row it is is asked last: what
-- removes or replaces rows does so whoever it is of, and a removal holds nothing outside its key.
CREATE FUNCTION release.rows_agreed(wanted int4, of_source ingest.source) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('(SELECT p.* FROM %s AS p WHERE true%s)',
                  ingest.active_rows($2, format('(SELECT r.* FROM records.%I AS r WHERE r.load_id = ANY (%s))', ($2).name,
                                                release.loads_of($1, ($2).source_id))),
                  release.controller_condition($1, $2));
$$;

-- The rows of a source that a release reads.
CREATE FUNCTION release.rows_of(wanted int4, of_source ingest.source) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE c.condition WHEN '' THEN release.rows_agreed($1, $2)
                ELSE format('(SELECT p.* FROM %s AS p WHERE NOT %s)', release.rows_agreed($1, $2), c.condition) END
      FROM release.practice_condition($1, $2) AS c (condition);
$$;

-- The day a record speaks of: its event date, or the beginning of its validity.
CREATE FUNCTION release.day_column(of_source ingest.source) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(quote_ident(coalesce(($1).event_date_column, ($1).valid_from_column)), 'NULL::date');
$$;

-- ---- opt-outs ----

-- The list is an enumeration with its polarity in each row: 'not_allowed' leaves a person out, whatever another row
-- says; a person who is not on the list is allowed. The newest list of each sender is applied, whatever month is built,
-- and its age counts from the newest month of which anything is held about people: no old month comes with an old list.
-- Fails closed without a list, with an old one, and when a person on it is not linked yet.
CREATE FUNCTION release.opt_outs_check(month int4, age_days_max int4) RETURNS int4
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    list record;
    newest_day date;
    oldest date;
    unlinked int8;
    newest_load int4;
BEGIN
    SELECT release.month_end(greatest(month, max(l.period))) INTO newest_day
      FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
     WHERE l.state = 'published' AND s.subject_kind <> 'none';
    FOR list IN SELECT a.load_id, s.name FROM ingest.active_load(NULL) AS a JOIN ingest.source AS s USING (source_id)
                 WHERE s.role = 'opt_out' ORDER BY a.load_id LOOP
        EXECUTE format('SELECT min(r.list_date), count(*) FILTER (WHERE r.decision = ''not_allowed'''
                       ' AND k.subject_id IS NULL) FROM records.%I AS r LEFT JOIN linkage.link AS k USING (subject_id)'
                       ' WHERE r.load_id = %s', list.name, list.load_id) INTO oldest, unlinked;
        IF oldest IS NULL OR newest_day - oldest > age_days_max THEN
            RAISE EXCEPTION 'opt-out list: older than % days at the end of the newest month held, or empty', age_days_max
                USING ERRCODE = 'CQ001';
        END IF;
        IF unlinked > 0 THEN
            RAISE EXCEPTION 'opt-out list: it holds people who are not linked yet; link first'
                USING ERRCODE = 'CQ001';
        END IF;
        newest_load := list.load_id;
    END LOOP;
    IF newest_load IS NULL THEN
        RAISE EXCEPTION 'opt-out list: none is held' USING ERRCODE = 'CQ001';
    END IF;
    RETURN newest_load;
END $$;

-- People who must not be used. Any identity of a merged person speaks for the whole person.
CREATE FUNCTION release.opted_out() RETURNS SETOF int8
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    list record;
BEGIN
    FOR list IN SELECT a.load_id, s.name FROM ingest.active_load(NULL) AS a JOIN ingest.source AS s USING (source_id)
                 WHERE s.role = 'opt_out' LOOP
        RETURN QUERY EXECUTE format(
            'SELECT k.person_id FROM records.%I AS r JOIN linkage.current_link AS k USING (subject_id)'
            ' WHERE r.load_id = %s AND r.decision = ''not_allowed''', list.name, list.load_id);
    END LOOP;
END $$;

-- Did a load of these roles come or go since the last linkage began?
CREATE FUNCTION release.changed_since_linkage(roles text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
                    WHERE s.role = ANY ($1)
                      AND greatest(l.held_from, l.held_to) > coalesce((SELECT r.started FROM linkage.run AS r WHERE r.state = 'done'
                                                                        ORDER BY r.run_id DESC LIMIT 1), '-infinity'));
$$;

-- A merger makes one person of two, who may have opted out as either: what came or went since the last linkage began
-- is not in the links yet. Each statement of a build sees what was committed before it: asked once the loads are fixed,
-- so that nothing comes between.
CREATE FUNCTION release.links_check() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF release.changed_since_linkage('{merger,crosswalk,opt_out,register}') THEN
        RAISE EXCEPTION 'release: mergers, opt-outs or registrations changed since the last linkage; run link first'
            USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- A list that came while a release was built may be read by one of its statements and not by another, and names people
-- whom no link knows: asked at its end, when no linkage can have run meanwhile.
CREATE FUNCTION release.opt_outs_stand(held release.release) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF held.opt_out_load_id IS NOT NULL AND release.changed_since_linkage('{opt_out}') THEN
        RAISE EXCEPTION 'release %: an opt-out list came or went while it was built; run link, then build it again',
            held.release_id USING ERRCODE = 'CQ001';
    END IF;
END $$;

-- ---- begin ----

-- How good the linkage is that a release is linked by: no answer goes without it.
CREATE FUNCTION release.linkage_note(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO release.linkage (release_id, line, kind, value, rate, low, high, change, is_weak)
    SELECT r.release_id, l.line, l.kind, l.value, l.rate, l.low, l.high, l.change, l.is_weak
      FROM release.release AS r JOIN linkage.report AS l ON l.run_id = r.links_run_id
     WHERE r.release_id = wanted;
    IF NOT FOUND AND EXISTS (SELECT FROM release.release AS r WHERE r.release_id = wanted AND r.links_run_id IS NOT NULL) THEN
        RAISE EXCEPTION 'release: the report of its linkage is not written, or a linkage came or went meanwhile; build it again'
            USING ERRCODE = 'CQ001';
    END IF;
END $$;

CREATE FUNCTION release.leftovers_drop(month int4, purpose text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    leftover int4;
BEGIN
    FOR leftover IN SELECT r.release_id FROM release.release AS r
                     WHERE r.month = leftovers_drop.month AND r.purpose = leftovers_drop.purpose
                       AND r.state = 'building' LOOP
        EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', release.schema_name(leftover));
        DELETE FROM release.release WHERE release_id = leftover;
    END LOOP;
END $$;

-- Judges the lists of the loads that the release reads, by the figures published by now; says how many rows that
-- leaves out.
CREATE FUNCTION release.practices_judge(wanted int4) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    source ingest.source;
    condition text;
    counted int8;
    left_out int8 := 0;
BEGIN
    INSERT INTO release.release_practice (release_id, load_id, source_id, practice, people, published)
    SELECT wanted, u.load_id, u.source_id, t.practice, t.people, t.published
      FROM release.release_load AS u JOIN ingest.load AS l USING (load_id), LATERAL ingest.lists_rejected(l) AS t
     WHERE u.release_id = wanted AND u.has_agreement;
    FOR source IN SELECT s.* FROM ingest.source AS s ORDER BY s.source_id LOOP
        condition := release.practice_condition(wanted, source);
        IF condition <> '' THEN
            EXECUTE format('SELECT count(*) FROM %s AS p WHERE %s', release.rows_agreed(wanted, source), condition)
               INTO counted;
            left_out := left_out + counted;
        END IF;
    END LOOP;
    RETURN left_out;
END $$;

-- seen: how often a load names a subject, and of which practice. One pass over the records answers who is in the release, what is linked
-- and what each month covers.
CREATE FUNCTION release.seen_collect(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
    source ingest.source;
BEGIN
    EXECUTE format('CREATE UNLOGGED TABLE %s.work_seen (source_id int2, load_id int4, subject_id int8, practice text,'
                   ' row_count int8, latest date)', place);
    FOR source IN SELECT s.* FROM ingest.source AS s WHERE s.subject_kind <> 'none'
                    AND (s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk')) ORDER BY s.source_id LOOP
        EXECUTE format('INSERT INTO %s.work_seen SELECT %s, r.load_id, r.subject_id, r.practice, count(*), max(r.day)'
                       ' FROM (SELECT load_id, subject_id, %s AS practice, %s AS day FROM %s AS active) AS r'
                       ' GROUP BY r.load_id, r.subject_id, r.practice', place, source.source_id,
                       coalesce(quote_ident(ingest.practice_column(source.source_id)), 'NULL::text'),
                       release.day_column(source), release.rows_of(wanted, source));
    END LOOP;
    EXECUTE format('ANALYZE %s.work_seen', place);
END $$;

-- Who is known by somebody else's pseudonym alone may have opted out, and no list could tell: left out as well.
CREATE FUNCTION release.unreachable_leave_out(place text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_foreign boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s.work_subject WHERE pass >= 4)', place) INTO is_foreign;
    IF is_foreign THEN
        EXECUTE format('INSERT INTO %1$s.work_opted_out SELECT DISTINCT w.person_id FROM %1$s.work_subject AS w'
                       ' WHERE w.pass >= 4 AND NOT EXISTS (SELECT FROM linkage.current_link AS k'
                       ' WHERE k.person_id = w.person_id AND k.pass < 4) ON CONFLICT DO NOTHING', place);
    END IF;
END $$;

-- Two subjects that were found alike are one person for the purposes alone that their sources may be compared for.
CREATE FUNCTION release.link_serves(one int8, other int8, purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT governance.may_compare(a.name, b.name, $3)
      FROM subjects.subject AS s JOIN ingest.source AS a USING (source_id),
           subjects.subject AS t JOIN ingest.source AS b USING (source_id)
     WHERE s.subject_id = $1 AND t.subject_id = $2
$$;

-- Numbers are a random permutation: they tell nothing of the order in which people came.
CREATE FUNCTION release.people_number(wanted int4, applies_opt_outs boolean) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
    left_out int8;
BEGIN
    EXECUTE format($sql$
        CREATE UNLOGGED TABLE %1$s.work_subject AS
        SELECT k.subject_id, k.person_id, k.pass, max(seen.latest) AS latest
          FROM %1$s.work_seen AS seen
          JOIN ingest.source AS s ON s.source_id = seen.source_id AND s.subject_kind = 'person'
          JOIN linkage.current_link AS k ON k.subject_id = seen.subject_id
         WHERE k.pass < 6 OR k.pass = 10 OR release.link_serves(k.subject_id, k.other_subject, %2$L)
         GROUP BY k.subject_id, k.person_id, k.pass$sql$, place, (SELECT r.purpose FROM release.release AS r
                                                                   WHERE r.release_id = wanted));
    EXECUTE format('CREATE UNLOGGED TABLE %s.work_opted_out (person_id int8 PRIMARY KEY)', place);
    IF applies_opt_outs THEN
        EXECUTE format('INSERT INTO %s.work_opted_out SELECT DISTINCT o FROM release.opted_out() AS o', place);
        PERFORM release.unreachable_leave_out(place);
    END IF;
    EXECUTE format($sql$
        CREATE UNLOGGED TABLE %1$s.work_person AS
        SELECT p.person_id, (row_number() OVER (ORDER BY gen_random_uuid()))::int4 AS person_number
          FROM (SELECT DISTINCT w.person_id FROM %1$s.work_subject AS w
                 WHERE NOT EXISTS (SELECT FROM %1$s.work_opted_out AS o WHERE o.person_id = w.person_id)) AS p$sql$,
        place);
    EXECUTE format('CREATE UNIQUE INDEX ON %s.work_person (person_id)', place);
    EXECUTE format($sql$
        CREATE UNLOGGED TABLE %1$s.work_link AS
        SELECT w.subject_id, p.person_number, w.latest
          FROM %1$s.work_subject AS w JOIN %1$s.work_person AS p USING (person_id)$sql$, place);
    EXECUTE format('CREATE UNIQUE INDEX ON %s.work_link (subject_id)', place);
    EXECUTE format('ANALYZE %1$s.work_person, %1$s.work_link, %1$s.work_opted_out', place);
    EXECUTE format('SELECT count(DISTINCT w.person_id) FROM %1$s.work_subject AS w'
                   ' JOIN %1$s.work_opted_out AS o USING (person_id)', place) INTO left_out;
    RETURN left_out;
END $$;

-- What a permit to build says of how: nothing, where it is as usual.
CREATE FUNCTION release.permit_detail(at_least text, known_on date) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws(' ', 'status=' || nullif(at_least, 'provisional'), 'known=' || to_char(known_on, 'YYYY-MM-DD'));
$$;

-- at_least, known_on: opt-outs, mergers and cross-walks are controls, and applied whatever their status is and as they are now. So are
-- links, agreements and the figures that practices' lists are judged by.
CREATE FUNCTION release.build_begin(permit bytea, month int4, purpose text, at_least text, known_on date) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    made int4;
    rule governance.purpose;
    opt_out_load int4;
BEGIN
    PERFORM audit.require(permit, 'release_build', release.month_text(month));
    -- the rules for this purpose are those that the permit was granted by
    IF audit.entry_text(audit.permit_entry(permit), 11) IS DISTINCT FROM purpose THEN
        RAISE EXCEPTION 'release: the permit is for another purpose' USING ERRCODE = 'CQ001';
    END IF;
    IF coalesce(audit.entry_text(audit.permit_entry(permit), 14), '') <> release.permit_detail(at_least, known_on) THEN
        RAISE EXCEPTION 'release: the permit is for another status or day' USING ERRCODE = 'CQ001';
    END IF;
    IF ingest.day_end(known_on) > now() THEN
        RAISE EXCEPTION 'release: the day it is to be known at is not over' USING ERRCODE = 'CQ001';
    END IF;
    SELECT p.* INTO rule FROM governance.purpose AS p WHERE p.purpose = build_begin.purpose AND p.ended_on IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'release: the purpose is not registered' USING ERRCODE = 'CQ001';
    END IF;
    -- one build at a time, and no linkage beside it: what a release is made of stands still
    LOCK TABLE release.release IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE linkage.run IN SHARE MODE;
    PERFORM release.leftovers_drop(month, purpose);
    IF rule.opt_out = 'applied' THEN
        opt_out_load := release.opt_outs_check(month, rule.opt_out_max_age_days);
    END IF;

    INSERT INTO release.release (month, purpose, state, permit_id, opt_out_load_id, links_run_id, at_least, known_on)
    VALUES (build_begin.month, build_begin.purpose, 'building', permit, opt_out_load,
            (SELECT max(r.run_id) FROM linkage.run AS r WHERE r.state = 'done'), build_begin.at_least, build_begin.known_on)
    RETURNING release_id INTO made;
    PERFORM release.linkage_note(made);
    INSERT INTO release.release_load (release_id, load_id, source_id, has_agreement, each_controller)
    SELECT made, a.load_id, a.source_id,
           s.subject_kind = 'none' OR governance.agreement_is_current(a.sender, s.name, build_begin.purpose),
           s.subject_kind <> 'none' AND governance.needs_each_controller(a.sender, s.name, build_begin.purpose)
      FROM ingest.active_load_at(build_begin.month, build_begin.at_least, build_begin.known_on) AS a
      JOIN ingest.source AS s USING (source_id)
     WHERE s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk');
    PERFORM release.links_check();
    INSERT INTO release.release_edition (release_id, period, load_id, source_id)
    SELECT made, e.period, a.load_id, a.source_id
      FROM (SELECT DISTINCT l.period, l.source_id FROM ingest.load AS l JOIN ingest.source AS s USING (source_id)
             WHERE s.role IN ('geography', 'practice') AND l.period <= build_begin.month
               AND l.state IN ('published', 'replaced')) AS e,
           LATERAL ingest.active_load_at(e.period, build_begin.at_least, build_begin.known_on) AS a
     WHERE a.source_id = e.source_id;
    INSERT INTO release.release_unsettled (release_id, load_id)
    SELECT made, a.load_id
      FROM ingest.active_load_at(build_begin.month, 'provisional', build_begin.known_on) AS a
      JOIN ingest.load AS l USING (load_id)
      JOIN ingest.source AS s ON s.source_id = a.source_id
     WHERE ingest.status_rank(l.status) < ingest.status_rank(build_begin.at_least)
       AND (s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk'));

    INSERT INTO release.release_controller (release_id, source_id, controller)
    SELECT DISTINCT made, s.source_id, a.sender
      FROM governance.agreement AS a JOIN ingest.source AS s ON s.name = a.source AND s.controller_column IS NOT NULL
     WHERE governance.agreement_is_current(a.sender, s.name, build_begin.purpose);

    EXECUTE format('CREATE SCHEMA %I', release.schema_name(made));
    UPDATE release.release AS r SET rows_practice_rejected = release.practices_judge(made) WHERE r.release_id = made;
    PERFORM release.seen_collect(made);
    UPDATE release.release AS r
       SET opted_out = release.people_number(made, rule.opt_out = 'applied'),
           rows_without_agreement = (SELECT coalesce(sum(l.rows_loaded), 0) FROM release.release_load AS u
                                       JOIN ingest.load AS l USING (load_id)
                                      WHERE u.release_id = made AND NOT u.has_agreement)
     WHERE r.release_id = made;
    RETURN made;
END $$;

-- ---- registrations and households ----

-- Numbers of people by the subjects of registers: with those whose rows are of rejected practices alone, where there are any.
CREATE FUNCTION release.register_map(wanted int4) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(CASE WHEN EXISTS (SELECT FROM release.release_practice AS x WHERE x.release_id = $1)
                       THEN '(SELECT k.subject_id, n.person_number FROM linkage.current_link AS k'
                            ' JOIN %I.work_person AS n USING (person_id)'
                            ' WHERE k.pass < 6 OR k.pass = 10'
                            ' OR release.link_serves(k.subject_id, k.other_subject, %L))'
                       ELSE '%I.work_link' END, release.schema_name($1),
                  (SELECT r.purpose FROM release.release AS r WHERE r.release_id = $1));
$$;

-- A registration ends on the day before the next one begins, so that a day has at most one. valid_to is inclusive. Those
-- whose beginning is unknown begin together, before all days: of them, as of those that begin on one day, only the last
-- is left; it is the one that ends last, so that no day is lost. That of a rejected practice goes when it has ended the
-- one before: nobody comes back to a practice they have left.
CREATE FUNCTION release.registrations_collect(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
    source ingest.source;
    practice text;
    care_home text;
BEGIN
    EXECUTE format('CREATE UNLOGGED TABLE %s.work_register (person_number int4, subject_id int8, valid_from date,'
                   ' valid_to date, practice text, care_home boolean)', place);
    FOR source IN SELECT s.* FROM ingest.source AS s WHERE s.role = 'register' AND s.subject_kind = 'person'
                   ORDER BY s.source_id LOOP
        -- the practice is the register's required dimension without a code list
        SELECT quote_ident(c.name) INTO practice FROM ingest.source_column AS c
         WHERE c.source_id = source.source_id AND c.use = 'dimension' AND c.required AND c.list IS NULL
         ORDER BY c.name IS NOT DISTINCT FROM ingest.practice_column(source.source_id) DESC, c.position LIMIT 1;
        SELECT quote_ident(c.name) INTO care_home FROM ingest.source_column AS c
         WHERE c.source_id = source.source_id AND c.name = 'care_home' AND c.type = 'boolean';
        EXECUTE format('INSERT INTO %1$s.work_register SELECT w.person_number, r.subject_id, %2$s, %3$s, %4$s, %5$s'
                       ' FROM %6$s AS r JOIN %7$s AS w USING (subject_id)',
                       place, release.day_column(source),
                       coalesce(quote_ident(source.valid_to_column), 'NULL::date'), coalesce(practice, 'NULL::text'),
                       coalesce(care_home, 'NULL::boolean'), release.rows_agreed(wanted, source),
                       release.register_map(wanted));
    END LOOP;
    EXECUTE format($sql$
        CREATE UNLOGGED TABLE %1$s.work_registration AS
        SELECT * FROM (
            SELECT person_number, subject_id, valid_from, least(valid_to,
                       lead(coalesce(valid_from, '-infinity')) OVER (PARTITION BY person_number
                           ORDER BY coalesce(valid_from, '-infinity'), coalesce(valid_to, 'infinity') , practice,
                                    subject_id) - 1) AS valid_to,
                   practice, care_home
              FROM %1$s.work_register) AS resolved
         WHERE (valid_to IS NULL OR (valid_to > '-infinity' AND (valid_from IS NULL OR valid_from <= valid_to)))
           AND (practice = ANY (%2$L::text[])) IS NOT TRUE$sql$, place,
        ARRAY(SELECT x.practice FROM release.release_practice AS x JOIN ingest.source AS s USING (source_id) WHERE x.release_id = wanted AND s.role = 'register'));
    EXECUTE format('ANALYZE %s.work_registration', place);
END $$;

-- A look-up source of a role as a subquery: one row a key, of the newest load; no rows when nothing is held.
CREATE FUNCTION release.look_up(wanted int4, of_role text, key_column text, columns text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    source ingest.source;
BEGIN
    SELECT s.* INTO source FROM ingest.source AS s WHERE s.role = of_role ORDER BY s.source_id LIMIT 1;
    IF NOT FOUND THEN
        RETURN '(SELECT NULL::text AS ' || quote_ident(key_column)
               || (SELECT string_agg(', NULL::text AS ' || quote_ident(c), '') FROM unnest(columns) AS c)
               || ' WHERE false)';
    END IF;
    RETURN format('(SELECT DISTINCT ON (%1$I) %1$I, %2$s FROM %3$s AS held'
                  ' ORDER BY %1$I, load_id DESC, line_number DESC)', key_column,
                  (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) AS c), release.rows_of(wanted, source));
END $$;

-- The same as then: each key through time, a row for as long as all columns stay what they are. The oldest edition held is that
-- of all days before it as well.
CREATE FUNCTION release.look_up_then(wanted int4, of_role text, key_column text, columns text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    source ingest.source;
    listed text := (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) AS c);
BEGIN
    SELECT s.* INTO source FROM ingest.source AS s WHERE s.role = of_role ORDER BY s.source_id LIMIT 1;
    IF NOT FOUND THEN
        RETURN format('(SELECT NULL::date AS valid_from, NULL::date AS valid_to, none.* FROM %s AS none)',
                      release.look_up(wanted, of_role, key_column, columns));
    END IF;
    RETURN format($sql$(
        WITH said AS (
            SELECT DISTINCT ON (e.period, r.%1$I) e.period, r.%1$I, ROW(%2$s) AS said, %2$s
              FROM release.release_edition AS e JOIN records.%3$I AS r USING (load_id)
             WHERE e.release_id = %4$s AND e.source_id = %5$s
             ORDER BY e.period, r.%1$I, r.load_id DESC, r.line_number DESC),
        edition AS (
            SELECT period, CASE WHEN lag(period) OVER (ORDER BY period) IS NOT NULL
                                THEN release.month_end(period - 1) + 1 END AS valid_from
              FROM (SELECT DISTINCT e.period FROM release.release_edition AS e
                     WHERE e.release_id = %4$s AND e.source_id = %5$s) AS each_once),
        through AS (
            SELECT k.%1$I, e.period, e.valid_from, %2$s,
                   row_number() OVER (PARTITION BY k.%1$I ORDER BY e.period) = 1
                   OR said IS DISTINCT FROM lag(said) OVER (PARTITION BY k.%1$I ORDER BY e.period) AS begins
              FROM (SELECT DISTINCT said.%1$I FROM said) AS k
             CROSS JOIN edition AS e
              LEFT JOIN said ON said.period = e.period AND said.%1$I = k.%1$I)
        SELECT valid_from, lead(valid_from) OVER (PARTITION BY %1$I ORDER BY period) - 1 AS valid_to, %1$I, %2$s
          FROM through WHERE begins)$sql$, key_column, listed, source.name, wanted, source.source_id);
END $$;

-- Which practice each has become by the last day of the release's month, as a subquery: whoever has closed before it and names a
-- successor is that one, which may have one as well. Null where they go round in a circle. No rows where the register of practices
-- does not say.
CREATE FUNCTION release.successors(wanted int4) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT format('(WITH RECURSIVE held AS %1$s, step AS ('
                      ' SELECT practice_code, practice_code AS practice_now, 0 AS steps FROM held'
                      ' UNION ALL SELECT s.practice_code, h.successor_code, s.steps + 1'
                      ' FROM step AS s JOIN held AS h ON h.practice_code = s.practice_now'
                      ' WHERE h.successor_code IS NOT NULL AND h.%2$I < %3$L AND s.steps < 32)'
                      ' SELECT DISTINCT ON (practice_code) practice_code,'
                      ' CASE WHEN steps < 32 THEN practice_now END AS practice_now'
                      ' FROM step ORDER BY practice_code, steps DESC)',
                      release.look_up($1, 'practice', 'practice_code', ARRAY['successor_code', s.valid_to_column]),
                      s.valid_to_column,
                      (SELECT release.month_end(r.month) FROM release.release AS r WHERE r.release_id = $1))
          FROM (SELECT p.* FROM ingest.source AS p WHERE p.role = 'practice' ORDER BY p.source_id LIMIT 1) AS s
         WHERE s.valid_to_column IS NOT NULL
           AND EXISTS (SELECT FROM ingest.source_column AS c
                        WHERE c.source_id = s.source_id AND c.name = 'successor_code')),
        '(SELECT NULL::text AS practice_code, NULL::text AS practice_now WHERE false)');
$$;

-- Where a look-up of then says another thing from a day on, a registration goes on as another row.
CREATE FUNCTION release.registrations_make(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
BEGIN
    EXECUTE format('CREATE UNLOGGED TABLE %1$s.work_area AS SELECT * FROM %2$s AS a;'
                   'CREATE UNLOGGED TABLE %1$s.work_network AS SELECT * FROM %3$s AS n;'
                   'ANALYZE %1$s.work_area, %1$s.work_network', place,
                   release.look_up_then(wanted, 'geography', 'lsoa_code_2021', '{ward_code,district,hcp}'),
                   release.look_up_then(wanted, 'practice', 'practice_code', '{pcn_code,hcp}'));
    EXECUTE format($sql$
        CREATE TABLE %1$s.registration AS
        SELECT r.person_number, greatest(r.valid_from, a.valid_from, n.valid_from) AS valid_from,
               least(r.valid_to, a.valid_to, n.valid_to) AS valid_to, r.practice, p.pcn_code AS pcn,
               coalesce(p.hcp, g.hcp) AS hcp, s.lsoa_2011, s.lsoa_2021, g.ward_code AS ward, g.district,
               d.imd_decile::int2 AS imd_decile, r.care_home,
               CASE WHEN f.practice_code IS NULL THEN r.practice ELSE f.practice_now END AS practice_now,
               n.pcn_code AS pcn_then, coalesce(n.hcp, a.hcp) AS hcp_then, a.ward_code AS ward_then,
               a.district AS district_then
          FROM %1$s.work_registration AS r
          JOIN subjects.subject AS s USING (subject_id)
          LEFT JOIN %1$s.work_area AS a ON a.lsoa_code_2021 = s.lsoa_2021
               AND coalesce(a.valid_from <= r.valid_to, true) AND coalesce(a.valid_to >= r.valid_from, true)
          LEFT JOIN %1$s.work_network AS n ON n.practice_code = r.practice
               AND coalesce(n.valid_from <= least(r.valid_to, a.valid_to), true)
               AND coalesce(n.valid_to >= greatest(r.valid_from, a.valid_from), true)
          LEFT JOIN %2$s AS g ON g.lsoa_code_2021 = s.lsoa_2021
          LEFT JOIN %3$s AS d ON d.lsoa_code_2011 = s.lsoa_2011
          LEFT JOIN %4$s AS p ON p.practice_code = r.practice
          LEFT JOIN %5$s AS f ON f.practice_code = r.practice
         ORDER BY r.person_number, valid_from$sql$, place,
        release.look_up(wanted, 'geography', 'lsoa_code_2021', '{ward_code,district,hcp}'),
        release.look_up(wanted, 'deprivation', 'lsoa_code_2011', '{imd_decile}'),
        release.look_up(wanted, 'practice', 'practice_code', '{pcn_code,hcp}'), release.successors(wanted));
    EXECUTE format('CREATE INDEX ON %s.registration (person_number)', place);
    EXECUTE format('ANALYZE %s.registration', place);
END $$;

-- Households by the register's own addresses, so that month and agreements hold for them as well.
CREATE FUNCTION release.households_make(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
BEGIN
    EXECUTE format($sql$
        CREATE UNLOGGED TABLE %1$s.work_household AS
        SELECT household_id, (row_number() OVER (ORDER BY gen_random_uuid()))::int4 AS household_number
          FROM (SELECT DISTINCT h.household_id FROM %1$s.work_registration
                  JOIN linkage.subject_household AS h USING (subject_id)) AS lived_in$sql$, place);
    EXECUTE format('CREATE UNIQUE INDEX ON %s.work_household (household_id)', place);
    EXECUTE format($sql$
        CREATE TABLE %1$s.household AS
        SELECT r.person_number, n.household_number, r.valid_from, r.valid_to
          FROM %1$s.work_registration AS r
          JOIN linkage.subject_household AS h USING (subject_id)
          JOIN %1$s.work_household AS n USING (household_id)
         ORDER BY r.person_number, r.valid_from$sql$, place);
    EXECUTE format('CREATE INDEX ON %s.household (person_number)', place);
    EXECUTE format('ANALYZE %1$s.household, %1$s.work_household', place);
END $$;

CREATE FUNCTION release.closed_note(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    closing text;
BEGIN
    SELECT s.valid_to_column INTO closing FROM ingest.source AS s WHERE s.role = 'practice' ORDER BY s.source_id LIMIT 1;
    IF closing IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('INSERT INTO release.closed (release_id, practice, month)'
                   ' SELECT %s, practice_code, (extract(year FROM %3$I) - 2000) * 12 + extract(month FROM %3$I) - 1'
                   ' FROM %2$s AS p WHERE %3$I IS NOT NULL', wanted,
                   release.look_up(wanted, 'practice', 'practice_code', ARRAY[closing]), closing);
END $$;

CREATE FUNCTION release.build_places(permit bytea, wanted int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    PERFORM release.claim(permit, wanted);
    PERFORM release.registrations_collect(wanted);
    PERFORM release.registrations_make(wanted);
    PERFORM release.closed_note(wanted);
    PERFORM release.households_make(wanted);
END $$;

-- ---- sources ----

-- Sources whose rows a release holds, in the order in which they are built.
CREATE FUNCTION release.build_sources(permit bytea, wanted int4) RETURNS TABLE (source text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM release.claim(permit, wanted);
    RETURN QUERY SELECT s.name FROM ingest.source AS s
                  WHERE s.subject_kind <> 'none' AND (s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk'))
                  ORDER BY s.name;
END $$;

-- What the records' subjects map to: numbers of people or of households.
CREATE FUNCTION release.number_map(place text, subject_kind text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE $2 WHEN 'person' THEN format('%s.work_link', $1)
                   ELSE format('(SELECT h.subject_id, n.household_number FROM linkage.subject_household AS h'
                               ' JOIN %s.work_household AS n USING (household_id))', $1) END;
$$;

CREATE FUNCTION release.sent_note(wanted int4, of_source ingest.source) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($sql$
        INSERT INTO release.sent (release_id, source, month, sender)
        SELECT DISTINCT %2$s, %3$L, l.period, coalesce(seen.practice, l.sender)
          FROM release.release_load AS u
          JOIN ingest.load AS l USING (load_id)
          LEFT JOIN (SELECT DISTINCT w.load_id, w.practice FROM %1$I.work_seen AS w WHERE w.source_id = %4$s) AS seen
               USING (load_id)
         WHERE u.release_id = %2$s AND u.source_id = %4$s AND u.has_agreement
           AND (seen.practice IS NOT NULL OR l.rows_loaded = 0 OR %5$L)$sql$, release.schema_name(wanted), wanted,
        of_source.name, of_source.source_id, ingest.practice_column(of_source.source_id) IS NULL);
END $$;

-- Says how many rows are of nobody linked for the release's purpose.
CREATE FUNCTION release.coverage_count(wanted int4, of_source ingest.source) RETURNS int8
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
    unlinked int8;
BEGIN
    PERFORM release.sent_note(wanted, of_source);
    EXECUTE format($sql$
        WITH seen AS (
            SELECT seen.load_id, sum(seen.row_count) AS row_count,
                   coalesce(sum(seen.row_count) FILTER (WHERE k.subject_id IS NOT NULL), 0) AS linked
              FROM %1$s.work_seen AS seen
              LEFT JOIN %4$s
             WHERE seen.source_id = %5$s
             GROUP BY seen.load_id),
        covered AS (
            INSERT INTO release.coverage (release_id, source, month, status, senders, rows, match_rate)
            SELECT %2$s, %3$L, l.period,
                   (array_agg(l.status ORDER BY array_position('{provisional,final,year_end}', l.status)))[1],
                   (SELECT count(*) FROM release.sent AS t
                     WHERE t.release_id = %2$s AND t.source = %3$L AND t.month = l.period),
                   coalesce(sum(n.row_count), 0),
                   sum(n.linked)::float8 / nullif(sum(n.row_count), 0)::float8
              FROM release.release_load AS u
              JOIN ingest.load AS l USING (load_id)
              LEFT JOIN seen AS n USING (load_id)
             WHERE u.release_id = %2$s AND u.source_id = %5$s AND u.has_agreement
             GROUP BY l.period)
        SELECT coalesce(sum(row_count - linked), 0) FROM seen$sql$, place, wanted, of_source.name,
        CASE of_source.subject_kind
        WHEN 'person' THEN format('linkage.link AS k ON k.subject_id = seen.subject_id AND (k.pass < 6 OR k.pass = 10'
                                  ' OR release.link_serves(k.subject_id, k.other_subject, %L))',
                                  (SELECT r.purpose FROM release.release AS r WHERE r.release_id = wanted))
        ELSE 'linkage.subject_household AS k USING (subject_id)' END, of_source.source_id)
       INTO unlinked;
    RETURN unlinked;
END $$;

-- Rows of people (or of homes of people) in the release; says how many.
CREATE FUNCTION release.build_source(permit bytea, wanted int4, source_name text) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '256MB'
    SET maintenance_work_mem = '256MB' AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
    source ingest.source;
    number_column text;
    copied int8;
    unlinked int8;
BEGIN
    PERFORM release.claim(permit, wanted);
    SELECT s.* INTO STRICT source FROM ingest.source AS s WHERE s.name = source_name AND s.subject_kind <> 'none';
    number_column := CASE source.subject_kind WHEN 'person' THEN 'person_number' ELSE 'household_number' END;
    EXECUTE format($sql$
        CREATE TABLE %1$s.%2$I AS
        SELECT w.%3$I, (row_number() OVER (ORDER BY w.%3$I))::int4 AS record_number%4$s
          FROM %6$s AS r
          JOIN %5$s AS w USING (subject_id)$sql$, place, source.name, number_column,
        (SELECT coalesce(string_agg(CASE c.type WHEN 'time' -- asked in bands: whole minutes since midnight
                                                THEN format(', (extract(hour FROM r.%1$I) * 60 + extract(minute FROM r.%1$I))::int2 AS %1$I', c.name)
                                                ELSE ', r.' || quote_ident(c.name) END, '' ORDER BY c.position, c.name), '')
           FROM ingest.source_column AS c WHERE c.source_id = source.source_id),
        release.number_map(place, source.subject_kind), release.rows_of(wanted, source));
    GET DIAGNOSTICS copied = ROW_COUNT;
    -- blocks are written by ranges of numbers
    EXECUTE format('CREATE INDEX ON %s.%I (%I)', place, source.name, number_column);
    EXECUTE format('ANALYZE %s.%I', place, source.name);
    unlinked := release.coverage_count(wanted, source);
    UPDATE release.release AS r SET rows = r.rows + copied, rows_unlinked = r.rows_unlinked + unlinked
     WHERE r.release_id = wanted;
    RETURN copied;
END $$;

-- ---- people ----

-- Known before not stated (Z, 99), register before other sources, latest before oldest; null when nobody says.
CREATE FUNCTION release.ethnic_categories(wanted int4) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce('(SELECT DISTINCT ON (person_number) person_number, ethnic_category FROM ('
               || string_agg(format('SELECT person_number, ethnic_category, %s AS is_register, %s AS day FROM %I.%I',
                                    (s.role IS NOT DISTINCT FROM 'register')::text, release.day_column(s),
                                    release.schema_name(wanted), s.name), ' UNION ALL ' ORDER BY s.source_id)
               || ') AS said WHERE ethnic_category IS NOT NULL ORDER BY person_number,'
               || ' ethnic_category IN (''Z'', ''99''), is_register DESC, day DESC NULLS LAST, ethnic_category)',
               '(SELECT NULL::int4 AS person_number, NULL::text AS ethnic_category WHERE false)')
      FROM ingest.source AS s
      JOIN ingest.source_column AS c USING (source_id)
     WHERE s.subject_kind = 'person' AND (s.role IS NULL OR s.role NOT IN ('opt_out', 'merger', 'crosswalk'))
       AND c.name = 'ethnic_category' AND c.type = 'text';
$$;

CREATE FUNCTION release.deaths(wanted int4) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce('(SELECT person_number, min(day) AS death_date FROM ('
               || string_agg(format('SELECT person_number, %s AS day FROM %I.%I', release.day_column(s),
                                    release.schema_name(wanted), s.name), ' UNION ALL ' ORDER BY s.source_id)
               || ') AS died GROUP BY person_number)',
               '(SELECT NULL::int4 AS person_number, NULL::date AS death_date WHERE false)')
      FROM ingest.source AS s
     WHERE s.role = 'death' AND s.subject_kind = 'person';
$$;

-- Birth and sex: the register's latest subject, then other sources' latest.
CREATE FUNCTION release.people_make(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET work_mem = '128MB' AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$s.person AS
        SELECT w.person_number, d.birth[1][1] AS birth_year, d.birth[1][2] AS birth_month, d.sex, e.ethnic_category,
               x.death_date
          FROM %1$s.work_person AS w
          LEFT JOIN (SELECT person_number,
                            array_agg(birth ORDER BY is_register DESC, latest DESC NULLS LAST, subject_id)
                                FILTER (WHERE birth[1] IS NOT NULL) AS birth,
                            (array_agg(sex ORDER BY is_register DESC, latest DESC NULLS LAST, subject_id)
                                FILTER (WHERE sex IS NOT NULL))[1] AS sex
                       FROM (SELECT l.person_number, l.subject_id, l.latest, ARRAY[j.birth_year, j.birth_month] AS birth,
                                    j.sex, s.role IS NOT DISTINCT FROM 'register' AS is_register
                               FROM %1$s.work_link AS l
                               JOIN subjects.subject AS j USING (subject_id)
                               JOIN ingest.source AS s USING (source_id)) AS said
                      GROUP BY person_number) AS d USING (person_number)
          LEFT JOIN %2$s AS e USING (person_number)
          LEFT JOIN %3$s AS x USING (person_number)
         ORDER BY w.person_number$sql$, place, release.ethnic_categories(wanted), release.deaths(wanted));
    EXECUTE format('ALTER TABLE %s.person ADD PRIMARY KEY (person_number)', place);
    EXECUTE format('ANALYZE %s.person', place);
END $$;

CREATE FUNCTION release.guard_make(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
BEGIN
    EXECUTE format('INSERT INTO release.guard_person (person_id, guard_number, record_key)'
                   ' SELECT person_id, release.random_int8(), release.random_int8() FROM %s.work_person AS w'
                   ' WHERE NOT EXISTS (SELECT FROM release.guard_person AS g WHERE g.person_id = w.person_id)', place);
    EXECUTE format('CREATE TABLE %1$s.guard AS SELECT w.person_number, g.guard_number, g.record_key'
                   ' FROM %1$s.work_person AS w JOIN release.guard_person AS g USING (person_id)'
                   ' ORDER BY w.person_number', place);
    EXECUTE format('ALTER TABLE %s.guard ADD PRIMARY KEY (person_number)', place);
END $$;

-- The values of the dimensions over the whole release: a table has a line for each, whatever its cohort holds.
CREATE FUNCTION release.categories_make(wanted int4) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place text := quote_ident(release.schema_name(wanted));
    line record;
BEGIN
    EXECUTE format('CREATE TABLE %s.category (dimension text NOT NULL, value text NOT NULL,'
                   ' PRIMARY KEY (dimension, value))', place);
    -- one pass a table: each line of the grouping sets holds a value of the one dimension that it is grouped by
    FOR line IN SELECT known.relation, string_agg(format('(%I)', d), ', ') AS sets,
                       string_agg(format('grouping(%1$I) AS %2$I, %1$I::text AS %3$I', d, 'rolled_' || d, 'value_' || d),
                                  ', ') AS columns,
                       string_agg(format('(%L, %I, %I)', d, 'rolled_' || d, 'value_' || d), ', ') AS answers
                  FROM (VALUES ('person', '{sex,ethnic_category}'::text[]),
                               ('registration', '{district,district_then,ward,ward_then,hcp,hcp_then,pcn,pcn_then,practice,'
                                                 'practice_now,imd_decile,care_home}'))
                       AS known (relation, dimensions), unnest(known.dimensions) AS d
                 GROUP BY known.relation LOOP
        EXECUTE format('INSERT INTO %1$s.category SELECT v.dimension, v.value'
                       ' FROM (SELECT %2$s FROM %1$s.%3$I GROUP BY GROUPING SETS (%4$s)) AS t,'
                       ' LATERAL (VALUES %5$s) AS v (dimension, rolled, value) WHERE v.rolled = 0 AND v.value IS NOT NULL',
                       place, line.columns, line.relation, line.sets, line.answers);
    END LOOP;
    EXECUTE format('ANALYZE %s.category', place);
END $$;

CREATE FUNCTION release.build_people(permit bytea, wanted int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    made int8;
BEGIN
    PERFORM release.claim(permit, wanted);
    PERFORM release.people_make(wanted);
    PERFORM release.guard_make(wanted);
    PERFORM release.categories_make(wanted);
    EXECUTE format('SELECT count(*) FROM %I.person', release.schema_name(wanted)) INTO made;
    UPDATE release.release AS r SET people = made WHERE r.release_id = wanted;
    RETURN made;
END $$;

-- ---- blocks: the same in columns, as queries read it ----
-- The program that builds encodes them; what it needs to read for that it may read until it publishes, in the one
-- transaction that also makes the tables. docs/decisions/blocks.md

-- Tables that are written as blocks, in their order, and how their columns are read; one without columns has one line.
-- listed_by: its rows are listed once more by the code that every record has ('code') and by the event date ('day').
CREATE FUNCTION release.build_columns(permit bytea, wanted int4)
RETURNS TABLE (source text, is_household boolean, "column" text, type text, listed_by text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place text := release.schema_name(wanted);
BEGIN
    PERFORM release.claim(permit, wanted);
    EXECUTE format('CREATE TABLE %I.block (kind int4, source int4, "column" int4, part int4, content bytea NOT NULL,'
                   ' PRIMARY KEY (kind, source, "column", part))', place);
    EXECUTE format('ALTER TABLE %I.block ALTER content SET STORAGE EXTERNAL', place);
    INSERT INTO release.opened (release_id) VALUES (wanted);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO cinque_releaser', place);
    EXECUTE (SELECT string_agg(format('GRANT SELECT ON %I.%I TO cinque_releaser', place, t.name), '; ')
               FROM release.block_tables(wanted) AS t);
    RETURN QUERY
        SELECT t.name, t.is_household, a.attname::text,
               CASE format_type(a.atttypid, NULL) WHEN 'smallint' THEN 'integer' WHEN 'bigint' THEN 'integer'
                                                  WHEN 'numeric' THEN 'decimal' ELSE format_type(a.atttypid, NULL) END,
               CASE a.attname WHEN s.event_date_column THEN 'day'
                              WHEN (SELECT c.name FROM ingest.source_column AS c
                                     WHERE c.source_id = s.source_id AND c.use = 'code' AND c.required AND c.type = 'text'
                                     ORDER BY c.position LIMIT 1) THEN 'code' END
          FROM release.block_tables(wanted) AS t
          LEFT JOIN pg_attribute AS a
            ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
           AND a.attname NOT IN ('person_number', 'record_number')
           AND NOT (t.is_household AND a.attname = 'household_number')
          LEFT JOIN ingest.source AS s ON s.name = t.name AND t.rank = 4
         ORDER BY t.rank, t.name, a.attnum;
END $$;

CREATE FUNCTION release.block_tables(wanted int4)
RETURNS TABLE (name text, relation oid, rank int4, is_household boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relname::text COLLATE "C", c.oid, coalesce(array_position('{person,registration,household}', c.relname::text), 4),
           EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'household_number' AND a.attnum = 1)
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = release.schema_name(wanted) AND c.relkind = 'r' AND c.relname NOT LIKE 'work\_%'
       AND c.relname NOT IN ('guard', 'category', 'block');
$$;

CREATE FUNCTION release.build_block(permit bytea, wanted int4, kind int4, source int4, "column" int4, part int4,
                                    content bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM release.claim(permit, wanted);
    EXECUTE format('INSERT INTO %I.block VALUES ($1, $2, $3, $4, $5)', release.schema_name(wanted))
      USING kind, source, "column", part, content;
END $$;

-- The hash of the manifest, when it ends with those of all other blocks in their order; null when it does not.
CREATE FUNCTION release.manifest_hash(wanted int4) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hash bytea;
BEGIN
    IF to_regclass(format('%I.block', release.schema_name(wanted))) IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format($sql$
        SELECT sha256(m.content)
          FROM %1$I.block AS m,
               LATERAL (SELECT coalesce(string_agg(sha256(b.content), ''::bytea
                                                   ORDER BY b.kind, b.source, b."column", b.part), ''::bytea) AS hashes
                          FROM %1$I.block AS b WHERE b.kind > 0) AS held
         WHERE m.kind = 0
           AND substr(m.content, greatest(octet_length(m.content) - octet_length(held.hashes), 0) + 1) = held.hashes$sql$,
        release.schema_name(wanted)) INTO hash;
    RETURN hash;
END $$;

-- ---- content and life ----

-- SHA-256 over the sorted rows, in blocks of numbers, so that no text grows with the table. No column has a capital
-- letter, so "Row" is always the row. OFFSET 0: rows are made text below the gathering of parallel workers.
CREATE FUNCTION release.table_hash(schema_name text, table_name text, number_column text, has_records boolean)
RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET work_mem = '256MB' SET datestyle = 'ISO, YMD'
    SET extra_float_digits = 1 SET bytea_output = 'hex' SET parallel_tuple_cost = 0.001 AS $$
DECLARE
    hash bytea;
BEGIN
    EXECUTE format($sql$
        SELECT sha256(coalesce(string_agg(block_hash, ''::bytea ORDER BY block), ''::bytea))
          FROM (SELECT block, sha256(convert_to(string_agg(line, E'\n' ORDER BY place), 'UTF8')) AS block_hash
                  FROM (SELECT %3$s AS block, %4$s AS place, "Row"::text AS line FROM %1$I.%2$I AS "Row" OFFSET 0)
                       AS lines
                 GROUP BY block) AS blocks$sql$, schema_name, table_name,
        CASE WHEN number_column IS NULL THEN '0' ELSE format('%I >> 8', number_column) END,
        CASE WHEN has_records THEN '"Row".record_number' ELSE '"Row"::text COLLATE "C"' END) INTO hash;
    RETURN hash;
END $$;

-- Over name, columns and rows of each table, the blocks by their manifest, the coverage and linkage that are printed beside
-- every answer, who sent what of it and who has closed, the status that was asked for, and the practices that were left out.
CREATE FUNCTION release.content_hash(wanted int4) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT sha256(coalesce(string_agg(convert_to(c.relname || E'\n' || d.columns || E'\n', 'UTF8')
                                      || release.table_hash(n.nspname::text, c.relname::text, d.number_column,
                                                            d.has_records),
                                      ''::bytea ORDER BY c.relname COLLATE "C"), ''::bytea)
                  || convert_to((SELECT coalesce(string_agg(v::text, E'\n' ORDER BY v.source, v.month), '')
                                   FROM release.coverage AS v WHERE v.release_id = wanted)
                                || (SELECT coalesce(string_agg(E'\nlinkage ' || k::text, '' ORDER BY k.line), '')
                                      FROM release.linkage AS k WHERE k.release_id = wanted)
                                || (SELECT coalesce(string_agg(E'\nsent ' || t::text, '' ORDER BY t.source, t.month, t.sender), '')
                                      FROM release.sent AS t WHERE t.release_id = wanted)
                                || (SELECT coalesce(string_agg(E'\nclosed ' || c::text, '' ORDER BY c.practice), '')
                                      FROM release.closed AS c WHERE c.release_id = wanted)
                                || (SELECT CASE r.at_least WHEN 'provisional' THEN ''
                                                           ELSE E'\nat least ' || r.at_least END
                                      FROM release.release AS r WHERE r.release_id = wanted)
                                || (SELECT coalesce(E'\nknown ' || to_char(r.known_on, 'YYYY-MM-DD'), '')
                                      FROM release.release AS r WHERE r.release_id = wanted)
                                || (SELECT coalesce(string_agg(E'\nwithout ' || x::text, '' ORDER BY x.load_id, x.practice), '')
                                      FROM release.release_practice AS x WHERE x.release_id = wanted), 'UTF8')
                  || coalesce((SELECT r.manifest FROM release.release AS r WHERE r.release_id = wanted), ''::bytea))
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace,
           LATERAL (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ',' ORDER BY a.attnum)
                               AS columns,
                           min(a.attname::text) FILTER (WHERE a.attnum = 1
                               AND a.attname IN ('person_number', 'household_number')) AS number_column,
                           bool_or(a.attname = 'record_number') AS has_records
                      FROM pg_attribute AS a
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS d
     WHERE n.nspname = release.schema_name(wanted) AND c.relkind = 'r' AND c.relname NOT LIKE 'work\_%'
       AND c.relname <> 'block';
$$;

CREATE FUNCTION release.retire_now(wanted int4, permit bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE release.release AS r SET state = 'retired', retired = now(), retire_permit_id = permit
     WHERE r.release_id = wanted AND r.state = 'live';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'release %: not live', wanted USING ERRCODE = 'CQ002';
    END IF;
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM cinque_query', release.schema_name(wanted));
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM cinque_query', release.schema_name(wanted));
END $$;

-- Last: the working tables go, the content is fixed, readers are let in. It succeeds the release of the same month,
-- purpose and day it is known at, which is refused from now on.
CREATE FUNCTION release.build_publish(permit bytea, wanted int4)
RETURNS TABLE (people int8, opted_out int8, rows int8, rows_unlinked int8, rows_without_agreement int8, rows_practice_rejected int8,
              content bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    held release.release := release.claim(permit, wanted);
    place text := release.schema_name(wanted);
    fixed bytea := release.manifest_hash(wanted);
    work text;
BEGIN
    IF fixed IS NULL THEN
        RAISE EXCEPTION 'release %: its blocks are not those of its manifest', wanted USING ERRCODE = 'CQ002';
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM cinque_releaser', place);
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM cinque_releaser', place);
    DELETE FROM release.opened WHERE release_id = wanted;
    UPDATE release.release AS r SET manifest = fixed WHERE r.release_id = wanted;
    FOR work IN SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE n.nspname = place AND c.relkind = 'r' AND c.relname LIKE 'work\_%' LOOP
        EXECUTE format('DROP TABLE %I.%I', place, work);
    END LOOP;
    EXECUTE format('CREATE VIEW %I.coverage AS SELECT source, month, status, senders, rows, match_rate'
                   ' FROM release.coverage WHERE release_id = %s', place, wanted);
    PERFORM release.retire_now(r.release_id, permit) FROM release.release AS r
      WHERE r.month = held.month AND r.purpose = held.purpose AND r.state = 'live'
        AND r.known_on IS NOT DISTINCT FROM held.known_on;
    UPDATE release.release AS r
       SET state = 'live', built = now(), content = release.content_hash(wanted) WHERE r.release_id = wanted;
    PERFORM release.opt_outs_stand(held);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO cinque_query', place);
    EXECUTE format('GRANT SELECT ON %1$I.block, %1$I.category TO cinque_query', place);
    RETURN QUERY SELECT r.people, r.opted_out, r.rows, r.rows_unlinked, r.rows_without_agreement,
                        r.rows_practice_rejected, r.content
                   FROM release.release AS r WHERE r.release_id = wanted;
END $$;

-- Is a release still what was published, its blocks as well?
CREATE FUNCTION release.verify(wanted int4) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.manifest IS NOT DISTINCT FROM release.manifest_hash(r.release_id)
           AND r.content = release.content_hash(r.release_id) FROM release.release AS r
     WHERE r.release_id = wanted AND r.state <> 'building';
$$;

CREATE FUNCTION release.retire(permit bytea, wanted int4) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'release_retire', wanted::text);
    PERFORM release.retire_now(wanted, permit);
END $$;

-- What a release lacks because it was delivered with a less settled status than it asks for. While it is built, too.
CREATE FUNCTION release.unsettled(wanted int4)
RETURNS TABLE (source text, month int4, status text, senders int4, rows int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.name, l.period, l.status, count(DISTINCT l.sender)::int4, sum(l.rows_loaded)::int8
      FROM release.release_unsettled AS u
      JOIN ingest.load AS l USING (load_id)
      JOIN ingest.source AS s USING (source_id)
     WHERE u.release_id = wanted
     GROUP BY s.name, l.period, l.status ORDER BY s.name, l.period, l.status;
$$;

-- Practices that a release leaves out, and whose list of which month is why. While it is built, too.
CREATE FUNCTION release.practices(wanted int4)
RETURNS TABLE (source text, sender text, month int4, practice text, people int8, published int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.name, l.sender, l.period, x.practice, x.people, x.published
      FROM release.release_practice AS x
      JOIN ingest.load AS l USING (load_id)
      JOIN ingest.source AS s ON s.source_id = x.source_id
     WHERE x.release_id = wanted ORDER BY s.name, l.sender, l.period, x.practice;
$$;

CREATE FUNCTION release.list()
RETURNS TABLE (release_id int4, month int4, purpose text, at_least text, known_on date, state text, people int8,
               built timestamptz, content bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.release_id, r.month, r.purpose, r.at_least, r.known_on, r.state, r.people, r.built, r.content
      FROM release.release AS r ORDER BY r.release_id;
$$;

-- Does each sender whose rows a release holds, and each controller where they count, still agree to its purpose? Where
-- controllers count now and did not when it was built, it may hold rows of those who never agreed.
CREATE FUNCTION release.agreements_are_current(wanted int4, purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_and(governance.agreement_is_current(used.sender, used.name, $2)
                             AND (used.is_filtered OR NOT governance.needs_each_controller(used.sender, used.name, $2))), true)
      FROM (SELECT DISTINCT l.sender, s.name, u.each_controller AS is_filtered
              FROM release.release_load AS u
              JOIN ingest.load AS l USING (load_id)
              JOIN ingest.source AS s ON s.source_id = u.source_id
             WHERE u.release_id = $1 AND u.has_agreement AND s.subject_kind <> 'none'
            UNION
            SELECT c.controller, s.name, true
              FROM release.release_controller AS c
              JOIN ingest.source AS s USING (source_id)
             WHERE c.release_id = $1
               AND EXISTS (SELECT FROM release.release_load AS u WHERE u.release_id = $1
                              AND u.source_id = c.source_id AND u.has_agreement AND u.each_controller)) AS used;
$$;

-- The newest of a purpose and a day it is known at, retired ones too: one that was taken back gives way to a new one, never to an
-- older one.
CREATE FUNCTION release.is_newest(held release.release) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM release.release AS later
                        WHERE later.purpose = ($1).purpose AND later.state <> 'building'
                          AND later.known_on IS NOT DISTINCT FROM ($1).known_on
                          AND (later.month, later.release_id) > (($1).month, ($1).release_id));
$$;

-- What was known at an old day is asked for long after it was built: whoever has opted out by the list of a later release of the
-- purpose is out of it too.
CREATE FUNCTION release.opt_outs_are_current(held release.release) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ($1).known_on IS NULL
        OR NOT EXISTS (SELECT FROM release.release AS later
                        WHERE later.purpose = ($1).purpose AND later.state <> 'building'
                          AND later.release_id > ($1).release_id
                          AND later.opt_out_load_id IS DISTINCT FROM ($1).opt_out_load_id);
$$;

-- What is taken back is out of the past too. A usual release gives way to the next one; nothing follows one of an old day.
CREATE FUNCTION release.stands(held release.release) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ($1).known_on IS NULL
        OR NOT EXISTS (SELECT FROM release.release_load AS u JOIN ingest.load AS l USING (load_id)
                        WHERE u.release_id = ($1).release_id AND u.has_agreement AND l.state = 'withdrawn')
       AND NOT EXISTS (SELECT FROM release.release_edition AS e JOIN ingest.load AS l USING (load_id)
                        WHERE e.release_id = ($1).release_id AND l.state = 'withdrawn')
       AND NOT EXISTS (SELECT FROM linkage.run AS r WHERE r.run_id = ($1).links_run_id AND r.state = 'undone');
$$;

-- The reader's door, before anything of a release is read for a query: the permit is open, the text is the one that
-- was approved, the release is live, the newest and of the project's purpose, and purpose and agreements still hold.
CREATE FUNCTION release.open(permit bytea, query_id text, query_content bytea, wanted int4)
RETURNS TABLE (month int4, people int8, manifest bytea, known_on date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    held release.release;
BEGIN
    PERFORM audit.require(permit, 'query_run', open.query_id);
    SELECT r.* INTO held FROM release.release AS r WHERE r.release_id = wanted;
    IF held.state IS DISTINCT FROM 'live' THEN
        RAISE EXCEPTION 'release %: not live', wanted USING ERRCODE = 'CQ001';
    END IF;
    IF NOT release.is_newest(held) THEN
        RAISE EXCEPTION 'release %: not the newest of its purpose', wanted USING ERRCODE = 'CQ001';
    END IF;
    IF NOT release.opt_outs_are_current(held) THEN
        RAISE EXCEPTION 'release %: a later one has a newer list of opt-outs; build it again', wanted USING ERRCODE = 'CQ001';
    END IF;
    IF NOT release.stands(held) THEN
        RAISE EXCEPTION 'release %: a delivery or linkage behind it was taken back; build a new one', wanted USING ERRCODE = 'CQ001';
    END IF;
    IF NOT EXISTS (SELECT FROM governance.purpose AS p WHERE p.purpose = held.purpose AND p.ended_on IS NULL) THEN
        RAISE EXCEPTION 'release %: its purpose has ended', wanted USING ERRCODE = 'CQ001';
    END IF;
    IF NOT release.agreements_are_current(wanted, held.purpose) THEN
        RAISE EXCEPTION 'release %: an agreement behind it has ended or changed; build a new one', wanted USING ERRCODE = 'CQ001';
    END IF;
    IF NOT EXISTS (SELECT FROM governance.query AS q JOIN governance.approval AS a USING (query_id)
                     JOIN governance.project AS p USING (project_id)
                    WHERE q.query_id::text = open.query_id AND q.content = query_content AND a.content = query_content
                      AND p.purpose = held.purpose) THEN
        RAISE EXCEPTION 'query: not approved in this wording for this release''s purpose' USING ERRCODE = 'CQ001';
    END IF;
    RETURN QUERY SELECT held.month, held.people, held.manifest, held.known_on;
END $$;

-- The number of the query with this wording that an open permit is for; null when there is none.
CREATE FUNCTION release.query_of(permit bytea, query_content bytea) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.object FROM audit.permit AS p JOIN governance.query AS q ON q.query_id::text = p.object
     WHERE p.permit_id = $1 AND p.action = 'query_run' AND p.spent_at IS NULL AND q.content = $2;
$$;

-- ---- who may what ----

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA release FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    release.build_begin(bytea, int4, text, text, date), release.build_places(bytea, int4), release.build_sources(bytea, int4),
    release.build_source(bytea, int4, text), release.build_people(bytea, int4), release.build_columns(bytea, int4),
    release.build_block(bytea, int4, int4, int4, int4, int4, bytea), release.build_publish(bytea, int4),
    release.retire(bytea, int4), release.verify(int4), release.list(), release.unsettled(int4), release.practices(int4)
    TO cinque_releaser;
GRANT EXECUTE ON FUNCTION release.open(bytea, text, bytea, int4), release.query_of(bytea, bytea),
    release.month_end(int4) TO cinque_query;
GRANT SELECT (release_id, month, purpose, at_least, known_on, state, people, rows, content, manifest, built) ON release.release TO cinque_query;
GRANT SELECT ON release.coverage, release.linkage, release.sent, release.closed, release.practice_left_out TO cinque_query;

RESET ROLE;
