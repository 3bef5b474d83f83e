#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/db_private.h"

typedef struct StateName {
    const char *state; /* SQLSTATE, or its class of two letters */
    const char *name;
    ErrorCode code;
} StateName;

/* PostgreSQL 15, appendix A; whole states stand before their classes. */
static const StateName state_names[] = {
    {"42501", "insufficient privilege", ERROR_REFUSED},
    {"57014", "query cancelled", ERROR_DATABASE},
    {"53100", "disk full", ERROR_DATABASE},
    {"23505", "unique violation", ERROR_DATABASE},
    {"23503", "foreign key violation", ERROR_DATABASE},
    {"23514", "check violation", ERROR_DATABASE},
    {"23502", "not null violation", ERROR_DATABASE},
    {"42P01", "undefined table", ERROR_DATABASE},
    {"42703", "undefined column", ERROR_DATABASE},
    {"42883", "undefined function", ERROR_DATABASE},
    {"42601", "syntax error", ERROR_DATABASE},
    {"08", "connection exception", ERROR_DATABASE},
    {"0A", "feature not supported", ERROR_DATABASE},
    {"21", "cardinality violation", ERROR_DATABASE},
    {"22", "data exception", ERROR_DATABASE},
    {"23", "integrity constraint violation", ERROR_DATABASE},
    {"25", "invalid transaction state", ERROR_DATABASE},
    {"28", "invalid authorization", ERROR_DATABASE},
    {"2B", "dependent privileges still exist", ERROR_DATABASE},
    {"3D", "invalid catalogue name", ERROR_DATABASE},
    {"3F", "invalid schema name", ERROR_DATABASE},
    {"40", "transaction rollback", ERROR_DATABASE},
    {"42", "syntax error or access rule violation", ERROR_DATABASE},
    {"44", "check option violation", ERROR_DATABASE},
    {"53", "insufficient resources", ERROR_DATABASE},
    {"54", "program limit exceeded", ERROR_DATABASE},
    {"55", "object not in prerequisite state", ERROR_DATABASE},
    {"57", "operator intervention", ERROR_DATABASE},
    {"58", "system error", ERROR_DATABASE},
    {"P0", "error in a server function", ERROR_DATABASE},
    {"XX", "internal error of the server", ERROR_DATABASE},
    {"", "unknown class", ERROR_DATABASE},
};

/* What our own functions raise: their text is written by us and holds no data. */
static const StateName own_states[] = {
    {"CQ001", NULL, ERROR_REFUSED},
    {"CQ002", NULL, ERROR_INPUT},
    {"CQ003", NULL, ERROR_CONFIG},
    {"CQ004", NULL, ERROR_LIMIT},
};

static const StateName *state_find(const char *state)
{
    const StateName *name = state_names;

    while (strncmp(state, name->state, strlen(name->state)) != 0)
        name++;
    return name;
}

static const StateName *own_find(const char *state)
{
    for (size_t i = 0; i < sizeof own_states / sizeof own_states[0]; i++)
        if (strcmp(state, own_states[i].state) == 0)
            return &own_states[i];
    return NULL;
}

/* The server counts characters from 1; only the line is told. 0: unknown. */
static unsigned line_of_position(const char *sql, const PGresult *result)
{
    const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    long left = field != NULL ? strtol(field, NULL, 10) : 0;
    unsigned line = 1;

    if (sql == NULL || left < 1)
        return 0;
    for (const char *at = sql; *at != '\0' && left > 1; at++) {
        line += *at == '\n';
        left -= ((unsigned char)at[1] & 0xC0) != 0x80; /* continuation bytes are no characters */
    }
    return line;
}

/* The server's last words (57P01 and on) may arrive or not; both tell the same. */
static bool is_lost(const PGconn *connection, const char *state)
{
    return PQstatus(connection) != CONNECTION_OK || (state != NULL && strncmp(state, "57P0", 4) == 0);
}

static const char *state_of(const PGresult *result)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    return state != NULL && strlen(state) == 5 ? state : NULL;
}

Result db_fail_foreign(const PGconn *connection, const char *name, const char *sql, const PGresult *result,
                       Error *error)
{
    const char *state = state_of(result);
    unsigned line = line_of_position(sql, result);
    char place[32] = "";

    if (is_lost(connection, state))
        return fail(error, ERROR_DATABASE, "%s: the connection to PostgreSQL was lost", name);
    if (state == NULL)
        return fail(error, ERROR_DATABASE, "%s: PostgreSQL gave an unexpected answer", name);
    if (line > 0)
        snprintf(place, sizeof place, " line %u", line);
    return fail(error, state_find(state)->code, "%s%s: SQLSTATE %s (%s)", name, place, state,
                state_find(state)->name);
}

Result db_fail(const Db *db, const char *name, const char *sql, const PGresult *result, Error *error)
{
    const char *state = state_of(result);

    if (is_lost(db->connection, state))
        return fail(error, ERROR_DATABASE, "statement %s: the connection to PostgreSQL was lost", name);
    if (state == NULL)
        return fail(error, ERROR_DATABASE, "statement %s: PostgreSQL gave an unexpected answer", name);

    const StateName *own = own_find(state);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (own != NULL && text != NULL)
        return fail(error, own->code, "%s", text);

    /* Names of constraints are of our schema; the server's text and details may quote data and are left out.
     */
    const StateName *found = state_find(state);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    unsigned line = line_of_position(sql, result);
    char place[32] = "";
    if (line > 0)
        snprintf(place, sizeof place, " line %u", line);
    return fail(error, found->code, "statement %s%s: SQLSTATE %s (%s)%s%s", name, place, state, found->name,
                constraint != NULL ? ", constraint " : "", constraint != NULL ? constraint : "");
}

Result db_check_idle(const Db *db, const char *name, Error *error)
{
    if (db->busy != NULL)
        return fail(error, ERROR_DATABASE, "statement %s: the connection is still busy with %s", name,
                    db->busy);
    return RESULT_OK;
}
