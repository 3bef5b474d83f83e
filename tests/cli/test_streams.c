/* Deliveries side by side: each once, those of a sender in order, and no process lost. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/streams.h"
#include "tests/cli/workbench.h"

enum { COUNT = 60, SENDERS = 3, FAILS = 17, KILLS = 23 };

/* What the processes see of each other. */
typedef struct Shared {
    _Atomic int begun, loaded[COUNT], last_of_sender[SENDERS], out_of_order, under_way, under_way_most;
} Shared;

typedef struct Trial {
    Shared *shared;
    Delivery deliveries[COUNT];
    int reports, failures;
    int kills_at, stops_at; /* COUNT: never */
} Trial;

static Trial trial;

static void set_up(void)
{
    static const char *const senders[SENDERS] = {"a", "b", "c"};

    trial = (Trial){.kills_at = COUNT, .stops_at = COUNT};
    trial.shared =
        mmap(NULL, sizeof *trial.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(trial.shared != MAP_FAILED);
    for (int i = 0; i < COUNT; i++)
        trial.deliveries[i] =
            (Delivery){.source = "death", .delivery = {.sender = senders[i % SENDERS]}, .order = i};
    for (int i = 0; i < SENDERS; i++)
        trial.shared->last_of_sender[i] = -1;
}

static void clean_up(void)
{
    munmap(trial.shared, sizeof *trial.shared);
}

TestSuite(streams, .init = set_up, .fini = clean_up);

static Result begin(void *context, Error *error)
{
    (void)context;
    (void)error;
    trial.shared->begun++;
    return RESULT_OK;
}

static Result load(void *context, const Delivery *delivery, IngestReport *report, Error *error)
{
    Shared *shared = trial.shared;
    int number = (int)delivery->order, now = ++shared->under_way;

    (void)context;
    if (number == trial.kills_at)
        raise(SIGKILL);
    if (now > shared->under_way_most)
        shared->under_way_most = now;
    shared->out_of_order += shared->last_of_sender[number % SENDERS] >= number;
    shared->last_of_sender[number % SENDERS] = number;
    shared->loaded[number]++;
    usleep(1000);
    shared->under_way--;
    report->rows_loaded = number;
    return number == FAILS ? fail(error, ERROR_INPUT, "file %d: damaged", number) : RESULT_OK;
}

static void end(void *context)
{
    (void)context;
}

static Result done(void *context, const Delivery *delivery, const IngestReport *report, const Error *failure,
                   Error *error)
{
    (void)context;
    trial.reports += failure == NULL;
    trial.failures += failure != NULL;
    if (failure != NULL)
        cr_expect_str_eq(failure->message, "file 17: damaged");
    else
        cr_expect_eq(report->rows_loaded, delivery->order);
    return delivery->order == trial.stops_at ? fail(error, ERROR_CONFIG, "stop here") : RESULT_OK;
}

static const StreamWork work = {.begin = begin, .load = load, .end = end, .done = done};

Test(streams, every_delivery_is_loaded_once_and_those_of_a_sender_in_order)
{
    Error error = {0};

    Result result = streams_run(&work, 2, trial.deliveries, COUNT, &error);

    cr_assert(result.ok, "%s", error.message);
    for (int i = 0; i < COUNT; i++)
        cr_expect_eq(trial.shared->loaded[i], 1);
    cr_expect_eq(trial.shared->out_of_order, 0);
    cr_expect_eq(trial.shared->under_way_most, 2, "side by side");
    cr_expect_eq(trial.shared->begun, 2, "each stream opens for itself");
    cr_expect_eq(trial.reports, COUNT - 1);
    cr_expect_eq(trial.failures, 1);
}

Test(streams, deliveries_of_one_sender_are_never_side_by_side)
{
    Error error = {0};
    for (int i = 0; i < COUNT; i++)
        trial.deliveries[i].delivery.sender = "a";

    cr_assert(streams_run(&work, 4, trial.deliveries, COUNT, &error).ok);

    cr_expect_eq(trial.shared->under_way_most, 1);
}

Test(streams, a_failure_that_is_not_a_deliverys_stops_what_was_not_begun)
{
    Error error = {0};
    trial.stops_at = 10;

    cr_assert_not(streams_run(&work, 2, trial.deliveries, COUNT, &error).ok);

    cr_expect_str_eq(error.message, "stop here");
    cr_expect_eq(trial.shared->loaded[COUNT - 1], 0);
    cr_expect_eq(trial.shared->under_way, 0, "what was under way has ended");
}

Test(streams, a_stream_that_is_killed_is_an_error_and_the_other_ends_its_work)
{
    Error error = {0};
    trial.kills_at = KILLS;

    cr_assert_not(streams_run(&work, 2, trial.deliveries, COUNT, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_not_null(strstr(error.message, "load again"));
    cr_expect_eq(trial.shared->loaded[COUNT - 1], 0);
}
