-- The rules: who is who, what may be used for what and until when; queries and their approval.
-- Filled from one YAML file by governance/apply.c. Nothing is deleted: what left the file has an ended_on.
SET LOCAL ROLE cinque_owner;

CREATE TABLE governance.person (
    person_id   text PRIMARY KEY CHECK (person_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$' AND person_id <> 'bootstrap'),
    uid         int8 NOT NULL CHECK (uid BETWEEN 0 AND 4294967294),
    name        text NOT NULL,
    is_engineer boolean NOT NULL,
    is_analyst  boolean NOT NULL,
    is_ig_lead  boolean NOT NULL,
    is_steward  boolean NOT NULL DEFAULT false, -- of data quality: releases and refuses loads that are held back
    ended_on    date,
    CONSTRAINT person_uid_is_one EXCLUDE USING btree (uid WITH =) WHERE (ended_on IS NULL)
        DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE governance.purpose (
    purpose              text PRIMARY KEY,
    title                text NOT NULL,
    opt_out              text NOT NULL CHECK (opt_out IN ('applied', 'not_applied')),
    legal_basis          text NOT NULL,
    approver             text NOT NULL,
    opt_out_max_age_days int4 NOT NULL CHECK (opt_out_max_age_days BETWEEN 1 AND 366),
    ended_on             date,
    CONSTRAINT not_applied_has_basis_and_approver
        CHECK (opt_out = 'applied' OR (legal_basis <> '' AND approver <> ''))
);

CREATE TABLE governance.supplier (
    supplier text PRIMARY KEY,
    title    text NOT NULL,
    ended_on date
);

CREATE TABLE governance.agreement (
    sender      text NOT NULL REFERENCES governance.supplier,
    source      text NOT NULL,
    purpose     text NOT NULL REFERENCES governance.purpose,
    valid_from  date NOT NULL,
    valid_to    date NOT NULL CHECK (valid_to >= valid_from),
    legal_basis text NOT NULL,
    -- Whose rows it covers, where a row says whose it is: the sender answers for all of them, or each controller needs
    -- an agreement of its own.
    each_controller boolean NOT NULL DEFAULT false,
    ended_on    date,
    PRIMARY KEY (sender, source, purpose, valid_from)
);

-- Keyed combinations by name, as a rules file has them, as bits: whose names' sounds and birth date are equal, with the
-- postcode (1), the address (2), the postcode's area (4). linkage.combination_name says them at length.
CREATE FUNCTION governance.combination_bits(names text) RETURNS int2
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE names WHEN 'all' THEN 7 WHEN 'none' THEN 0
                ELSE (SELECT bit_or(1 << array_position(ARRAY['postcode', 'address', 'area'], n) - 1)
                        FROM unnest(string_to_array(names, ', ')) AS n) END::int2;
$$;

-- Which sources' records may be compared by their encodings, for which purpose: nothing else ever is. A source stands
-- beside itself as well. What is linked by such comparisons goes into releases of that purpose alone.
CREATE TABLE governance.linkage (
    purpose    text NOT NULL REFERENCES governance.purpose,
    source_a   text NOT NULL,
    source_b   text NOT NULL CHECK (source_a <= source_b),
    valid_from date NOT NULL,
    valid_to   date NOT NULL CHECK (valid_to >= valid_from),
    ended_on   date,
    combinations text NOT NULL DEFAULT 'all' CHECK (governance.combination_bits(combinations) IS NOT NULL),
    PRIMARY KEY (purpose, source_a, source_b, valid_from)
);

CREATE TABLE governance.policy (
    name           text NOT NULL,
    effective_from date NOT NULL,
    people_min     int8 NOT NULL CHECK (people_min >= 5),
    round_to       int8 NOT NULL CHECK (round_to >= 1),
    ended_on       date,
    PRIMARY KEY (name, effective_from)
);

CREATE TABLE governance.project (
    project_id text PRIMARY KEY,
    title      text NOT NULL,
    purpose    text NOT NULL REFERENCES governance.purpose,
    policy     text NOT NULL,
    valid_from date NOT NULL,
    valid_to   date NOT NULL CHECK (valid_to >= valid_from),
    ended_on   date
);

CREATE TABLE governance.project_member (
    project_id text NOT NULL REFERENCES governance.project,
    person_id  text NOT NULL REFERENCES governance.person,
    ended_on   date,
    PRIMARY KEY (project_id, person_id)
);

CREATE TABLE governance.project_source (
    project_id text NOT NULL REFERENCES governance.project,
    source     text NOT NULL,
    ended_on   date,
    PRIMARY KEY (project_id, source)
);

-- Each file that was applied, whole: the history of the rules.
CREATE TABLE governance.applied (
    applied_id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now(),
    permit_id  bytea NOT NULL,
    content    bytea NOT NULL CHECK (length(content) = 32),
    file_text  text NOT NULL
);

CREATE TABLE governance.query (
    query_id     int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id   text NOT NULL REFERENCES governance.project,
    author       text NOT NULL REFERENCES governance.person,
    title        text NOT NULL,
    query_text   text NOT NULL,
    content      bytea NOT NULL CHECK (content = sha256(convert_to(query_text, 'UTF8'))),
    sources      text[] NOT NULL, -- what its author asked leave for
    submitted_at timestamptz NOT NULL DEFAULT now(),
    permit_id    bytea NOT NULL,
    UNIQUE (query_id, author)
);

-- Two people by constraint: the foreign key carries the author here, the check keeps the approver another.
CREATE TABLE governance.approval (
    query_id    int8 PRIMARY KEY,
    author      text NOT NULL,
    approver    text NOT NULL REFERENCES governance.person,
    content     bytea NOT NULL,
    approved_at timestamptz NOT NULL DEFAULT now(),
    permit_id   bytea NOT NULL,
    CONSTRAINT approval_is_of_the_author FOREIGN KEY (query_id, author) REFERENCES governance.query (query_id, author),
    CONSTRAINT approver_is_another CHECK (approver <> author)
);

-- What takes two people: one says that it may be done, another does it, once. Of the provider's key with a fingerprint that
-- the regional key is sealed to it; of a rules file with a hash that it is applied; of a delivery that its archive is opened; of a load that its rejected lines are.
CREATE TABLE governance.act_approval (
    approval_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    act         text NOT NULL,
    object      text NOT NULL,
    approver    text NOT NULL REFERENCES governance.person,
    approved_at timestamptz NOT NULL DEFAULT now(),
    permit_id   bytea NOT NULL,
    actor       text REFERENCES governance.person, -- null: not used yet
    used_at     timestamptz,
    CONSTRAINT act_has_its_object CHECK (CASE act WHEN 'key_seal' THEN object ~ '^[0-9a-f]{64}$'
                                                  WHEN 'apply' THEN object ~ '^[0-9a-f]{64}$'
                                                  WHEN 'archive_open' THEN object ~ '^[1-9][0-9]*$'
                                                  WHEN 'quarantine_open' THEN object ~ '^[1-9][0-9]*$'
                                                  ELSE false END),
    CONSTRAINT actor_is_another CHECK (actor <> approver),
    CHECK ((actor IS NULL) = (used_at IS NULL))
);

CREATE TABLE governance.output (
    output_id   int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    query_id    int8 NOT NULL REFERENCES governance.query,
    release_id  int8 NOT NULL,
    output_text text NOT NULL,
    content     bytea NOT NULL CHECK (length(content) = 32),
    kept_at     timestamptz NOT NULL DEFAULT now(),
    permit_id   bytea NOT NULL
);

CREATE FUNCTION governance.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.%: rows are only ever added', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = '42501';
END
$$;
CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.applied
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.query
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.approval
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.output
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

-- ---- what the rules ask ----

-- Agreements run by civil dates of Europe/London, both ends included.
CREATE FUNCTION governance.today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (now() AT TIME ZONE 'Europe/London')::date;
$$;

CREATE FUNCTION governance.has_role(person text, role_name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM governance.person AS p
                    WHERE p.person_id = $1 AND p.ended_on IS NULL
                      AND CASE $2 WHEN 'engineer' THEN p.is_engineer WHEN 'analyst' THEN p.is_analyst
                                  WHEN 'ig_lead' THEN p.is_ig_lead WHEN 'steward' THEN p.is_steward
                                  ELSE false END);
$$;

-- purpose NULL: for any purpose
CREATE FUNCTION governance.may_compare(source text, with_source text, purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM governance.linkage AS l
                    WHERE l.source_a = least($1, $2) AND l.source_b = greatest($1, $2)
                      AND (l.purpose = $3 OR $3 IS NULL) AND l.ended_on IS NULL
                      AND governance.today() BETWEEN l.valid_from AND l.valid_to);
$$;

-- Keyed combinations that every rule in force for these two names: one rule's links serve all purposes that it is for.
CREATE FUNCTION governance.may_combine(source text, with_source text) RETURNS int2
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bit_and(governance.combination_bits(l.combinations)), 0::int2)
      FROM governance.linkage AS l
     WHERE l.source_a = least($1, $2) AND l.source_b = greatest($1, $2) AND l.ended_on IS NULL
       AND governance.today() BETWEEN l.valid_from AND l.valid_to;
$$;

-- purpose NULL: for any purpose
CREATE FUNCTION governance.agreement_is_current(sender text, source text, purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM governance.agreement AS a
                    WHERE a.sender = $1 AND a.source = $2 AND (a.purpose = $3 OR $3 IS NULL)
                      AND a.ended_on IS NULL AND governance.today() BETWEEN a.valid_from AND a.valid_to);
$$;

-- Whether rows of this sender's need agreements of their own controllers: no current agreement lets the sender answer
-- for all. purpose NULL: for any purpose.
CREATE FUNCTION governance.needs_each_controller(sender text, source text, purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_and(a.each_controller), false) FROM governance.agreement AS a
     WHERE a.sender = $1 AND a.source = $2 AND (a.purpose = $3 OR $3 IS NULL)
       AND a.ended_on IS NULL AND governance.today() BETWEEN a.valid_from AND a.valid_to;
$$;

CREATE FUNCTION governance.project_is_current(project text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM governance.project AS p
                    WHERE p.project_id = $1 AND p.ended_on IS NULL
                      AND governance.today() BETWEEN p.valid_from AND p.valid_to);
$$;

CREATE FUNCTION governance.project_has_sources(project text, sources text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM unnest($2) AS wanted (source)
                        WHERE NOT EXISTS (SELECT FROM governance.project_source AS s
                                           WHERE s.project_id = $1 AND s.source = wanted.source
                                             AND s.ended_on IS NULL));
$$;

-- "apc_spell,gp_event" as an array; the empty text has no items
CREATE FUNCTION governance.source_list(list text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_to_array($1, ',');
$$;

-- ---- the rules: each gives NULL when it grants, else the name of what is broken ----

CREATE FUNCTION governance.rule_role(person text, role_name text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN NOT governance.has_role($1, $2) THEN 'role ' || $2 || ' is needed' END;
$$;

CREATE FUNCTION governance.rule_either_role(person text, one text, other text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN NOT (governance.has_role($1, $2) OR governance.has_role($1, $3))
                THEN 'role ' || $2 || ' or ' || $3 || ' is needed' END;
$$;

CREATE FUNCTION governance.rule_load(person text, sender text, source text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(governance.rule_role($1, 'engineer'),
                    CASE WHEN NOT governance.agreement_is_current($2, $3, NULL)
                         THEN 'there is no current agreement of this sender for this source' END);
$$;

-- How fresh the opt-out list must be is held by release.opt_outs_check, where the loads are known.
CREATE FUNCTION governance.rule_release_build(person text, purpose text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(governance.rule_role($1, 'engineer'),
                    CASE WHEN NOT EXISTS (SELECT FROM governance.purpose AS p
                                           WHERE p.purpose = $2 AND p.ended_on IS NULL)
                         THEN 'the purpose is not registered' END);
$$;

CREATE FUNCTION governance.rule_project(person text, project text, sources text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        governance.rule_role($1, 'analyst'),
        CASE WHEN NOT governance.project_is_current($2) THEN 'the project is unknown or not current'
             WHEN NOT EXISTS (SELECT FROM governance.project_member AS m
                               WHERE m.project_id = $2 AND m.person_id = $1 AND m.ended_on IS NULL)
                  THEN 'only a member of the project may'
             WHEN NOT governance.project_has_sources($2, $3) THEN 'a source is not granted to the project' END);
$$;

-- The sources that a person may name for a project, as a member of it or as an IG lead; or the rule that is broken.
CREATE FUNCTION governance.project_sources(person text, project text) RETURNS TABLE (broken text, source text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH rule AS (
        SELECT CASE WHEN NOT governance.has_role($1, 'ig_lead') THEN governance.rule_project($1, $2, '{}'::text[])
                    WHEN NOT governance.project_is_current($2) THEN 'the project is unknown or not current' END AS broken)
    SELECT r.broken, NULL FROM rule AS r WHERE r.broken IS NOT NULL
     UNION ALL
    SELECT NULL, s.source FROM rule AS r JOIN governance.project_source AS s ON s.project_id = $2 AND s.ended_on IS NULL
     WHERE r.broken IS NULL
     ORDER BY 2;
$$;

CREATE FUNCTION governance.rule_approve(person text, query text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        governance.rule_role($1, 'ig_lead'),
        (SELECT CASE WHEN q.query_id IS NULL THEN 'the query is unknown'
                     WHEN q.author = $1 THEN 'an author cannot approve'
                     WHEN a.query_id IS NOT NULL THEN 'the query is approved already' END
           FROM (SELECT) AS always
           LEFT JOIN governance.query AS q ON q.query_id::text = $2
           LEFT JOIN governance.approval AS a ON a.query_id = q.query_id));
$$;

CREATE FUNCTION governance.rule_run(person text, query text, project text, sources text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN q.query_id IS NULL THEN coalesce(governance.rule_role($1, 'analyst'), 'the query is unknown')
                WHEN $3 NOT IN ('', q.project_id) THEN 'the query is of another project'
                ELSE coalesce(governance.rule_project($1, q.project_id, q.sources || $4),
                              CASE WHEN a.query_id IS NULL THEN 'the query is not approved'
                                   WHEN a.content <> sha256(convert_to(q.query_text, 'UTF8'))
                                        THEN 'the query differs from what was approved' END) END
      FROM (SELECT) AS always
      LEFT JOIN governance.query AS q ON q.query_id::text = $2
      LEFT JOIN governance.approval AS a ON a.query_id = q.query_id;
$$;

-- A load that its source's limits held back. plpgsql, since what is held is ingest's (075_hold.sql).
CREATE FUNCTION governance.rule_held(person text, load text, is_release boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held record;
    broken text := governance.rule_either_role(person, 'ig_lead', 'steward');
BEGIN
    IF broken IS NOT NULL THEN
        RETURN broken;
    END IF;
    SELECT h.loader, l.sender, s.name INTO held
      FROM ingest.hold AS h JOIN ingest.load AS l USING (load_id) JOIN ingest.source AS s USING (source_id)
     WHERE h.load_id::text = load AND l.state = 'held';
    RETURN CASE WHEN NOT FOUND THEN 'the load is not held back'
                WHEN held.loader = person THEN 'who loaded it cannot decide about it'
                WHEN is_release AND NOT governance.agreement_is_current(held.sender, held.name, NULL)
                     THEN 'there is no current agreement of this sender for this source' END;
END
$$;

-- What is opened is there: an approval of nothing would hold for whatever gets that number. plpgsql, as rule_held.
CREATE FUNCTION governance.rule_open_approve(person text, act text, object text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    broken text := governance.rule_role(person, 'ig_lead');
BEGIN
    IF broken IS NOT NULL THEN
        RETURN broken;
    END IF;
    IF act = 'archive_approve' THEN
        RETURN CASE WHEN NOT EXISTS (SELECT FROM ingest.delivery AS d WHERE d.delivery_id::text = object)
                         THEN 'there is no delivery of this number (cinque deliveries lists them)'
                    WHEN NOT EXISTS (SELECT FROM ingest.delivery AS d
                                      WHERE d.delivery_id::text = object AND d.archived_at IS NOT NULL
                                        AND d.ended_at IS NULL AND d.state <> 'duplicate')
                         THEN 'the delivery has no archive' END;
    END IF;
    RETURN CASE WHEN NOT EXISTS (SELECT FROM ingest.load AS l WHERE l.load_id::text = object)
                     THEN 'there is no load of this number (cinque loads lists them)'
                WHEN NOT EXISTS (SELECT FROM ingest.load AS l WHERE l.load_id::text = object AND l.rows_quarantined > 0)
                     THEN 'the load has no rejected lines' END;
END
$$;

-- Not used yet, and of the last 30 days: what was looked at long ago is looked at again.
CREATE FUNCTION governance.act_approval_open(act text, object text) RETURNS SETOF governance.act_approval
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.* FROM governance.act_approval AS a
     WHERE a.act = $1 AND a.object = $2 AND a.actor IS NULL AND a.approved_at > now() - interval '30 days'
       AND governance.has_role(a.approver, 'ig_lead')
     ORDER BY a.approval_id
$$;

CREATE FUNCTION governance.rule_approved(person text, act text, object text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN NOT EXISTS (SELECT FROM governance.act_approval_open($2, $3))
                     THEN 'no IG lead has approved it in the last 30 days, or it was done already'
                WHEN NOT EXISTS (SELECT FROM governance.act_approval_open($2, $3) AS a WHERE a.approver <> $1)
                     THEN 'who approved it does not do it' END
$$;

CREATE FUNCTION governance.rule_open(person text, act text, object text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(governance.rule_either_role($1, 'engineer', 'ig_lead'), governance.rule_approved($1, $2, $3))
$$;

-- Before anybody is registered the first files may be applied, by no one in particular, and the log says so.
CREATE FUNCTION governance.rule_apply(person text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN $1 = 'bootstrap' AND NOT EXISTS (SELECT FROM governance.person) THEN NULL
                ELSE governance.rule_either_role($1, 'engineer', 'ig_lead') END;
$$;

-- Rules name the people whose approval counts, so an engineer applies none that an IG lead has not read, once there is one.
CREATE FUNCTION governance.rules_need_approval(person text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT governance.has_role($1, 'ig_lead')
           AND EXISTS (SELECT FROM governance.person AS p WHERE p.is_ig_lead AND p.ended_on IS NULL)
$$;

CREATE FUNCTION governance.rule_rules(person text, act text, object text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(governance.rule_apply($1),
                    CASE WHEN governance.rules_need_approval($1) THEN governance.rule_approved($1, $2, $3) END)
$$;

-- The one table of action and rule.
CREATE FUNCTION governance.decide(action text, person text, source text, sender text, purpose text, project text,
                                  object text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE action
        WHEN 'load'           THEN governance.rule_load(person, sender, source)
        WHEN 'pull'           THEN governance.rule_load(person, sender, source)
        WHEN 'archive_approve' THEN governance.rule_open_approve(person, action, object)
        WHEN 'quarantine_approve' THEN governance.rule_open_approve(person, action, object)
        WHEN 'archive_open'   THEN governance.rule_open(person, action, object)
        WHEN 'quarantine_open' THEN governance.rule_open(person, action, object)
        WHEN 'archive_sweep'  THEN governance.rule_role(person, 'engineer')
        WHEN 'load_release'   THEN governance.rule_held(person, object, true)
        WHEN 'load_refuse'    THEN governance.rule_held(person, object, false)
        WHEN 'totals_add'     THEN governance.rule_role(person, 'engineer')
        WHEN 'population_add' THEN governance.rule_role(person, 'engineer')
        WHEN 'prices_add'     THEN governance.rule_role(person, 'engineer')
        WHEN 'withdraw'       THEN governance.rule_role(person, 'engineer')
        WHEN 'link'           THEN governance.rule_role(person, 'engineer')
        WHEN 'link_undo'      THEN governance.rule_role(person, 'engineer')
        WHEN 'link_explain'   THEN governance.rule_role(person, 'engineer')
        WHEN 'link_decide'    THEN governance.rule_role(person, 'engineer')
        WHEN 'rekey'          THEN governance.rule_role(person, 'engineer')
        WHEN 'key_ceremony'   THEN governance.rule_role(person, 'engineer')
        WHEN 'key_expire'     THEN governance.rule_role(person, 'engineer')
        WHEN 'key_destroy'    THEN governance.rule_role(person, 'engineer')
        WHEN 'key_approve'    THEN governance.rule_role(person, 'ig_lead')
        WHEN 'key_seal'       THEN coalesce(governance.rule_role(person, 'engineer'),
                                            governance.rule_approved(person, action, object))
        WHEN 'release_build'  THEN governance.rule_release_build(person, purpose)
        WHEN 'release_retire' THEN governance.rule_either_role(person, 'engineer', 'ig_lead')
        WHEN 'query_submit'   THEN governance.rule_project(person, project, governance.source_list(source))
        WHEN 'query_approve'  THEN governance.rule_approve(person, object)
        WHEN 'query_run'      THEN governance.rule_run(person, object, project, governance.source_list(source))
        WHEN 'audit_read'     THEN governance.rule_role(person, 'ig_lead')
        WHEN 'apply_approve'  THEN governance.rule_role(person, 'ig_lead')
        WHEN 'apply'          THEN governance.rule_rules(person, action, object)
        WHEN 'source_apply'   THEN governance.rule_apply(person)
        ELSE 'the action is unknown' END;
$$;

-- ---- applying a rules file ----

CREATE FUNCTION governance.put_person(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead, is_steward)
    SELECT key[1], fields[1]::int8, fields[2], 'engineer' = ANY (roles), 'analyst' = ANY (roles),
           'ig_lead' = ANY (roles), 'steward' = ANY (roles)
      FROM string_to_array(fields[3], ', ') AS roles
        ON CONFLICT (person_id) DO UPDATE
       SET uid = excluded.uid, name = excluded.name, is_engineer = excluded.is_engineer,
           is_analyst = excluded.is_analyst, is_ig_lead = excluded.is_ig_lead,
           is_steward = excluded.is_steward, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_purpose(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)
    VALUES (key[1], fields[1], fields[2], fields[3], fields[4], fields[5]::int4)
        ON CONFLICT (purpose) DO UPDATE
       SET title = excluded.title, opt_out = excluded.opt_out, legal_basis = excluded.legal_basis,
           approver = excluded.approver, opt_out_max_age_days = excluded.opt_out_max_age_days, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_supplier(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.supplier (supplier, title) VALUES (key[1], fields[1])
        ON CONFLICT (supplier) DO UPDATE SET title = excluded.title, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_agreement(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis, each_controller)
    VALUES (key[1], key[2], key[3], key[4]::date, fields[1]::date, fields[2], fields[3] = 'each')
        ON CONFLICT (sender, source, purpose, valid_from) DO UPDATE
       SET valid_to = excluded.valid_to, legal_basis = excluded.legal_basis,
           each_controller = excluded.each_controller, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_linkage(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.linkage (purpose, source_a, source_b, valid_from, valid_to, combinations)
    VALUES (key[1], key[2], key[3], key[4]::date, fields[1]::date, fields[2])
        ON CONFLICT (purpose, source_a, source_b, valid_from) DO UPDATE
       SET valid_to = excluded.valid_to, combinations = excluded.combinations, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_policy(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.policy (name, effective_from, people_min, round_to)
    VALUES (key[1], key[2]::date, fields[1]::int8, fields[2]::int8)
        ON CONFLICT (name, effective_from) DO UPDATE
       SET people_min = excluded.people_min, round_to = excluded.round_to, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_project(key text[], fields text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.project (project_id, title, purpose, policy, valid_from, valid_to)
    VALUES (key[1], fields[1], fields[2], fields[3], fields[4]::date, fields[5]::date)
        ON CONFLICT (project_id) DO UPDATE
       SET title = excluded.title, purpose = excluded.purpose, policy = excluded.policy,
           valid_from = excluded.valid_from, valid_to = excluded.valid_to, ended_on = NULL;
$$;

CREATE FUNCTION governance.put_member(key text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.project_member (project_id, person_id) VALUES (key[1], key[2])
        ON CONFLICT (project_id, person_id) DO UPDATE SET ended_on = NULL;
$$;

CREATE FUNCTION governance.put_grant(key text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO governance.project_source (project_id, source) VALUES (key[1], key[2])
        ON CONFLICT (project_id, source) DO UPDATE SET ended_on = NULL;
$$;

-- The permit's object is the SHA-256 of the rules file, in hex.
CREATE FUNCTION governance.put_item(permit bytea, file_hash text, kind text, key text[], fields text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'apply', file_hash);
    CASE kind
        WHEN 'person'    THEN PERFORM governance.put_person(key, fields);
        WHEN 'purpose'   THEN PERFORM governance.put_purpose(key, fields);
        WHEN 'supplier'  THEN PERFORM governance.put_supplier(key, fields);
        WHEN 'agreement' THEN PERFORM governance.put_agreement(key, fields);
        WHEN 'policy'    THEN PERFORM governance.put_policy(key, fields);
        WHEN 'linkage'   THEN PERFORM governance.put_linkage(key, fields);
        WHEN 'project'   THEN PERFORM governance.put_project(key, fields);
        WHEN 'member'    THEN PERFORM governance.put_member(key);
        WHEN 'grant'     THEN PERFORM governance.put_grant(key);
    END CASE;
END
$$;

CREATE FUNCTION governance.end_item(permit bytea, file_hash text, kind text, key text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    today date := governance.today();
BEGIN
    PERFORM audit.require(permit, 'apply', file_hash);
    CASE kind
        WHEN 'person' THEN
            UPDATE governance.person
               SET ended_on = today, is_engineer = false, is_analyst = false, is_ig_lead = false,
                   is_steward = false
             WHERE person_id = key[1];
        WHEN 'purpose'  THEN UPDATE governance.purpose SET ended_on = today WHERE purpose = key[1];
        WHEN 'supplier' THEN UPDATE governance.supplier SET ended_on = today WHERE supplier = key[1];
        WHEN 'agreement' THEN
            UPDATE governance.agreement SET ended_on = today
             WHERE sender = key[1] AND source = key[2] AND purpose = key[3] AND valid_from = key[4]::date;
        WHEN 'policy' THEN
            UPDATE governance.policy SET ended_on = today WHERE name = key[1] AND effective_from = key[2]::date;
        WHEN 'linkage' THEN
            UPDATE governance.linkage SET ended_on = today
             WHERE purpose = key[1] AND source_a = key[2] AND source_b = key[3] AND valid_from = key[4]::date;
        WHEN 'project' THEN UPDATE governance.project SET ended_on = today WHERE project_id = key[1];
        WHEN 'member' THEN
            UPDATE governance.project_member SET ended_on = today WHERE project_id = key[1] AND person_id = key[2];
        WHEN 'grant' THEN
            UPDATE governance.project_source SET ended_on = today WHERE project_id = key[1] AND source = key[2];
    END CASE;
END
$$;

CREATE FUNCTION governance.keep_file(permit bytea, file_hash text, content text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require($1, 'apply', $2);
    INSERT INTO governance.applied (permit_id, content, file_text) VALUES ($1, decode($2, 'hex'), $3);
END
$$;

-- First of an apply, for it can change who counts. What is not applied after all has used nothing.
CREATE FUNCTION governance.use_rules_approval(permit bytea, file_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF governance.rules_need_approval(audit.permit_person($1)) THEN
        PERFORM governance.use_act_approval($1, 'apply', $2);
    END IF;
END
$$;

-- Two applies after each other, never side by side.
CREATE FUNCTION governance.lock_rules() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE governance.applied IN SHARE ROW EXCLUSIVE MODE;
END
$$;

-- ---- queries ----

-- Author, project and sources are those of the permit's own log entry, never the caller's word.
CREATE FUNCTION governance.submit_query(permit bytea, title text, query_text text) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    decided bytea;
    new_id int8;
BEGIN
    PERFORM audit.require($1, 'query_submit', encode(sha256(convert_to($3, 'UTF8')), 'hex'));
    decided := audit.permit_entry($1);
    INSERT INTO governance.query (project_id, author, title, query_text, content, sources, permit_id)
    VALUES (audit.entry_text(decided, 12), audit.entry_text(decided, 5), $2, $3,
            sha256(convert_to($3, 'UTF8')), governance.source_list(audit.entry_text(decided, 9)), $1)
    RETURNING query_id INTO new_id;
    RETURN new_id;
END
$$;

CREATE FUNCTION governance.approve_query(permit bytea, query_id int8) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require($1, 'query_approve', $2::text);
    INSERT INTO governance.approval (query_id, author, approver, content, permit_id)
    SELECT q.query_id, q.author, audit.permit_person($1), q.content, $1
      FROM governance.query AS q WHERE q.query_id = $2;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'query: unknown' USING ERRCODE = 'CQ001';
    END IF;
END
$$;

-- What the permit's action lets another person do.
CREATE FUNCTION governance.approve_act(permit bytea, action text, object text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require($1, $2, $3);
    INSERT INTO governance.act_approval (act, object, approver, permit_id)
    VALUES (CASE $2 WHEN 'key_approve' THEN 'key_seal' WHEN 'archive_approve' THEN 'archive_open'
                     WHEN 'quarantine_approve' THEN 'quarantine_open' WHEN 'apply_approve' THEN 'apply' ELSE '' END, $3, audit.permit_person($1), $1);
EXCEPTION WHEN check_violation THEN
    RAISE EXCEPTION '%: not what can be approved', $2 USING ERRCODE = 'CQ002';
END
$$;

-- Asked before the act: an approval that was used is used, also where the act then fails.
CREATE FUNCTION governance.use_act_approval(permit bytea, act text, object text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person text := audit.permit_person($1);
    unused int8;
BEGIN
    PERFORM audit.require($1, $2, $3);
    LOCK TABLE governance.act_approval IN SHARE ROW EXCLUSIVE MODE;
    SELECT a.approval_id INTO unused FROM governance.act_approval_open($2, $3) AS a WHERE a.approver <> person LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: no approval by another person is left', $2 USING ERRCODE = 'CQ001';
    END IF;
    UPDATE governance.act_approval SET actor = person, used_at = now() WHERE approval_id = unused;
END
$$;

CREATE FUNCTION governance.keep_output(permit bytea, query_id int8, release_id int8, output_text text, content bytea)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require($1, 'query_run', $2::text);
    INSERT INTO governance.output (query_id, release_id, output_text, content, permit_id)
    VALUES ($2, $3, $4, $5, $1);
END
$$;

GRANT SELECT ON ALL TABLES IN SCHEMA governance TO cinque_governor;
GRANT EXECUTE ON FUNCTION governance.today(),
                          governance.decide(text, text, text, text, text, text, text),
                          governance.put_item(bytea, text, text, text[], text[]),
                          governance.end_item(bytea, text, text, text[]),
                          governance.keep_file(bytea, text, text),
                          governance.lock_rules(),
                          governance.use_rules_approval(bytea, text),
                          governance.project_sources(text, text),
                          governance.submit_query(bytea, text, text),
                          governance.approve_query(bytea, int8),
                          governance.approve_act(bytea, text, text),
                          governance.use_act_approval(bytea, text, text),
                          governance.keep_output(bytea, int8, int8, text, bytea)
      TO cinque_governor;
RESET ROLE;
