/* The weights of a run: those kept, or learnt once from a sample and kept for good. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "linkage/alike.h"
#include "linkage_sql.h"

enum {
    SHARE_BYTES = 32,
    SHARES_BYTES = LINKAGE_FIELDS_MAX * LINKAGE_LEVELS * SHARE_BYTES,
    RECORDS_LEAST = 200
};

static const DbStatement model_statement = {
    .name = "linkage_model",
    .sql = linkage_sql_model,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_INT8, VALUE_FLOAT8, VALUE_FLOAT8, VALUE_FLOAT8},
};
static const DbStatement sample_statement = {
    .name = "linkage_sample",
    .sql = linkage_sql_sample,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_BYTES, VALUE_BYTES, VALUE_INT8},
};
static const DbStatement reference_statement = {
    .name = "linkage_reference",
    .sql = linkage_sql_reference,
    .columns = {VALUE_INT8, VALUE_BYTES},
};
static const DbStatement keep_statement = {
    .name = "linkage_model_keep",
    .sql = linkage_sql_model_keep,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT8},
};

static Result read_model(AlikeRun *run, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value wanted[] = {value_int4(run->model_id)};

    TRY(db_run(run->linker, &model_statement, wanted, &rows, error));
    size_t count = db_row_count(rows);
    if (count == 0 || count % LINKAGE_LEVELS != 0 || count > LINKAGE_FIELDS_MAX * LINKAGE_LEVELS)
        return fail(error, ERROR_DATABASE, "linkage: the model is not of this version's form");
    run->model = (LinkageModel){.field_count = (uint32_t)(count / LINKAGE_LEVELS),
                                .prior = db_value(rows, 0, 3).real,
                                .is_settled = true};
    for (size_t i = 0; i < count; i++) {
        run->model.match[i / LINKAGE_LEVELS][i % LINKAGE_LEVELS] = db_value(rows, i, 1).real;
        run->model.chance[i / LINKAGE_LEVELS][i % LINKAGE_LEVELS] = db_value(rows, i, 2).real;
    }
    return RESULT_OK;
}

typedef struct Sampling {
    AlikeRun *run;
    LinkageSet *set;
    int64_t *placed; /* of each record of the set */
    size_t capacity;
} Sampling;

static void close_sampling(Sampling *sampling)
{
    linkage_set_close(&sampling->set);
    memory_free(sampling->placed);
}

static void note_placed(Sampling *sampling, int64_t person_id)
{
    size_t count = linkage_set_count(sampling->set);

    if (count > sampling->capacity) {
        sampling->capacity = 2 * count;
        sampling->placed = memory_resize(sampling->placed, sampling->capacity * sizeof *sampling->placed);
    }
    sampling->placed[count - 1] = person_id;
}

static Result add_record(void *context, const Value *row, Error *error)
{
    Sampling *sampling = context;
    size_t source = alike_source(sampling->run, row[1].integer);
    LinkageSealed part = {.load_id = row[2].integer, .subject_id = row[0].integer, .bytes = row[3].text};
    Text encoding;
    bool is_added;

    TRY(alike_open(sampling->run, &part, 0, &encoding, error));
    part.part = LINKAGE_FILTERS;
    part.bytes = row[4].text;
    TRY(alike_open(sampling->run, &part, encoding.length, &encoding, error));
    TRY(alike_set_add(sampling->run, sampling->set, encoding, (unsigned)source, &is_added, error));
    if (is_added)
        note_placed(sampling, row[5].integer);
    return RESULT_OK;
}

static Result add_reference(void *context, const Value *row, Error *error)
{
    const Sampling *sampling = context;

    const LinkageSealed part = {.load_id = row[0].integer, .part = LINKAGE_REFERENCE, .bytes = row[1].text};
    Text encoding;

    TRY(alike_open(sampling->run, &part, 0, &encoding, error));
    return alike_set_add_reference(sampling->run, sampling->set, encoding, error);
}

static Text write_shares(const LinkageModel *model, const double shares[][LINKAGE_LEVELS],
                         char out[SHARES_BYTES])
{
    size_t length = 0;

    for (size_t i = 0; i < model->field_count * LINKAGE_LEVELS; i++)
        length += (size_t)snprintf(out + length, SHARES_BYTES - length, "%s%.17g", i > 0 ? "," : "",
                                   shares[i / LINKAGE_LEVELS][i % LINKAGE_LEVELS]);
    return (Text){.data = out, .length = length};
}

static Result keep_model(AlikeRun *run, Error *error)
{
    char match[SHARES_BYTES], chance[SHARES_BYTES], prior[SHARE_BYTES];

    (void)snprintf(prior, sizeof prior, "%.17g", run->model.prior);
    const Value values[] = {
        run->permit, value_int4(run->run_id), value_text(write_shares(&run->model, run->model.match, match)),
        value_text(write_shares(&run->model, run->model.chance, chance)), value_text(text_from(prior))};
    TRY(db_run_int8(run->linker, &keep_statement, values, &run->model_id, NULL, error));
    return read_model(run, error);
}

/* Of a register's own people families would be learnt, and weights are kept for good: nobody is compared
 * until enough of them are in another source. Where numbers place few there are no pairs to wait for. */
static bool is_premature(const Sampling *sampling, const LinkageModel *model)
{
    size_t placed = 0, count = linkage_set_count(sampling->set);

    for (size_t i = 0; i < count; i++)
        placed += sampling->placed[i] != 0;
    return !model->is_by_numbers && 2 * placed > count;
}

static Result learn(AlikeRun *run, const Sampling *sampling, Error *error)
{
    LinkageSet *set = sampling->set;
    uint64_t may_meet[64] = {0};
    Error unlearnt = {0};

    for (size_t i = 0; i < run->source_count; i++)
        may_meet[i] = run->may_meet[i];
    const LinkageOptions options = {
        .block_max = ALIKE_BLOCK_MAX, .may_meet = may_meet, .placed = sampling->placed};
    if (linkage_set_count(set) < RECORDS_LEAST || !linkage_train(set, &options, &run->model, &unlearnt).ok ||
        !run->model.is_settled || is_premature(sampling, &run->model)) {
        log_event(LOG_LEVEL_WARNING, "linkage_model", "learnt=no records=%zu", linkage_set_count(set));
        return RESULT_OK;
    }
    return keep_model(run, error);
}

Result alike_model(AlikeRun *run, Error *error)
{
    SCOPED(close_sampling) Sampling sampling = {.run = run};

    if (run->model_id != 0)
        return read_model(run, error);
    sampling.set = linkage_set_create();
    TRY(db_copy_out(run->linker, &sample_statement, add_record, &sampling, error));
    TRY(db_copy_out(run->linker, &reference_statement, add_reference, &sampling, error));
    return learn(run, &sampling, error);
}
