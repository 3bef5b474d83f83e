#pragma once
/*
 * Private to synth: random numbers by SplitMix64 (Steele, Lea and Flood 2014).
 * A stream is named by (seed, purpose, who, when), so what happens to one
 * person in one month depends on no other draw. Integers only: floating
 * point would tie the bytes written to a compiler.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RANDOM_MILLION = 1000000 };

typedef enum Purpose {
    PURPOSE_AREA = 1,
    PURPOSE_DWELLING,
    PURPOSE_HOUSEHOLD,
    PURPOSE_PERSON,
    PURPOSE_PAST,
    PURPOSE_HEALTH,
    PURPOSE_LIFE,
    PURPOSE_MOVE,
    PURPOSE_ARRIVAL,
    PURPOSE_REGISTER,
    PURPOSE_OPT_OUT,
    PURPOSE_ACCOUNT,
    PURPOSE_SPELL,
    PURPOSE_ATTENDANCE,
    PURPOSE_GP,
    PURPOSE_GP_PATIENT,
    PURPOSE_CARE,
    PURPOSE_CARE_PATIENT,
    PURPOSE_FIRE,
    PURPOSE_DEATH,
    PURPOSE_CARE_SENDING,
    PURPOSE_ADDRESS,
} Purpose;

typedef struct Stream {
    uint64_t state;
} Stream;

Stream random_stream(uint64_t seed, Purpose purpose, uint64_t who, uint64_t when);
uint64_t random_next(Stream *stream);
uint32_t random_below(Stream *stream, uint32_t bound);         /* 0..bound-1; bound above 0 */
int random_between(Stream *stream, int low, int high);         /* both ends included */
bool random_chance(Stream *stream, int64_t parts_per_million); /* below 0 is never, above a million always */
size_t random_pick(Stream *stream, const uint16_t *weights, size_t count); /* an index, by weight */
/* A bell-shaped draw from -range to range, the sum of four uniform ones. */
int random_bell(Stream *stream, int range);
