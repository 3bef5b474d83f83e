#pragma once
/* A YAML file by its libcyaml schema, strictly: what the schema has not is refused, by line and column. */
#include <cyaml/cyaml.h>

#include "base/error.h"
#include "base/text.h"

/* path names the file in errors: "feeds/death.yaml line 7 column 12: unexpected key". *data is never NULL. */
Result strict_yaml_load(const char *path, Text text, const cyaml_schema_value_t *schema, void **data,
                        Error *error) CHECKED;
void strict_yaml_free(const cyaml_schema_value_t *schema, void *data); /* accepts NULL */
