/* What schema 020 holds by itself. */
#include <stdio.h>
#include <string.h>

#include "tests/governance/world.h"

static const char note[] = "SELECT audit.note('\\x010001010200010303000800062f0000000000')";

static Text synchronous_commit_at_commit(Db *db, Arena *arena)
{
    static const DbStatement show = {
        .name = "test_show", .sql = "SELECT current_setting('synchronous_commit')", .columns = {VALUE_TEXT}};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error error = {0};

    cr_assert(db_script(db, "test", "SET synchronous_commit = off", &error).ok, "%s", error.message);
    cr_assert(db_begin(db, &error).ok);
    cr_assert(db_script(db, "test", note, &error).ok, "%s", error.message);
    cr_assert(db_script(db, "test", "SET CONSTRAINTS ALL IMMEDIATE", &error).ok, "%s", error.message);
    cr_assert(db_run(db, &show, NULL, &rows, &error).ok, "%s", error.message);
    Text value = text_copy(arena, db_text(rows, 0, 0));
    cr_assert(db_commit(db, &error).ok);
    return value;
}

/* Switch: trigger durable on audit.intake. The second half takes it down, and the setting stays off. */
Test(audit, a_session_cannot_switch_durability_off)
{
    SCOPED(db_close) Db *db = support_database("cinque_governor");
    SCOPED(arena_close) Arena *arena = arena_create(4096);

    cr_expect(text_equal(synchronous_commit_at_commit(db, arena), TEXT("on")));

    world_script("DROP TRIGGER durable ON audit.intake");
    cr_expect(text_equal(synchronous_commit_at_commit(db, arena), TEXT("off")), "so this test can fail");
}

Test(audit, the_trigger_is_deferred_to_the_commit_and_always_on)
{
    cr_expect_eq(
        world_count("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'audit.intake'::regclass "
                    "AND tgname = 'durable' AND tgdeferrable AND tginitdeferred AND tgenabled = 'A'"),
        1);
}

/* Switch: trigger append_only of each table. The owner has lost the privilege too; a superuser meets the
 * trigger. */
Test(audit, rows_of_the_log_are_neither_changed_nor_removed)
{
    static const char *const statements[] = {
        "UPDATE audit.intake SET at = now()",
        "DELETE FROM audit.intake",
        "TRUNCATE audit.intake",
        "UPDATE audit.leaf SET leaf_index = 1",
        "DELETE FROM audit.leaf",
        "TRUNCATE audit.leaf",
        "UPDATE audit.checkpoint SET at = now()",
        "DELETE FROM audit.checkpoint",
        "TRUNCATE audit.checkpoint",
        "DELETE FROM audit.permit",
        "TRUNCATE audit.permit",
        "UPDATE governance.query SET title = ''",
        "DELETE FROM governance.approval",
        "DELETE FROM governance.output",
        "TRUNCATE governance.applied",
        "SET session_replication_role = replica; DELETE FROM audit.intake",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        Error error = world_try(NULL, statements[i]);
        cr_expect_not_null(strstr(error.message, "42501"), "%s", statements[i]);
    }
    cr_expect_not_null(strstr(world_try("cinque_owner", "DELETE FROM audit.intake").message, "42501"));
}

Test(audit, each_door_takes_only_its_own_kind)
{
    static const char note_bytes[] = "('\\x010001010200010303000800062f0000000000')";
    char sql[128];

    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "SELECT audit.%s%s", i == 0 ? "decide" : "result", note_bytes);
        cr_expect_eq(world_try("cinque_governor", sql).code, ERROR_INPUT);
    }
    cr_expect_eq(world_try("cinque_governor", note).code, ERROR_NONE);
    cr_expect_eq(world_try("cinque_governor", "SELECT audit.note('\\x02000103')").code, ERROR_INPUT,
                 "no version");
    cr_expect_eq(world_try("cinque_governor", "SELECT audit.note('\\x0100010202000103')").code, ERROR_INPUT,
                 "another version");
}
