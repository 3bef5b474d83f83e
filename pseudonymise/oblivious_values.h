#pragma once
/* Private to pseudonymise: the values that oblivious tokens are made of, one a line below the name of their
 * kind.
 */
#include "base/arena.h"
#include "base/text.h"
#include "pseudonymise/message.h"

typedef struct ObliviousValues ObliviousValues;

/* ERROR_INPUT when the first line is neither nhs_number nor uprn. */
Result oblivious_values_open(const char *path, ObliviousValues **values, Error *error) CHECKED;
/* *input: what the function is of, until the next call; empty where the line has no valid value. */
bool oblivious_values_next(ObliviousValues *values, Text *input);
void oblivious_values_rewind(ObliviousValues *values);
void oblivious_values_close(ObliviousValues **values); /* wipes */
