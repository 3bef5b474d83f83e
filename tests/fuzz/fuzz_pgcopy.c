/* PostgreSQL's binary copy of any bytes. The first byte chooses the size of a read, the second whether a
 * right header stands in front. */
#include "tests/fuzz/fuzz_named.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICE_BYTES = 2, HEAD_BYTES = 19, INPUT_BYTES_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t head[HEAD_BYTES] = "PGCOPY\n\377\r\n";
    static uint8_t file[HEAD_BYTES + INPUT_BYTES_MAX];
    ReaderFormat format = fuzz_named_format(READER_POSTGRES_BINARY, 0);
    size_t head_bytes;

    if (size < CHOICE_BYTES || size > INPUT_BYTES_MAX)
        return 0;
    head_bytes = (data[1] & 1) != 0 ? HEAD_BYTES : 0;
    memcpy(file, head, head_bytes);
    memcpy(file + head_bytes, data + CHOICE_BYTES, size - CHOICE_BYTES);
    format.header = READER_HEADER_NONE;
    fuzz_records(file, head_bytes + size - CHOICE_BYTES, format, data[0]);
    return 0;
}
