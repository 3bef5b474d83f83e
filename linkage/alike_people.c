/*
 * People of what is known about pairs, whatever run found it out: of all, or of those whom something new
 * touches. A unit is somebody whom a number places, with all their subjects, or one subject that no number
 * places.
 */
#include "linkage/alike_people_private.h"
#include "linkage_sql.h"

static const DbStatement collect_statement = {
    .name = "linkage_run_evidence",
    .sql = linkage_sql_run_evidence,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement evidence_statement = {
    .name = "linkage_evidence",
    .sql = linkage_sql_evidence,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_FLOAT8, VALUE_INT8, VALUE_BOOL,
                VALUE_BOOL, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8},
};
static const DbStatement free_statement = {
    .name = "linkage_free_subjects", .sql = linkage_sql_free_subjects, .columns = {VALUE_INT8}};

static void close_people(AlikePeople *people)
{
    memory_free(people->evidence);
    for (size_t i = 0; i < people->unit_count && people->once != NULL; i++)
        memory_free(people->once[i].items);
    memory_free(people->once);
    memory_free(people->units);
    memory_free(people->alone);
    memory_free(people->firsts);
    memory_free(people->persons);
    linkage_pairs_close(&people->pairs);
    linkage_clusters_close(&people->clusters);
}

/* years: two values, of the first and the last. */
static AlikeSide read_side(const Value *subject, const Value *person, const Value *is_dead,
                           const Value *years)
{
    return (AlikeSide){.subject_id = subject->integer,
                       .key = person->is_null ? subject->integer : person->integer,
                       .has_number = !person->is_null,
                       .is_dead = is_dead->boolean,
                       .years = years[0].is_null
                                    ? ALIKE_UNBORN
                                    : (TreeYears){.from = years[0].integer, .to = years[1].integer}};
}

static Result add_evidence(void *context, const Value *row, Error *error)
{
    AlikePeople *people = context;
    double weight = row[4].real;

    (void)error;
    people->evidence = memory_room(people->evidence, people->evidence_count, &people->evidence_capacity,
                                   sizeof(AlikeEvidence));
    people->evidence[people->evidence_count++] = (AlikeEvidence){
        .sides = {read_side(&row[0], &row[2], &row[6], &row[9]),
                  read_side(&row[1], &row[3], &row[7], &row[11])},
        .weight = weight,
        .levels = (uint64_t)row[5].integer,
        .is_impossible = row[8].integer >= TREE_YEARS_APART && weight < ALIKE_DECIDED,
    };
    return RESULT_OK;
}

static Result add_alone(void *context, const Value *row, Error *error)
{
    AlikePeople *people = context;

    (void)error;
    people->alone = memory_room(people->alone, people->alone_count, &people->alone_capacity, sizeof(int64_t));
    people->alone[people->alone_count++] = row[0].integer;
    return RESULT_OK;
}

static Result read_once(AlikeRun *run, AlikePeople *people, Error *error)
{
    AlikeKey *keys = memory_alloc((people->unit_count + 1) * sizeof *keys);

    people->once = memory_alloc((people->unit_count + 1) * sizeof *people->once);
    for (uint32_t i = 0; i < people->unit_count; i++)
        keys[i] =
            (AlikeKey){.key = people->units[i].key, .has_number = people->units[i].has_number, .place = i};
    Result result = alike_once(run, keys, people->unit_count, people->once, error);
    memory_free(keys);
    return result;
}

Result alike_people(AlikeRun *run, Error *error)
{
    SCOPED(close_people) AlikePeople people = {0};
    const Value step[] = {run->permit, value_int4(run->run_id)};
    int64_t pieces;

    TRY(db_run_int8(run->linker, &collect_statement, step, &pieces, NULL, error));
    TRY(db_copy_out(run->linker, &evidence_statement, add_evidence, &people, error));
    TRY(db_copy_out(run->linker, &free_statement, add_alone, &people, error));
    alike_evidence_sort(&people);
    alike_units(&people);
    TRY(read_once(run, &people, error));
    TRY(alike_clusters(&people, error));
    return alike_made(run, &people, error);
}
