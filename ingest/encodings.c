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
    char table[TABLE_BYTES];
    Entry *entries; /* NULL: nothing was ever added */
    uint8_t *bytes;
    size_t count, byte_count;
};

static const DbStatement encoding_open = {
    .name = "encoding_open",
    .sql = ingest_sql_encoding_open,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbCopyColumn columns[] = {{"subject_id", VALUE_INT8}, {"encoding", VALUE_BYTES}};

Result encodings_wanted(Db *loader, const GovernancePermit *permit, int64_t load_id, bool *wanted,
                        Error *error)
{
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};
    int64_t answer;

    TRY(db_run_int8(loader, &encoding_open, values, &answer, NULL, error));
    *wanted = answer != 0;
    return RESULT_OK;
}

Encodings *encodings_create(int64_t load_id)
{
    Encodings *made = memory_alloc(sizeof *made);

    snprintf(made->table, TABLE_BYTES, "staging.encoding_%d", (int)load_id);
    return made;
}

void encodings_add(Encodings *encodings, const int64_t *subject_id, Text encoding)
{
    if (encoding.length == 0)
        return;
    if (encodings->entries == NULL) {
        encodings->entries = memory_alloc(ENTRIES_MAX * sizeof *encodings->entries);
        encodings->bytes = memory_alloc(BYTES_MAX);
    }
    assert(!encodings_is_full(encodings) && encoding.length <= ENCODING_BYTES_MAX);
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

Result encodings_flush(Encodings *encodings, Db *loader, Error *error)
{
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    if (encodings->count == 0)
        return RESULT_OK;
    TRY(db_copy_in(loader, encodings->table, columns, sizeof columns / sizeof *columns, &copy, error));
    for (size_t i = 0; i < encodings->count; i++) {
        const Entry *entry = &encodings->entries[i];
        const Value values[] = {
            entry->is_somebody ? value_int8(entry->subject_id) : value_null(VALUE_INT8),
            value_bytes(encodings->bytes + entry->at, entry->length),
        };
        TRY(db_copy_row(copy, values, error));
    }
    encodings->count = encodings->byte_count = 0;
    return db_copy_end(&copy, NULL, error);
}

void encodings_close(Encodings **encodings)
{
    if (*encodings == NULL)
        return;
    if ((*encodings)->bytes != NULL)
        secret_wipe((*encodings)->bytes, BYTES_MAX);
    memory_free((*encodings)->bytes);
    memory_free((*encodings)->entries);
    memory_free(*encodings);
    *encodings = NULL;
}
