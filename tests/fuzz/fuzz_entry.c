/* Log entries of any bytes: what is accepted has exactly one form, and its texts lie within the bytes given.
 */
#include <stdlib.h>
#include <string.h>

#include "governance/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_within(Text part, Text whole)
{
    require(part.length == 0 ||
            (part.data >= whole.data && part.data + part.length <= whole.data + whole.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(text_builder_close) TextBuilder again = text_builder(ENTRY_BYTES_MAX);
    Text bytes = {.data = (const char *)data, .length = size};
    Entry entry;
    Error error = {0};

    if (!entry_decode(bytes, &entry, &error).ok) {
        require(*error.message != '\0');
        return 0;
    }
    check_within(entry.permit, bytes);
    check_within(entry.person, bytes);
    check_within(entry.detail, bytes);
    check_within(entry.content, bytes);
    require(entry_encode(&entry, &again, &error).ok);
    require(text_equal(text_built(&again), bytes));
    return 0;
}
