-- Registers a source or renews what may change about it. Called by ingest/spec_catalogue.c.
-- $1 name, $2 title, $3 subject kind, $4 role, $5 update mode, $6 valid from, $7 valid to, $8 event date,
-- $9 to $12 operation, what removes, date and time of a change, $13 to $15 group, from and to of a replacement,
-- all text, $16 names of the record key text[], $17 issuer of a cross-walk text,
-- $18 the controller's column text, $19 until when a replaced row's event lasts text,
-- $20 whether a delivery names each person once boolean  ->  source_id int2
INSERT INTO ingest.source (name, title, subject_kind, role, update_mode, valid_from_column, valid_to_column,
                           event_date_column, operation_column, removal_code, change_date_column, change_time_column,
                           group_column, replaced_from_column, replaced_to_column,
                           key_columns, crosswalk_issuer, controller_column, replaced_until_column,
                           once_a_delivery)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text, $11::text,
        $12::text, $13::text, $14::text, $15::text, $16::text[], $17::text, $18::text, $19::text, $20::boolean)
    ON CONFLICT (name) DO UPDATE
   SET title = excluded.title, role = excluded.role, valid_from_column = excluded.valid_from_column,
       valid_to_column = excluded.valid_to_column, event_date_column = excluded.event_date_column,
       operation_column = excluded.operation_column, removal_code = excluded.removal_code,
       change_date_column = excluded.change_date_column, change_time_column = excluded.change_time_column,
       group_column = excluded.group_column, replaced_from_column = excluded.replaced_from_column,
       replaced_to_column = excluded.replaced_to_column, key_columns = excluded.key_columns,
       crosswalk_issuer = excluded.crosswalk_issuer, controller_column = excluded.controller_column,
       replaced_until_column = excluded.replaced_until_column, once_a_delivery = excluded.once_a_delivery
RETURNING source_id
