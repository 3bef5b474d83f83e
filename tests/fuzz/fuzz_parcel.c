/*
 * What stands in a parcel once it is opened, of any bytes: whoever has the hub's public key can seal some,
 * and the signature is looked at last. The first byte chooses the items of a block, the label, a note or the
 * summary. A row that is taken has one form: written again it is the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "ingest/parcel_words.h"
#include "pseudonymise/parcel_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 3, TYPES = 5, REFERENCES = 2, BYTES_MAX = 1 << 16 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void fuzz_items(const uint8_t *data, size_t size)
{
    static const ValueType types[TYPES] = {VALUE_TEXT, VALUE_INT8, VALUE_NUMERIC, VALUE_DATE, VALUE_BOOL};
    SCOPED(text_builder_close) TextBuilder again = text_builder(2 * BYTES_MAX);
    ParcelItems items = {.at = data,
                         .end = data + size,
                         .path = "parcel",
                         .types = types,
                         .type_count = TYPES,
                         .reference_count = REFERENCES};
    Value values[PARCEL_VALUES_MAX];
    TokenisedRow row;
    ParcelKind kind;
    Text note;
    Error error;

    while (items.at < items.end) {
        const uint8_t *from = items.at;
        if (!parcel_take(&items, &kind, &note, &row, values, &error).ok)
            return;
        again.length = 0;
        if (kind == PARCEL_ROW)
            require(parcel_put_row(&again, &row, &error).ok);
        else
            parcel_put_note(&again, note);
        require(again.length == (size_t)(items.at - from) && memcmp(again.data, from, again.length) == 0);
    }
}

static void fuzz_label(const uint8_t *data, size_t size)
{
    uint8_t regional[KEYRING_NAME_BYTES];
    char out[PARCEL_LABEL_BYTES_MAX];
    ParcelLabel label;
    Error error;

    if (parcel_label_read("parcel", (Text){.data = (const char *)data, .length = size}, &label, regional,
                          &error)
            .ok)
        require(parcel_label_write(&label, regional, out).length < PARCEL_LABEL_BYTES_MAX);
}

/* A stored group with a shape, one with a list, one that is not stored; two rules. */
static IngestSpec spec_of(SpecColumn columns[COLUMNS], CodeList *list)
{
    IngestSpec spec = {.columns = columns,
                       .column_count = COLUMNS,
                       .lists = list,
                       .list_count = 1,
                       .rule_count = 2,
                       .replaces = {.group = 0}};

    for (size_t i = 0; i < COLUMNS; i++)
        columns[i] = (SpecColumn){.name = TEXT("column"), .list = i == 1 ? 0 : SPEC_NONE};
    spec.rules[0].name = spec.rules[1].name = TEXT("rule");
    return spec;
}

static void fuzz_note(const uint8_t *data, size_t size)
{
    SpecColumn columns[COLUMNS];
    CodeList list = {.name = TEXT("list")};
    const IngestSpec spec = spec_of(columns, &list);
    char rule[INGEST_RULE_BYTES];
    ParcelNote note;
    Error error;

    if (!parcel_words_read(&spec, "parcel", (Text){.data = (const char *)data, .length = size}, &note, &error)
             .ok)
        return;
    require(note.row.fault_count <= RULE_FAULTS_MAX);
    for (size_t i = 0; i < note.row.fault_count; i++) {
        require(rule_text(&spec, note.row.faults[i], rule)[0] != '\0');
        require(rule_code(note.row.faults[i]) != NULL);
    }
}

static void fuzz_summary(const uint8_t *data, size_t size)
{
    SpecColumn columns[COLUMNS];
    CodeList list = {.name = TEXT("list")};
    const IngestSpec spec = spec_of(columns, &list);
    RuleCounts counts[COLUMNS];
    IngestReport report = {0};
    Hash original;
    Error error;

    if (parcel_words_sum(&spec, "parcel", (Text){.data = (const char *)data, .length = size}, &report, counts,
                         &original, &error)
            .ok)
        require(report.rows_read == report.rows_loaded + report.rows_quarantined + report.rows_excluded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const kinds[])(const uint8_t *, size_t) = {fuzz_items, fuzz_label, fuzz_note, fuzz_summary};

    if (size < 1 || size > BYTES_MAX)
        return 0;
    /* of its own length, so that a read past it shows */
    uint8_t *copy = memory_alloc(size == 1 ? 1 : size - 1);
    memcpy(copy, data + 1, size - 1);
    kinds[data[0] % 4](copy, size - 1);
    memory_free(copy);
    return 0;
}
