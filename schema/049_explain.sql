-- Why somebody is linked, and what waits for a person's decision: by levels of agreement, never by a value. Both are
-- asked under a permit, so that the log tells who looked.
SET LOCAL ROLE cinque_owner;

-- Which tokens of several fields together two subjects share: linkage/combination.c.
CREATE FUNCTION linkage.combination_name(levels int8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (ARRAY['names'' sounds, birth date and postcode', 'names'' sounds, birth date and address',
                  'names'' sounds, birth date and postcode area'])[(levels >> 48)::int4]
$$;

-- Fields in the order that they are encoded in, four bits each; those that one of the two lacks are left out.
CREATE FUNCTION linkage.agreement(levels int8) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format('%s %s', f.name, (ARRAY['differs', 'a little alike', 'alike', 'very alike', 'nearly equal',
                                                     'equal, common', 'equal', 'equal, rare'])[1 + (levels >> 4 * f.place & 15)::int4]),
                      '; ' ORDER BY f.place)
           || coalesce('; keyed: ' || linkage.combination_name(levels), '')
      FROM (VALUES (0, 'given name'), (1, 'family name'), (2, 'birth date'), (3, 'sex'), (4, 'postcode'), (5, 'address'))
               AS f (place, name)
     WHERE (levels >> 4 * f.place & 15) < 8
$$;

CREATE FUNCTION linkage.pass_name(pass int2) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (ARRAY['number', 'superseded number', 'cross-walk to a number', 'foreign pseudonym', 'cross-walk to a space',
                  'all equal', 'equal but part of the birth date', 'keyed combination', 'likeness', 'like nobody'])[pass]
$$;

-- Of a subject, or of a person with all subjects: how each is linked, how it was before, and which pairs speak for or
-- against. Where a number is both, the subject's.
CREATE FUNCTION linkage.explain(permit bytea, wanted int8)
RETURNS TABLE (what text, subject_id int8, person_id int8, pass text, run_id int4, rule_version int2, weight float8,
               other_subject int8, agreement text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    subjects int8[];
BEGIN
    PERFORM audit.require(permit, 'link_explain', wanted::text);
    SELECT coalesce((SELECT ARRAY[s.subject_id] FROM subjects.subject AS s WHERE s.subject_id = wanted),
                    (SELECT array_agg(k.subject_id) FROM linkage.current_link AS k
                      WHERE k.person_id = linkage.current_person(wanted)))
      INTO subjects;
    IF subjects IS NULL THEN
        RAISE EXCEPTION 'linkage: there is no such subject or person' USING ERRCODE = 'CQ002';
    END IF;
    RETURN QUERY
    SELECT 'is', k.subject_id, c.person_id, linkage.pass_name(k.pass), k.run_id, k.rule_version, k.weight::float8,
           k.other_subject, linkage.agreement(k.levels)
      FROM linkage.link AS k JOIN linkage.current_link AS c USING (subject_id) WHERE k.subject_id = ANY (subjects)
    UNION ALL
    SELECT 'was', h.subject_id, h.person_id, linkage.pass_name(h.pass), h.run_id, h.rule_version, h.weight::float8,
           h.other_subject, linkage.agreement(h.levels)
      FROM linkage.link_history AS h WHERE h.subject_id = ANY (subjects)
    UNION ALL
    SELECT CASE WHEN d.is_same THEN 'decided same' WHEN NOT d.is_same THEN 'decided apart'
                WHEN c.reason IS NOT NULL THEN 'conflict: ' || c.reason
                WHEN p.weight IS NULL THEN 'number not believed' ELSE 'pair' END,
           p.subject_a, NULL, NULL, p.run_id, NULL, p.weight::float8, p.subject_b, linkage.agreement(p.levels)
      FROM linkage.pair AS p
      LEFT JOIN linkage.conflict AS c USING (subject_a, subject_b)
      LEFT JOIN linkage.decision AS d ON d.subject_a = p.subject_a AND d.subject_b = p.subject_b AND d.ended IS NULL
     WHERE p.subject_a = ANY (subjects) OR p.subject_b = ANY (subjects);
END
$$;

-- The likeliest first.
CREATE FUNCTION linkage.clerical_list(permit bytea)
RETURNS TABLE (pair_id int8, reason text, weight float8, agreement text, run_id int4)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM audit.require(permit, 'link_explain', 'clerical');
    RETURN QUERY
    SELECT w.pair_id, coalesce(c.reason, CASE WHEN w.weight IS NULL THEN 'number not believed' ELSE 'likely' END),
           w.weight::float8, linkage.agreement(w.levels), w.run_id
      FROM linkage.clerical AS w
      LEFT JOIN linkage.conflict AS c USING (subject_a, subject_b)
     ORDER BY w.weight DESC NULLS LAST, w.pair_id;
END
$$;

-- Private: half of a run would go by what was decided before it, and half by what is decided now.
CREATE FUNCTION linkage.run_await() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE linkage.run IN ROW EXCLUSIVE MODE;
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'linkage: a run or a release is being made: decide when that has ended' USING ERRCODE = 'CQ001';
END
$$;

-- The author is the permit's person. It counts from the next run on.
CREATE FUNCTION linkage.decide(permit bytea, wanted int8, is_same boolean) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
DECLARE
    held linkage.pair;
BEGIN
    PERFORM audit.require(permit, 'link_decide', format('%s %s', wanted, CASE WHEN is_same THEN 'same' ELSE 'apart' END));
    PERFORM linkage.run_await();
    SELECT p.* INTO held FROM linkage.pair AS p WHERE p.pair_id = wanted FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'linkage: there is no such pair' USING ERRCODE = 'CQ002';
    END IF;
    UPDATE linkage.decision AS d SET ended = clock_timestamp()
     WHERE d.subject_a = held.subject_a AND d.subject_b = held.subject_b AND d.ended IS NULL;
    INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, weight, levels, permit_id)
    VALUES (held.subject_a, held.subject_b, decide.is_same, audit.permit_person(permit), held.weight, held.levels, permit);
    RETURN wanted;
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'linkage: another session is deciding about this pair: decide when that has ended' USING ERRCODE = 'CQ001';
END
$$;

REVOKE EXECUTE ON FUNCTION linkage.combination_name(int8), linkage.agreement(int8), linkage.pass_name(int2),
    linkage.explain(bytea, int8), linkage.clerical_list(bytea), linkage.run_await(), linkage.decide(bytea, int8, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION linkage.explain(bytea, int8), linkage.clerical_list(bytea), linkage.decide(bytea, int8, boolean)
    TO cinque_linker;

RESET ROLE;
