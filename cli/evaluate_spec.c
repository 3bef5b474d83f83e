#include "cli/evaluate.h"

#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "base/strict_yaml.h"

enum { SPEC_BYTES_MAX = 64 * 1024 };

typedef struct YamlColumn {
    char *name, *kind;
} YamlColumn;

typedef struct YamlSpec {
    char *separator;
    YamlColumn *columns;
    uint64_t columns_count;
} YamlSpec;

static const cyaml_schema_field_t column_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, YamlColumn, name, 1, EVALUATE_NAME_BYTES - 1),
    CYAML_FIELD_STRING_PTR("kind", CYAML_FLAG_POINTER, YamlColumn, kind, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t column_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlColumn, column_fields)};
static const cyaml_schema_field_t spec_fields[] = {
    CYAML_FIELD_STRING_PTR("separator", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlSpec, separator, 1, 1),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, YamlSpec, columns, &column_value, 1,
                         ENCODING_FIELDS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t spec_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, YamlSpec, spec_fields)};

static Result find_kind(const char *path, const YamlColumn *column, EncodingKind *kind, Error *error)
{
    for (size_t i = 0; i < ENCODING_KIND_COUNT; i++) {
        if (strcmp(column->kind, ENCODING_KIND_NAMES[i]) == 0) {
            *kind = (EncodingKind)i;
            return RESULT_OK;
        }
    }
    return fail(error, ERROR_CONFIG,
                "%s: column %s: kind is none of given_name, family_name, birth_date, sex, postcode, address, "
                "text",
                path, column->name);
}

static Result take(const char *path, const YamlSpec *yaml, EvaluateSpec *spec, Error *error)
{
    *spec = (EvaluateSpec){.separator = yaml->separator != NULL ? yaml->separator[0] : ',',
                           .field_count = yaml->columns_count};
    for (size_t i = 0; i < spec->field_count; i++) {
        TRY(find_kind(path, &yaml->columns[i], &spec->kinds[i], error));
        (void)snprintf(spec->names[i], sizeof spec->names[i], "%s", yaml->columns[i].name);
    }
    return RESULT_OK;
}

Result evaluate_spec_read(const char *path, Arena *arena, EvaluateSpec *spec, Error *error)
{
    Text text;
    void *data;

    TRY(input_read_all(path, SPEC_BYTES_MAX, arena, &text, error));
    TRY(strict_yaml_load(path, text, &spec_value, &data, error));
    Result result = take(path, data, spec, error);
    strict_yaml_free(&spec_value, data);
    return result;
}
