#pragma once
/* Private to ingest/propose_guess*.c: guesses about one column, with the evidence for each. */
#include <inttypes.h>
#include <stdio.h>

#include "ingest/propose.h"

enum {
    PROPOSE_ROWS_MIN = 5, /* below it nothing is said of identity or shape by values alone */
    PROPOSE_HUNDREDTHS = 100,
};

#define EVIDENCE(column, ...) snprintf((column)->evidence, sizeof(column)->evidence, __VA_ARGS__)
#define FEW                   "%" PRId64 " of %" PRId64

/* 98 of 100: some rows of a sample are bad themselves. */
static inline bool propose_nearly_all(int64_t part, int64_t whole)
{
    return whole > 0 && part * 100 >= whole * 98;
}

/* propose_guess_identity.c: by values, then by name. False: nothing says that it identifies. */
bool propose_guess_identity(const Propose *propose, ProposeColumn *column);
/* Who has an identifier of nobody keeps no demographics either. */
void propose_guess_subject(Propose *propose);

/* propose_guess_value.c: the form that most columns of dates have; then what is stored of one. False: another
 * thing than this. */
void propose_guess_date_format(Propose *propose);
bool propose_guess_date(const Propose *propose, ProposeColumn *column);
bool propose_guess_time(ProposeColumn *column);
bool propose_guess_number(ProposeColumn *column);
void propose_guess_text(const Propose *propose, ProposeColumn *column);
