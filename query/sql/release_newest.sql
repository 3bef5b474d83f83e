-- The newest release of a purpose, or null when that one is retired or there is none. Called by query/release.c.
-- $1 purpose text  ->  release_id int8
SELECT (SELECT CASE r.state WHEN 'live' THEN r.release_id::int8 END FROM release.release AS r
         WHERE r.purpose = $1::text AND r.state <> 'building'
         ORDER BY r.month DESC, r.release_id DESC LIMIT 1);
