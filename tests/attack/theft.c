#include "tests/attack/theft.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { WORD = 8, FORM = 1 };

static void take(Table *table, size_t at, Text head, Text filters)
{
    table->lengths[at] = head.length + filters.length;
    table->rows[at] = memory_alloc(table->lengths[at]);
    memcpy(table->rows[at], head.data, head.length);
    if (filters.length > 0)
        memcpy(table->rows[at] + head.length, filters.data, filters.length);
}

Table theft_make(const Table *encodings, const Keyring *keyring, bool is_sealed)
{
    SCOPED(encoding_sealer_close) EncodingSealer *sealer = NULL;
    Table stolen = {.count = encodings->count};
    Error error = {0};

    stolen.rows = memory_alloc(stolen.count * sizeof *stolen.rows);
    stolen.lengths = memory_alloc(stolen.count * sizeof *stolen.lengths);
    cr_assert(encoding_sealer_create(keyring, 1, &sealer, &error).ok, "%s", error.message);
    for (size_t i = 0; i < stolen.count; i++) {
        Text head = {.data = (const char *)encodings->rows[i], .length = encodings->lengths[i]},
             filters = {0};
        if (is_sealed)
            cr_assert(encoding_seal(sealer, (int64_t)i, head, &head, &filters, &error).ok, "%s",
                      error.message);
        take(&stolen, i, head, filters);
    }
    return stolen;
}

static bool is_encoding(const Table *stolen)
{
    const uint8_t *first = stolen->rows[0];

    for (size_t i = 0; i < stolen->count; i++)
        if (stolen->rows[i][0] != FORM || memcmp(stolen->rows[i] + 2, first + 2, 8) != 0)
            return false;
    return true;
}

static void read_words(const Table *stolen, Sheet *sheet)
{
    for (size_t row = 0; row < sheet->rows; row++)
        for (size_t column = 0; column < sheet->columns; column++)
            sheet_column(sheet, column)[row] =
                (column + 1) * WORD <= stolen->lengths[row]
                    ? mix_bytes(column, stolen->rows[row] + column * WORD, WORD)
                    : 0;
}

/* What is present cannot be read: anybody may be anybody. */
static void forget_masks(Sheets *sheets)
{
    size_t mask = sheets->stored.columns - 1;

    for (size_t row = 0; row < sheets->stored.rows; row++)
        sheet_column(&sheets->stored, mask)[row] = sheet_column(&sheets->known, mask)[row] = 1;
}

Sheets theft_sheets(const County *county, const Table *stolen)
{
    if (is_encoding(stolen))
        return sheets_make(&county->files, stolen);
    Sheets sheets = sheets_make(&county->files, &county->table);
    read_words(stolen, &sheets.stored);
    forget_masks(&sheets);
    return sheets;
}

static size_t shortest(const Table *stolen)
{
    size_t least = stolen->lengths[0];

    for (size_t i = 1; i < stolen->count; i++)
        least = stolen->lengths[i] < least ? stolen->lengths[i] : least;
    return least;
}

BitRows theft_bits(const Table *stolen)
{
    BitRows bits = {.rows = stolen->count, .width = shortest(stolen) / WORD * WORD};

    bits.bytes = memory_alloc(bits.rows * bits.width);
    for (size_t i = 0; i < bits.rows; i++)
        memcpy(bits.bytes + i * bits.width, stolen->rows[i], bits.width);
    return bits;
}

static int by_length(const void *a, const void *b)
{
    const size_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

size_t theft_lengths(const Table *stolen)
{
    size_t *lengths = memory_alloc(stolen->count * sizeof *lengths), found = 1;

    memcpy(lengths, stolen->lengths, stolen->count * sizeof *lengths);
    qsort(lengths, stolen->count, sizeof *lengths, by_length);
    for (size_t i = 1; i < stolen->count; i++)
        found += lengths[i] != lengths[i - 1];
    memory_free(lengths);
    return found;
}
