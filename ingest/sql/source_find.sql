-- A source by name, with its newest version and by what its rows supersede others. Called by ingest/spec_apply.c.
-- $1 name text  ->  source_id int2, subject_kind text, update_mode text, version int4; operation, what removes, date and
-- time of a change, names of the record key joined by 0x1F, group, from, to and until of a replacement, event date, all text,
-- null where the mode is another; the controller's column text
SELECT s.source_id, s.subject_kind, s.update_mode,
       (SELECT coalesce(max(v.version), 0) FROM ingest.source_version AS v WHERE v.source_id = s.source_id),
       s.operation_column, s.removal_code, s.change_date_column, s.change_time_column,
       CASE s.update_mode WHEN 'net_change' THEN array_to_string(s.key_columns, chr(31)) END,
       s.group_column, s.replaced_from_column, s.replaced_to_column, s.replaced_until_column,
       CASE s.update_mode WHEN 'bulk_replacement' THEN s.event_date_column END,
       s.controller_column
  FROM ingest.source AS s
 WHERE s.name = $1::text
