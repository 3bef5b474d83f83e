#pragma once
/* Private to broker: one request on its way through peer, routes and a handler. */
#include <jansson.h>
#include <microhttpd.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/db.h"
#include "base/table.h"
#include "broker/broker.h"
#include "governance/governance.h"

enum { BROKER_BODY_BYTES_MAX = 256 * 1024, BROKER_PATH_BYTES = 512 };

typedef struct Runner Runner;

struct Broker {
    BrokerOptions options; /* strings live in the arena */
    Arena *arena;
    int lock, listener;
    struct MHD_Daemon *daemon;
    Runner *runner;
};

/* What a handler works with; all of it ends with the request. */
typedef struct Call {
    const Broker *broker;
    struct MHD_Connection *connection; /* for query arguments alone, never for identity */
    Arena *arena;
    Governance *governance;
    GovernancePerson person; /* of the uid that the kernel gave */
    const json_t *body;      /* an object; NULL without a body */
    int64_t number;          /* of the path, 0: none */
} Call;

/* *answer is the caller's to release. */
typedef Result (*Handler)(Call *call, json_t **answer, Error *error);

typedef enum RouteKind {
    ROUTE_PLAIN,
    ROUTE_OPEN, /* answers without a database and to anybody: says only that the broker lives */
    ROUTE_LONG, /* is worked on beside the others, one after the other */
} RouteKind;

typedef struct Route {
    const char *method;
    const char *pattern; /* "#" stands for a number */
    Handler handle;
    RouteKind kind;
} Route;

/* ---- peer.c ---- */

/* The uid behind a connection, from the kernel (SO_PEERCRED): as of the caller's connect. */
Result peer_uid(struct MHD_Connection *connection, uid_t *uid, Error *error) CHECKED;

/* ---- routes.c ---- */

/* NULL: *status says why (404 unknown path, 405 unknown method). */
const Route *route_find(const char *method, const char *path, int64_t *number, unsigned *status);

/* ---- serve.c ---- */

/* Answers one complete request: always an answer, never data in an error. */
json_t *serve(const Broker *broker, struct MHD_Connection *connection, const char *method, const char *path,
              Text body, unsigned *status);

/* ---- runner.c ---- */

/* One request that is worked on beside the others; its connection is suspended until it has its answer. */
typedef struct Work {
    struct Work *next;
    struct MHD_Connection *connection;
    const char *method, *path; /* as long as the connection */
    Text body;
    bool is_given;  /* to a runner */
    json_t *answer; /* once it is done */
    unsigned status;
} Work;

enum { RUNNER_WAITING_MAX = 32 };

Result runner_start(const Broker *broker, Runner **runner, Error *error) CHECKED;
/* Suspends the connection; false where too many wait, or the runner is about to stop. */
bool runner_give(Runner *runner, Work *work);
/* Finishes the work in hand, refuses what waits and what comes, and resumes all of them. Accepts NULL. */
void runner_end(Runner *runner);
void runner_close(Runner **runner); /* once nobody gives it anything any more; accepts a pointer to NULL */
json_t *runner_busy(unsigned *status);

/* ---- answer.c ---- */

const char *body_string(const json_t *body, const char *name); /* NULL when absent or no string */
const char *argument_string(const Call *call, const char *name);
/* "terminal" when absent. */
Result argument_format(const char *name, TableFormat *format, Error *error) CHECKED;
/* {"text": the table as printed} */
Result answer_table(const Table *table, TableFormat format, json_t **answer, Error *error) CHECKED;
/* Seals the log up to here; a handler's last step. */
Result seal_log(Call *call, Error *error) CHECKED;

/* ---- code_files.c ---- */

/* Writes body's "files" below a new folder, 0700; empty without any. Removed by code_files_close. */
typedef struct CodeFiles {
    char folder[BROKER_PATH_BYTES];
} CodeFiles;
Result code_files_open(const Call *call, CodeFiles *files, Error *error) CHECKED;
void code_files_close(CodeFiles *files);

/* ---- catalogue.c ---- */

/* Of the project's purpose, as known at a day or DATE_NONE; 0: there is none, or it is retired. */
Result newest_release(Db *reader, const GovernanceProject *project, Date known_at, int64_t *release_id,
                      Error *error) CHECKED;

/* ---- run.c ---- */

/* Of all tables of an answer: 64 MiB, unless a test says less. */
extern size_t run_kept_bytes_max;
/* One line more of what is kept of a query; ERROR_LIMIT before the builder's own end. */
Result run_kept_add(TextBuilder *kept, Text canonical, Error *error) CHECKED;

/* ---- handlers ---- */

Result handle_status(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_check(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_explain(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_submit(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_catalogue(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_list(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_show(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_approve(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_query_run(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_load_list(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_key_approve(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_rules_approve(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_archive_approve(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_quarantine_approve(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_load_release(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_load_refuse(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_audit_list(Call *call, json_t **answer, Error *error) CHECKED;
Result handle_audit_verify(Call *call, json_t **answer, Error *error) CHECKED;
