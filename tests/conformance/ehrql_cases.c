/*
 * ehrql_cases FILE: cases of per-person operations as trees, through each way of the engine and through the
 * reference. A tree becomes a plan; what a person's value has to be stands in the case.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/input.h"
#include "query/engine.h"
#include "tests/conformance/ehrql_data.h"
#include "tests/conformance/ehrql_tree.h"
#include "tests/query/reference.h"

enum { ARENA_BYTES_MAX = 64 << 20, NODES_MAX = 512, FILE_BYTES_MAX = 4 << 20 };

/* ---- answers ---- */

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static bool is_expected(const EhrqlCase *of, Answer answer, const json_t *expected)
{
    if (json_is_null(expected) || !answer.is_known)
        return json_is_null(expected) && !answer.is_known;
    if (answer.is_decimal)
        return json_is_number(expected) && is_near(answer.decimal, json_number_value(expected));
    return answer.number ==
           ehrql_item(of, expected, json_object_get(expected, "date") != NULL ? TYPE_DATE : TYPE_TEXT);
}

static const EngineWay ways[] = {ENGINE_CHOOSES, ENGINE_SCANS, ENGINE_SHORTENS};
enum { WAYS = sizeof ways / sizeof *ways };

static Answer engine_answer(const Plan *plan, PlanId id, EngineWay way, uint32_t person)
{
    SCOPED(engine_close) Engine *engine = engine_create_as(plan, way);

    engine_chunk(engine, person, 1);
    const Vector *value = engine_value(engine, id);
    if (!vector_is_known(value, 0))
        return (Answer){0};
    if (plan->nodes[id].type == TYPE_DECIMAL)
        return (Answer){.is_known = true, .is_decimal = true, .decimal = vector_decimal(value, 0)};
    return (Answer){.is_known = true, .number = vector_number(value, 0)};
}

static bool people_agree(const EhrqlCase *of, PlanId value, PlanId population, const int64_t *people,
                         const json_t *expected)
{
    bool agree = true;

    for (uint32_t p = 0; p < of->plan->dataset->people; p++) {
        char person[24];
        (void)snprintf(person, sizeof person, "%" PRId64, people[p]);
        const json_t *wanted = json_object_get(expected, person);
        Answer belongs = reference_value(of->plan, population, p);
        for (size_t w = 0; w < WAYS; w++)
            agree &= answer_equal(belongs, engine_answer(of->plan, population, ways[w], p));
        agree &= (wanted != NULL) == (belongs.is_known && belongs.number == 1);
        if (wanted == NULL)
            continue;
        agree &= is_expected(of, reference_value(of->plan, value, p), wanted);
        for (size_t w = 0; w < WAYS; w++)
            agree &= is_expected(of, engine_answer(of->plan, value, ways[w], p), wanted);
    }
    return agree;
}

static bool passes(const json_t *held)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    const json_t *population = json_object_get(held, "population");
    EhrqlCase of = {.tables = json_object_get(held, "tables")};
    int64_t *people;

    of.plan =
        plan_create(ehrql_dataset(of.tables, json_object_get(held, "expression"), population, arena, &people),
                    NODES_MAX, arena);
    PlanId value = ehrql_translate(&of, json_object_get(held, "expression"));
    PlanId belongs =
        json_is_null(population) ? plan_constant(of.plan, TYPE_BOOL, 1) : ehrql_translate(&of, population);
    if (of.untranslated == NULL &&
        people_agree(&of, value, belongs, people, json_object_get(held, "expected")))
        return true;
    printf("FAIL %s%s%s\n", json_string_value(json_object_get(held, "id")),
           of.untranslated == NULL ? "" : ": no ", of.untranslated == NULL ? "" : of.untranslated);
    return false;
}

/* Whole numbers of more than 18 digits are expected of powers, which are decimals: the reader takes none so
 * long. */
static Text with_points(Arena *arena, Text text)
{
    char *out = arena_alloc(arena, 2 * text.length + 1);
    size_t length = 0, digits = 0;

    for (size_t i = 0; i < text.length; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (!is_digit && digits > 18) {
            out[length++] = '.';
            out[length++] = '0';
        }
        digits = is_digit ? digits + 1 : 0;
        out[length++] = text.data[i];
    }
    return (Text){out, length};
}

static json_t *load(const char *file_name)
{
    SCOPED(arena_close) Arena *arena = arena_create((size_t)4 * FILE_BYTES_MAX);
    json_error_t problem;
    Error error;
    Text text;

    if (!input_read_all(file_name, FILE_BYTES_MAX, arena, &text, &error).ok)
        return NULL;
    text = with_points(arena, text);
    return json_loadb(text.data, text.length, 0, &problem);
}

int main(int argc, char **argv)
{
    json_t *file = argc == 2 ? load(argv[1]) : NULL, *held;
    size_t i, failed = 0, cases = json_array_size(json_object_get(file, "cases"));

    if (file == NULL) {
        fprintf(stderr, "usage: ehrql_cases FILE, which is there and in JSON\n");
        return 2;
    }
    json_array_foreach(json_object_get(file, "cases"), i, held) failed += !passes(held);
    printf("%zu passed, %zu failed\n", cases - failed, failed);
    json_decref(file);
    return failed > 0 || cases == 0;
}
