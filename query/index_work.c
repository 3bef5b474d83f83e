/* The second thread of who writes blocks. A thread that does not start leaves its work to the first. */
#include "query/index_private.h"

static void *do_work(void *context)
{
    Index *index = context;
    IndexWorker *worker = &index->worker;

    worker->done = worker->work(index, worker->context, &worker->error);
    return NULL;
}

static void start(Index *index, IndexWork work, void *context)
{
    index->worker = (IndexWorker){.is_at_work = true, .work = work, .context = context};
    index->worker.is_started = pthread_create(&index->worker.thread, NULL, do_work, index) == 0;
    if (!index->worker.is_started)
        (void)do_work(index);
}

static Result end(Index *index, Error *error)
{
    IndexWorker *worker = &index->worker;

    if (!worker->is_at_work)
        return RESULT_OK;
    if (worker->is_started)
        (void)pthread_join(worker->thread, NULL);
    worker->is_at_work = false;
    if (!worker->done.ok)
        *error = worker->error;
    return worker->done;
}

void index_work_stop(Index *index)
{
    Error ignored;

    (void)!end(index, &ignored).ok;
}

void index_forget_packed(PackedBlock *packed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(packed[i].content);
    memory_free(packed);
}

static Result write_packed(Index *index, const PackedBlock *packed, size_t count, Error *error)
{
    for (size_t i = 0; i < count; i++)
        TRY(index_keep(index, &packed[i].place, (Text){.data = packed[i].content, .length = packed[i].length},
                       error));
    return RESULT_OK;
}

/* Takes the blocks away from what packs the next ones. */
static PackedBlock *take_packed(Index *index, size_t *count)
{
    PackedBlock *packed = index->packed;

    *count = index->packed_count;
    index->packed = NULL;
    index->packed_count = index->packed_max = 0;
    return packed;
}

static Result write_and_forget(Index *index, PackedBlock *packed, size_t count, Error *error)
{
    Result written = write_packed(index, packed, count, error);

    index_forget_packed(packed, count);
    return written;
}

Result index_work_next(Index *index, IndexWork work, void *context, Error *error)
{
    size_t count;

    TRY(end(index, error));
    PackedBlock *packed = take_packed(index, &count);
    start(index, work, context);
    return write_and_forget(index, packed, count, error);
}

Result index_work_finish(Index *index, Error *error)
{
    size_t count;

    TRY(end(index, error));
    PackedBlock *packed = take_packed(index, &count);
    return write_and_forget(index, packed, count, error);
}
