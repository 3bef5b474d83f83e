#pragma once
/*
 * Private to linkage: how common the value is that two records agree on, counted inside by equal filters.
 * Encodings by blocks cannot be counted, which is their purpose: they carry a class instead, which the
 * model's levels hold.
 */
#include "linkage/model.h"
#include "linkage/set.h"

typedef struct Frequency Frequency;

/* Of every record's fields, by one pass over all pairs with the model as it is. *frequency: NULL of encodings
 * by blocks. */
Result frequency_count(LinkageSet *set, const ModelWeights *weights, const LinkageModel *model,
                       const LinkageOptions *options, Frequency **frequency, Error *error) CHECKED;
/* log2 of how much rarer than usual the value is that both have: to be added to an equal field's weight. */
double frequency_shift(const Frequency *frequency, uint32_t a, uint32_t b, size_t field);
void frequency_close(Frequency **frequency);
