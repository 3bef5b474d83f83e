/* What a plan reads, and whether that was granted. */
#include <string.h>

#include "query/plan_check_parts.h"

/* What may be read of people and registrations by anybody; sources without which it would not be known. */
typedef enum MadeOf { OF_REGISTER, OF_DEATHS, OF_EACH_THAT_HAS_IT } MadeOf;

typedef struct Made {
    const char *source, *column;
    MadeOf of;
} Made;

static const Made made[] = {
    {"person", "birth_year", OF_REGISTER},
    {"person", "birth_month", OF_REGISTER},
    {"person", "sex", OF_REGISTER},
    {"person", "ethnic_category", OF_EACH_THAT_HAS_IT},
    {"person", "death_date", OF_DEATHS},
    {"registration", "valid_from", OF_REGISTER},
    {"registration", "valid_to", OF_REGISTER},
    {"registration", "practice", OF_REGISTER},
    {"registration", "practice_now", OF_REGISTER},
    {"registration", "pcn", OF_REGISTER},
    {"registration", "pcn_then", OF_REGISTER},
    {"registration", "hcp", OF_REGISTER},
    {"registration", "hcp_then", OF_REGISTER},
    {"registration", "ward", OF_REGISTER},
    {"registration", "ward_then", OF_REGISTER},
    {"registration", "district", OF_REGISTER},
    {"registration", "district_then", OF_REGISTER},
    {"registration", "imd_decile", OF_REGISTER},
    {"registration", "care_home", OF_REGISTER},
    {"household", "household_number", OF_REGISTER},
    {"household", "valid_from", OF_REGISTER},
    {"household", "valid_to", OF_REGISTER},
};

bool plan_check_is_source(const Plan *plan, uint16_t level, const char *name)
{
    if (level == PLAN_PEOPLE || level == 0)
        return strcmp(name, "person") == 0;
    return text_equal(plan->dataset->sources[level].name, text_from(name));
}

static bool is_granted(const PlanGrant *grant, Text source)
{
    for (size_t i = 0; i < grant->source_count; i++)
        if (text_equal(grant->sources[i], source))
            return true;
    return false;
}

static bool has_column(const CatalogueSource *source, const char *name)
{
    for (size_t i = 0; i < source->column_count; i++)
        if (text_equal(source->columns[i].name, text_from(name)))
            return true;
    return false;
}

/* Are all sources granted that such a column is gathered from? */
static bool is_made_of_granted(const Made *column, const PlanGrant *grant)
{
    for (size_t i = 0; i < grant->catalogue->source_count; i++) {
        const CatalogueSource *source = &grant->catalogue->sources[i];
        bool is_of_it = column->of == OF_DEATHS ? source->is_death
                        : column->of == OF_EACH_THAT_HAS_IT
                            ? !source->is_household && has_column(source, column->column)
                            : false;
        if (is_of_it && !is_granted(grant, source->name))
            return false;
    }
    return true;
}

static Result check_made(const Plan *plan, const PlanNode *node, const PlanGrant *grant, Error *error)
{
    const DataSource *source = &plan->dataset->sources[node->level == PLAN_PEOPLE ? 0 : node->level];

    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        if (!plan_check_is_source(plan, node->level, made[i].source) ||
            !text_equal(source->columns[node->column].name, text_from(made[i].column)))
            continue;
        if (is_made_of_granted(&made[i], grant))
            return RESULT_OK;
        return fail(error, ERROR_REFUSED, "plan: it reads %s, which is made of a source that is not granted",
                    made[i].column);
    }
    return fail(error, ERROR_REFUSED, "plan: it reads a column of people that is for nobody");
}

Result plan_check_reads(const Plan *plan, const PlanGrant *grant, Error *error)
{
    for (size_t i = 0; i < plan->count; i++) {
        const PlanNode *node = &plan->nodes[i];
        bool is_of_people = node->level == PLAN_PEOPLE || plan_check_is_source(plan, node->level, "person") ||
                            plan_check_is_source(plan, node->level, "registration") ||
                            plan_check_is_source(plan, node->level, "household");
        if (node->kind == PLAN_COLUMN && is_of_people)
            TRY(check_made(plan, node, grant, error));
        if (!is_of_people && !is_granted(grant, plan->dataset->sources[node->level].name))
            return fail(error, ERROR_REFUSED, "plan: it reads a source that is not granted");
    }
    return RESULT_OK;
}
