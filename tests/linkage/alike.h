#pragma once
/* Subjects with encodings written by hand, under rules and a frozen model: linkage is tested without the
 * module that makes encodings. Six fields and the block rules, as pseudonymise orders them. */
#include "tests/linkage/workbench.h"

enum { ALIKE_FIELDS = 6, ALIKE_FILTER = 16, ALIKE_ENCODING = 512, ALIKE_CLASS = 60 };
enum { ALIKE_RULES = 15, ALIKE_TOKENS = 4 };

/* The rules whose tokens are written: birth date and postcode; birth date and family name's letter; names'
 * sounds and year; birth date and area. */
static const int alike_rules[ALIKE_TOKENS] = {0, 1, 9, 13};

typedef struct Alike {
    int64_t subject_id;
    const char *source, *number; /* number NULL: none */
    /* Each makes a filter of its own; 0: absent. From bit ALIKE_CLASS on how common it is: 0 unknown, 1
     * common, 2 middling, 3 rare. */
    uint64_t values[ALIKE_FIELDS];
    uint64_t tokens[ALIKE_TOKENS]; /* 0: none */
} Alike;

/* Two people, and the tokens of a family. */
#define ANNE                                                                                                 \
    {                                                                                                        \
        11, 12, 13, 14, 15, 16                                                                               \
    }
#define BERT                                                                                                 \
    {                                                                                                        \
        21, 22, 23, 24, 25, 26                                                                               \
    }
#define TOKENS                                                                                               \
    {                                                                                                        \
        101, 102                                                                                             \
    }

/* Six fields that agree are log2 of the odds 26 where nobody says how common they are; four are 13, three and
 * one that differs about 1. A common value
 * weighs a third of a bit less than a middling one, a rare one half a bit more. */
static const char alike_sql[] =
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days) "
    "VALUES ('phm', 'P', "
    "'applied', '', '', 21) ON CONFLICT DO NOTHING;"
    "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode) VALUES"
    " ('care', 'Care', 'person', NULL, 'snapshot'), ('death', 'Deaths', 'person', 'death', 'snapshot');"
    "CREATE FUNCTION bench.allow(VARIADIC names text[]) RETURNS void LANGUAGE sql AS $$"
    "  INSERT INTO governance.linkage SELECT 'phm', a, b, '2020-01-01', '2090-12-31'"
    "    FROM unnest(names) AS a, unnest(names) AS b WHERE a <= b $$;"
    "CREATE FUNCTION bench.seal(load int4, id int8, part int4, opened bytea) RETURNS bytea LANGUAGE sql AS"
    " $$ SELECT convert_to(format('%s %s %s:', load, id, part), 'UTF8') || opened $$;"
    "CREATE FUNCTION bench.opened(sealed bytea) RETURNS bytea LANGUAGE sql AS"
    " $$ SELECT substring(sealed FROM position(':'::bytea IN sealed) + 1) $$;"
    "CREATE FUNCTION bench.encode(id int8, source text, head bytea, filters bytea) RETURNS void LANGUAGE sql"
    " AS $$ INSERT INTO subjects.encoding"
    "       SELECT id, s.source_id, 1, bench.seal(1, id, 0, head) FROM ingest.source AS s WHERE s.name = "
    "source;"
    "       INSERT INTO subjects.encoding_filter VALUES (id, bench.seal(1, id, 1, filters)) $$;"
    "INSERT INTO subjects.encoding_seal VALUES (1, 1, decode(repeat('00', 41), 'hex'));"
    "CREATE FUNCTION bench.refer(encoding bytea) RETURNS void LANGUAGE sql AS $$"
    "  INSERT INTO subjects.encoding_reference (load_id, encoding) SELECT 1, bench.seal(1, 0, 2, encoding) "
    "$$;"
    "INSERT INTO linkage.model (rule_version, match_shares, chance_shares, prior, run_id)"
    " SELECT 4, array_agg(m ORDER BY f, c DESC, m), array_agg(c ORDER BY f, c DESC, m), 1e-4, 0"
    " FROM generate_series(1, 6) AS f,"
    " (VALUES (0.02, 0.95), (0.02, 0.02), (0.02, 0.01), (0.03, 0.005), (0.05, 0.004), (0.3, 0.0038),"
    "         (0.3, 0.003), (0.3, 0.002)) AS level (m, c);";

/* The same model in memory. */
static inline LinkageModel alike_model_held(void)
{
    static const double match[] = {0.02, 0.02, 0.02, 0.03, 0.05, 0.3, 0.3, 0.3},
                        chance[] = {0.95, 0.02, 0.01, 0.005, 0.004, 0.0038, 0.003, 0.002};
    LinkageModel model = {.field_count = ALIKE_FIELDS, .prior = 1e-4, .is_settled = true};

    for (int f = 0; f < ALIKE_FIELDS; f++) {
        memcpy(model.match[f], match, sizeof match);
        memcpy(model.chance[f], chance, sizeof chance);
    }
    return model;
}

static inline Bench alike_open(void)
{
    Bench bench = bench_open();

    bench_run(bench.owner, alike_sql);
    return bench;
}

static inline void alike_filter(uint64_t value, uint8_t *filter)
{
    for (int i = 0; i < ALIKE_FILTER; i++) {
        value = (value + (uint64_t)i) * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        filter[i] = (uint8_t)(value >> 48);
    }
}

/* *head: how many bytes are before the filters. */
static inline size_t alike_write(const Alike *person, uint8_t out[ALIKE_ENCODING], size_t *head)
{
    uint8_t *at = out + 24 + ALIKE_FIELDS;

    memset(out, 0, ALIKE_ENCODING);
    out[0] = out[1] = out[3] = 1; /* by blocks: filters for each token */
    memcpy(out + 4, "test", 4);
    out[8] = ALIKE_FIELDS;
    out[9] = ALIKE_RULES;
    memset(out + 24, ALIKE_FILTER, ALIKE_FIELDS);
    for (int b = 0; b < ALIKE_TOKENS; b++) {
        if (person->tokens[b] == 0)
            continue;
        out[19 - alike_rules[b] / 8] |= (uint8_t)(1 << alike_rules[b] % 8);
        memcpy(at, &person->tokens[b], 8);
        at += 8;
    }
    *head = (size_t)(at - out);
    for (int f = 0; f < ALIKE_FIELDS; f++)
        out[23 - f / 4] |= (uint8_t)(person->values[f] >> ALIKE_CLASS << 2 * (f % 4));
    for (int view = 0; view < ALIKE_TOKENS; view++) {
        for (int f = 0; f < ALIKE_FIELDS && person->tokens[view] != 0; f++) {
            if (person->values[f] == 0)
                continue;
            out[11] |= (uint8_t)(1 << f);
            alike_filter((person->values[f] & ((UINT64_C(1) << ALIKE_CLASS) - 1)) +
                             person->tokens[view] * 1000003,
                         at);
            at += ALIKE_FILTER;
        }
    }
    return (size_t)(at - out);
}

static inline void alike_add(Bench *bench, const Alike *person)
{
    static const DbStatement add = {
        .name = "bench add",
        .sql = "SELECT 0::int8 FROM (SELECT bench.person($1, $2, $3, NULL), bench.encode($1, $2, $4, $5)) AS "
               "t",
        .parameters = {VALUE_INT8, VALUE_TEXT, VALUE_TEXT, VALUE_BYTES, VALUE_BYTES},
        .columns = {VALUE_INT8}};
    uint8_t encoding[ALIKE_ENCODING];
    size_t head, length = alike_write(person, encoding, &head);
    const Value values[] = {value_int8(person->subject_id), value_text(text_from(person->source)),
                            person->number != NULL ? value_text(text_from(person->number))
                                                   : value_null(VALUE_TEXT),
                            value_bytes(encoding, head), value_bytes(encoding + head, length - head)};
    int64_t nothing;
    Error error = {0};

    cr_assert(db_run_int8(bench->owner, &add, values, &nothing, NULL, &error).ok, "%s", error.message);
}

/* Each of somebody's values as one that is nobody's. */
static inline void alike_refer(Bench *bench, const Alike *person)
{
    static const DbStatement refer = {.name = "bench refer",
                                      .sql = "SELECT 0::int8 FROM (SELECT bench.refer($1)) AS t",
                                      .parameters = {VALUE_BYTES},
                                      .columns = {VALUE_INT8}};
    uint8_t encoding[ALIKE_ENCODING] = {1, 3, 0, 1, 't', 'e', 's', 't', ALIKE_FIELDS, ALIKE_RULES};
    int64_t nothing;
    Error error = {0};

    memset(encoding + 24, ALIKE_FILTER, ALIKE_FIELDS);
    for (int f = 0; f < ALIKE_FIELDS; f++) {
        if (person->values[f] == 0)
            continue;
        encoding[11] = (uint8_t)(1 << f);
        alike_filter(person->values[f] + 7, encoding + 24 + ALIKE_FIELDS);
        const Value values[] = {value_bytes(encoding, 24 + ALIKE_FIELDS + ALIKE_FILTER)};
        cr_assert(db_run_int8(bench->owner, &refer, values, &nothing, NULL, &error).ok, "%s", error.message);
    }
}

static inline void alike_allow(Bench *bench)
{
    bench_run(bench->owner, "SELECT bench.allow('list', 'care', 'death')");
}

/* As if nothing had come yet; the model stays. */
static inline void alike_clear(Bench *bench)
{
    bench_run(bench->owner,
              "TRUNCATE subjects.subject, subjects.encoding, subjects.encoding_filter, records.bench,"
              " linkage.link, linkage.link_history, linkage.person, linkage.pair, linkage.compared,"
              " linkage.compared_rule, linkage.conflict, linkage.suspect, linkage.decision");
}

static inline void alike_decide(Bench *bench, int64_t pair_id, bool is_same)
{
    char object[32];
    Error error = {0};

    snprintf(object, sizeof object, "%" PRId64 " %s", pair_id, is_same ? "same" : "apart");
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(bench, GOVERNANCE_LINK_DECIDE, object);
    cr_assert(linkage_decide(bench->linker, permit, pair_id, is_same, &error).ok, "%s", error.message);
}

static inline Bench alike_suspect(void)
{
    Bench bench = alike_open();

    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", "A", BERT, {201, 202}});
    bench_run(
        bench.owner,
        "UPDATE subjects.subject SET birth_year = birth_year - 3, birth_month = 7 WHERE subject_id = 2");
    return bench;
}
