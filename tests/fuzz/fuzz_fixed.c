/* Fixed width of any bytes, with header and trailer records. The first byte chooses the format, the second
 * the size of a read. */
#include "tests/fuzz/fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT_BYTES = 2 };

static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}, .width = 2},
    {.name = {.data = "b", .length = 1}, .width = 4},
    {.name = {.data = "c", .length = 1}, .width = 1},
};

static ReaderFormat format_of(uint8_t choice)
{
    return (ReaderFormat){
        .kind = READER_FIXED,
        .header = READER_HEADER_NONE,
        .columns = columns,
        .column_count = 3,
        .record_bytes_max = FUZZ_RECORD_BYTES,
        .is_windows_1252 = (choice & 1) != 0,
        .lines_skipped = (choice & 2) != 0 ? 1 : 0,
        .header_record = {.name = (choice & 4) != 0 ? TEXT("H") : TEXT(""),
                          .count_from = (choice & 8) != 0 ? 2 : 0,
                          .count_to = (choice & 16) != 0 ? 4 : 0},
        .trailer = {.name = (choice & 32) != 0 ? TEXT("T") : TEXT(""), .count_from = 2},
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= FORMAT_BYTES)
        fuzz_records(data + FORMAT_BYTES, size - FORMAT_BYTES, format_of(data[0]), data[1]);
    return 0;
}
