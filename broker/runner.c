/* A thread for what takes long, so that whoever asks for something else meanwhile is answered. One at a time:
 * what a query may take of memory is then all that queries take. */
#include <pthread.h>

#include "broker/broker_private.h"

struct Runner {
    const Broker *broker;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    Work *first, **end;
    size_t waiting;
    bool is_ending;
};

json_t *runner_busy(unsigned *status)
{
    *status = MHD_HTTP_SERVICE_UNAVAILABLE;
    return json_pack("{s:s, s:s}", "error", "too many queries wait to be run; ask again later", "code",
                     "limit");
}

/* NULL: the end. */
static Work *next_work(Runner *runner, bool *is_ending)
{
    (void)pthread_mutex_lock(&runner->lock);
    while (runner->first == NULL && !runner->is_ending)
        (void)pthread_cond_wait(&runner->changed, &runner->lock);
    Work *work = runner->first;
    if (work != NULL) {
        runner->first = work->next;
        runner->waiting--;
    }
    if (runner->first == NULL)
        runner->end = &runner->first;
    *is_ending = runner->is_ending;
    (void)pthread_mutex_unlock(&runner->lock);
    return work;
}

/* What is resumed is the other thread's again. */
static void *run(void *argument)
{
    Runner *runner = argument;
    bool is_ending;
    Work *work;

    while ((work = next_work(runner, &is_ending)) != NULL) {
        work->answer = is_ending ? runner_busy(&work->status)
                                 : serve(runner->broker, work->connection, work->method, work->path,
                                         work->body, &work->status);
        MHD_resume_connection(work->connection);
    }
    return NULL;
}

Result runner_start(const Broker *broker, Runner **runner, Error *error)
{
    Runner *made = memory_alloc(sizeof *made);

    made->broker = broker;
    made->end = &made->first;
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, NULL);
    if (pthread_create(&made->thread, NULL, run, made) == 0) {
        *runner = made;
        return RESULT_OK;
    }
    (void)pthread_cond_destroy(&made->changed);
    (void)pthread_mutex_destroy(&made->lock);
    memory_free(made);
    return fail(error, ERROR_SYSTEM, "the thread that runs queries could not be started");
}

bool runner_give(Runner *runner, Work *work)
{
    (void)pthread_mutex_lock(&runner->lock);
    bool taken = !runner->is_ending && runner->waiting < RUNNER_WAITING_MAX;
    if (taken) {
        work->is_given = true;
        work->next = NULL;
        MHD_suspend_connection(work->connection); /* before anybody can resume it */
        *runner->end = work;
        runner->end = &work->next;
        runner->waiting++;
        (void)pthread_cond_signal(&runner->changed);
    }
    (void)pthread_mutex_unlock(&runner->lock);
    return taken;
}

void runner_end(Runner *runner)
{
    if (runner == NULL || runner->is_ending)
        return;
    (void)pthread_mutex_lock(&runner->lock);
    runner->is_ending = true;
    (void)pthread_cond_signal(&runner->changed);
    (void)pthread_mutex_unlock(&runner->lock);
    (void)pthread_join(runner->thread, NULL);
}

void runner_close(Runner **runner)
{
    if (*runner == NULL)
        return;
    runner_end(*runner);
    (void)pthread_cond_destroy(&(*runner)->changed);
    (void)pthread_mutex_destroy(&(*runner)->lock);
    memory_free(*runner);
    *runner = NULL;
}
