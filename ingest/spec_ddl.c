/* The tables and views of a source. The only maker of generated DDL in ingest. */
#include "ingest/spec_apply.h"
#include "ingest_sql.h"

enum { DDL_BYTES_MAX = 64 << 10 };

static const DbStatement column_list = {
    .name = "column_list",
    .sql = ingest_sql_column_list,
    .parameters = {VALUE_INT2},
    .columns = {VALUE_TEXT, VALUE_TEXT},
};

static void add_name(TextBuilder *ddl, const char *schema, const char *prefix, const IngestSpec *spec)
{
    char name[2 * GOVERNANCE_NAME_BYTES];
    int length = snprintf(name, sizeof name, "%s%s", prefix, spec->source);

    text_add_string(ddl, schema);
    text_add_char(ddl, '.');
    db_add_identifier(ddl, (Text){.data = name, .length = (size_t)length});
}

/* The widest first, so that no gap stands before any, and before texts what is found without reading them. */
static const SpecType by_width[] = {SPEC_INTEGER, SPEC_TIME_OF_DAY, SPEC_DAY,
                                    SPEC_BOOLEAN, SPEC_STRING,      SPEC_DECIMAL};
_Static_assert(sizeof by_width / sizeof *by_width == SPEC_TYPE_COUNT, "each type has its turn");

static void add_create(TextBuilder *ddl, const IngestSpec *spec)
{
    text_add_string(ddl, "CREATE TABLE ");
    add_name(ddl, "records", "", spec);
    text_add_string(ddl,
                    " (load_id int4 NOT NULL, line_number int4 NOT NULL, subject_id int8, record_key int8)"
                    " PARTITION BY LIST (load_id);\n");
}

static void add_column(TextBuilder *ddl, const IngestSpec *spec, const char *add, Text name, const char *type)
{
    text_add_string(ddl, "ALTER TABLE ");
    add_name(ddl, "records", "", spec);
    text_add_string(ddl, add);
    db_add_identifier(ddl, name);
    text_add_format(ddl, " %s;\n", type);
}

/* Keys of other sources' records. No spec column is called so, and a newer version may have it already. */
static void add_references(TextBuilder *ddl, const IngestSpec *spec)
{
    for (size_t i = 0; i < spec->reference_count; i++)
        if (spec->references[i].is_by_key)
            add_column(ddl, spec, " ADD COLUMN IF NOT EXISTS ", spec->references[i].stored, "int8");
}

static void add_date(TextBuilder *ddl, const IngestSpec *spec, int column, const char *name)
{
    if (column == SPEC_NONE) {
        text_add_string(ddl, ", NULL::date");
    } else {
        text_add_string(ddl, ", r.");
        db_add_identifier(ddl, spec->columns[column].stored);
    }
    text_add_format(ddl, " AS %s", name);
}

/* All that linkage sees of a source's rows. */
static void add_presence_view(TextBuilder *ddl, const IngestSpec *spec)
{
    bool has_validity = spec->valid_from != SPEC_NONE;

    if (text_equal(spec->subject, TEXT("none")))
        return;
    text_add_string(ddl, "CREATE OR REPLACE VIEW ");
    add_name(ddl, "presence", "", spec);
    text_add_string(ddl, " AS SELECT r.subject_id, r.load_id");
    add_date(ddl, spec, has_validity ? spec->valid_from : spec->event_date, "valid_from");
    add_date(ddl, spec, has_validity ? spec->valid_to : spec->event_date, "valid_to");
    text_add_string(ddl, " FROM ");
    add_name(ddl, "records", "active_", spec);
    text_add_string(ddl, " AS r;\nGRANT SELECT ON ");
    add_name(ddl, "presence", "", spec);
    text_add_string(ddl, " TO cinque_linker;\n");
}

/* A column keeps its type for ever: what is stored was checked by it. */
static Result check_type(const IngestSpec *spec, const SpecColumn *column, const DbRows *held, bool *is_held,
                         Error *error)
{
    *is_held = false;
    for (size_t i = 0; i < db_row_count(held); i++) {
        if (!text_equal(db_text(held, i, 0), column->stored))
            continue;
        *is_held = true;
        if (!text_equal(db_text(held, i, 1), text_from(SPEC_TYPE_NAMES[column->type])))
            return fail(error, ERROR_CONFIG,
                        "%s: column %.*s is stored with another type: give it another name by `as`",
                        spec->path, TEXT_ARG(column->name));
    }
    return RESULT_OK;
}

static Result add_of_type(TextBuilder *ddl, const IngestSpec *spec, SpecType type, const DbRows *held,
                          FILE *widened, Error *error)
{
    bool is_held;

    for (size_t i = 0; i < spec->column_count; i++) {
        const SpecColumn *column = &spec->columns[i];
        if (!spec_column_is_stored(column) || column->type != type)
            continue;
        TRY(check_type(spec, column, held, &is_held, error));
        if (is_held)
            continue;
        add_column(ddl, spec, " ADD COLUMN ", column->stored, SPEC_TYPE_SQL[type]);
        if (widened != NULL)
            fprintf(widened, "source %s: new column %.*s\n", spec->source, TEXT_ARG(column->stored));
    }
    return RESULT_OK;
}

/* widened: what is told of columns that a source gets which is known already; NULL: it is new. */
static Result add_payload(TextBuilder *ddl, const IngestSpec *spec, const DbRows *held, FILE *widened,
                          Error *error)
{
    for (size_t i = 0; i < SPEC_TYPE_COUNT; i++) {
        if (by_width[i] == SPEC_BOOLEAN && widened == NULL)
            add_column(ddl, spec, " ADD COLUMN ", TEXT("age_days"), "int2");
        TRY(add_of_type(ddl, spec, by_width[i], held, widened, error));
    }
    return RESULT_OK;
}

Result spec_ddl_make(Db *owner, const IngestSpec *spec, const SpecRegistered *registered, FILE *out,
                     Error *error)
{
    SCOPED(text_builder_close) TextBuilder ddl = text_builder(DDL_BYTES_MAX);
    SCOPED(db_rows_close) DbRows *held = NULL;
    const Value source_id = value_int2(registered->source_id);

    TRY(db_run(owner, &column_list, &source_id, &held, error));
    if (!registered->is_known) {
        add_create(&ddl, spec);
        fprintf(out, "source %s: new, version %d, %zu columns\n", spec->source, spec->version,
                spec->payload_count);
    } else {
        fprintf(out, "source %s: version %d\n", spec->source, spec->version);
    }
    add_references(&ddl, spec);
    TRY(add_payload(&ddl, spec, held, registered->is_known ? out : NULL, error));
    text_add_format(&ddl, "SELECT ingest.active_view_make(%d::int2);\n", (int)registered->source_id);
    add_presence_view(&ddl, spec);
    return db_script(owner, "source tables", text_built(&ddl).data, error);
}
