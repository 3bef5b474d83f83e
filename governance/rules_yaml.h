#pragma once
/* The rules file as libcyaml reads it: unchecked texts. Meaning and checks are in rules_items.c. */
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

typedef struct YamlPerson {
    char *id, *uid, *name;
    char **roles;
    unsigned roles_count;
} YamlPerson;

typedef struct YamlPurpose {
    char *code, *title, *opt_out, *legal_basis, *approver; /* the last two may be NULL */
    int64_t *opt_out_max_age_days;                         /* NULL: the default */
} YamlPurpose;

typedef struct YamlSupplier {
    char *id, *title;
} YamlSupplier;

typedef struct YamlAgreement {
    char *supplier, *from, *to, *legal_basis, *controllers;
    char **datasets, **purposes;
    unsigned datasets_count, purposes_count;
} YamlAgreement;

typedef struct YamlPolicy {
    char *name, *effective_from;
    int64_t people_min, round_to;
} YamlPolicy;

typedef struct YamlProject {
    char *id, *title, *purpose, *policy, *from, *to;
    char **members, **sources;
    unsigned members_count, sources_count;
} YamlProject;

typedef struct YamlLinkage {
    char *purpose, *from, *to;
    char **sources;
    char **combinations; /* NULL: not said */
    unsigned sources_count, combinations_count;
} YamlLinkage;

typedef struct YamlRules {
    YamlPerson *people;
    YamlPurpose *purposes;
    YamlSupplier *suppliers;
    YamlAgreement *agreements;
    YamlPolicy *policies;
    YamlProject *projects;
    YamlLinkage *linkages; /* may be NULL */
    unsigned people_count, purposes_count, suppliers_count, agreements_count, policies_count, projects_count,
        linkages_count;
} YamlRules;

/* content: the file's text; path only names it in errors, which give the place in the file. */
Result rules_yaml_open(const char *path, Text content, YamlRules **rules, Error *error) CHECKED;
void rules_yaml_close(YamlRules **rules);
