-- Roles, schemas and what nobody may do. Roles belong to the cluster, so a second database finds them made.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['cinque_owner', 'cinque_governor', 'cinque_loader', 'cinque_linker',
                                     'cinque_releaser', 'cinque_query', 'cinque_keeper']
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION '
                           'NOBYPASSRLS', role_name);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database was first
        END;
    END LOOP;
END
$$;

-- The database: CONNECT by name, no temporary tables but the owner's, no schema but what is made here.
-- A procedure, because neither CREATE DATABASE ... TEMPLATE nor a restore carries these over: call it again then.
CREATE PROCEDURE public.close_database()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO cinque_governor, cinque_loader, cinque_linker, '
                   'cinque_releaser, cinque_query, cinque_keeper', current_database());
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO cinque_owner', current_database());
END
$$;
REVOKE EXECUTE ON PROCEDURE public.close_database() FROM PUBLIC;
CALL public.close_database();
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cinque_owner, cinque_governor, cinque_loader, cinque_linker, cinque_releaser,
                                cinque_query, cinque_keeper; -- public.schema_version, which is all that is there
-- without a language nobody else can make a function or run a DO block
REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql, sql TO cinque_owner;
-- large objects would be a place to write in that no grant guards
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(int4), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)
  FROM PUBLIC;

ALTER DEFAULT PRIVILEGES FOR ROLE cinque_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; -- of the superuser, whom migrations run as

CREATE SCHEMA governance AUTHORIZATION cinque_owner;
CREATE SCHEMA audit      AUTHORIZATION cinque_owner;
CREATE SCHEMA ingest     AUTHORIZATION cinque_owner;
CREATE SCHEMA records    AUTHORIZATION cinque_owner;
CREATE SCHEMA staging    AUTHORIZATION cinque_owner;
CREATE SCHEMA subjects   AUTHORIZATION cinque_owner;
CREATE SCHEMA presence   AUTHORIZATION cinque_owner;
CREATE SCHEMA linkage    AUTHORIZATION cinque_owner;
CREATE SCHEMA release    AUTHORIZATION cinque_owner;

-- USAGE only lets a name be looked up; each table and function is granted where it is made.
GRANT USAGE ON SCHEMA governance, audit            TO cinque_governor;
GRANT USAGE ON SCHEMA ingest, staging              TO cinque_loader;
GRANT USAGE ON SCHEMA subjects, presence, linkage  TO cinque_linker;
GRANT USAGE ON SCHEMA release                      TO cinque_releaser;
GRANT USAGE ON SCHEMA release, ingest              TO cinque_query;
GRANT USAGE ON SCHEMA ingest, staging              TO cinque_keeper;
