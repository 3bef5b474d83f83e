#include "ingest/packer.h"

#include "base/secret.h"

enum { FIRST_BYTES = 4096 };

struct Packer {
    DbCopyColumn columns[SPEC_PAYLOAD_MAX];
    size_t column_count;
    char *bytes;
    size_t capacity;
};

Packer *packer_open(const IngestSpec *spec)
{
    Packer *packer = memory_alloc(sizeof *packer);

    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]))
            packer->columns[packer->column_count++].type = SPEC_TYPE_VALUES[spec->columns[i].type];
    packer->capacity = FIRST_BYTES;
    packer->bytes = memory_alloc(packer->capacity);
    return packer;
}

static void free_bytes(Packer *packer)
{
    secret_wipe(packer->bytes, packer->capacity);
    memory_free(packer->bytes);
}

Result packer_pack(Packer *packer, const Value *payload, Value *packed, Error *error)
{
    size_t needed = db_pack_bytes(payload, packer->column_count);

    if (needed > packer->capacity) {
        free_bytes(packer);
        packer->capacity = 2 * needed;
        packer->bytes = memory_alloc(packer->capacity);
    }
    return db_pack(packer->columns, payload, packer->column_count, packer->bytes, packed, error);
}

void packer_close(Packer **packer)
{
    if (*packer == NULL)
        return;
    free_bytes(*packer);
    memory_free(*packer);
    *packer = NULL;
}
