#pragma once
/* Questions of the benchmark, in the language and counted as `cinque query run` counts them. */
#include "bench/query/events.h"
#include "query/suppress.h"

enum { QUESTION_PARTS_MAX = 12, QUESTION_PEOPLE_MIN = 8, QUESTION_BYTES = 16 << 10 };

typedef struct QuestionAnswer {
    CountTable parts[QUESTION_PARTS_MAX];
    CellState *states[QUESTION_PARTS_MAX];
    size_t count;
    double counted_s; /* of the processor: parsing, binding, working out, sets of people */
} QuestionAnswer;

/* "q1", "registered" or "q5", of project P. text: of QUESTION_BYTES. */
Result question_text(const char *name, TextBuilder *text, Error *error) CHECKED;
/* All of the answer lives in arena. */
Result question_ask(const Dataset *dataset, const char *name, Arena *arena, QuestionAnswer *answer,
                    Error *error) CHECKED;
double question_processor_s(void);
