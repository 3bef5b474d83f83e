#pragma once
/*
 * Private to cli: what every verb gets and the few things they share. A verb
 * parses its options, asks for a permit, works with the narrow role that its
 * work needs, logs the result, and only then prints.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/cluster.h"
#include "base/config.h"
#include "base/db.h"
#include "base/table.h"
#include "governance/governance.h"

enum { CLI_PATH_BYTES = 512, CLI_ARGUMENTS_MAX = 256 };

typedef struct Command Command;

typedef struct Cli {
    Arena *arena;           /* of the whole call */
    const Command *command; /* for its help */
    const char *data;       /* data folder as given; NULL: none was */
    const char *arguments[CLI_ARGUMENTS_MAX];
    size_t argument_count;
    int exit_status; /* of a verb that succeeded: 0, or what it found, as cinque(1) says */
} Cli;

struct Command {
    const char *name; /* one to three words */
    Result (*run)(Cli *cli, int argc, const char *const *argv, Error *error);
    const char *arguments; /* behind the name, for the help */
    const char *help;
};

/* ---- cli.c ---- */

/*
 * Parses a verb's own options and those that all share (--data, --verbose, --help, which prints and exits).
 * What is no option goes to cli->arguments; ERROR_USAGE with fewer than min or more than max.
 */
Result cli_parse(Cli *cli, int argc, const char *const *argv, const Option *options, size_t option_count,
                 size_t min, size_t max, Error *error) CHECKED;
Result cli_number(Text text, const char *what, int64_t *number, Error *error) CHECKED;
Result cli_format(const char *name, TableFormat *format, Error *error) CHECKED;

/* ---- commands.c ---- */

/* The program: finds the verb and runs it. */
Result cli_run(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
void cli_help(FILE *out);

/* ---- place.c ---- */

/* ERROR_USAGE without a data folder, ERROR_CONFIG when it is not there. */
Result cli_data(const Cli *cli, const char **data, Error *error) CHECKED;
/* data folder / name */
Result cli_path(const Cli *cli, const char *name, char out[CLI_PATH_BYTES], Error *error) CHECKED;
/* share folder / name: CINQUE_SHARE, or beside the program, or the source tree it was built from. */
Result cli_share_path(const char *name, char out[CLI_PATH_BYTES], Error *error) CHECKED;
/* The program beside this one, as cinqued. */
Result cli_program_path(const char *name, char out[CLI_PATH_BYTES], Error *error) CHECKED;
/* From here on encrypted files are opened with the data folder's keys, if it has any. */
void cli_use_delivery_keys(const Cli *cli);
Result cli_open(const Cli *cli, const char *role, Db **db, Error *error) CHECKED;
/* A server of the user's own counts as running. */
Result cli_database_state(const Cli *cli, ClusterState *state, Error *error) CHECKED;
/* Makes one folder; there already is fine. */
Result cli_make_folder(const char *path, unsigned mode, Error *error) CHECKED;

/* ---- work.c ---- */

typedef struct Work {
    Governance *governance;
    GovernancePermit *permit;
    GovernancePerson person; /* of the caller's uid */
} Work;

/* Opens governance and finds out who calls. */
Result work_open(const Cli *cli, Work *work, Error *error) CHECKED;
/* Asks for a permit; opens first when that was not done. An unspent permit of before is logged as failed. */
Result work_begin(const Cli *cli, const GovernanceRequest *request, Work *work, Error *error) CHECKED;
/* Logs the result. */
Result work_result(Work *work, const GovernanceOutcome *outcome, Error *error) CHECKED;
/* Seals the log up to here. */
Result work_seal(const Cli *cli, Work *work, Error *error) CHECKED;
/* Both: for verbs with one piece of work. */
Result work_end(const Cli *cli, Work *work, const GovernanceOutcome *outcome, Error *error) CHECKED;
/* The same for what another person approved; the approval is used up. object: its number. */
Result work_begin_approved(const Cli *cli, GovernanceAction action, int64_t object, Work *work, Error *error)
    CHECKED;
/* For work on keys, which can be where no database is: then nobody is asked and work->permit stays NULL. A
 * database that is stopped is an error, so that nobody goes round the log by stopping it. */
Result work_begin_unless_absent(const Cli *cli, const GovernanceRequest *request, Work *work, Error *error)
    CHECKED;
Result work_end_unless_absent(const Cli *cli, Work *work, const GovernanceOutcome *outcome, Error *error)
    CHECKED;
void work_close(Work *work); /* for SCOPED: an unspent permit is logged as failed */

/* ---- verb.c: what several verbs are ---- */

/* A list of a role's, with --format. */
Result verb_list(Cli *cli, int argc, const char *const *argv, const char *role,
                 Result (*list)(Db *db, Table **table, Error *error), Error *error) CHECKED;

typedef struct VerbUndo {
    const char *what, *role; /* "load", "cinque_loader" */
    GovernanceAction action;
    Result (*undo)(Db *db, const GovernancePermit *permit, int64_t number, Error *error);
    const char *done; /* "withdrawn" */
} VerbUndo;
/* Takes back what the one argument numbers, under a permit for that number. */
Result verb_undo(Cli *cli, int argc, const char *const *argv, const VerbUndo *verb, Error *error) CHECKED;

typedef struct VerbApprove {
    const char *what;          /* "delivery" */
    const char *path, *behind; /* of the broker, around the number: "/deliveries", "/approve" */
    const char *act;           /* "open the archive of" */
} VerbApprove;
/* An IG lead lets another person do something, once: a request to the broker. */
Result verb_approve(Cli *cli, int argc, const char *const *argv, const VerbApprove *verb, Error *error)
    CHECKED;
/* Identifiers are not printed on a terminal. */
Result verb_output_is_placed(const char *verb, Error *error) CHECKED;

/* ---- verbs ---- */

Result cmd_init(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_status(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_start(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_stop(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_upgrade(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_create(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_list(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_rotate(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_expire(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_destroy(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_approve(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_seal_for(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_unseal(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_ceremony(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_oblivious_key(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_oblivious_blind(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_oblivious_evaluate(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_oblivious_finalise(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_delivery(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_source_check(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_source_apply(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_source_show(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_source_new(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_source_diff(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_synth(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_governance_approve(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_governance_apply(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_reference_add(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_reference_add_totals(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_reference_add_population(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_reference_add_prices(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_load(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_pseudonymise(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_key_parcels(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_pull(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_deliveries(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_archive_approve(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_archive_open(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_archive_sweep(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_load_held(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_load_release(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_load_refuse(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_loads(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_quality_report(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_withdraw(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_quarantine(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_quarantine_approve(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_quarantine_open(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_evaluate(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_report(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_undo(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_explain(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_clerical_list(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_clerical_decide(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_link_runs(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_release_build(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_release_list(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_release_practices(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_release_retire(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_release_verify(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_broker_start(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_broker_stop(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_catalogue(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_dummy(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_format(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_check(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_explain(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_submit(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_list(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_show(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_approve(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_query_run(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_audit_list(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
Result cmd_audit_verify(Cli *cli, int argc, const char *const *argv, Error *error) CHECKED;
