#include "ingest/spec_yaml.h"

#include "base/strict_yaml.h"

enum {
    STRING_MAX = 400,
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

#define STRING_KEY(key, type, member)                                                                        \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, STRING_MAX)
#define STRING_MAYBE(key, type, member)                                                                      \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, STRING_MAX)
#define NUMBER_MAYBE(key, type, member)                                                                      \
    CYAML_FIELD_FLOAT_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member)

static const cyaml_schema_value_t name_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, STRING_MAX)};
static const cyaml_schema_field_t column_fields[] = {
    STRING_KEY("name", YamlColumn, name),
    STRING_MAYBE("as", YamlColumn, as),
    STRING_KEY("use", YamlColumn, use),
    STRING_MAYBE("identity", YamlColumn, identity),
    STRING_MAYBE("issuer", YamlColumn, issuer),
    STRING_MAYBE("issuer_fixed", YamlColumn, issuer_fixed),
    STRING_MAYBE("scheme", YamlColumn, scheme),
    STRING_MAYBE("space", YamlColumn, space),
    STRING_MAYBE("list", YamlColumn, list),
    STRING_MAYBE("shape", YamlColumn, shape),
    STRING_MAYBE("check", YamlColumn, check),
    STRING_MAYBE("type", YamlColumn, type),
    STRING_MAYBE("invalid", YamlColumn, invalid),
    STRING_MAYBE("meaning", YamlColumn, meaning),
    NUMBER_MAYBE("min", YamlColumn, min),
    NUMBER_MAYBE("max", YamlColumn, max),
    CYAML_FIELD_SEQUENCE("aliases", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlColumn, aliases,
                         &name_schema, 1, ALIASES_MAX),
    CYAML_FIELD_INT("width", CYAML_FLAG_OPTIONAL, YamlColumn, width),
    CYAML_FIELD_BOOL("required", CYAML_FLAG_OPTIONAL, YamlColumn, required),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t column_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlColumn, column_fields)};

static const cyaml_schema_field_t rule_fields[] = {
    STRING_KEY("name", YamlRule, name),
    STRING_KEY("column", YamlRule, column),
    STRING_MAYBE("not_before", YamlRule, not_before),
    STRING_MAYBE("required_with", YamlRule, required_with),
    STRING_MAYBE("equals", YamlRule, equals),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlRule, rule_fields)};

static const cyaml_schema_field_t layout_fields[] = {
    STRING_MAYBE("publisher", YamlLayout, publisher),
    STRING_MAYBE("note", YamlLayout, note),
    CYAML_FIELD_BOOL("confirmed", CYAML_FLAG_OPTIONAL, YamlLayout, confirmed),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t file_fields[] = {
    STRING_KEY("format", YamlFile, format),
    STRING_MAYBE("delimiter", YamlFile, delimiter),
    STRING_MAYBE("quote", YamlFile, quote),
    STRING_MAYBE("encoding", YamlFile, encoding),
    STRING_MAYBE("header", YamlFile, header),
    STRING_MAYBE("record", YamlFile, record),
    STRING_MAYBE("header_record", YamlFile, header_record),
    STRING_MAYBE("header_count", YamlFile, header_count),
    STRING_MAYBE("trailer", YamlFile, trailer),
    STRING_MAYBE("trailer_count", YamlFile, trailer_count),
    CYAML_FIELD_INT("line_bytes_max", CYAML_FLAG_OPTIONAL, YamlFile, line_bytes_max),
    CYAML_FIELD_INT("skip_lines", CYAML_FLAG_OPTIONAL, YamlFile, skip_lines),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t validity_fields[] = {
    STRING_KEY("from", YamlValidity, from),
    STRING_KEY("to", YamlValidity, to),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t change_fields[] = {
    STRING_KEY("operation", YamlChange, operation),
    STRING_KEY("remove", YamlChange, remove),
    STRING_KEY("date", YamlChange, date),
    STRING_MAYBE("time", YamlChange, time),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t replaces_fields[] = {
    STRING_KEY("group", YamlReplaces, group),
    STRING_KEY("from", YamlReplaces, from),
    STRING_KEY("to", YamlReplaces, to),
    STRING_MAYBE("until", YamlReplaces, until),
    CYAML_FIELD_END,
};
/* Empty is a value as well. */
static const cyaml_schema_value_t kept_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, STRING_MAX)};
static const cyaml_schema_field_t exclude_fields[] = {
    STRING_KEY("column", YamlExclude, column),
    STRING_KEY("equals", YamlExclude, equals),
    CYAML_FIELD_SEQUENCE("otherwise", CYAML_FLAG_POINTER, YamlExclude, otherwise, &kept_schema, 1, KEPT_MAX),
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
    STRING_KEY("measure", YamlLimit, measure),       STRING_MAYBE("column", YamlLimit, column),
    STRING_MAYBE("reference", YamlLimit, reference), STRING_MAYBE("unit", YamlLimit, unit),
    NUMBER_MAYBE("warn", YamlLimit, warn),           NUMBER_MAYBE("hold", YamlLimit, hold),
    NUMBER_MAYBE("refuse", YamlLimit, refuse),       CYAML_FIELD_END,
};
static const cyaml_schema_value_t limit_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlLimit, limit_fields)};
static const cyaml_schema_field_t quality_fields[] = {
    CYAML_FIELD_SEQUENCE("protected_by", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlQuality, protected_by,
                         &name_schema, 1, PROTECTIONS_MAX),
    STRING_MAYBE("cost", YamlQuality, cost),
    CYAML_FIELD_SEQUENCE("limits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlQuality, limits,
                         &limit_schema, 1, LIMITS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t reference_fields[] = {
    STRING_KEY("name", YamlReference, name),
    STRING_KEY("source", YamlReference, source),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, YamlReference, columns, &name_schema, 1,
                         REFERENCE_COLUMNS_MAX),
    CYAML_FIELD_SEQUENCE("to", CYAML_FLAG_POINTER, YamlReference, to, &name_schema, 1, REFERENCE_COLUMNS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t reference_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlReference, reference_fields)};

static const cyaml_schema_field_t spec_fields[] = {
    STRING_KEY("source", YamlSpec, source),
    STRING_KEY("title", YamlSpec, title),
    CYAML_FIELD_MAPPING("layout", CYAML_FLAG_OPTIONAL, YamlSpec, layout, layout_fields),
    CYAML_FIELD_INT("version", CYAML_FLAG_DEFAULT, YamlSpec, version),
    STRING_KEY("effective_from", YamlSpec, effective_from),
    STRING_MAYBE("effective_to", YamlSpec, effective_to),
    CYAML_FIELD_MAPPING("file", CYAML_FLAG_DEFAULT, YamlSpec, file, file_fields),
    STRING_KEY("update", YamlSpec, update),
    STRING_KEY("controller", YamlSpec, controller),
    STRING_KEY("subject", YamlSpec, subject),
    STRING_MAYBE("role", YamlSpec, role),
    CYAML_FIELD_BOOL("once_a_delivery", CYAML_FLAG_OPTIONAL, YamlSpec, once_a_delivery),
    STRING_MAYBE("date_format", YamlSpec, date_format),
    STRING_MAYBE("event_date", YamlSpec, event_date),
    STRING_MAYBE("period_date", YamlSpec, period_date),
    STRING_MAYBE("withheld", YamlSpec, withheld),
    STRING_MAYBE("extra", YamlSpec, extra),
    CYAML_FIELD_MAPPING("validity", CYAML_FLAG_OPTIONAL, YamlSpec, validity, validity_fields),
    CYAML_FIELD_MAPPING("change", CYAML_FLAG_OPTIONAL, YamlSpec, change, change_fields),
    CYAML_FIELD_MAPPING("replaces", CYAML_FLAG_OPTIONAL, YamlSpec, replaces, replaces_fields),
    CYAML_FIELD_SEQUENCE("exclude", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlSpec, exclude,
                         &exclude_schema, 1, EXCLUDES_MAX),
    CYAML_FIELD_SEQUENCE("record_key", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlSpec, record_key,
                         &name_schema, 1, KEY_PARTS_MAX),
    CYAML_FIELD_MAPPING("rejects", CYAML_FLAG_DEFAULT, YamlSpec, rejects, rejects_fields),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, YamlSpec, columns, &column_schema, 1, COLUMNS_MAX),
    CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlSpec, rules, &rule_schema, 0,
                         RULES_MAX),
    CYAML_FIELD_MAPPING("quality", CYAML_FLAG_OPTIONAL, YamlSpec, quality, quality_fields),
    CYAML_FIELD_SEQUENCE("references", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlSpec, references,
                         &reference_schema, 1, REFERENCES_MAX),
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
