#pragma once
/* What the targets of the formats that name each value share: columns, and the choices of a byte. */
#include "tests/fuzz/fuzz_records.h"

static const Text fuzz_aliases[] = {{.data = "remark", .length = 6}};
static const ReaderColumn fuzz_columns[] = {
    {.name = {.data = "a", .length = 1}},
    {.name = {.data = "note", .length = 4}, .aliases = fuzz_aliases, .alias_count = 1},
    {.name = {.data = "c d", .length = 3}},
};

static inline ReaderFormat fuzz_named_format(ReaderKind kind, uint8_t choice)
{
    return (ReaderFormat){
        .kind = kind,
        .header = (choice & 1) != 0 ? READER_HEADER_NORMALISED : READER_HEADER_EXACT,
        .columns = fuzz_columns,
        .column_count = 3,
        .ignores_extra = (choice & 2) != 0,
        .record_bytes_max = FUZZ_RECORD_BYTES,
    };
}
