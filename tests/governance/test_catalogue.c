/* Hygiene of the whole database, whichever module made what. Switch: any one line of the schema files it
 * names. */
#include "tests/governance/world.h"

#define OURS                                                                                                 \
    "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ "                    \
    "'^pg_temp|^pg_toast'"

static void expect_none(const char *sql)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "test_none", .sql = sql, .columns = {VALUE_TEXT}};
    Error error = {0};

    Result done = db_run(db, &statement, NULL, &rows, &error);
    cr_assert(done.ok, "%s", error.message);
    for (size_t row = 0; row < db_row_count(rows); row++)
        cr_expect(false, "%.*s", TEXT_ARG(db_text(rows, row, 0)));
}

Test(catalogue, every_definer_function_pins_its_search_path)
{
    expect_none("SELECT n.nspname || '.' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = "
                "p.pronamespace "
                "WHERE " OURS " AND p.prosecdef "
                "AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)");
}

Test(catalogue, no_function_is_for_everybody)
{
    expect_none("SELECT n.nspname || '.' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = "
                "p.pronamespace, "
                "     aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g "
                "WHERE " OURS " AND g.grantee = 0");
}

Test(catalogue, nothing_else_is_for_everybody)
{
    expect_none("SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
                "c.relnamespace, "
                "     aclexplode(c.relacl) AS g "
                "WHERE " OURS
                " AND g.grantee = 0 AND n.nspname || '.' || c.relname <> 'public.schema_version'");
    expect_none("SELECT n.nspname::text FROM pg_namespace AS n, aclexplode(n.nspacl) AS g "
                "WHERE " OURS " AND g.grantee = 0");
    expect_none("SELECT d.datname::text FROM pg_database AS d, "
                "     aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS g "
                "WHERE d.datname = current_database() AND g.grantee = 0");
    expect_none("SELECT l.lanname::text FROM pg_language AS l, "
                "     aclexplode(coalesce(l.lanacl, acldefault('l', l.lanowner))) AS g "
                "WHERE l.lanname IN ('sql', 'plpgsql') AND g.grantee = 0");
}

Test(catalogue, no_role_of_ours_has_a_power_over_the_cluster)
{
    expect_none("SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname <> 'postgres' AND "
                "(r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication)");
    expect_none(
        "SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname LIKE 'cinque\\_%' AND r.rolinherit");
}

Test(catalogue, no_role_of_ours_is_a_member_of_another)
{
    expect_none(
        "SELECT m.member::regrole::text || ' of ' || m.roleid::regrole::text FROM pg_auth_members AS m "
        "WHERE m.member::regrole::text LIKE 'cinque\\_%' OR m.roleid::regrole::text LIKE 'cinque\\_%'");
}

Test(catalogue, everything_of_ours_belongs_to_the_owner)
{
    expect_none("SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
                "c.relnamespace "
                "WHERE " OURS " AND n.nspname <> 'public' AND c.relowner <> 'cinque_owner'::regrole");
    expect_none("SELECT n.nspname || '.' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = "
                "p.pronamespace "
                "WHERE " OURS " AND n.nspname <> 'public' AND p.proowner <> 'cinque_owner'::regrole");
    expect_none("SELECT n.nspname::text FROM pg_namespace AS n "
                "WHERE " OURS " AND n.nspname <> 'public' AND n.nspowner <> 'cinque_owner'::regrole");
}

Test(catalogue, new_functions_of_the_owner_are_not_for_everybody)
{
    world_script(
        "SET ROLE cinque_owner; CREATE FUNCTION ingest.fresh() RETURNS int4 LANGUAGE sql AS 'SELECT 1'");

    cr_expect_eq(world_count("SELECT count(*) FROM pg_roles AS r WHERE r.rolname LIKE 'cinque\\_%' "
                             "AND r.rolname <> 'cinque_owner' "
                             "AND has_function_privilege(r.oid, 'ingest.fresh()', 'EXECUTE')"),
                 0);
}

Test(catalogue, no_extension_but_plpgsql)
{
    expect_none("SELECT e.extname::text FROM pg_extension AS e WHERE e.extname <> 'plpgsql'");
}
