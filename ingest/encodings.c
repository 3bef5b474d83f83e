#include "ingest/encodings.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "ingest_sql.h"

enum { BYTES_MAX = 8 << 20, ENTRIES_MAX = BYTES_MAX / 512, TABLE_BYTES = 96 };

typedef struct Entry {
    int64_t subject_id;
    bool is_somebody;
    size_t at, length;
} Entry;

struct Encodings {
    int64_t load_id;
    char table[TABLE_BYTES];
    EncodingSealer *sealer; /* NULL: not opened, and nothing may be added */
    Entry *entries;         /* NULL: nothing was ever added */
    uint8_t *bytes;
    size_t count, byte_count;
};

static const DbStatement open_statement = {
    .name = "encoding_open",
    .sql = ingest_sql_encoding_open,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_INT2, VALUE_BYTES},
    .columns = {VALUE_INT8},
};
static const DbCopyColumn columns[] = {
    {"subject_id", VALUE_INT8}, {"head", VALUE_BYTES}, {"filters", VALUE_BYTES}};

Encodings *encodings_create(int64_t load_id)
{
    Encodings *made = memory_alloc(sizeof *made);

    made->load_id = load_id;
    snprintf(made->table, TABLE_BYTES, "staging.encoding_%d", (int)load_id);
    return made;
}

Result encodings_open(Encodings *encodings, Db *loader, const GovernancePermit *permit,
                      const Keyring *keyring, bool *wanted, Error *error)
{
    int64_t answer;

    TRY(encoding_sealer_create(keyring, encodings->load_id, &encodings->sealer, error));
    Text header = encoding_sealer_header(encodings->sealer);
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(encodings->load_id),
                            value_int2(encoding_sealer_version(encodings->sealer)),
                            value_bytes((const uint8_t *)header.data, header.length)};
    TRY(db_run_int8(loader, &open_statement, values, &answer, NULL, error));
    *wanted = answer != 0;
    return RESULT_OK;
}

void encodings_add(Encodings *encodings, const int64_t *subject_id, Text encoding)
{
    if (encoding.length == 0)
        return;
    if (encodings->entries == NULL) {
        encodings->entries = memory_alloc(ENTRIES_MAX * sizeof *encodings->entries);
        encodings->bytes = memory_alloc(BYTES_MAX);
    }
    assert(encodings->sealer != NULL && !encodings_is_full(encodings) &&
           encoding.length <= ENCODING_BYTES_MAX);
    encodings->entries[encodings->count++] = (Entry){.subject_id = subject_id != NULL ? *subject_id : 0,
                                                     .is_somebody = subject_id != NULL,
                                                     .at = encodings->byte_count,
                                                     .length = encoding.length};
    memcpy(encodings->bytes + encodings->byte_count, encoding.data, encoding.length);
    encodings->byte_count += encoding.length;
}

bool encodings_is_full(const Encodings *encodings)
{
    return encodings->count == ENTRIES_MAX || BYTES_MAX - encodings->byte_count < ENCODING_BYTES_MAX;
}

static Value bytes_of(Text text)
{
    return value_bytes((const uint8_t *)text.data, text.length);
}

static Result copy_entry(const Encodings *encodings, DbCopy *copy, const Entry *entry, Error *error)
{
    Text encoding = {.data = (const char *)encodings->bytes + entry->at, .length = entry->length};
    Text head, filters;

    if (entry->is_somebody) {
        TRY(encoding_seal(encodings->sealer, entry->subject_id, encoding, &head, &filters, error));
        const Value values[] = {value_int8(entry->subject_id), bytes_of(head), bytes_of(filters)};
        return db_copy_row(copy, values, error);
    }
    TRY(encoding_seal_reference(encodings->sealer, encoding, &head, error));
    const Value values[] = {value_null(VALUE_INT8), bytes_of(head), value_null(VALUE_BYTES)};
    return db_copy_row(copy, values, error);
}

Result encodings_flush(Encodings *encodings, Db *loader, Error *error)
{
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    if (encodings->count == 0)
        return RESULT_OK;
    TRY(db_copy_in(loader, encodings->table, columns, sizeof columns / sizeof *columns, &copy, error));
    for (size_t i = 0; i < encodings->count; i++)
        TRY(copy_entry(encodings, copy, &encodings->entries[i], error));
    encodings->count = encodings->byte_count = 0;
    return db_copy_end(&copy, NULL, error);
}

void encodings_close(Encodings **encodings)
{
    if (*encodings == NULL)
        return;
    if ((*encodings)->bytes != NULL)
        secret_wipe((*encodings)->bytes, BYTES_MAX);
    encoding_sealer_close(&(*encodings)->sealer);
    memory_free((*encodings)->bytes);
    memory_free((*encodings)->entries);
    memory_free(*encodings);
    *encodings = NULL;
}
