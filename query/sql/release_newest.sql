-- The newest release of a purpose, as known at a day or as usual; null when that one is retired or there is none.
-- Called by query/release.c.
-- $1 purpose text, $2 known_on date (null: as usual)  ->  release_id int8
SELECT (SELECT CASE r.state WHEN 'live' THEN r.release_id::int8 END FROM release.release AS r
         WHERE r.purpose = $1::text AND r.known_on IS NOT DISTINCT FROM $2::date AND r.state <> 'building'
         ORDER BY r.month DESC, r.release_id DESC LIMIT 1);
