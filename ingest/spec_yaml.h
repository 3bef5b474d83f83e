#pragma once
/* A source spec as written: what libcyaml makes of the text. Strings are NULL and numbers absent as the keys
 * are. */
#include "base/error.h"
#include "base/text.h"

typedef struct YamlColumn {
    char *name, *as, *use, *identity, *issuer, *issuer_fixed, *scheme, *space, *list, *shape, *check, *type,
        *invalid, *meaning;
    double *min, *max;
    char **aliases;
    unsigned aliases_count;
    int width;
    bool required;
} YamlColumn;

typedef struct YamlRule {
    char *name, *column, *not_before, *required_with, *equals;
} YamlRule;

typedef struct YamlLayout {
    char *publisher, *note;
    bool confirmed;
} YamlLayout;

typedef struct YamlFile {
    char *format, *delimiter, *quote, *encoding, *header, *record, *header_record, *header_count, *trailer,
        *trailer_count;
    int line_bytes_max, skip_lines;
} YamlFile;

typedef struct YamlValidity {
    char *from, *to;
} YamlValidity;

typedef struct YamlChange {
    char *operation, *remove, *date, *time;
} YamlChange;

typedef struct YamlReplaces {
    char *group, *from, *to, *until;
} YamlReplaces;

typedef struct YamlExclude {
    char *column, *equals, **otherwise;
    unsigned otherwise_count;
} YamlExclude;

typedef struct YamlRejects {
    int rows_max;
    double percent_max;
} YamlRejects;

typedef struct YamlLimit {
    char *measure, *column, *reference, *unit;
    double *warn, *hold, *refuse;
} YamlLimit;

typedef struct YamlQuality {
    char **protected_by, *cost;
    unsigned protected_by_count;
    YamlLimit *limits;
    unsigned limits_count;
} YamlQuality;

typedef struct YamlReference {
    char *name, *source, **columns, **to;
    unsigned columns_count, to_count;
} YamlReference;

typedef struct YamlSpec {
    char *source, *title, *effective_from, *effective_to, *update, *controller, *subject, *role, *date_format;
    char *event_date, *period_date, *withheld, *extra;
    int version;
    bool once_a_delivery;
    YamlLayout layout;
    YamlFile file;
    YamlValidity validity;
    YamlChange change;
    YamlReplaces replaces;
    YamlExclude *exclude;
    unsigned exclude_count;
    YamlRejects rejects;
    char **record_key;
    unsigned record_key_count;
    YamlColumn *columns;
    unsigned columns_count;
    YamlRule *rules;
    unsigned rules_count;
    YamlQuality quality;
    YamlReference *references;
    unsigned references_count;
} YamlSpec;

/* path names the spec in errors: "sources/death.yaml line 7 column 12: unexpected key". */
Result spec_yaml_parse(const char *path, Text text, YamlSpec **yaml, Error *error) CHECKED;
void spec_yaml_close(YamlSpec **yaml);
