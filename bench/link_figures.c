#include "bench/link_figures.h"

#include <sched.h>
#include <string.h>

#include "base/arena.h"
#include "base/input.h"
#include "bench/figures_private.h"
#include "linkage/linkage.h"
#include "pseudonymise/pseudonymise.h"

enum { COLUMNS = 11, ROWS_MAX = 200000, ROWS_BYTES_MAX = 1 << 28, TURNS = 5, BLOCK_RECORDS = 100 };
enum { OWN_TURNS = 3, OWN_BLOCK_MAX = 500 };
enum { GIVEN = 1, FAMILY, BORN, SEX, POSTCODE, NUMBER, STREET, TOWN, PRACTICE, ADDRESS };

typedef struct Rows {
    Text (*cells)[COLUMNS];
    size_t count;
} Rows;

/* Which columns are encoded, and as what. */
typedef struct Fields {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    size_t columns[ENCODING_FIELDS_MAX];
    size_t count;
} Fields;

/* As many as public sets of people have, and as a record of a run has. */
static const Fields nine = {{ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE, ENCODING_SEX,
                             ENCODING_POSTCODE, ENCODING_TEXT, ENCODING_ADDRESS, ENCODING_TEXT,
                             ENCODING_TEXT},
                            {GIVEN, FAMILY, BORN, SEX, POSTCODE, NUMBER, STREET, TOWN, PRACTICE},
                            9};
static const Fields six = {{ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE, ENCODING_SEX,
                            ENCODING_POSTCODE, ENCODING_ADDRESS},
                           {GIVEN, FAMILY, BORN, SEX, POSTCODE, ADDRESS},
                           6};

static Text next_cell(Text *rest)
{
    size_t end = 0;

    while (end < rest->length && rest->data[end] != '|' && rest->data[end] != '\n')
        end++;
    Text cell = text_slice(*rest, 0, end);
    *rest = text_slice(*rest, end < rest->length ? end + 1 : end, rest->length);
    return cell;
}

static Result read_rows(const char *path, Arena *arena, Rows *rows, Error *error)
{
    Text rest;

    TRY(input_read_all(path, ROWS_BYTES_MAX, arena, &rest, error));
    rows->cells = arena_alloc(arena, ROWS_MAX * sizeof *rows->cells);
    for (size_t i = 0; i < COLUMNS; i++)
        (void)next_cell(&rest);
    for (rows->count = 0; rest.length > 0 && rows->count < ROWS_MAX; rows->count++)
        for (size_t i = 0; i < COLUMNS; i++)
            rows->cells[rows->count][i] = next_cell(&rest);
    return RESULT_OK;
}

static void take_fields(const Rows *rows, size_t row, const Fields *fields, Text out[ENCODING_FIELDS_MAX])
{
    for (size_t i = 0; i < fields->count; i++)
        out[i] = rows->cells[row][fields->columns[i]];
}

static Result open_encoder(const Rows *rows, const Fields *fields, bool by_blocks, Encoder **encoder,
                           Error *error)
{
    const EncodingOptions options = {.purpose = "bench",
                                     .key_version = 1,
                                     .kinds = fields->kinds,
                                     .field_count = fields->count,
                                     .by_blocks = by_blocks};
    SCOPED(encoder_close) Encoder *made = NULL;
    Text texts[ENCODING_FIELDS_MAX];

    TRY(encoder_create_ephemeral(&options, &made, error));
    for (size_t i = 0; i < rows->count; i++) {
        take_fields(rows, i, fields, texts);
        TRY(encoder_observe(made, texts, error));
    }
    *encoder = made;
    made = NULL;
    return RESULT_OK;
}

/* ---- encoding ---- */

static Result encode_once(const Rows *rows, double *seconds, Error *error)
{
    SCOPED(encoder_close) Encoder *encoder = NULL;
    uint8_t encoding[ENCODING_BYTES_MAX];
    Text texts[ENCODING_FIELDS_MAX];
    size_t length;

    TRY(open_encoder(rows, &nine, false, &encoder, error));
    double begin = figures_thread_s();
    for (size_t i = 0; i < rows->count; i++) {
        take_fields(rows, i, &nine, texts);
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
static Text in_block(uint64_t block, const uint8_t *encoding, size_t length, const Fields *fields,
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

    TRY(open_encoder(rows, &six, false, &encoder, error));
    for (size_t i = 0; i < rows->count; i++) {
        take_fields(rows, i, &six, texts);
        TRY(encoder_encode(encoder, texts, encoding, &length, error));
        TRY(linkage_set_add(set, in_block(i / BLOCK_RECORDS + 1, encoding, length, &six, out), 0, error));
    }
    return RESULT_OK;
}

static LinkageModel usual_model(void)
{
    static const double match[] = {0.02, 0.02, 0.02, 0.03, 0.05, 0.3, 0.3, 0.3},
                        chance[] = {0.95, 0.02, 0.01, 0.005, 0.004, 0.0038, 0.003, 0.002};
    LinkageModel model = {.field_count = (uint32_t)six.count, .prior = 1e-4, .is_settled = true};

    for (size_t f = 0; f < six.count; f++) {
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

    TRY(open_encoder(rows, &six, true, &encoder, error));
    for (size_t i = 0; i < rows->count; i++) {
        take_fields(rows, i, &six, texts);
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

    TRY(read_rows(path, arena, &rows, error));
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
