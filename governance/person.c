#include <stdio.h>
#include <unistd.h>

#include "governance/state.h"
#include "governance_sql.h"

static const DbStatement person_of_uid_statement = {
    .name = "person_of_uid",
    .sql = governance_sql_person_of_uid,
    .parameters = {VALUE_INT8},
    .columns = {VALUE_TEXT, VALUE_BOOL, VALUE_BOOL, VALUE_BOOL, VALUE_BOOL},
};

static const DbStatement person_count_statement = {
    .name = "person_count",
    .sql = governance_sql_person_count,
    .columns = {VALUE_INT8},
};

static Result log_stranger(Db *db, uid_t uid, Error *error)
{
    char detail[32];
    const Entry entry = {
        .kind = ENTRY_DECISION,
        .time_us = time_now_us(),
        .action = TEXT("identify"),
        .decision = ENTRY_REFUSED,
        .rule = TEXT("nobody is registered under this user id"),
        .detail = {.data = detail,
                   .length = (size_t)snprintf(detail, sizeof detail, "uid=%u", (unsigned)uid)},
    };

    return log_append(db, &log_decide, &entry, error);
}

/* Before the first rules are applied there is nobody; the account that runs Cinque may then ask to apply
 * them. */
static Result is_bootstrap(Db *db, uid_t uid, bool *bootstrap, Error *error)
{
    int64_t count;

    TRY(db_run_int8(db, &person_count_statement, NULL, &count, NULL, error));
    *bootstrap = count == 0 && uid == geteuid();
    return RESULT_OK;
}

Result governance_person_of_uid(Governance *governance, uid_t uid, GovernancePerson *person, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_int8((int64_t)uid)};
    bool bootstrap = false;

    *person = (GovernancePerson){0};
    TRY(db_run(governance->db, &person_of_uid_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        TRY(is_bootstrap(governance->db, uid, &bootstrap, error));
    if (bootstrap) {
        snprintf(person->person_id, sizeof person->person_id, "%s", GOVERNANCE_BOOTSTRAP);
        return RESULT_OK;
    }
    if (db_row_count(rows) != 1) {
        TRY(log_stranger(governance->db, uid, error));
        return fail(error, ERROR_REFUSED, "nobody is registered under this user id");
    }
    snprintf(person->person_id, sizeof person->person_id, "%.*s", TEXT_ARG(db_text(rows, 0, 0)));
    person->is_engineer = db_value(rows, 0, 1).boolean;
    person->is_analyst = db_value(rows, 0, 2).boolean;
    person->is_ig_lead = db_value(rows, 0, 3).boolean;
    person->is_steward = db_value(rows, 0, 4).boolean;
    return RESULT_OK;
}
