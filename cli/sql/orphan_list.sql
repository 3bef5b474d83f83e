-- Files in the database's folder that no table or index owns: a server that was killed may leave them. One that is being
-- made this moment shows too; one that a dropped table leaves empty until the next checkpoint does not. Called by cli/cmd_archive.c as postgres.
-- -> file text
SELECT format('base/%s/%s', d.oid, f.name)
  FROM pg_catalog.pg_database AS d, LATERAL pg_catalog.pg_ls_dir('base/' || d.oid::text) AS f (name)
 WHERE d.datname = pg_catalog.current_database() AND f.name ~ '^[0-9]{1,10}$'
   AND pg_catalog.pg_filenode_relation(0, f.name::int8::oid) IS NULL
   AND (pg_catalog.pg_stat_file(format('base/%s/%s', d.oid, f.name), true)).size > 0
 ORDER BY f.name
