#pragma once
/*
 * Private to cli: cinqued in the background. The broker itself holds a lock
 * on run/cinqued.pid as long as it lives, so a stale file fools nobody.
 */
#include "cli/cli.h"

Result daemon_runs(const Cli *cli, bool *runs, Error *error) CHECKED;
/* Asks it to end and waits; no-op when it does not run. */
Result daemon_stop(const Cli *cli, Error *error) CHECKED;
