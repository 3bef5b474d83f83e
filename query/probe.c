#include "query/probe.h"

#include <string.h>

enum { PROBE_BYTES_MAX = 16 << 20 };

/* A dataset of the plan's shape that holds nothing but the values. */
struct Probe {
    Arena *arena;
    Plan plan;
    Dataset dataset;
    uint32_t begin[2];
    uint16_t level;
    Engine *engine;
};

static void hold_values(Probe *probe, const ProbeValues *values, size_t value_count, uint32_t count)
{
    const Dataset *of = probe->plan.dataset;
    uint16_t source = probe->level == PLAN_PEOPLE ? 0 : probe->level;
    DataSource *sources = arena_alloc(probe->arena, of->source_count * sizeof *sources);
    size_t column_count = of->sources[source].column_count;
    DataColumn *columns = arena_alloc(probe->arena, column_count * sizeof *columns);

    memcpy(columns, of->sources[source].columns, column_count * sizeof *columns);
    for (size_t i = 0; i < value_count; i++)
        columns[values[i].column].narrow = values[i].values;
    probe->begin[1] = count;
    sources[source] = (DataSource){.begin = probe->begin, .columns = columns, .column_count = column_count};
    probe->dataset = *of;
    probe->dataset.people = probe->level == PLAN_PEOPLE ? count : 1;
    probe->dataset.sources = sources;
}

Probe *probe_create(const Plan *plan, uint16_t level, const ProbeValues *columns, size_t column_count,
                    uint32_t count)
{
    Probe *probe = memory_alloc(sizeof *probe);

    probe->arena = arena_create(PROBE_BYTES_MAX);
    probe->plan = *plan;
    probe->level = level;
    hold_values(probe, columns, column_count, count);
    probe->plan.dataset = &probe->dataset;
    probe->engine = engine_create_as(&probe->plan, ENGINE_SCANS);
    return probe;
}

void probe_close(Probe **probe)
{
    if (*probe == NULL)
        return;
    engine_close(&(*probe)->engine);
    arena_close(&(*probe)->arena);
    memory_free(*probe);
    *probe = NULL;
}

const Vector *probe_worth(Probe *probe, PlanId id)
{
    engine_chunk(probe->engine, 0, probe->dataset.people);
    return engine_value_at(probe->engine, id, probe->level);
}
