#include "bench/likeness.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/month_sql.h"
#include "bench/rows.h"

enum { SQL_BYTES = 4096, PATH_BYTES = 128, LIST = 1, CARE = 2, CARE_ONE_IN = 10, OTHER_NAME_ONE_IN = 30 };

struct Likeness {
    Arena *arena;
    Rows rows;
    Keyring *keyring;
    Encoder *encoder;
    EncodingOpener *opener;
};

static const char setup_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead)"
    " VALUES ('engineer', 0, 'An Engineer', true, false, false);"
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)"
    " VALUES ('phm', 'P', 'applied', '', '', 21);"
    "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode) VALUES"
    " ('list', 'List', 'person', 'register', 'snapshot'), ('care', 'Care', 'person', NULL, 'snapshot');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " SELECT source_id, 1, sha256(''), '', '2000-01-01' FROM ingest.source;"
    "INSERT INTO governance.linkage SELECT 'phm', a, b, '2020-01-01', '2090-12-31'"
    "  FROM unnest('{list,care}'::text[]) AS a, unnest('{list,care}'::text[]) AS b WHERE a <= b;"
    "INSERT INTO linkage.model (rule_version, match_shares, chance_shares, prior, run_id)"
    " SELECT v, array_agg(m ORDER BY f, c DESC, m), array_agg(c ORDER BY f, c DESC, m), 1e-5, 0"
    "   FROM generate_series(1, 99) AS v, generate_series(1, 6) AS f,"
    "        (VALUES (0.02, 0.95), (0.02, 0.02), (0.02, 0.01), (0.03, 0.005), (0.05, 0.004), (0.3, 0.0038),"
    "                (0.3, 0.003), (0.3, 0.002)) AS level (m, c) GROUP BY v;"
    "CREATE TABLE records.list (load_id int4, subject_id int8, since date) PARTITION BY LIST (load_id);"
    "SELECT ingest.active_view_make(source_id) FROM ingest.source WHERE name = 'list';"
    "CREATE VIEW presence.list AS SELECT subject_id, load_id, since AS valid_from, NULL::date AS valid_to"
    "  FROM records.active_list; RESET ROLE";

/* Subjects of a row: its number times ten and the source. */
static const char people_sql[] =
    "SET ROLE cinque_owner;" MONTH_LOADS_SQL
    "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_token,"
    "       uprn_token, nhs_state)"
    " SELECT 10 * i + s, s, substr(sha256(int8send(10 * i + s)), 1, 16), 10 * %" PRId64 " + s, 1,"
    "        CASE WHEN s = 1 OR i %% 20 <> 0 THEN substr(sha256(int8send(i)), 1, 16) END,"
    "        CASE WHEN s = 1 THEN substr(sha256(int8send(1000000000 + i / 2)), 1, 16) END, 1"
    "   FROM generate_series(%" PRId64 "::int8, %" PRId64 "::int8) AS i CROSS JOIN generate_series(1, 2) AS s"
    "  WHERE s = 1 OR i %% 10 = 0"
    "  ORDER BY sha256(int8send(10 * i + s));" MONTH_LIST_SQL MONTH_CAME_SQL
    "ANALYZE subjects.subject, records.list; RESET ROLE";

Result likeness_prepare(Db *db, Error *error)
{
    return db_script(db, "likeness", setup_sql, error);
}

Result likeness_open(const char *path, const char *folder, Likeness **likeness, Error *error)
{
    char keyring[PATH_BYTES];
    Likeness *made = memory_alloc(sizeof *made);

    *likeness = made;
    made->arena = arena_create((size_t)1 << 30);
    (void)snprintf(keyring, sizeof keyring, "%s/keyring", folder);
    TRY(rows_read(path, made->arena, &made->rows, error));
    TRY(keyring_create(keyring, NULL, error));
    TRY(keyring_open(keyring, &made->keyring, error));
    TRY(rows_encoder(&made->rows, &rows_six, true, &made->encoder, error));
    made->opener = encoding_opener_create(keyring);
    return RESULT_OK;
}

void likeness_close(Likeness **likeness)
{
    if (*likeness == NULL)
        return;
    encoding_opener_close(&(*likeness)->opener);
    encoder_close(&(*likeness)->encoder);
    keyring_close(&(*likeness)->keyring);
    arena_close(&(*likeness)->arena);
    memory_free(*likeness);
    *likeness = NULL;
}

size_t likeness_count(const Likeness *likeness)
{
    return likeness->rows.count;
}

/* ---- encodings ---- */

static Result keep_seal(Db *db, int64_t load_id, const EncodingSealer *sealer, Error *error)
{
    static const DbStatement statement = {
        .name = "likeness_seal",
        .sql = "INSERT INTO subjects.encoding_seal (load_id, key_version, header) VALUES ($1, $2, $3)"
               " RETURNING load_id::int8",
        .parameters = {VALUE_INT4, VALUE_INT2, VALUE_BYTES},
        .columns = {VALUE_INT8}};
    Text header = encoding_sealer_header(sealer);
    const Value values[] = {value_int4(load_id), value_int2(encoding_sealer_version(sealer)),
                            value_bytes(header.data, header.length)};
    int64_t kept;

    return db_run_int8(db, &statement, values, &kept, NULL, error);
}

static Result encode_row(Likeness *likeness, size_t row, int source, uint8_t *encoding, size_t *length,
                         Error *error)
{
    const Rows *rows = &likeness->rows;
    Text texts[ENCODING_FIELDS_MAX], other[ENCODING_FIELDS_MAX];

    rows_take(rows, row, &rows_six, texts);
    if (source == CARE && row % OTHER_NAME_ONE_IN == 0) {
        rows_take(rows, (row + 1) % rows->count, &rows_six, other);
        texts[0] = other[0];
    }
    return encoder_encode(likeness->encoder, texts, encoding, length, error);
}

typedef struct Copies {
    DbCopy *heads, *filters; /* of two connections */
} Copies;

static Result copy_row(Likeness *likeness, EncodingSealer *sealer, const Copies *copies, size_t row,
                       int source, int64_t load_id, Error *error)
{
    uint8_t encoding[ENCODING_BYTES_MAX];
    int64_t subject_id = (int64_t)(10 * row) + source;
    size_t length;
    Text head, filters;

    TRY(encode_row(likeness, row, source, encoding, &length, error));
    TRY(encoding_seal(sealer, subject_id, (Text){.data = (const char *)encoding, .length = length}, &head,
                      &filters, error));
    const Value first[] = {value_int8(subject_id), value_int2(source), value_int4(load_id),
                           value_bytes(head.data, head.length)};
    const Value second[] = {value_int8(subject_id), value_bytes(filters.data, filters.length)};
    TRY(db_copy_row(copies->heads, first, error));
    return db_copy_row(copies->filters, second, error);
}

static Result encode_source(Likeness *likeness, Db *db, Db *beside, int source, int64_t month, size_t from,
                            size_t to, Error *error)
{
    static const DbCopyColumn heads[] = {{"subject_id", VALUE_INT8},
                                         {"source_id", VALUE_INT2},
                                         {"load_id", VALUE_INT4},
                                         {"head", VALUE_BYTES}},
                              filters[] = {{"subject_id", VALUE_INT8}, {"filters", VALUE_BYTES}};
    SCOPED(encoding_sealer_close) EncodingSealer *sealer = NULL;
    SCOPED(db_copy_abandon) DbCopy *head_copy = NULL;
    SCOPED(db_copy_abandon) DbCopy *filter_copy = NULL;
    int64_t load_id = 10 * month + source;

    TRY(encoding_sealer_create(likeness->keyring, load_id, &sealer, error));
    TRY(keep_seal(db, load_id, sealer, error));
    TRY(db_copy_in(db, "subjects.encoding", heads, 4, &head_copy, error));
    TRY(db_copy_in(beside, "subjects.encoding_filter", filters, 2, &filter_copy, error));
    const Copies copies = {head_copy, filter_copy};
    for (size_t row = from; row < to; row++) {
        if (source == LIST || row % CARE_ONE_IN == 0)
            TRY(copy_row(likeness, sealer, &copies, row, source, load_id, error));
    }
    TRY(db_copy_end(&head_copy, NULL, error));
    return db_copy_end(&filter_copy, NULL, error);
}

Result likeness_add(Likeness *likeness, Db *db, Db *beside, int64_t month, size_t from, size_t to,
                    Error *error)
{
    char sql[SQL_BYTES];

    (void)snprintf(sql, sizeof sql, people_sql, month, month, month, month, (int64_t)from, (int64_t)to - 1,
                   month, month, month, month);
    TRY(db_script(db, "likeness people", sql, error));
    TRY(encode_source(likeness, db, beside, LIST, month, from, to, error));
    return encode_source(likeness, db, beside, CARE, month, from, to, error);
}

/* ---- what linkage opens ---- */

static Result add_load(void *context, int64_t load_id, int key_version, Text header, Error *error)
{
    const StoredLoad load = {.load_id = load_id, .key_version = key_version, .header = header};

    return encoding_opener_add(context, &load, error);
}

static Result open_sealed(void *context, const LinkageSealed *sealed, char *opened, size_t *length,
                          Error *error)
{
    const StoredPlace place = {.load_id = sealed->load_id,
                               .subject_id = sealed->subject_id,
                               .part = sealed->part == LINKAGE_HEAD ? STORED_HEAD : STORED_FILTERS};

    return encoding_open(context, &place, sealed->bytes, opened, length, error);
}

LinkageOpener likeness_opener(Likeness *likeness)
{
    return (LinkageOpener){.context = likeness->opener, .add_load = add_load, .open = open_sealed};
}
