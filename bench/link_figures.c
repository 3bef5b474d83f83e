#include "bench/link_figures.h"

#include <sched.h>
#include <string.h>

#include "base/arena.h"
#include "bench/figures_private.h"
#include "bench/rows.h"
#include "linkage/linkage.h"

enum { TURNS = 5, BLOCK_RECORDS = 100 };
enum { OWN_TURNS = 3, OWN_BLOCK_MAX = 500 };
/* ---- encoding ---- */

static Result encode_once(const Rows *rows, double *seconds, Error *error)
{
    SCOPED(encoder_close) Encoder *encoder = NULL;
    uint8_t encoding[ENCODING_BYTES_MAX];
    Text texts[ENCODING_FIELDS_MAX];
    size_t length;

    TRY(rows_encoder(rows, &rows_nine, false, &encoder, error));
    double begin = figures_thread_s();
    for (size_t i = 0; i < rows->count; i++) {
        rows_take(rows, i, &rows_nine, texts);
        TRY(encoder_encode(encoder, texts, encoding, &length, error));
    }
    *seconds = figures_thread_s() - begin;
    return RESULT_OK;
}

static Result encode_figure(const Rows *rows, BenchFigure *figures, size_t *count, Error *error)
{
    double seconds[TURNS];

    for (size_t turn = 0; turn < TURNS; turn++)
        TRY(encode_once(rows, &seconds[turn], error));
    figures_put(figures, count, "encode_records_per_s", (double)rows->count / bench_median(seconds, TURNS),
                0);
    return RESULT_OK;
}

/* ---- scoring ---- */

/* docs/linkage.md, form of an encoding. */
enum { FLAGS_AT = 1, BY_BLOCKS = 1, TOKENS_AT = 12, BLOCK_BYTES = 8, SIZES_AT = 24 };

/* The record's filters behind one token, as by blocks: neighbours in the file are one block. */
static Text in_block(uint64_t block, const uint8_t *encoding, size_t length, const RowsFields *fields,
                     uint8_t *out)
{
    uint64_t tokens = 0;
    size_t head = SIZES_AT + fields->count;

    for (size_t i = 0; i < BLOCK_BYTES; i++)
        tokens = tokens << 8 | encoding[TOKENS_AT + i];
    size_t filters = head + (size_t)__builtin_popcountll(tokens) * BLOCK_BYTES;
    memcpy(out, encoding, head);
    out[FLAGS_AT] = BY_BLOCKS;
    memset(out + TOKENS_AT, 0, BLOCK_BYTES);
    out[TOKENS_AT + BLOCK_BYTES - 1] = 1;
    block *= UINT64_C(0x9E3779B97F4A7C15);
    memcpy(out + head, &block, sizeof block);
    memcpy(out + head + BLOCK_BYTES, encoding + filters, length - filters);
    return (Text){.data = (const char *)out, .length = head + BLOCK_BYTES + length - filters};
}

static Result fill_set(const Rows *rows, LinkageSet *set, Error *error)
{
    SCOPED(encoder_close) Encoder *encoder = NULL;
    uint8_t encoding[ENCODING_BYTES_MAX], out[ENCODING_BYTES_MAX];
    Text texts[ENCODING_FIELDS_MAX];
    size_t length;

    TRY(rows_encoder(rows, &rows_six, false, &encoder, error));
    for (size_t i = 0; i < rows->count; i++) {
        rows_take(rows, i, &rows_six, texts);
        TRY(encoder_encode(encoder, texts, encoding, &length, error));
        TRY(linkage_set_add(set, in_block(i / BLOCK_RECORDS + 1, encoding, length, &rows_six, out), 0,
                            error));
    }
    return RESULT_OK;
}

static LinkageModel usual_model(void)
{
    static const double match[] = {0.02, 0.02, 0.02, 0.03, 0.05, 0.3, 0.3, 0.3},
                        chance[] = {0.95, 0.02, 0.01, 0.005, 0.004, 0.0038, 0.003, 0.002};
    LinkageModel model = {.field_count = (uint32_t)rows_six.count, .prior = 1e-4, .is_settled = true};

    for (size_t f = 0; f < rows_six.count; f++) {
        memcpy(model.match[f], match, sizeof match);
        memcpy(model.chance[f], chance, sizeof chance);
    }
    return model;
}

/* Levels, weights, probabilities, and the likely pairs in order: all that a run does with a pair. */
static Result score_figure(const Rows *rows, BenchFigure *figures, size_t *count, Error *error)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const LinkageOptions options = {.threads = 1, .block_max = BLOCK_RECORDS};
    const LinkageModel model = usual_model();
    double seconds[TURNS], pairs = 0;

    TRY(fill_set(rows, set, error));
    for (size_t turn = 0; turn < TURNS; turn++) {
        SCOPED(linkage_pairs_close) LinkagePairs scored = {0};
        double begin = figures_thread_s();
        TRY(linkage_score(set, &model, &options, &scored, error));
        seconds[turn] = figures_thread_s() - begin;
        pairs = (double)scored.compared;
    }
    figures_put(figures, count, "pairs_scored_m_per_s", pairs / bench_median(seconds, TURNS) / 1e6, 1);
    return RESULT_OK;
}

/* Hardened, in the blocks that the encodings have: most hold two to five records. */
static Result fill_own(const Rows *rows, LinkageSet *set, Error *error)
{
    SCOPED(encoder_close) Encoder *encoder = NULL;
    uint8_t encoding[ENCODING_BYTES_MAX];
    Text texts[ENCODING_FIELDS_MAX];
    size_t length;

    TRY(rows_encoder(rows, &rows_six, true, &encoder, error));
    for (size_t i = 0; i < rows->count; i++) {
        rows_take(rows, i, &rows_six, texts);
        TRY(encoder_encode(encoder, texts, encoding, &length, error));
        TRY(linkage_set_add(set, (Text){.data = (const char *)encoding, .length = length}, 0, error));
    }
    return RESULT_OK;
}

static Result own_figure(const Rows *rows, BenchFigure *figures, size_t *count, Error *error)
{
    const LinkageOptions options = {.threads = 1, .block_max = OWN_BLOCK_MAX};
    const LinkageModel model = usual_model();
    double seconds[OWN_TURNS], pairs = 0;

    for (size_t turn = 0; turn < OWN_TURNS; turn++) {
        SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
        SCOPED(linkage_pairs_close) LinkagePairs scored = {0};
        TRY(fill_own(rows, set, error));
        double begin = figures_thread_s();
        TRY(linkage_score(set, &model, &options, &scored, error));
        seconds[turn] = figures_thread_s() - begin;
        pairs = (double)scored.compared;
    }
    figures_put(figures, count, "pairs_scored_own_blocks_m_per_s",
                pairs / bench_median(seconds, OWN_TURNS) / 1e6, 1);
    return RESULT_OK;
}

static Result measure(const char *path, BenchFigure *figures, size_t *count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create((size_t)1 << 30);
    Rows rows;

    TRY(rows_read(path, arena, &rows, error));
    TRY(encode_figure(&rows, figures, count, error));
    TRY(score_figure(&rows, figures, count, error));
    return own_figure(&rows, figures, count, error);
}

Result link_figures(const char *path, BenchFigure *figures, size_t *count, Error *error)
{
    cpu_set_t before, one;

    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    if (sched_getaffinity(0, sizeof before, &before) != 0 || sched_setaffinity(0, sizeof one, &one) != 0)
        return fail_errno(error, "pin to one core");
    Result done = measure(path, figures, count, error);
    (void)sched_setaffinity(0, sizeof before, &before);
    return done;
}
