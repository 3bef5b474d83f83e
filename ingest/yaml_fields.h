#pragma once
/* Private to ingest: fields of its YAML files. What stands behind MAYBE may be left out. */
#include "base/strict_yaml.h"

enum { YAML_STRING_MAX = 400 };

#define YAML_STRING(key, type, member)                                                                       \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, YAML_STRING_MAX)
#define YAML_STRING_MAYBE(key, type, member)                                                                 \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, YAML_STRING_MAX)
#define YAML_NUMBER_MAYBE(key, type, member)                                                                 \
    CYAML_FIELD_FLOAT_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member)
#define YAML_MAPPING_MAYBE(key, type, member, fields)                                                        \
    CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, fields)
/* One item at least. */
#define YAML_LIST(key, type, member, item, most)                                                             \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER, type, member, item, 1, most)
#define YAML_LIST_MAYBE(key, type, member, item, most)                                                       \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, item, 1, most)
/* true or false: libcyaml's own takes any other word for true, also "unconfirmed". */
static const cyaml_strval_t yaml_flag_words[] = {{"false", false}, {"true", true}};
#define YAML_FLAG_MAYBE(key, type, member)                                                                   \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type, member, yaml_flag_words, 2)
