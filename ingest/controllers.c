#include "ingest/controllers.h"

#include <stdlib.h>

#include "ingest_sql.h"

enum { CONTROLLERS_MAX = 16384, NAMES_BYTES_MAX = 4 << 20 };

typedef struct Controller {
    Text code;
    bool is_allowed;
    int64_t refused;
} Controller;

struct Controllers {
    Arena *names;
    Controller *items; /* the registered organisations, by code */
    size_t count;
    int64_t unregistered; /* rows refused of all other codes */
};

static const DbStatement controller_list = {
    .name = "controller_list",
    .sql = ingest_sql_controller_list,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_BOOL},
};
static const DbStatement controller_keep = {
    .name = "controller_keep",
    .sql = ingest_sql_controller_keep,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_TEXT_ARRAY, VALUE_INT8_ARRAY, VALUE_INT8},
    .columns = {VALUE_INT8},
};

static int compare(const void *a, const void *b)
{
    return text_compare(((const Controller *)a)->code, ((const Controller *)b)->code);
}

static Value permit_value(const StoreLoad *load)
{
    return value_bytes(governance_permit_id(load->permit), GOVERNANCE_PERMIT_BYTES);
}

static Controllers *make(const DbRows *rows)
{
    Controllers *made = memory_alloc(sizeof *made);

    made->names = arena_create(NAMES_BYTES_MAX);
    made->count = db_row_count(rows);
    made->items = arena_alloc(made->names, made->count * sizeof *made->items);
    for (size_t i = 0; i < made->count; i++)
        made->items[i] = (Controller){
            .code = text_copy(made->names, db_text(rows, i, 0)),
            .is_allowed = db_value(rows, i, 1).boolean,
        };
    qsort(made->items, made->count, sizeof *made->items, compare);
    return made;
}

Result controllers_open(Db *loader, const StoreLoad *load, int64_t load_id, Controllers **controllers,
                        Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value values[] = {permit_value(load), value_int4(load_id)};

    *controllers = NULL;
    TRY(db_run(loader, &controller_list, values, &rows, error));
    if (db_row_count(rows) > CONTROLLERS_MAX)
        return fail(error, ERROR_LIMIT, "more than %d organisations are registered", CONTROLLERS_MAX);
    /* The sender is registered, so no row means that nothing is restricted. */
    if (db_row_count(rows) == 0)
        return RESULT_OK;
    if (load->spec->controller == SPEC_NONE)
        return fail(error, ERROR_REFUSED,
                    "%s: its agreement is for each controller, and the spec names no controller column",
                    load->spec->path);
    *controllers = make(rows);
    return RESULT_OK;
}

/* NULL: of no registered organisation. */
static Controller *controller_of(const Controllers *controllers, Text code)
{
    const Controller wanted = {.code = code};

    return bsearch(&wanted, controllers->items, controllers->count, sizeof *controllers->items, compare);
}

bool controllers_allow(const Controllers *controllers, Text code)
{
    const Controller *found = controller_of(controllers, code);

    return found != NULL && found->is_allowed;
}

void controllers_refuse(Controllers *controllers, Text code)
{
    Controller *found = controller_of(controllers, code);

    if (found != NULL)
        found->refused++;
    else
        controllers->unregistered++;
}

Result controllers_keep(const Controllers *controllers, Db *loader, const StoreLoad *load, int64_t load_id,
                        Error *error)
{
    Text *codes = arena_alloc(controllers->names, (controllers->count + 1) * sizeof *codes);
    int64_t *rows = arena_alloc(controllers->names, (controllers->count + 1) * sizeof *rows), nothing;
    size_t count = 0;

    for (size_t i = 0; i < controllers->count; i++) {
        if (controllers->items[i].refused == 0)
            continue;
        codes[count] = controllers->items[i].code;
        rows[count++] = controllers->items[i].refused;
    }
    const Value values[] = {
        permit_value(load),
        value_int4(load_id),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = codes, .count = count}},
        {.type = VALUE_INT8_ARRAY, .array = {.items = rows, .count = count}},
        value_int8(controllers->unregistered),
    };
    return db_run_int8(loader, &controller_keep, values, &nothing, NULL, error);
}

void controllers_close(Controllers **controllers)
{
    if (*controllers == NULL)
        return;
    arena_close(&(*controllers)->names);
    memory_free(*controllers);
    *controllers = NULL;
}
