-- The newest live release of a purpose, or null. Called by query/release.c.
-- $1 purpose text  ->  release_id int8
SELECT (SELECT r.release_id::int8 FROM release.release AS r
         WHERE r.purpose = $1::text AND r.state = 'live'
         ORDER BY r.month DESC, r.release_id DESC LIMIT 1);
