-- A county by arithmetic, for tests and benchmarks: person i has facts that follow from i, so that expected counts can
-- be worked out by hand. Run as superuser on an empty schema; county.people says how many, county.events how many
-- further GP events each has. Tables have the shape that ingest generates from specs.
SET search_path = pg_catalog;

INSERT INTO ingest.source (name, title, subject_kind, role, update_mode, valid_from_column, valid_to_column,
                           event_date_column)
VALUES ('patient_list', 'Register', 'person', 'register', 'snapshot', 'business_effective_from',
        'business_effective_to', NULL),
       ('gp_event', 'GP events', 'person', NULL, 'replace_by_period', NULL, NULL, 'clinical_effective_date'),
       ('apc_spell', 'Spells', 'person', NULL, 'replace_by_period', NULL, NULL, 'admission_date'),
       ('fire_visit', 'Fire visits', 'household', NULL, 'replace_by_period', NULL, NULL, 'visit_date'),
       ('opt_out', 'Opt-outs', 'person', 'opt_out', 'snapshot', NULL, NULL, NULL),
       ('death', 'Deaths', 'person', 'death', 'replace_by_period', NULL, NULL, 'date_of_death'),
       ('lsoa', 'Areas', 'none', 'geography', 'snapshot', NULL, NULL, NULL),
       ('imd', 'Deprivation', 'none', 'deprivation', 'snapshot', NULL, NULL, NULL),
       ('practice', 'Practices', 'none', 'practice', 'snapshot', NULL, NULL, NULL);
INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)
SELECT source_id, 1, sha256('spec'), 'spec', '2024-04-01' FROM ingest.source;
INSERT INTO ingest.source_column (source_id, name, position, label, use, type, list, shape, required, first_version,
                                  last_version)
SELECT s.source_id, c.name, c.position, c.name, c.use, c.type, c.list, NULL, c.required, 1, 1
  FROM (VALUES ('patient_list', 'ethnic_category', 1, 'dimension', 'text', 'ethnic_category', false),
               ('patient_list', 'care_home', 2, 'presence', 'boolean', NULL, false),
               ('patient_list', 'primary_care_provider', 3, 'dimension', 'text', NULL, true),
               ('patient_list', 'business_effective_from', 4, 'date', 'date', NULL, true),
               ('patient_list', 'business_effective_to', 5, 'date', 'date', NULL, false),
               ('gp_event', 'clinical_effective_date', 1, 'date', 'date', NULL, true),
               ('gp_event', 'code', 2, 'code', 'text', NULL, true),
               ('gp_event', 'result_value', 3, 'measure', 'decimal', NULL, false),
               ('apc_spell', 'ethnic_category', 1, 'dimension', 'text', 'ethnic_category', false),
               ('apc_spell', 'admission_method', 2, 'code', 'text', 'admission_method', true),
               ('apc_spell', 'admission_date', 3, 'date', 'date', NULL, true),
               ('apc_spell', 'length_of_hospital_stay', 4, 'measure', 'integer', NULL, false),
               ('fire_visit', 'visit_date', 1, 'date', 'date', NULL, true),
               ('fire_visit', 'risk_level', 2, 'code', 'text', 'fire_risk_level', false),
               ('opt_out', 'decision', 1, 'code', 'text', 'opt_out_decision', true),
               ('opt_out', 'list_date', 2, 'date', 'date', NULL, true),
               ('death', 'date_of_death', 1, 'date', 'date', NULL, true),
               ('lsoa', 'lsoa_code_2011', 1, 'dimension', 'text', NULL, true),
               ('lsoa', 'lsoa_code_2021', 2, 'dimension', 'text', NULL, true),
               ('lsoa', 'ward_code', 3, 'dimension', 'text', NULL, true),
               ('lsoa', 'district', 4, 'dimension', 'text', 'district', true),
               ('lsoa', 'hcp', 5, 'dimension', 'text', 'hcp', true),
               ('imd', 'lsoa_code_2011', 1, 'dimension', 'text', NULL, true),
               ('imd', 'imd_decile', 2, 'measure', 'integer', NULL, false),
               ('practice', 'practice_code', 1, 'dimension', 'text', NULL, true),
               ('practice', 'pcn_code', 2, 'dimension', 'text', NULL, true),
               ('practice', 'hcp', 3, 'dimension', 'text', 'hcp', true))
       AS c (source, name, position, use, type, list, required)
  JOIN ingest.source AS s ON s.name = c.source;

-- records.<source>, one default partition each
DO $$
DECLARE
    source record;
BEGIN
    FOR source IN SELECT s.name, string_agg(format(', %I %s', c.name,
                             CASE c.type WHEN 'integer' THEN 'int8' WHEN 'decimal' THEN 'numeric(14,2)' ELSE c.type END),
                             '' ORDER BY c.position) AS columns
                    FROM ingest.source AS s JOIN ingest.source_column AS c USING (source_id) GROUP BY s.name LOOP
        EXECUTE format('CREATE TABLE records.%I (load_id int4 NOT NULL, line_number int4, subject_id int8,'
                       ' record_key int8, age_days int2%s) PARTITION BY LIST (load_id)', source.name, source.columns);
        EXECUTE format('CREATE TABLE records.%I PARTITION OF records.%I DEFAULT', source.name || '_rest', source.name);
        EXECUTE format('ALTER TABLE records.%I OWNER TO cinque_owner', source.name);
        EXECUTE format('ALTER TABLE records.%I OWNER TO cinque_owner', source.name || '_rest');
    END LOOP;
END $$;

-- June 2026; the load of source n is n. Load 10: GP events of a sender without an agreement.
INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id, may_replace, state,
                         rows_loaded, held_from)
SELECT source_id, 's1', 317, 'final', sha256('file'), 1, uuid_send(gen_random_uuid()), false, 'published', 0, now()
  FROM ingest.source ORDER BY source_id;
INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id, may_replace, state,
                         rows_loaded, held_from)
SELECT source_id, 's2', 317, 'provisional', sha256('file'), 1, uuid_send(gen_random_uuid()), false, 'published', 3, now()
  FROM ingest.source WHERE name = 'gp_event';

INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)
VALUES ('phm', 'Population health', 'applied', 'basis', 'approver', 21);
INSERT INTO governance.supplier (supplier, title) VALUES ('s1', 'One'), ('s2', 'Two');
INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)
SELECT 's1', name, 'phm', '2020-01-01', '2099-12-31', 'basis' FROM ingest.source;
INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead)
VALUES ('ann', 1001, 'Ann', false, true, false), ('ian', 1002, 'Ian', false, false, true),
       ('eve', 1003, 'Eve', true, false, false);
INSERT INTO governance.policy (name, effective_from, people_min, round_to) VALUES ('nhs', '2020-01-01', 8, 5);
INSERT INTO governance.project (project_id, title, purpose, policy, valid_from, valid_to)
VALUES ('PHM-2026-014', 'Demo', 'phm', 'nhs', '2020-01-01', '2099-12-31');
INSERT INTO governance.project_member (project_id, person_id) VALUES ('PHM-2026-014', 'ann');
INSERT INTO governance.project_source (project_id, source) SELECT 'PHM-2026-014', name FROM ingest.source;

-- Four districts, each an LSOA; deciles 1, 3, 5, 7; two practices of one network each.
INSERT INTO records.lsoa (load_id, line_number, lsoa_code_2011, lsoa_code_2021, ward_code, district, hcp)
SELECT 7, d + 1, 'E0100000' || d, 'E0200000' || d, 'E0500000' || d,
       ('{Ashford,Canterbury,Dartford,Dover}'::text[])[d + 1], 'East Kent' FROM generate_series(0, 3) AS d;
INSERT INTO records.imd (load_id, line_number, lsoa_code_2011, imd_decile)
SELECT 8, d + 1, 'E0100000' || d, 1 + 2 * d FROM generate_series(0, 3) AS d;
INSERT INTO records.practice (load_id, line_number, practice_code, pcn_code, hcp)
VALUES (9, 1, 'G00001', 'U00001', 'East Kent'), (9, 2, 'G00002', 'U00002', 'West Kent');

-- Person i: district i % 4, sex by (i / 4) % 2, born in 1930 + i % 90, month 1 + i % 12; two people an address.
CREATE TEMP TABLE person AS SELECT i::int4 AS i FROM generate_series(1, current_setting('county.people')::int4) AS i;
INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_token, nhs_state,
                              birth_year, birth_month, sex, lsoa_2011, lsoa_2021)
SELECT k * 100000000 + i, k, substr(sha256(int8send(k * 100000000 + i)), 1, 16), k, 1,
       substr(sha256(int8send(i)), 1, 16), 1, 1930 + i % 90, 1 + i % 12, (1 + (i / 4) % 2)::text,
       'E0100000' || i % 4, 'E0200000' || i % 4
  FROM person CROSS JOIN unnest('{1,2,3,5,6}'::int8[]) AS k;
INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_state)
SELECT 400000000 + h, 4, substr(sha256(int8send(400000000 + h)), 1, 16), 4, 1, 0
  FROM (SELECT DISTINCT (i + 1) / 2 AS h FROM person) AS home;
INSERT INTO linkage.person (person_id, created_run) SELECT i, 1 FROM person;
INSERT INTO linkage.link (subject_id, person_id, run_id, pass, rule_version)
SELECT k * 100000000 + i, i, 1, 1, 1 FROM person CROSS JOIN unnest('{1,2,3,5,6}'::int8[]) AS k;
INSERT INTO linkage.household (household_id, uprn_token, run_id)
SELECT DISTINCT (i + 1) / 2, substr(sha256(int8send((i + 1) / 2)), 1, 16), 1 FROM person;
INSERT INTO linkage.subject_household (subject_id, household_id, run_id)
SELECT 100000000 + i, (i + 1) / 2, 1 FROM person
UNION ALL
SELECT DISTINCT 400000000 + (i + 1) / 2, (i + 1) / 2, 1 FROM person;

-- Registered since 2020; every 25th was at the other practice before and never taken off its list.
INSERT INTO records.patient_list (load_id, line_number, subject_id, ethnic_category, care_home, primary_care_provider,
                                  business_effective_from)
SELECT 1, i, 100000000 + i, CASE WHEN i % 7 = 0 THEN 'Z' ELSE 'A' END, i % 60 = 0, 'G0000' || 1 + i % 2, date '2020-01-01'
  FROM person
UNION ALL
SELECT 1, i, 100000000 + i, 'A', false, 'G0000' || 2 - i % 2, date '2010-01-01' FROM person WHERE i % 25 = 0;
-- Every 3rd has diabetes (D1), every 5th smokes (S1).
INSERT INTO records.gp_event (load_id, line_number, subject_id, clinical_effective_date, code, result_value)
SELECT 2, i, 200000000 + i, date '2025-03-10', 'D1', NULL FROM person WHERE i % 3 = 0
UNION ALL
SELECT 2, i, 200000000 + i, date '2025-04-10', 'S1', i % 40 FROM person WHERE i % 5 = 0
UNION ALL
SELECT 2, i, 200000000 + i, date '2016-01-01' + (i * 7 + e * 97) % 3800, 'X' || (i * 31 + e * e) % 900, NULL
  FROM person CROSS JOIN generate_series(1, current_setting('county.events')::int4) AS e;
-- Without agreement: two for known people, one for an unlinked identity.
INSERT INTO records.gp_event (load_id, line_number, subject_id, clinical_effective_date, code)
SELECT 10, i, CASE WHEN i < 3 THEN 200000000 + i END, date '2025-03-10', 'S2' FROM generate_series(1, 3) AS i;
-- Every 10th was an emergency admission in March 2026, every 20th once more on 30 June 2025; one row has no identity.
INSERT INTO records.apc_spell (load_id, line_number, subject_id, ethnic_category, admission_method, admission_date,
                               length_of_hospital_stay)
SELECT 3, i, 300000000 + i, CASE WHEN i % 7 = 0 THEN 'B' END, '21', date '2026-03-05', i % 9 FROM person WHERE i % 10 = 0
UNION ALL
SELECT 3, i, 300000000 + i, NULL, '11', date '2025-06-30', NULL FROM person WHERE i % 20 = 0
UNION ALL
SELECT 3, 0, NULL, NULL, '21', date '2026-03-05', NULL;
-- Every 4th address was visited.
INSERT INTO records.fire_visit (load_id, line_number, subject_id, visit_date, risk_level)
SELECT DISTINCT 4, (i + 1) / 2, 400000000 + (i + 1) / 2, date '2026-02-01', 'high' FROM person WHERE (i + 1) / 2 % 4 = 0;
-- Every 50th may not be used; every 49th is on the list as allowed.
INSERT INTO records.opt_out (load_id, line_number, subject_id, decision, list_date)
SELECT 5, i, 500000000 + i, 'not_allowed', date '2026-06-20' FROM person WHERE i % 50 = 0
UNION ALL
SELECT 5, i, 500000000 + i, 'allowed', date '2026-06-20' FROM person WHERE i % 49 = 0;
INSERT INTO records.death (load_id, line_number, subject_id, date_of_death)
SELECT 6, i, 600000000 + i, date '2026-05-01' FROM person WHERE i % 100 = 7;
DROP TABLE person;

-- After the loads. The permit to build is for this purpose: tag 11 of its log entry.
INSERT INTO linkage.run (rule_version, state, permit_id) VALUES (1, 'done', decode(repeat('00', 16), 'hex'));
INSERT INTO linkage.report (run_id, line, kind, value, rate, low, high, change, is_weak) VALUES
 (1, -2, 'run', '2026-07-02', NULL, NULL, NULL, NULL, false), (1, -1, 'run before', '2026-06-03', NULL, NULL, NULL, NULL, false),
 (1, 0, 'all', 'person sources', 0.9600, 0.9480, 0.9693, 0.0123, false),
 (1, 1, 'source', 'gp_event', 0.9000, 0.8802, 0.9168, -0.0040, true), (1, 2, 'source', 'apc_spell', 1, 0.9963, 1, NULL, false),
 (1, 3, 'source', 'patient_list', NULL, NULL, NULL, NULL, false), (1, 4, 'age', '18 to 24', 0.8000, 0.7720, 0.8254, 0, true),
 (1, 5, 'estimate', 'false matches', 0.0071, NULL, NULL, NULL, false),
 (1, 6, 'estimate', 'missed matches', NULL, NULL, NULL, NULL, false);
INSERT INTO audit.intake (entry_id, at, entry) OVERRIDING SYSTEM VALUE
VALUES (1, now(), '\x0b0003'::bytea || convert_to('phm', 'UTF8'));
INSERT INTO audit.permit (permit_id, action, object, person_id, entry_id)
VALUES (decode(repeat('01', 16), 'hex'), 'release_build', '2026-06', 'eve', 1),
       (decode(repeat('02', 16), 'hex'), 'release_retire', '1', 'eve', 2),
       (decode(repeat('03', 16), 'hex'), 'query_run', '1', 'ann', 3);
ANALYZE;
