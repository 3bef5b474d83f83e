/* XML of any bytes. The first byte chooses the format, the second the size of a read. */
#include "tests/fuzz/fuzz_named.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT_BYTES = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < FORMAT_BYTES)
        return 0;
    ReaderFormat format = fuzz_named_format(READER_XML, data[0]);
    format.record_element = TEXT("Row");
    format.is_windows_1252 = (data[0] & 4) != 0;
    fuzz_records(data + FORMAT_BYTES, size - FORMAT_BYTES, format, data[1]);
    return 0;
}
