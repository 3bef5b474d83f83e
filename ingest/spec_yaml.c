#include "ingest/spec_yaml.h"

#include "ingest/yaml_fields.h"

enum {
    COLUMNS_MAX = 256,
    RULES_MAX = 32,
    KEY_PARTS_MAX = 8,
    ALIASES_MAX = 16,
    EXCLUDES_MAX = 8,
    KEPT_MAX = 8,
    LIMITS_MAX = 32,
    REFERENCES_MAX = 8,
    REFERENCE_COLUMNS_MAX = 4,
    PROTECTIONS_MAX = 4,
};

static const cyaml_schema_value_t name_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, YAML_STRING_MAX)};
static const cyaml_schema_field_t column_fields[] = {
    YAML_STRING("name", YamlColumn, name),
    YAML_STRING_MAYBE("as", YamlColumn, as),
    YAML_STRING("use", YamlColumn, use),
    YAML_STRING_MAYBE("identity", YamlColumn, identity),
    YAML_STRING_MAYBE("issuer", YamlColumn, issuer),
    YAML_STRING_MAYBE("issuer_fixed", YamlColumn, issuer_fixed),
    YAML_STRING_MAYBE("scheme", YamlColumn, scheme),
    YAML_STRING_MAYBE("space", YamlColumn, space),
    YAML_STRING_MAYBE("list", YamlColumn, list),
    YAML_STRING_MAYBE("shape", YamlColumn, shape),
    YAML_STRING_MAYBE("check", YamlColumn, check),
    YAML_STRING_MAYBE("type", YamlColumn, type),
    YAML_STRING_MAYBE("invalid", YamlColumn, invalid),
    YAML_STRING_MAYBE("meaning", YamlColumn, meaning),
    YAML_NUMBER_MAYBE("min", YamlColumn, min),
    YAML_NUMBER_MAYBE("max", YamlColumn, max),
    YAML_LIST_MAYBE("aliases", YamlColumn, aliases, &name_schema, ALIASES_MAX),
    CYAML_FIELD_INT("width", CYAML_FLAG_OPTIONAL, YamlColumn, width),
    YAML_FLAG_MAYBE("required", YamlColumn, required),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t column_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlColumn, column_fields)};

static const cyaml_schema_field_t rule_fields[] = {
    YAML_STRING("name", YamlRule, name),
    YAML_STRING("column", YamlRule, column),
    YAML_STRING_MAYBE("not_before", YamlRule, not_before),
    YAML_STRING_MAYBE("required_with", YamlRule, required_with),
    YAML_STRING_MAYBE("equals", YamlRule, equals),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlRule, rule_fields)};

static const cyaml_schema_field_t layout_fields[] = {
    YAML_STRING_MAYBE("publisher", YamlLayout, publisher),
    YAML_STRING_MAYBE("note", YamlLayout, note),
    YAML_FLAG_MAYBE("confirmed", YamlLayout, confirmed),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t file_fields[] = {
    YAML_STRING("format", YamlFile, format),
    YAML_STRING_MAYBE("delimiter", YamlFile, delimiter),
    YAML_STRING_MAYBE("quote", YamlFile, quote),
    YAML_STRING_MAYBE("encoding", YamlFile, encoding),
    YAML_STRING_MAYBE("header", YamlFile, header),
    YAML_STRING_MAYBE("record", YamlFile, record),
    YAML_STRING_MAYBE("header_record", YamlFile, header_record),
    YAML_STRING_MAYBE("header_count", YamlFile, header_count),
    YAML_STRING_MAYBE("trailer", YamlFile, trailer),
    YAML_STRING_MAYBE("trailer_count", YamlFile, trailer_count),
    CYAML_FIELD_INT("line_bytes_max", CYAML_FLAG_OPTIONAL, YamlFile, line_bytes_max),
    CYAML_FIELD_INT("skip_lines", CYAML_FLAG_OPTIONAL, YamlFile, skip_lines),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t validity_fields[] = {
    YAML_STRING("from", YamlValidity, from),
    YAML_STRING("to", YamlValidity, to),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t change_fields[] = {
    YAML_STRING("operation", YamlChange, operation),
    YAML_STRING("remove", YamlChange, remove),
    YAML_STRING("date", YamlChange, date),
    YAML_STRING_MAYBE("time", YamlChange, time),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t replaces_fields[] = {
    YAML_STRING("group", YamlReplaces, group),
    YAML_STRING("from", YamlReplaces, from),
    YAML_STRING("to", YamlReplaces, to),
    YAML_STRING_MAYBE("until", YamlReplaces, until),
    CYAML_FIELD_END,
};
/* Empty is a value as well. */
static const cyaml_schema_value_t kept_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, YAML_STRING_MAX)};
static const cyaml_schema_field_t exclude_fields[] = {
    YAML_STRING("column", YamlExclude, column),
    YAML_STRING("equals", YamlExclude, equals),
    YAML_LIST("otherwise", YamlExclude, otherwise, &kept_schema, KEPT_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t exclude_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlExclude, exclude_fields)};
static const cyaml_schema_field_t rejects_fields[] = {
    CYAML_FIELD_INT("rows_max", CYAML_FLAG_DEFAULT, YamlRejects, rows_max),
    CYAML_FIELD_FLOAT("percent_max", CYAML_FLAG_DEFAULT, YamlRejects, percent_max),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t limit_fields[] = {
    YAML_STRING("measure", YamlLimit, measure),           YAML_STRING_MAYBE("column", YamlLimit, column),
    YAML_STRING_MAYBE("reference", YamlLimit, reference), YAML_STRING_MAYBE("unit", YamlLimit, unit),
    YAML_NUMBER_MAYBE("warn", YamlLimit, warn),           YAML_NUMBER_MAYBE("hold", YamlLimit, hold),
    YAML_NUMBER_MAYBE("refuse", YamlLimit, refuse),       CYAML_FIELD_END,
};
static const cyaml_schema_value_t limit_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlLimit, limit_fields)};
static const cyaml_schema_field_t quality_fields[] = {
    YAML_LIST_MAYBE("protected_by", YamlQuality, protected_by, &name_schema, PROTECTIONS_MAX),
    YAML_STRING_MAYBE("cost", YamlQuality, cost),
    YAML_LIST_MAYBE("limits", YamlQuality, limits, &limit_schema, LIMITS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t reference_fields[] = {
    YAML_STRING("name", YamlReference, name),
    YAML_STRING("source", YamlReference, source),
    YAML_LIST("columns", YamlReference, columns, &name_schema, REFERENCE_COLUMNS_MAX),
    YAML_LIST("to", YamlReference, to, &name_schema, REFERENCE_COLUMNS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t reference_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlReference, reference_fields)};

static const cyaml_schema_field_t spec_fields[] = {
    YAML_STRING("source", YamlSpec, source),
    YAML_STRING("title", YamlSpec, title),
    CYAML_FIELD_MAPPING("layout", CYAML_FLAG_OPTIONAL, YamlSpec, layout, layout_fields),
    CYAML_FIELD_INT("version", CYAML_FLAG_DEFAULT, YamlSpec, version),
    YAML_STRING("effective_from", YamlSpec, effective_from),
    YAML_STRING_MAYBE("effective_to", YamlSpec, effective_to),
    CYAML_FIELD_MAPPING("file", CYAML_FLAG_DEFAULT, YamlSpec, file, file_fields),
    YAML_STRING("update", YamlSpec, update),
    YAML_STRING("controller", YamlSpec, controller),
    YAML_STRING("subject", YamlSpec, subject),
    YAML_STRING_MAYBE("role", YamlSpec, role),
    YAML_FLAG_MAYBE("once_a_delivery", YamlSpec, once_a_delivery),
    YAML_STRING_MAYBE("date_format", YamlSpec, date_format),
    YAML_STRING_MAYBE("event_date", YamlSpec, event_date),
    YAML_STRING_MAYBE("period_date", YamlSpec, period_date),
    YAML_STRING_MAYBE("withheld", YamlSpec, withheld),
    YAML_STRING_MAYBE("extra", YamlSpec, extra),
    CYAML_FIELD_MAPPING("validity", CYAML_FLAG_OPTIONAL, YamlSpec, validity, validity_fields),
    CYAML_FIELD_MAPPING("change", CYAML_FLAG_OPTIONAL, YamlSpec, change, change_fields),
    CYAML_FIELD_MAPPING("replaces", CYAML_FLAG_OPTIONAL, YamlSpec, replaces, replaces_fields),
    YAML_LIST_MAYBE("exclude", YamlSpec, exclude, &exclude_schema, EXCLUDES_MAX),
    YAML_LIST_MAYBE("record_key", YamlSpec, record_key, &name_schema, KEY_PARTS_MAX),
    CYAML_FIELD_MAPPING("rejects", CYAML_FLAG_DEFAULT, YamlSpec, rejects, rejects_fields),
    YAML_LIST("columns", YamlSpec, columns, &column_schema, COLUMNS_MAX),
    CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlSpec, rules, &rule_schema, 0,
                         RULES_MAX),
    CYAML_FIELD_MAPPING("quality", CYAML_FLAG_OPTIONAL, YamlSpec, quality, quality_fields),
    YAML_LIST_MAYBE("references", YamlSpec, references, &reference_schema, REFERENCES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t spec_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, YamlSpec, spec_fields)};

Result spec_yaml_parse(const char *path, Text text, YamlSpec **yaml, Error *error)
{
    void *data;

    TRY(strict_yaml_load(path, text, &spec_schema, &data, error));
    *yaml = data;
    return RESULT_OK;
}

void spec_yaml_close(YamlSpec **yaml)
{
    strict_yaml_free(&spec_schema, *yaml);
    *yaml = NULL;
}
