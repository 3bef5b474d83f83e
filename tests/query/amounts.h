#pragma once
/* Words of the tests of amounts. */
#include "tests/query/payers.h"

#define COST        "(sum of result_value in gp_event)"
#define OF(code)    "(sum of result_value in gp_event where code = \"" code "\")"
#define BY_SEX      "table \"t\" by sex totals sex measure people "
#define ONLY_BY_SEX "table \"t\" by sex measure people "
