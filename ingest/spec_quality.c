/* What a whole delivery is held to: the spec's `quality` and `references`. What a limit means when a load
 * ends is in schema/075_hold.sql. */
#include <math.h>
#include <string.h>

#include "ingest/spec_build.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What a measure is taken of, and so what its limit names. */
typedef enum Place { OF_DELIVERY, OF_COLUMN, OF_REFERENCE } Place;

static const struct {
    const char *name;
    Place place;
} measures[] = {
    {"missing", OF_COLUMN},
    {"invalid", OF_COLUMN},
    {"default", OF_COLUMN},
    {"other", OF_COLUMN},
    {"orphans", OF_REFERENCE},
    {"rejected", OF_DELIVERY},
    {"identity withheld", OF_DELIVERY},
    {"nhs number invalid", OF_DELIVERY},
    {"nhs number absent", OF_DELIVERY},
    {"duplicates", OF_DELIVERY},
    {"fall", OF_DELIVERY},
    {"rise", OF_DELIVERY},
    {"shrunk", OF_DELIVERY},
    {"off total", OF_DELIVERY},
    {"list size", OF_DELIVERY},
};

/* ---- references ---- */

static bool is_stored(const IngestSpec *spec, int column)
{
    return spec_column_is_stored(&spec->columns[column]);
}

static bool is_record_key(const char *name)
{
    return strcmp(name, "record_key") == 0;
}

static Result build_columns_to(const SpecBuild *build, const YamlReference *yaml, SpecReference *reference,
                               Error *error)
{
    if (yaml->columns_count != yaml->to_count)
        return spec_fail_key(build, "references", "as many columns as `to` names", error);
    for (size_t i = 0; i < yaml->columns_count; i++) {
        if (!is_stored(build->spec, reference->columns[i]))
            return spec_fail_key(build, "references", "names a column that is not stored", error);
        if (!spec_is_name(yaml->to[i]) || is_record_key(yaml->to[i]))
            return spec_fail_key(build, "references", "`to` has names of stored columns, or record_key alone",
                                 error);
        reference->to[i] = text_copy(build->spec->arena, text_from(yaml->to[i]));
    }
    return RESULT_OK;
}

/* A key is kept beside the row: one of identifiers would name the same person in two sources, past linkage.
 */
static Result build_columns_to_key(const SpecBuild *build, SpecReference *reference, Error *error)
{
    IngestSpec *spec = build->spec;

    for (size_t i = 0; i < reference->column_count; i++)
        if (spec_column_identifies(&spec->columns[reference->columns[i]]))
            return spec_fail_key(build, "references", "to a record key by a column that identifies", error);
    reference->is_by_key = true;
    reference->stored = text_format(spec->arena, SPEC_KEY_PREFIX "%.*s", TEXT_ARG(reference->name));
    spec->key_reference_count++;
    if (spec->payload_count + spec->key_reference_count > SPEC_PAYLOAD_MAX)
        return spec_fail_key(build, "references", "with them more than 56 columns are stored", error);
    return RESULT_OK;
}

static Result build_reference(const SpecBuild *build, const YamlReference *yaml, SpecReference *reference,
                              Error *error)
{
    Arena *arena = build->spec->arena;

    if (!spec_is_name(yaml->name) || !spec_is_name(yaml->source))
        return spec_fail_key(build, "references", "a name has lower-case letters, digits and _", error);
    reference->name = text_copy(arena, text_from(yaml->name));
    reference->source = text_copy(arena, text_from(yaml->source));
    for (size_t i = 0; i < yaml->columns_count; i++)
        TRY(spec_refer(build, "references", yaml->columns[i], false, &reference->columns[i], error));
    reference->column_count = yaml->columns_count;
    if (yaml->to_count == 1 && is_record_key(yaml->to[0]))
        return build_columns_to_key(build, reference, error);
    return build_columns_to(build, yaml, reference, error);
}

static bool has_reference(const IngestSpec *spec, Text name)
{
    for (size_t i = 0; i < spec->reference_count; i++)
        if (text_equal(spec->references[i].name, name))
            return true;
    return false;
}

static Result build_references(const SpecBuild *build, Error *error)
{
    IngestSpec *spec = build->spec;

    for (size_t i = 0; i < build->yaml->references_count; i++) {
        const YamlReference *yaml = &build->yaml->references[i];
        if (has_reference(spec, text_from(yaml->name)))
            return spec_fail_key(build, "references", "a name stands there twice", error);
        TRY(build_reference(build, yaml, &spec->references[i], error));
        spec->reference_count++;
    }
    return RESULT_OK;
}

/* ---- limits ---- */

static Result build_place(const SpecBuild *build, const YamlLimit *yaml, Place place, SpecLimit *limit,
                          Error *error)
{
    const IngestSpec *spec = build->spec;
    int column;

    if ((place == OF_COLUMN) != (yaml->column != NULL) ||
        (place == OF_REFERENCE) != (yaml->reference != NULL))
        return spec_fail_key(build, "quality",
                             "missing, invalid, default and other name a column, orphans a reference, and "
                             "no other measure does",
                             error);
    if (place == OF_COLUMN) {
        TRY(spec_refer(build, "quality", yaml->column, false, &column, error));
        limit->place = spec->columns[column].name;
    }
    if (place == OF_REFERENCE) {
        limit->place = text_copy(spec->arena, text_from(yaml->reference));
        if (!has_reference(spec, limit->place))
            return spec_fail_key(build, "quality", "names no reference", error);
    }
    return RESULT_OK;
}

static double threshold(const double *given)
{
    return given != NULL ? *given : NAN;
}

/* Each given one is above those before it: !(a > b) is also true of what is no number. */
static Result check_thresholds(const SpecBuild *build, const YamlLimit *yaml, bool is_rows, Error *error)
{
    const double *const given[] = {yaml->warn, yaml->hold, yaml->refuse};
    double before = 0;
    bool has_any = false;

    for (size_t i = 0; i < COUNT(given); i++) {
        if (given[i] == NULL)
            continue;
        if (!(*given[i] > before) || !(*given[i] <= (is_rows ? 1e12 : 1e6)))
            return spec_fail_key(build, "quality", "warn, hold and refuse are above 0 and ascend", error);
        before = *given[i];
        has_any = true;
    }
    return has_any ? RESULT_OK
                   : spec_fail_key(build, "quality", "a limit has one of warn, hold and refuse", error);
}

static Result build_limit(const SpecBuild *build, const YamlLimit *yaml, SpecLimit *limit, Error *error)
{
    static const char *const units[] = {"percent", "rows"};
    int unit = yaml->unit != NULL ? spec_choose(yaml->unit, units, COUNT(units)) : 0;
    size_t measure = 0;

    while (measure < COUNT(measures) && strcmp(yaml->measure, measures[measure].name) != 0)
        measure++;
    if (measure == COUNT(measures))
        return spec_fail_key(build, "quality", "a limit is on a measure that there is not", error);
    if (unit < 0)
        return spec_fail_key(build, "quality", "unit is percent or rows", error);
    limit->measure = text_from(measures[measure].name);
    limit->is_rows = unit == 1;
    TRY(build_place(build, yaml, measures[measure].place, limit, error));
    TRY(check_thresholds(build, yaml, limit->is_rows, error));
    limit->warn = threshold(yaml->warn);
    limit->hold = threshold(yaml->hold);
    limit->refuse = threshold(yaml->refuse);
    return RESULT_OK;
}

static bool is_same_limit(const SpecLimit *one, const SpecLimit *other)
{
    return text_equal(one->measure, other->measure) && text_equal(one->place, other->place) &&
           one->is_rows == other->is_rows;
}

static Result build_limits(const SpecBuild *build, Error *error)
{
    IngestSpec *spec = build->spec;

    for (size_t i = 0; i < build->yaml->quality.limits_count; i++) {
        SpecLimit *limit = &spec->limits[i];
        TRY(build_limit(build, &build->yaml->quality.limits[i], limit, error));
        for (size_t earlier = 0; earlier < i; earlier++)
            if (is_same_limit(&spec->limits[earlier], limit))
                return spec_fail_key(build, "quality", "a measure has its limit twice", error);
        spec->limit_count++;
    }
    return RESULT_OK;
}

/* ---- protection ---- */

/* A band that only a fall can leave is enough: a cut takes rows away. Of a snapshot the one before tells. */
static bool has_volume_band(const IngestSpec *spec)
{
    bool is_snapshot = text_equal(spec->update, TEXT("snapshot"));

    for (size_t i = 0; i < spec->limit_count; i++)
        if (text_equal(spec->limits[i].measure, TEXT("fall")) ||
            (is_snapshot && text_equal(spec->limits[i].measure, TEXT("shrunk"))))
            return true;
    return false;
}

/* What a spec says protects it must be there: but for the manifest, which a feed brings, it is the spec's
 * own.
 */
static Result check_protection(const SpecBuild *build, const char *name, Error *error)
{
    static const char *const names[] = {"trailer", "header_count", "structure", "manifest", "volume"};
    const IngestSpec *spec = build->spec;
    const bool is_there[] = {
        spec->format.trailer.name.length > 0,
        build->yaml->file.header_count != NULL,
        spec->format.kind == READER_XML || spec->format.kind == READER_POSTGRES_BINARY,
        true,
        has_volume_band(spec),
    };
    static const char *const lacking[] = {
        "protected_by trailer: `file` names none",
        "protected_by header_count: `file` has none",
        "protected_by structure: only of xml and postgres_binary, whose end cannot be cut off unnoticed",
        "",
        "protected_by volume: no limit on fall, nor of a snapshot on shrunk",
    };
    int chosen = spec_choose(name, names, COUNT(names));

    if (chosen < 0)
        return spec_fail_key(build, "quality",
                             "protected_by: one of trailer, header_count, structure, manifest, volume",
                             error);
    return is_there[chosen] ? RESULT_OK : spec_fail_key(build, "quality", lacking[chosen], error);
}

static Result build_protection(const SpecBuild *build, Error *error)
{
    const YamlQuality *yaml = &build->yaml->quality;
    IngestSpec *spec = build->spec;

    for (size_t i = 0; i < yaml->protected_by_count; i++) {
        TRY(check_protection(build, yaml->protected_by[i], error));
        spec->protected_by[spec->protection_count++] =
            text_copy(spec->arena, text_from(yaml->protected_by[i]));
    }
    return RESULT_OK;
}

Result spec_build_quality(SpecBuild *build, Error *error)
{
    IngestSpec *spec = build->spec;

    TRY(build_references(build, error));
    TRY(build_limits(build, error));
    TRY(build_protection(build, error));
    TRY(spec_refer(build, "quality", build->yaml->quality.cost, false, &spec->cost, error));
    if (spec->cost != SPEC_NONE && spec->columns[spec->cost].use != SPEC_MEASURE)
        return spec_fail_key(build, "quality", "cost names a column that is no measure", error);
    return RESULT_OK;
}
