#pragma once
/*
 * Private to pseudonymise: how common a value is among those observed, in three classes so wide that guessing
 * each class's commonest value gains less than half a point over guessing the commonest of all.
 */
#include "pseudonymise/encoding_text.h"

enum { COMMONNESS_UNKNOWN, COMMONNESS_COMMON, COMMONNESS_MIDDLING, COMMONNESS_RARE };

typedef struct Commonness Commonness;

Result commonness_create(Commonness **commonness, Error *error) CHECKED;
void commonness_add(Commonness *commonness, size_t field, const EncodingValue *value);
unsigned commonness_class(const Commonness *commonness, size_t field, const EncodingValue *value);
void commonness_close(Commonness **commonness); /* wipes */
