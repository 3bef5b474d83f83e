-- Files in the database's folder that no table or index owns: a server that was killed may leave them. None
-- is told while a load writes, whose own file has no committed owner yet, nor one that a dropped table leaves empty until
-- the next checkpoint. Called by cli/cmd_archive.c as postgres.
-- -> file text
SELECT format('base/%s/%s', d.oid, f.name)
  FROM pg_catalog.pg_database AS d, LATERAL pg_catalog.pg_ls_dir('base/' || d.oid::text) AS f (name)
 WHERE d.datname = pg_catalog.current_database() AND f.name ~ '^[0-9]{1,10}$'
   AND pg_catalog.pg_filenode_relation(0, f.name::int8::oid) IS NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
                     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE l.database = d.oid AND l.mode = 'AccessExclusiveLock' AND n.nspname = 'staging')
   AND (pg_catalog.pg_stat_file(format('base/%s/%s', d.oid, f.name), true)).size > 0
 ORDER BY f.name
