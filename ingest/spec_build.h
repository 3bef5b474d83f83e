#pragma once
/* Private to the spec*.c files: a spec being checked. */
#include "ingest/spec.h"
#include "ingest/spec_yaml.h"

enum { SPEC_NAME_BYTES_MAX = 40, SPEC_FOLDER_BYTES = 1024 };

typedef struct SpecBuild {
    IngestSpec *spec;
    const YamlSpec *yaml;
    char codes_folder[SPEC_FOLDER_BYTES];
} SpecBuild;

/* Index among names, or -1. NULL is not among them. */
int spec_choose(const char *text, const char *const *names, size_t name_count);
/* [a-z][a-z0-9_]*, at most SPEC_NAME_BYTES_MAX: what may become a table, a column or a file. */
bool spec_is_name(const char *text);
/* ERROR_CONFIG with file and line of a top-level key; list: NULL or the names that may stand there. */
Result spec_fail_key(const SpecBuild *build, const char *key, const char *rule, Error *error) CHECKED;
/* Index of the column with this name, SPEC_NONE for NULL; key names the place in errors. */
Result spec_refer(const SpecBuild *build, const char *key, const char *name, bool must_be_date, int *column,
                  Error *error) CHECKED;
/* spec_update.c: `change`, `replaces`, and what does not go with the update mode; after all else that refers.
 */
Result spec_build_update(SpecBuild *build, Error *error) CHECKED;
/* spec_file.c: `file`, then the names that columns have in it, once they are known */
Result spec_build_file(SpecBuild *build, Error *error) CHECKED;
Result spec_build_names(SpecBuild *build, Error *error) CHECKED;
/* spec_foreign.c: whose pseudonym a column holds; NULL, or the rule that it breaks. Then, once all columns
 * are known, what may stand beside it. */
const char *spec_build_foreign(const SpecBuild *build, const YamlColumn *yaml, SpecColumn *column);
Result spec_check_foreign(const SpecBuild *build, Error *error) CHECKED;
/* spec_column.c */
Result spec_build_columns(SpecBuild *build, Error *error) CHECKED;
/* spec_quality.c: `quality` and `references`, once columns and file are known */
Result spec_build_quality(SpecBuild *build, Error *error) CHECKED;
