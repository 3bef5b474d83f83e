#include <stdio.h>
#include <string.h>

#include "base/db_private.h"

size_t db_types_count(const ValueType *types, size_t types_max)
{
    size_t count = 0;

    while (count < types_max && types[count] != VALUE_NONE)
        count++;
    return count;
}

bool db_has_arrays(const DbStatement *statement)
{
    for (size_t i = 0; i < DB_COLUMNS_MAX && statement->columns[i] != VALUE_NONE; i++)
        if (statement->columns[i] == VALUE_INT8_ARRAY || statement->columns[i] == VALUE_TEXT_ARRAY)
            return true;
    return false;
}

/* A generated query keeps its name while its text changes, so the text and the types are the key too. */
static Hash statement_hash(const DbStatement *statement)
{
    HashStream *stream = hash_open();

    hash_add(stream, statement->name, strlen(statement->name) + 1);
    hash_add(stream, statement->sql, strlen(statement->sql) + 1);
    hash_add(stream, statement->parameters, sizeof statement->parameters);
    hash_add(stream, statement->columns, sizeof statement->columns);
    Hash hash = hash_value(stream);
    hash_close(&stream);
    return hash;
}

static bool prepared_find(const Db *db, const Hash *hash, size_t *slot)
{
    for (size_t i = 0; i < db->prepared_count; i++) {
        if (memcmp(db->prepared[i].bytes, hash->bytes, HASH_BYTES) == 0) {
            *slot = i;
            return true;
        }
    }
    return false;
}

static void slot_name(size_t slot, char out[DB_PREPARED_NAME_BYTES])
{
    snprintf(out, DB_PREPARED_NAME_BYTES, "cinque_%u", (unsigned)slot);
}

static void server_forget(Db *db, const char *prepared)
{
    char sql[DB_PREPARED_NAME_BYTES + 16];

    snprintf(sql, sizeof sql, "DEALLOCATE %s", prepared);
    PQclear(PQexec(db->connection, sql));
}

static Result check_columns(const DbStatement *statement, const PGresult *description, Error *error)
{
    size_t declared = db_types_count(statement->columns, DB_COLUMNS_MAX);
    size_t given = (size_t)PQnfields(description);

    if (given != declared)
        return fail(error, ERROR_CONFIG, "statement %s: gives %zu columns, %zu are declared", statement->name,
                    given, declared);
    for (size_t i = 0; i < declared; i++)
        if (PQftype(description, (int)i) != (Oid)statement->columns[i])
            return fail(error, ERROR_CONFIG, "statement %s: column %zu is not %s", statement->name, i + 1,
                        db_type_name(statement->columns[i]));
    return RESULT_OK;
}

static Result check_shape(const DbStatement *statement, const PGresult *description, Error *error)
{
    size_t declared = db_types_count(statement->parameters, DB_PARAMETERS_MAX);
    size_t taken = (size_t)PQnparams(description);

    if (taken != declared)
        return fail(error, ERROR_CONFIG, "statement %s: takes %zu parameters, %zu are declared",
                    statement->name, taken, declared);
    for (size_t i = 0; i < declared; i++)
        if (PQparamtype(description, (int)i) != (Oid)statement->parameters[i])
            return fail(error, ERROR_CONFIG, "statement %s: parameter %zu is not %s", statement->name, i + 1,
                        db_type_name(statement->parameters[i]));
    return check_columns(statement, description, error);
}

static Result prepare_and_check(Db *db, const DbStatement *statement, const char *prepared, Error *error)
{
    size_t parameter_count = db_types_count(statement->parameters, DB_PARAMETERS_MAX);
    Oid oids[DB_PARAMETERS_MAX];

    for (size_t i = 0; i < parameter_count; i++)
        oids[i] = (Oid)statement->parameters[i];
    PGresult *result = PQprepare(db->connection, prepared, statement->sql, (int)parameter_count, oids);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        Result failed = db_fail(db, statement->name, statement->sql, result, error);
        PQclear(result);
        return failed;
    }
    PQclear(result);

    result = PQdescribePrepared(db->connection, prepared);
    Result checked = PQresultStatus(result) == PGRES_COMMAND_OK
                         ? check_shape(statement, result, error)
                         : db_fail(db, statement->name, statement->sql, result, error);
    PQclear(result);
    if (!checked.ok)
        server_forget(db, prepared);
    return checked;
}

/* A slot of its own while there are some, then the oldest one's. */
static size_t slot_take(Db *db)
{
    size_t slot = db->prepared_next;
    char prepared[DB_PREPARED_NAME_BYTES];

    if (slot < db->prepared_count) {
        slot_name(slot, prepared);
        server_forget(db, prepared);
    } else {
        db->prepared_count++;
    }
    db->prepared[slot] = (Hash){0}; /* no statement's hash */
    db->prepared_next = (slot + 1) % DB_PREPARED_MAX;
    return slot;
}

Result db_prepare(Db *db, const DbStatement *statement, char prepared[DB_PREPARED_NAME_BYTES], Error *error)
{
    Hash hash = statement_hash(statement);
    size_t slot;

    TRY(db_check_idle(db, statement->name, error));
    if (!prepared_find(db, &hash, &slot)) {
        slot = slot_take(db);
        slot_name(slot, prepared);
        TRY(prepare_and_check(db, statement, prepared, error));
        db->prepared[slot] = hash;
    }
    slot_name(slot, prepared);
    return RESULT_OK;
}
