/* Links a file from encodings alone, made in memory under a key that nothing keeps, and measures the result
 * against a column that knows the truth. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/config.h"
#include "cli/cli.h"
#include "cli/evaluate.h"
#include "linkage/linkage.h"

static const size_t ARENA_BYTES = (size_t)3 << 30;

typedef struct Trial {
    const char *path, *spec_path, *truth_column;
    bool is_plain, is_json;
    int64_t filter_bits, folds, flips;
    EvaluateSpec spec;
    LinkageSet *set;
    LinkageModel model;
    LinkagePairs pairs;
    LinkageClusters clusters;
    LinkageQuality quality;
    uint32_t *truth;
    size_t truth_capacity;
    double encode_s, train_s, score_s, cluster_s;
} Trial;

static void trial_close(Trial *trial)
{
    linkage_set_close(&trial->set);
    linkage_pairs_close(&trial->pairs);
    linkage_clusters_close(&trial->clusters);
    memory_free(trial->truth);
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- truth: labels as numbers ---- */

typedef struct Labels {
    Text *slots;
    uint32_t *numbers;
    size_t used, capacity;
} Labels;

static uint64_t mix_text(Text text)
{
    uint64_t mixed = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < text.length; i++)
        mixed = (mixed ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    return mixed ^ mixed >> 32;
}

static size_t slot_of(const Labels *labels, Text label)
{
    size_t at = mix_text(label) & (labels->capacity - 1);

    while (labels->slots[at].data != NULL && !text_equal(labels->slots[at], label))
        at = (at + 1) & (labels->capacity - 1);
    return at;
}

static void labels_close(Labels *labels)
{
    memory_free(labels->slots);
    memory_free(labels->numbers);
}

static void grow(Labels *labels)
{
    Labels larger = {.capacity = labels->capacity == 0 ? 4096 : labels->capacity * 2, .used = labels->used};

    larger.slots = memory_alloc(larger.capacity * sizeof *larger.slots);
    larger.numbers = memory_alloc(larger.capacity * sizeof *larger.numbers);
    for (size_t i = 0; i < labels->capacity; i++) {
        if (labels->slots[i].data == NULL)
            continue;
        size_t at = slot_of(&larger, labels->slots[i]);
        larger.slots[at] = labels->slots[i];
        larger.numbers[at] = labels->numbers[i];
    }
    labels_close(labels);
    *labels = larger;
}

static uint32_t number_of(Labels *labels, Text label)
{
    if (labels->used * 2 >= labels->capacity)
        grow(labels);
    size_t at = slot_of(labels, label);
    if (labels->slots[at].data == NULL) {
        labels->slots[at] = label;
        labels->numbers[at] = (uint32_t)labels->used++;
    }
    return labels->numbers[at];
}

/* ---- the trial ---- */

static void keep_truth(Trial *trial, size_t record, uint32_t number)
{
    trial->truth = memory_room(trial->truth, record, &trial->truth_capacity, sizeof *trial->truth);
    trial->truth[record] = number;
}

static Result encode_rows(Trial *trial, EvaluateFile *file, Encoder *encoder, Error *error)
{
    SCOPED(labels_close) Labels labels = {0};
    uint8_t encoding[ENCODING_BYTES_MAX];
    Text fields[ENCODING_FIELDS_MAX], truth;
    size_t length;
    bool at_end;

    for (;;) {
        TRY(evaluate_file_next(file, fields, &truth, &at_end, error));
        if (at_end)
            return RESULT_OK;
        TRY(encoder_encode(encoder, fields, encoding, &length, error));
        keep_truth(trial, linkage_set_count(trial->set), number_of(&labels, truth));
        TRY(linkage_set_add(trial->set, (Text){.data = (char *)encoding, .length = length}, 0, error));
    }
}

static Result encode_references(Trial *trial, Encoder *encoder, Error *error)
{
    uint8_t encoding[ENCODING_BYTES_MAX];
    size_t length;

    for (;;) {
        TRY(encoder_reference(encoder, encoding, &length, error));
        if (length == 0)
            return RESULT_OK;
        TRY(linkage_set_add_reference(trial->set, (Text){.data = (char *)encoding, .length = length}, error));
    }
}

/* Once for how common values are, once to encode them. */
static Result observe_rows(const Trial *trial, Encoder *encoder, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    Text fields[ENCODING_FIELDS_MAX], truth;
    EvaluateFile *file;
    bool at_end;

    TRY(evaluate_file_open(trial->path, &trial->spec, trial->truth_column, arena, &file, error));
    for (;;) {
        TRY(evaluate_file_next(file, fields, &truth, &at_end, error));
        if (at_end)
            return RESULT_OK;
        TRY(encoder_observe(encoder, fields, error));
    }
}

static Result encode(Trial *trial, Arena *arena, Error *error)
{
    SCOPED(encoder_close) Encoder *encoder = NULL;
    EvaluateFile *file;

    TRY(evaluate_spec_read(trial->spec_path, arena, &trial->spec, error));
    const EncodingOptions options = {.purpose = "evaluate",
                                     .key_version = 1,
                                     .kinds = trial->spec.kinds,
                                     .field_count = trial->spec.field_count,
                                     .by_blocks = !trial->is_plain,
                                     .filter_bits = (int)trial->filter_bits,
                                     .folds = (int)trial->folds,
                                     .flips_per_thousand = (int)trial->flips};
    TRY(encoder_create_ephemeral(&options, &encoder, error));
    TRY(observe_rows(trial, encoder, error));
    TRY(evaluate_file_open(trial->path, &trial->spec, trial->truth_column, arena, &file, error));
    trial->set = linkage_set_create();
    double started = now_s();
    TRY(encode_rows(trial, file, encoder, error));
    trial->encode_s = now_s() - started;
    return encode_references(trial, encoder, error);
}

static Result link_records(Trial *trial, Error *error)
{
    const LinkageOptions options = {.threads = 2, .near_too = true};
    double started = now_s();

    TRY(linkage_train(trial->set, &options, &trial->model, error));
    trial->train_s = now_s() - started;
    TRY(linkage_score(trial->set, &trial->model, &options, &trial->pairs, error));
    trial->score_s = now_s() - started - trial->train_s;
    TRY(linkage_cluster(trial->set, &trial->pairs, &options, NAN, &trial->clusters, error));
    trial->cluster_s = now_s() - started - trial->train_s - trial->score_s;
    return linkage_evaluate(trial->set, &trial->pairs, &trial->clusters, &options, trial->truth,
                            &trial->quality, error);
}

/* ---- the report ---- */

static void print_scores(const Trial *trial)
{
    static const char *const headings[] = {"result", "threshold", "precision", "recall", "f1"};
    static const bool right_aligned[] = {false, true, true, true, true};
    SCOPED(table_close) Table *table = table_create(headings, right_aligned, 5);
    const LinkageQuality *quality = &trial->quality;
    const struct {
        const char *name;
        const LinkageScore *score;
    } rows[] = {{"pairs", &quality->pairs},
                {"pairs, best by truth", &quality->pairs_best},
                {"clusters", &quality->clusters},
                {"clusters, best by truth", &quality->clusters_best}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double numbers[] = {rows[i].score->threshold, rows[i].score->precision, rows[i].score->recall,
                                  rows[i].score->f1};
        char texts[4][16];
        Text cells[5] = {text_from(rows[i].name)};
        for (size_t n = 0; n < 4; n++) {
            (void)snprintf(texts[n], sizeof texts[n], n == 0 ? "%.2f" : "%.4f", numbers[n]);
            cells[n + 1] = text_from(texts[n]);
        }
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
}

static void print_trial(const Trial *trial)
{
    const LinkageQuality *quality = &trial->quality;

    printf("%zu records, %" PRIu64 " pairs compared, blocking recall %.4f, %s\n",
           linkage_set_count(trial->set), quality->compared, quality->blocking_recall,
           trial->is_plain ? "not hardened" : "hardened");
    print_scores(trial);
    for (size_t i = 0; i < 2; i++)
        printf("%" PRIu64 " pairs claim to be right with %.4f on average, and %.4f are\n",
               quality->calibration[i].count, quality->calibration[i].claimed, quality->calibration[i].right);
    printf("encoding %.2f s, training %.2f s, scoring %.2f s, clustering %.2f s\n", trial->encode_s,
           trial->train_s, trial->score_s, trial->cluster_s);
    if (!trial->model.is_settled)
        printf("the model did not settle: read the figures with care\n");
}

static json_t *json_of_score(const LinkageScore *score)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "threshold", score->threshold, "precision", score->precision,
                     "recall", score->recall, "f1", score->f1);
}

static Result print_json(const Trial *trial, Error *error)
{
    const LinkageQuality *quality = &trial->quality;
    json_t *report = json_pack(
        "{s:b, s:I, s:I, s:I, s:f, s:o, s:o, s:o, s:o, s:[{s:f, s:f, s:I}, {s:f, s:f, s:I}], s:b, s:f, s:f, "
        "s:f, "
        "s:f}",
        "hardened", !trial->is_plain, "records", (json_int_t)linkage_set_count(trial->set), "compared",
        (json_int_t)quality->compared, "true_pairs", (json_int_t)quality->true_pairs, "blocking_recall",
        quality->blocking_recall, "pairs", json_of_score(&quality->pairs), "pairs_best",
        json_of_score(&quality->pairs_best), "clusters", json_of_score(&quality->clusters), "clusters_best",
        json_of_score(&quality->clusters_best), "calibration", "claimed", quality->calibration[0].claimed,
        "right", quality->calibration[0].right, "count", (json_int_t)quality->calibration[0].count, "claimed",
        quality->calibration[1].claimed, "right", quality->calibration[1].right, "count",
        (json_int_t)quality->calibration[1].count, "settled", trial->model.is_settled, "encode_s",
        trial->encode_s, "train_s", trial->train_s, "score_s", trial->score_s, "cluster_s", trial->cluster_s);

    if (report == NULL)
        return fail(error, ERROR_SYSTEM, "link evaluate: the report could not be made");
    (void)json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    (void)putchar('\n');
    json_decref(report);
    return RESULT_OK;
}

Result cmd_link_evaluate(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(trial_close) Trial trial = {0};
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const Option options[] = {
        {"spec", OPTION_TEXT, true, NULL, "which columns are what", &trial.spec_path},
        {"truth", OPTION_TEXT, true, NULL, "the column that says whose record it is", &trial.truth_column},
        {"plain", OPTION_FLAG, false, NULL, "encode without hardening", &trial.is_plain},
        {"bits", OPTION_COUNT, false, NULL, "of a field's filter, a power of two", &trial.filter_bits},
        {"folds", OPTION_COUNT, false, NULL, "XOR folds of each filter", &trial.folds},
        {"flips", OPTION_COUNT, false, NULL, "bits in a thousand that are flipped", &trial.flips},
        {"json", OPTION_FLAG, false, NULL, "print JSON", &trial.is_json},
    };

    TRY(cli_parse(cli, argc, argv, options, sizeof options / sizeof options[0], 1, 1, error));
    trial.path = cli->arguments[0];
    TRY(encode(&trial, arena, error));
    TRY(link_records(&trial, error));
    if (trial.is_json)
        return print_json(&trial, error);
    print_trial(&trial);
    return RESULT_OK;
}
