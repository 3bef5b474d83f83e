/* JSON lines of any bytes. The first byte chooses the format, the second the size of a read. */
#include "tests/fuzz/fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT_BYTES = 2 };

static const Text aliases[] = {{.data = "remark", .length = 6}};
static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}},
    {.name = {.data = "note", .length = 4}, .aliases = aliases, .alias_count = 1},
    {.name = {.data = "c d", .length = 3}},
};

static ReaderFormat format_of(uint8_t choice)
{
    return (ReaderFormat){
        .kind = READER_JSON_LINES,
        .header = (choice & 1) != 0 ? READER_HEADER_NORMALISED : READER_HEADER_EXACT,
        .columns = columns,
        .column_count = 3,
        .ignores_extra = (choice & 2) != 0,
        .record_bytes_max = FUZZ_RECORD_BYTES,
        .lines_skipped = (choice & 4) != 0 ? 1 : 0,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= FORMAT_BYTES)
        fuzz_records(data + FORMAT_BYTES, size - FORMAT_BYTES, format_of(data[0]), data[1]);
    return 0;
}
