/* A sample of any bytes: what is proposed for it can be opened as a spec, and the sample read by it; or it is
 * refused with a message that names the file. */
#include <string.h>

#include "ingest/ingest.h"
#include "tests/fuzz/fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void open_proposed(const char *sample, const char *path)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    IngestReport report;
    Error error = {0};

    require(ingest_spec_open(path, "/nowhere", &spec, &error).ok);
    if (!ingest_check(spec, sample, &report, &error).ok)
        require(strstr(error.message, sample) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    const char *sample = fuzz_file(data, size);
    const IngestProposal wanted = {.source = "sample"};
    Error error = {0};

    (void)snprintf(path, sizeof path, "/dev/shm/cinque-fuzz-%d.yaml", (int)getpid());
    FILE *out = fopen(path, "w");
    require(out != NULL);
    Result done = ingest_propose(sample, &wanted, out, &error);
    require(fclose(out) == 0);
    if (done.ok)
        open_proposed(sample, path);
    else
        require(strstr(error.message, sample) != NULL);
    (void)unlink(path);
    return 0;
}
