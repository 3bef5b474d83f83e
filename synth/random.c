#include <assert.h>

#include "synth/random.h"

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

/* Each part is mixed before the next is added: neighbours in one part share nothing in the stream. */
Stream random_stream(uint64_t seed, Purpose purpose, uint64_t who, uint64_t when)
{
    uint64_t state = mix(seed + GOLDEN_GAMMA);

    state = mix(state + (uint64_t)purpose * GOLDEN_GAMMA);
    state = mix(state + who * GOLDEN_GAMMA);
    return (Stream){.state = mix(state + when * GOLDEN_GAMMA)};
}

uint64_t random_next(Stream *stream)
{
    stream->state += GOLDEN_GAMMA;
    return mix(stream->state);
}

uint32_t random_below(Stream *stream, uint32_t bound)
{
    assert(bound > 0);
    return (uint32_t)(((random_next(stream) >> 32) * bound) >> 32);
}

int random_between(Stream *stream, int low, int high)
{
    assert(low <= high);
    return low + (int)random_below(stream, (uint32_t)(high - low) + 1);
}

bool random_chance(Stream *stream, int64_t parts_per_million)
{
    return (int64_t)random_below(stream, RANDOM_MILLION) < parts_per_million;
}

size_t random_pick(Stream *stream, const uint16_t *weights, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];

    uint32_t drawn = random_below(stream, sum);
    for (size_t i = 0; i < count; i++) {
        if (drawn < weights[i])
            return i;
        drawn -= weights[i];
    }
    assert(!"weights changed while drawing");
    return 0;
}

int random_bell(Stream *stream, int range)
{
    int sum = 0;
    for (int i = 0; i < 4; i++)
        sum += random_between(stream, -range, range);
    return sum / 4;
}
