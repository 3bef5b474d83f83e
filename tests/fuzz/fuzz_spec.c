/* Source specs of any bytes: opened whole, or refused with a message that names the file. */
#include <string.h>

#include "ingest/ingest.h"
#include "tests/fuzz/fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    const char *path = fuzz_file(data, size);
    Error error = {0};

    Result opened = ingest_spec_open(path, "/nowhere", &spec, &error);
    if (opened.ok != (spec != NULL) || (!opened.ok && strstr(error.message, path) == NULL))
        abort();
    return 0;
}
