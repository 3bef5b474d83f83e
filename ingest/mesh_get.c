/* The download of a message: chunk by chunk, each proven whole, behind a lost connection from where it was.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/mesh_private.h"

enum { CHUNKS_MAX = 100000 };

#define CHUNK_BYTES_MAX ((uint64_t)128 << 20) /* as sent: MESH's own limit is 100 MB */
#define RATIO_MAX       200.0

typedef struct Download {
    Mesh *mesh;
    const char *id;
    TransferSink sink;
    void *context;
    uint64_t bytes_max, given; /* of the whole message */
    int64_t chunk, chunks;     /* chunks 0: not known yet */
    /* of the chunk that comes */
    Gunzip *gunzip;     /* NULL: not packed */
    bool is_begun;      /* its headers have been looked at */
    uint64_t made;      /* decoded in this try */
    uint64_t handed_on; /* by this and earlier tries */
    HashStream *hash;   /* of what this try has decoded, up to handed_on */
    Hash handed_hash;   /* of what was handed on by earlier tries */
    uint64_t repeated;  /* how much of it was */
    Error *error;
} Download;

static Result fail_chunks(const Download *download, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: message %s, chunk %" PRId64 ": MESH's chunks do not fit together",
                download->mesh->place, download->id, download->chunk);
}

/* 206 says that chunks follow, 200 that none does; the range must say the same. */
static Result check_chunk(Download *download, int status, Error *error)
{
    Transfer *transfer = download->mesh->transfer;
    bool is_last = status == MESH_OK;
    int64_t chunk = download->chunk, chunks = download->chunks;
    Text id = transfer_header(transfer, "mex-messageid");

    if (id.length > 0 && !text_equal(id, text_from(download->id)))
        return fail_chunks(download, error);
    if (transfer_header(transfer, "mex-chunk-range").length > 0) {
        if (!mesh_chunk_range(download->mesh, &chunk, &chunks))
            return fail_chunks(download, error);
        if (chunks == 0) /* a report has none */
            chunks = 1;
    } else if (chunks == 0) {
        if (!is_last) /* how many there are must be known, to know that all have come */
            return fail_chunks(download, error);
        chunks = 1;
    }
    if (chunk != download->chunk || chunks > CHUNKS_MAX || is_last != (chunk == chunks) ||
        (download->chunks != 0 && chunks != download->chunks))
        return fail_chunks(download, error);
    download->chunks = chunks;
    return RESULT_OK;
}

static Result begin_chunk(Download *download, Error *error)
{
    Transfer *transfer = download->mesh->transfer;
    Text encoding = transfer_header(transfer, "content-encoding");

    if (download->is_begun)
        return RESULT_OK;
    download->is_begun = true;
    if (encoding.length == 0 || text_equal_ignore_case(encoding, TEXT("identity")))
        return RESULT_OK;
    if (!text_equal_ignore_case(encoding, TEXT("gzip")))
        return fail(error, ERROR_INPUT,
                    "%s: message %s, chunk %" PRId64 ": packed in a way we did not ask for",
                    download->mesh->place, download->id, download->chunk);
    return gunzip_open(download->mesh->place, UINT64_MAX, RATIO_MAX, &download->gunzip, error);
}

/* What an earlier try handed on is compared, not given again. */
static Result check_repeated(Download *download, const char *data, size_t length, Error *error)
{
    hash_add(download->hash, data, length);
    download->made += length;
    if (download->made < download->repeated)
        return RESULT_OK;
    Hash hash = hash_value(download->hash);
    if (memcmp(&hash, &download->handed_hash, sizeof hash) != 0)
        return fail(error, ERROR_INPUT, "%s: message %s, chunk %" PRId64 ": is another than before",
                    download->mesh->place, download->id, download->chunk);
    return RESULT_OK;
}

static Result hand_on(void *context, const void *data, size_t length, Error *error)
{
    Download *download = context;
    const char *bytes = data;
    uint64_t known = download->repeated > download->made ? download->repeated - download->made : 0;
    size_t again = known < length ? (size_t)known : length;

    if (again > 0)
        TRY(check_repeated(download, bytes, again, error));
    bytes += again;
    length -= again;
    if (length == 0)
        return RESULT_OK;
    if (length > download->bytes_max - download->given)
        return fail(error, ERROR_LIMIT, "%s: message %s: longer than allowed", download->mesh->place,
                    download->id);
    TRY(download->sink(download->context, bytes, length, error));
    hash_add(download->hash, bytes, length);
    download->made += length;
    download->handed_on += length;
    download->given += length;
    return RESULT_OK;
}

static Result take(void *context, const void *data, size_t length, Error *error)
{
    Download *download = context;

    TRY(begin_chunk(download, error));
    if (download->gunzip == NULL)
        return hand_on(download, data, length, error);
    return gunzip_add(download->gunzip, data, length, hand_on, download, error);
}

static void begin_try(Download *download)
{
    if (download->hash != NULL && download->handed_on > download->repeated) {
        download->handed_hash = hash_value(download->hash);
        download->repeated = download->handed_on;
    }
    hash_close(&download->hash);
    gunzip_close(&download->gunzip);
    download->hash = hash_open();
    download->is_begun = false;
    download->made = 0;
}

/* HTTP says where a body ends by its length or in pieces; one that only stops may have been cut. */
static Result check_end(const Download *download, const TransferAnswer *answer, Error *error)
{
    Text coding = transfer_header(download->mesh->transfer, "transfer-encoding");

    if (answer->size < 0 ? text_equal_ignore_case(coding, TEXT("chunked"))
                         : answer->given == (uint64_t)answer->size)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s: message %s, chunk %" PRId64 ": MESH does not say where it ends",
                download->mesh->place, download->id, download->chunk);
}

static Result end_chunk(Download *download, const TransferAnswer *answer, Error *error)
{
    TRY(check_end(download, answer, error));
    TRY(begin_chunk(download, error)); /* a chunk without a byte */
    if (download->gunzip != NULL && gunzip_end(download->gunzip, error).ok == false)
        return fail_context(error, "message %s, chunk %" PRId64, download->id, download->chunk);
    if (download->made < download->repeated)
        return fail(error, ERROR_INPUT, "%s: message %s, chunk %" PRId64 ": is another than before",
                    download->mesh->place, download->id, download->chunk);
    return RESULT_OK;
}

static Result try_chunk(Download *download, TransferAnswer *answer, Error *error)
{
    Mesh *mesh = download->mesh;
    char path[MESH_URL_BYTES], number[24] = "";
    MeshCall call = {.method = "GET",
                     .path = path,
                     .takes_gzip = true,
                     .bytes_max = CHUNK_BYTES_MAX,
                     .sink = take,
                     .sink_context = download};

    if (download->chunk > 1)
        (void)snprintf(number, sizeof number, "/%" PRId64, download->chunk);
    (void)snprintf(path, sizeof path, "/messageexchange/%s/inbox/%s%s", mesh->mailbox, download->id, number);
    begin_try(download);
    TRY(mesh_call(mesh, &call, answer, error));
    if (answer->status != MESH_OK && answer->status != MESH_PARTIAL)
        return mesh_fail_status(mesh, answer->status, "a message", error);
    TRY(check_chunk(download, answer->status, error));
    return end_chunk(download, answer, error);
}

/* mesh_call has tried again what broke off before the first byte; behind it that is for us. */
static Result get_chunk(Download *download, Error *error)
{
    download->handed_on = download->repeated = 0;
    hash_close(&download->hash);
    for (unsigned try = 1;; try++) {
        TransferAnswer answer = {0};
        Result done = try_chunk(download, &answer, error);
        if (done.ok || !answer.is_transient || answer.given == 0 || try == MESH_TRIES)
            return done;
        mesh_pause(download->mesh->wait_ms << try);
    }
}

static void download_close(Download *download)
{
    gunzip_close(&download->gunzip);
    hash_close(&download->hash);
}

Result mesh_get(Mesh *mesh, const char *id, uint64_t bytes_max, TransferSink sink, void *context,
                Error *error)
{
    SCOPED(download_close)
    Download download = {.mesh = mesh, .id = id, .sink = sink, .context = context, .bytes_max = bytes_max};

    if (!mesh_is_id(text_from(id)))
        return fail(error, ERROR_INPUT, "%s: not an identifier of a message", mesh->place);
    do {
        download.chunk++;
        TRY(get_chunk(&download, error));
    } while (download.chunk < download.chunks);
    return RESULT_OK;
}
