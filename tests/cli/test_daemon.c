/* Ending the broker: only ever the broker. */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/workbench.h"

/* Switch: is_broker in daemon_stop, cli/daemon.c. */
Test(daemon, stop_signals_no_process_that_is_no_broker, .timeout = 60)
{
    char path[600];
    int status;
    Error error = {0};
    cr_redirect_stdout();
    snprintf(path, sizeof path, "%s/run", support_folder());
    cr_assert_eq(mkdir(path, 0711), 0);
    pid_t bystander = fork();
    cr_assert_geq(bystander, 0);
    if (bystander == 0) {
        pause();
        _exit(0);
    }
    snprintf(path, sizeof path, "%s/run/cinqued.pid", support_folder());
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(flock(lock, LOCK_EX), 0);
    cr_assert_gt(dprintf(lock, "%d\n", (int)bystander), 0);

    Result stopped = CLI(&error, "broker", "stop", "--data", support_folder());

    expect_failure(stopped, &error, ERROR_SYSTEM, "names a process that is no broker");
    cr_expect_eq(waitpid(bystander, &status, WNOHANG), 0, "it still lives");
    close(lock);
    cr_assert_eq(kill(bystander, SIGKILL), 0);
    cr_assert_eq(waitpid(bystander, &status, 0), bystander);
}
