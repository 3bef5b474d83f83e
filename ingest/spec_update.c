/* What a delivery does to earlier ones: the spec's update mode, and all that must fit it. */
#include "ingest/rule_value.h"
#include "ingest/spec_build.h"

static Result refer_required(const SpecBuild *build, const char *key, const char *name, bool must_be_date,
                             int *column, Error *error)
{
    const SpecColumn *columns = build->spec->columns;

    TRY(spec_refer(build, key, name, must_be_date, column, error));
    if (*column != SPEC_NONE && !(columns[*column].is_required && spec_column_is_stored(&columns[*column])))
        return spec_fail_key(build, key, "names a column that is not both required and stored", error);
    return RESULT_OK;
}

static bool is_stored_text(const IngestSpec *spec, int column)
{
    return column == SPEC_NONE ||
           (spec_column_is_stored(&spec->columns[column]) && spec->columns[column].type == SPEC_STRING);
}

/* A removal that its own column would reject could never be said. */
static bool can_be(const IngestSpec *spec, int column, Text value)
{
    const SpecColumn *held = &spec->columns[column];
    Value ignored;

    if (value.length == 0 || rule_value(spec, held, value, &ignored) != READER_GOOD)
        return false;
    return held->list == SPEC_NONE || codes_find(&spec->lists[held->list], value) != NULL;
}

static bool is_in_key(const IngestSpec *spec, int column)
{
    for (size_t i = 0; i < spec->key_count; i++)
        if (spec->key[i] == column)
            return true;
    return false;
}

/* Of a removal nothing but its key is read: without the controller in it nobody could tell whose it is. */
static Result check_record_key(const SpecBuild *build, Error *error)
{
    const IngestSpec *spec = build->spec;

    if (spec->key_count == 0)
        return spec_fail_key(build, "record_key", "net_change tells records apart by it", error);
    for (size_t i = 0; i < spec->key_count; i++)
        if (!spec->columns[spec->key[i]].is_required)
            return spec_fail_key(build, "record_key", "net_change needs each of its columns required", error);
    if (spec->controller != SPEC_NONE && !is_in_key(spec, spec->controller))
        return spec_fail_key(build, "record_key", "net_change needs the controller's column in it", error);
    return RESULT_OK;
}

static Result build_change(SpecBuild *build, bool is_wanted, Error *error)
{
    const YamlChange *yaml = &build->yaml->change;
    IngestSpec *spec = build->spec;

    if (is_wanted != (yaml->operation != NULL))
        return spec_fail_key(build, "change", "goes with update net_change, and that with it", error);
    TRY(refer_required(build, "change", yaml->operation, false, &spec->change.operation, error));
    TRY(refer_required(build, "change", yaml->date, true, &spec->change.date, error));
    TRY(spec_refer(build, "change", yaml->time, false, &spec->change.time, error));
    if (!is_stored_text(spec, spec->change.operation))
        return spec_fail_key(build, "change", "operation names a column that is not stored as text", error);
    if (spec->change.time != SPEC_NONE && spec->columns[spec->change.time].use != SPEC_TIME)
        return spec_fail_key(build, "change", "time names a column whose use is not time", error);
    spec->change.remove = text_copy(spec->arena, text_from(yaml->remove));
    if (!is_wanted)
        return RESULT_OK;
    if (!can_be(spec, spec->change.operation, spec->change.remove))
        return spec_fail_key(build, "change", "remove is no value that its column may have", error);
    return check_record_key(build, error);
}

static Result build_replaces(SpecBuild *build, bool is_wanted, Error *error)
{
    const YamlReplaces *yaml = &build->yaml->replaces;
    IngestSpec *spec = build->spec;

    if (is_wanted != (yaml->group != NULL))
        return spec_fail_key(build, "replaces", "goes with update bulk_replacement, and that with it", error);
    TRY(refer_required(build, "replaces", yaml->group, false, &spec->replaces.group, error));
    TRY(refer_required(build, "replaces", yaml->from, true, &spec->replaces.from, error));
    TRY(refer_required(build, "replaces", yaml->to, true, &spec->replaces.to, error));
    TRY(spec_refer(build, "replaces", yaml->until, true, &spec->replaces.until, error));
    if (!is_wanted)
        return RESULT_OK;
    if (!is_stored_text(spec, spec->replaces.group))
        return spec_fail_key(build, "replaces", "group names a column that is not stored as text", error);
    if (spec->event_date == SPEC_NONE || !spec->columns[spec->event_date].is_required)
        return spec_fail_key(build, "event_date", "bulk_replacement needs one that is required", error);
    /* So whatever replaces has a row: ingest.active_rows finds what a delivery replaces by its rows. */
    if (!(spec->rejects_percent_max < 100))
        return spec_fail_key(build, "rejects", "bulk_replacement needs percent_max below 100", error);
    return RESULT_OK;
}

/* The newest list, or edition of a look-up, holds all there is to say (050_release.sql); what linkage reads
 * of mergers knows every mode. */
static Result check_role(const SpecBuild *build, Error *error)
{
    static const char *const whole[] = {"opt_out", "geography", "practice", "deprivation"};
    const IngestSpec *spec = build->spec;

    if (text_equal(spec->update, TEXT("snapshot")))
        return RESULT_OK;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (text_equal(spec->role, text_from(whole[i])))
            return spec_fail_key(build, "update", "its role needs snapshot: the newest list is the whole",
                                 error);
    return RESULT_OK;
}

Result spec_build_update(SpecBuild *build, Error *error)
{
    const IngestSpec *spec = build->spec;
    bool is_change = text_equal(spec->update, TEXT("net_change")),
         is_bulk = text_equal(spec->update, TEXT("bulk_replacement"));

    TRY(build_change(build, is_change, error));
    TRY(build_replaces(build, is_bulk, error));
    if (spec->exclude_count > 0 && (is_change || is_bulk))
        return spec_fail_key(build, "exclude",
                             "not with net_change or bulk_replacement: an excluded row would leave in place "
                             "what it supersedes",
                             error);
    return check_role(build, error);
}
