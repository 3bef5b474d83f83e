#pragma once
/* Under which value of a dimension a person of naive.h stands. */
#include "tests/query/naive_person.h"

enum { LABEL_BYTES = 48 };

__attribute__((unused)) static void attribute_label(int person, int attribute, char label[LABEL_BYTES])
{
    Fact is = attribute_fact(person, attribute);

    if (!is.is_known)
        snprintf(label, LABEL_BYTES, "not known");
    else if (NAIVE_ATTRIBUTES[attribute].type == FACT_TEXT)
        snprintf(label, LABEL_BYTES, "%s", is.text);
    else if (NAIVE_ATTRIBUTES[attribute].type == FACT_BOOL)
        snprintf(label, LABEL_BYTES, "%s", is.number != 0 ? "true" : "false");
    else
        snprintf(label, LABEL_BYTES, "%" PRId64, is.number);
}
