/* Delimited text of any bytes. The first byte chooses the format, the second the size of a read. */
#include "tests/fuzz/fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT_BYTES = 2 };

static ReaderFormat format_of(uint8_t choice)
{
    static const char *const delimiters[] = {",", "|", "~|~", "\t"};

    return (ReaderFormat){
        .delimiter = text_from(delimiters[choice & 3]),
        .quote = (choice & 4) != 0 ? 0 : '"',
        .is_windows_1252 = (choice & 8) != 0,
        .record_bytes_max = FUZZ_RECORD_BYTES,
        .lines_skipped = (choice & 16) != 0 ? 2 : 0,
        .trailer = {.name = (choice & 32) != 0 ? TEXT("END") : TEXT(""), .count_from = 2},
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= FORMAT_BYTES)
        fuzz_records(data + FORMAT_BYTES, size - FORMAT_BYTES, format_of(data[0]), data[1]);
    return 0;
}
