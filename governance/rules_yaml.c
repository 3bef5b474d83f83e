#include "governance/rules_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "base/arena.h"

enum { ITEMS_MAX = 10000, NAMES_MAX = 1000, PLACE_BYTES = 256 };

static const cyaml_schema_value_t name_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, CYAML_UNLIMITED),
};

#define TEXT_FIELD(key, type) CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, type, key, 1, CYAML_UNLIMITED)
#define OPTIONAL_TEXT_FIELD(key, type)                                                                       \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key, 0, CYAML_UNLIMITED)
#define NAMES_FIELD(key, type)                                                                               \
    CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER, type, key, &name_value, 0, NAMES_MAX)
#define OPTIONAL_NAMES_FIELD(key, type)                                                                      \
    CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key, &name_value, 1, NAMES_MAX)

static const cyaml_schema_field_t person_fields[] = {
    TEXT_FIELD(id, YamlPerson),
    TEXT_FIELD(uid, YamlPerson),
    TEXT_FIELD(name, YamlPerson),
    NAMES_FIELD(roles, YamlPerson),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t purpose_fields[] = {
    TEXT_FIELD(code, YamlPurpose),
    TEXT_FIELD(title, YamlPurpose),
    TEXT_FIELD(opt_out, YamlPurpose),
    OPTIONAL_TEXT_FIELD(legal_basis, YamlPurpose),
    OPTIONAL_TEXT_FIELD(approver, YamlPurpose),
    CYAML_FIELD_INT_PTR("opt_out_max_age_days", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlPurpose,
                        opt_out_max_age_days),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t supplier_fields[] = {
    TEXT_FIELD(id, YamlSupplier),
    TEXT_FIELD(title, YamlSupplier),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t agreement_fields[] = {
    TEXT_FIELD(supplier, YamlAgreement),
    NAMES_FIELD(datasets, YamlAgreement),
    NAMES_FIELD(purposes, YamlAgreement),
    TEXT_FIELD(from, YamlAgreement),
    TEXT_FIELD(to, YamlAgreement),
    TEXT_FIELD(legal_basis, YamlAgreement),
    OPTIONAL_TEXT_FIELD(controllers, YamlAgreement),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t policy_fields[] = {
    TEXT_FIELD(name, YamlPolicy),
    TEXT_FIELD(effective_from, YamlPolicy),
    CYAML_FIELD_INT("people_min", CYAML_FLAG_DEFAULT, YamlPolicy, people_min),
    CYAML_FIELD_INT("round_to", CYAML_FLAG_DEFAULT, YamlPolicy, round_to),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t project_fields[] = {
    TEXT_FIELD(id, YamlProject),       TEXT_FIELD(title, YamlProject),    TEXT_FIELD(purpose, YamlProject),
    TEXT_FIELD(policy, YamlProject),   TEXT_FIELD(from, YamlProject),     TEXT_FIELD(to, YamlProject),
    NAMES_FIELD(members, YamlProject), NAMES_FIELD(sources, YamlProject), CYAML_FIELD_END,
};
static const cyaml_schema_field_t linkage_fields[] = {
    TEXT_FIELD(purpose, YamlLinkage),
    NAMES_FIELD(sources, YamlLinkage),
    OPTIONAL_NAMES_FIELD(combinations, YamlLinkage),
    TEXT_FIELD(from, YamlLinkage),
    TEXT_FIELD(to, YamlLinkage),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t person_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlPerson, person_fields)};
static const cyaml_schema_value_t purpose_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlPurpose, purpose_fields)};
static const cyaml_schema_value_t supplier_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlSupplier, supplier_fields)};
static const cyaml_schema_value_t agreement_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlAgreement, agreement_fields)};
static const cyaml_schema_value_t policy_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlPolicy, policy_fields)};
static const cyaml_schema_value_t project_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlProject, project_fields)};
static const cyaml_schema_value_t linkage_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, YamlLinkage, linkage_fields)};

#define LIST_FIELD(key, value)                                                                               \
    CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER, YamlRules, key, &(value), 0, ITEMS_MAX)

static const cyaml_schema_field_t rules_fields[] = {
    LIST_FIELD(people, person_value),
    LIST_FIELD(purposes, purpose_value),
    LIST_FIELD(suppliers, supplier_value),
    LIST_FIELD(agreements, agreement_value),
    LIST_FIELD(policies, policy_value),
    LIST_FIELD(projects, project_value),
    CYAML_FIELD_SEQUENCE("linkages", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlRules, linkages,
                         &linkage_value, 0, ITEMS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rules_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, YamlRules, rules_fields)};

static void *memory(void *context, void *old, size_t bytes)
{
    (void)context;
    if (bytes > 0)
        return memory_resize(old, bytes);
    memory_free(old);
    return NULL;
}

/* Keeps the first place libcyaml names, the innermost: "in mapping field 'roles' (line: 4, column: 12)". */
PRINTF(3, 0)
static void keep_place(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    char *place = context, line[PLACE_BYTES];

    (void)level;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    const char *in = strstr(line, "  in ");
    if (in != NULL && *place == '\0')
        snprintf(place, PLACE_BYTES, "%s", in + 2);
}

static cyaml_config_t configuration(char place[PLACE_BYTES])
{
    return (cyaml_config_t){
        .log_fn = keep_place,
        .log_ctx = place,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = memory,
        .flags = CYAML_CFG_NO_ALIAS, /* aliases make small files large */
    };
}

Result rules_yaml_open(const char *path, Text content, YamlRules **rules, Error *error)
{
    char place[PLACE_BYTES] = "";
    const cyaml_config_t config = configuration(place);
    cyaml_data_t *data = NULL;

    cyaml_err_t code =
        cyaml_load_data((const uint8_t *)content.data, content.length, &config, &rules_value, &data, NULL);
    if (code != CYAML_OK)
        return fail(error, ERROR_CONFIG, "%s: %s%s%s", path, cyaml_strerror(code), *place != '\0' ? ", " : "",
                    place);
    *rules = data;
    return RESULT_OK;
}

void rules_yaml_close(YamlRules **rules)
{
    char place[PLACE_BYTES] = "";
    const cyaml_config_t config = configuration(place);

    if (*rules != NULL)
        (void)cyaml_free(&config, &rules_value, *rules, 0);
    *rules = NULL;
}
