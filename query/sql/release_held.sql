-- A live release's size and the hash of its manifest, before anything in it is read. Called by query/check.c.
-- $1 release_id int4  ->  month, people, manifest
SELECT r.month, r.people, r.manifest FROM release.release AS r WHERE r.release_id = $1::int4 AND r.state = 'live';
