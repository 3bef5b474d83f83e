#include <stdio.h>
#include <string.h>

#include "ingest/spec_build.h"
#include "ingest/spec_place.h"

const char *const SPEC_USE_NAMES[SPEC_USE_COUNT] = {
    "identifier", "demographic", "dimension", "measure",  "date",
    "time",       "code",        "text",      "presence", "ignored",
};
const char *const SPEC_TYPE_NAMES[SPEC_TYPE_COUNT] = {"text",    "date",    "time",
                                                      "integer", "decimal", "boolean"};
const char *const SPEC_TYPE_SQL[SPEC_TYPE_COUNT] = {"text", "date",          "time",
                                                    "int8", "numeric(14,2)", "boolean"};
const ValueType SPEC_TYPE_VALUES[SPEC_TYPE_COUNT] = {VALUE_TEXT, VALUE_DATE,    VALUE_TIME,
                                                     VALUE_INT8, VALUE_NUMERIC, VALUE_BOOL};

/* What a column's use lets it say beside name, use and required. */
enum {
    KEY_AS = 1 << 0,
    KEY_IDENTITY = 1 << 1,
    KEY_ISSUER = 1 << 2,
    KEY_SCHEME = 1 << 3,
    KEY_LIST = 1 << 4,
    KEY_SHAPE = 1 << 5,
    KEY_TYPE = 1 << 6,
    KEY_RANGE = 1 << 7,
    KEY_INVALID = 1 << 8,
    KEY_CHECK = 1 << 9,
    KEY_SPACE = 1 << 10,
    KEYS_OF_IDENTITY = KEY_IDENTITY | KEY_ISSUER | KEY_SCHEME | KEY_SPACE | KEY_SHAPE | KEY_INVALID,
    KEYS_OF_TEXT = KEY_AS | KEY_LIST | KEY_SHAPE | KEY_CHECK,
};

static const unsigned allowed_keys[SPEC_USE_COUNT] = {
    [SPEC_IDENTIFIER] = KEYS_OF_IDENTITY,
    [SPEC_DEMOGRAPHIC] = KEY_IDENTITY | KEY_INVALID,
    [SPEC_DIMENSION] = KEYS_OF_TEXT,
    [SPEC_MEASURE] = KEY_AS | KEY_TYPE | KEY_RANGE,
    [SPEC_DATE] = KEY_AS,
    [SPEC_TIME] = KEY_AS,
    [SPEC_CODE] = KEYS_OF_TEXT,
    [SPEC_TEXT] = KEYS_OF_TEXT,
    [SPEC_PRESENCE] = KEY_AS,
    [SPEC_IGNORED] = 0,
};

/* Names that records and releases give their own columns. */
static const char *const reserved_names[] = {
    "load_id",       "line_number",   "subject_id",       "record_key", "age_days",
    "person_number", "record_number", "household_number", "person_id",  "household_id",
};

typedef struct ColumnBuild {
    SpecBuild *build;
    const YamlColumn *yaml;
    SpecColumn *column;
    size_t index;
} ColumnBuild;

static Result wrong(const ColumnBuild *at, const char *rule, Error *error)
{
    return fail(error, ERROR_CONFIG, "%s line %zu, column %s: %s", at->build->spec->path,
                spec_line_of_entry(at->build->spec->text, "columns", at->index), at->yaml->name, rule);
}

static Result check_keys(const ColumnBuild *at, Error *error)
{
    const YamlColumn *yaml = at->yaml;
    const struct {
        bool is_there;
        unsigned key;
        const char *rule;
    } keys[] = {
        {yaml->as != NULL, KEY_AS, "`as` is for what is stored"},
        {yaml->identity != NULL, KEY_IDENTITY, "`identity` is for identifiers and demographics"},
        {yaml->issuer != NULL || yaml->issuer_fixed != NULL, KEY_ISSUER, "an issuer is for identifiers"},
        {yaml->scheme != NULL, KEY_SCHEME, "`scheme` is for identifiers"},
        {yaml->space != NULL, KEY_SPACE, "`space` is for identifiers"},
        {yaml->list != NULL, KEY_LIST, "`list` is for dimensions, codes and text"},
        {yaml->shape != NULL, KEY_SHAPE, "`shape` is for dimensions, codes and text"},
        {yaml->check != NULL, KEY_CHECK, "`check` is for dimensions, codes and text"},
        {yaml->type != NULL, KEY_TYPE, "`type` is for measures"},
        {yaml->min != NULL || yaml->max != NULL, KEY_RANGE, "`min` and `max` are for measures"},
        {yaml->invalid != NULL, KEY_INVALID, "`invalid` is for identifiers and demographics"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].is_there && (allowed_keys[at->column->use] & keys[i].key) == 0)
            return wrong(at, keys[i].rule, error);
    return RESULT_OK;
}

static Result build_shape(const ColumnBuild *at, Error *error)
{
    char rule[96];

    if (at->yaml->shape == NULL)
        return RESULT_OK;
    at->column->shape_text = text_copy(at->build->spec->arena, text_from(at->yaml->shape));
    const char *trouble = shape_parse(at->column->shape_text, &at->column->shape);
    if (trouble == NULL)
        return RESULT_OK;
    snprintf(rule, sizeof rule, "shape: %s", trouble);
    return wrong(at, rule, error);
}

/* One line of a page, a terminal or an answer. */
static Result build_meaning(const ColumnBuild *at, Error *error)
{
    enum { MEANING_BYTES_MAX = 160 };
    Text meaning = text_from(at->yaml->meaning);

    if (meaning.length > MEANING_BYTES_MAX)
        return wrong(at, "meaning: more than 160 bytes", error);
    if (text_has_control(meaning))
        return wrong(at, "meaning: one line of text, without control characters", error);
    at->column->meaning = text_copy(at->build->spec->arena, meaning);
    return RESULT_OK;
}

/* ---- identifiers and demographics ---- */

static bool field_is_identifier(IdentityField field)
{
    return field == IDENTITY_NHS_NUMBER || field == IDENTITY_SUPERSEDED_NHS_NUMBER ||
           field == IDENTITY_LOCAL_ID || field == IDENTITY_UPRN || spec_field_is_foreign(field);
}

/* A plain scheme skips the modulus check, so a shape must stand in for it. */
static Result build_scheme(const ColumnBuild *at, Error *error)
{
    if (at->yaml->scheme == NULL && at->yaml->shape != NULL)
        return wrong(at, "a shape of an identifier needs `scheme: plain`", error);
    if (at->yaml->scheme == NULL)
        return RESULT_OK;
    if (strcmp(at->yaml->scheme, "plain") != 0)
        return wrong(at, "scheme: only `plain` is known", error);
    if (at->column->field != IDENTITY_NHS_NUMBER || at->yaml->shape == NULL)
        return wrong(at, "`scheme: plain` is for identity nhs_number, with a shape", error);
    at->column->scheme = text_format(at->build->spec->arena, "plain:%s", at->build->yaml->source);
    return RESULT_OK;
}

static Result build_identity(const ColumnBuild *at, Error *error)
{
    SpecColumn *column = at->column;
    const YamlColumn *yaml = at->yaml;
    int field = spec_choose(yaml->identity, IDENTITY_FIELD_NAMES, IDENTITY_FIELD_COUNT);

    if (field < 0 || field == IDENTITY_LOCAL_ID_ISSUER)
        return wrong(
            at,
            "`identity` must name what it identifies: nhs_number, superseded_nhs_number, local_id, uprn, "
            "postcode, birth_date, sex, family_name, given_name, address, foreign_pseudonym, "
            "foreign_pseudonym_to",
            error);
    column->field = (IdentityField)field;
    if (field_is_identifier(column->field) != (column->use == SPEC_IDENTIFIER))
        return wrong(at, "use: numbers are identifiers, all else that identifies is demographic", error);
    if (yaml->invalid != NULL && strcmp(yaml->invalid, "blank") != 0 && strcmp(yaml->invalid, "reject") != 0)
        return wrong(at, "invalid: blank or reject", error);
    column->rejects_invalid = yaml->invalid != NULL && strcmp(yaml->invalid, "reject") == 0;
    if (spec_field_is_foreign(column->field)) {
        const char *trouble = spec_build_foreign(at->build, yaml, column);
        return trouble != NULL ? wrong(at, trouble, error) : RESULT_OK;
    }
    if (yaml->space != NULL)
        return wrong(at, "`space` is for foreign pseudonyms", error);
    bool has_issuer = yaml->issuer != NULL || yaml->issuer_fixed != NULL;
    if (has_issuer != (column->field == IDENTITY_LOCAL_ID) ||
        (yaml->issuer != NULL && yaml->issuer_fixed != NULL))
        return wrong(at, "local_id, and it alone, has one of `issuer` and `issuer_fixed`", error);
    column->issuer_fixed = text_copy(at->build->spec->arena, text_from(yaml->issuer_fixed));
    return build_scheme(at, error);
}

/* ---- what is stored ---- */

static Result build_list(const ColumnBuild *at, Error *error)
{
    IngestSpec *spec = at->build->spec;
    Text name = text_from(at->yaml->list);
    char path[2 * SPEC_FOLDER_BYTES];

    if (!spec_is_name(at->yaml->list))
        return wrong(at, "list: a name has lower-case letters, digits and _", error);
    for (size_t i = 0; i < spec->list_count; i++)
        if (text_equal(spec->lists[i].name, name)) {
            at->column->list = (int)i;
            return RESULT_OK;
        }
    if (spec->list_count == SPEC_LISTS_MAX)
        return wrong(at, "more code lists than 64", error);
    snprintf(path, sizeof path, "%s/%s.csv", at->build->codes_folder, at->yaml->list);
    Result opened = codes_open(path, name, spec->arena, &spec->lists[spec->list_count], error);
    if (!opened.ok)
        return fail_context(error, "%s line %zu, column %s", spec->path,
                            spec_line_of_entry(spec->text, "columns", at->index), at->yaml->name);
    at->column->list = (int)spec->list_count++;
    return RESULT_OK;
}

static bool is_storable(double limit)
{
    return limit > -1e12 && limit < 1e12; /* also false for a NaN */
}

static int64_t scaled(double limit, double scale)
{
    return (int64_t)(limit * scale + (limit < 0 ? -0.5 : 0.5));
}

static Result build_range(const ColumnBuild *at, Error *error)
{
    static const char *const types[] = {"integer", "decimal"};
    SpecColumn *column = at->column;
    const YamlColumn *yaml = at->yaml;
    int type = spec_choose(yaml->type, types, 2);

    if (type < 0)
        return wrong(at, "a measure has type integer or decimal", error);
    column->type = type == 0 ? SPEC_INTEGER : SPEC_DECIMAL;
    double scale = type == 0 ? 1 : 100;
    if (yaml->min == NULL || yaml->max == NULL)
        return wrong(at, "a measure needs min and max: swapped columns must not store a number", error);
    if (!is_storable(*yaml->min) || !is_storable(*yaml->max))
        return wrong(at, "min, max: past what is stored", error);
    column->min = scaled(*yaml->min, scale);
    column->max = scaled(*yaml->max, scale);
    if (column->min > column->max)
        return wrong(at, "min is above max", error);
    return RESULT_OK;
}

/* `as`, or the name in lower case. */
static Text stored_name(const ColumnBuild *at)
{
    char *name = text_to_string(at->build->spec->arena,
                                text_from(at->yaml->as != NULL ? at->yaml->as : at->yaml->name));

    for (char *c = name; at->yaml->as == NULL && *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return text_from(name);
}

/* Text is held to a list, a shape or a check. A birth date has 8 bare digits, an NHS number 10, a
 * telephone's 11. */
static Result build_text(const ColumnBuild *at, Error *error)
{
    enum { BARE_DIGITS_MAX = 7 };
    SpecColumn *column = at->column;
    const YamlColumn *yaml = at->yaml;

    if ((yaml->list != NULL) + (yaml->shape != NULL) + (yaml->check != NULL) != 1)
        return wrong(
            at, "stored text needs a list, a shape or a check: swapped columns must not store a name", error);
    if (yaml->check != NULL && strcmp(yaml->check, "snomed") != 0)
        return wrong(at, "check: only `snomed` is known", error);
    column->is_snomed = yaml->check != NULL;
    if (yaml->shape != NULL && shape_matches_digits(&column->shape, BARE_DIGITS_MAX + 1))
        return wrong(at, "shape: 8 or more bare digits could be a date of birth or a number of a person",
                     error);
    return yaml->list != NULL ? build_list(at, error) : RESULT_OK;
}

static Result build_stored(const ColumnBuild *at, Error *error)
{
    SpecColumn *column = at->column;

    column->stored = stored_name(at);
    if (!spec_is_name(column->stored.data))
        return wrong(at, "cannot be stored under this name: give `as`, of lower-case letters, digits and _",
                     error);
    if (spec_choose(column->stored.data, reserved_names, sizeof reserved_names / sizeof *reserved_names) >=
            0 ||
        text_starts_with(column->stored, TEXT(SPEC_KEY_PREFIX)))
        return wrong(at, "this name is taken in every source: give `as`", error);
    bool is_text = (allowed_keys[column->use] & KEY_SHAPE) != 0;
    column->type = column->use == SPEC_DATE       ? SPEC_DAY
                   : column->use == SPEC_TIME     ? SPEC_TIME_OF_DAY
                   : column->use == SPEC_PRESENCE ? SPEC_BOOLEAN
                                                  : SPEC_STRING;
    if (column->use == SPEC_MEASURE)
        return build_range(at, error);
    return is_text ? build_text(at, error) : RESULT_OK;
}

/* ---- all ---- */

static Result build_column(const ColumnBuild *at, Error *error)
{
    SpecColumn *column = at->column;
    int use = spec_choose(at->yaml->use, SPEC_USE_NAMES, SPEC_USE_COUNT);

    *column = (SpecColumn){.issuer = SPEC_NONE, .list = SPEC_NONE, .is_required = at->yaml->required};
    column->name = text_copy(at->build->spec->arena, text_trim(text_from(at->yaml->name)));
    if (use < 0)
        return wrong(
            at,
            "use: identifier, demographic, dimension, measure, date, time, code, text, presence or ignored",
            error);
    column->use = (SpecUse)use;
    TRY(check_keys(at, error));
    TRY(build_meaning(at, error));
    TRY(build_shape(at, error));
    if (spec_column_identifies(column))
        return build_identity(at, error);
    return column->use == SPEC_IGNORED ? RESULT_OK : build_stored(at, error);
}

static Result check_twice(const ColumnBuild *at, Error *error)
{
    const IngestSpec *spec = at->build->spec;

    for (size_t i = 0; i < at->index; i++) {
        const SpecColumn *other = &spec->columns[i];
        if (text_equal(other->name, at->column->name))
            return wrong(at, "is there twice", error);
        if (at->column->stored.length > 0 && text_equal(other->stored, at->column->stored))
            return wrong(at, "two columns would be stored under one name", error);
        if (spec_column_identifies(at->column) && spec_column_identifies(other) &&
            other->field == at->column->field)
            return wrong(at, "two columns have this identity", error);
    }
    return RESULT_OK;
}

static Result resolve_issuer(const ColumnBuild *at, Error *error)
{
    if (at->yaml->issuer == NULL)
        return RESULT_OK;
    at->column->issuer = spec_find(at->build->spec, text_from(at->yaml->issuer));
    return at->column->issuer == SPEC_NONE ? wrong(at, "issuer: no such column", error) : RESULT_OK;
}

Result spec_build_columns(SpecBuild *build, Error *error)
{
    IngestSpec *spec = build->spec;

    spec->columns = arena_alloc(spec->arena, build->yaml->columns_count * sizeof *spec->columns);
    spec->lists = arena_alloc(spec->arena, SPEC_LISTS_MAX * sizeof *spec->lists);
    for (size_t i = 0; i < build->yaml->columns_count; i++) {
        ColumnBuild at = {build, &build->yaml->columns[i], &spec->columns[i], i};
        TRY(build_column(&at, error));
        TRY(check_twice(&at, error));
        spec->column_count++;
        spec->payload_count += spec_column_is_stored(&spec->columns[i]);
    }
    for (size_t i = 0; i < spec->column_count; i++) {
        ColumnBuild at = {build, &build->yaml->columns[i], &spec->columns[i], i};
        TRY(resolve_issuer(&at, error));
    }
    if (spec->payload_count > SPEC_PAYLOAD_MAX)
        return spec_fail_key(build, "columns", "more than 56 columns are stored", error);
    return RESULT_OK;
}
