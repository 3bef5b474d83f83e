#pragma once
/* Trees of per-person operations as plans. */
#include <jansson.h>

#include "query/plan.h"

typedef struct EhrqlCase {
    const json_t *tables;
    Plan *plan;
    const char *untranslated; /* the first operation that has no translation */
} EhrqlCase;

/* value: {"date": ...}, {"code": ...}, a text, number or truth. */
int64_t ehrql_item(const EhrqlCase *of, const json_t *value, QueryType type);
PlanId ehrql_translate(EhrqlCase *of, const json_t *tree);
