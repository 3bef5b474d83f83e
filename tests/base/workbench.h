#pragma once
/* What tests of base need around them: files in a folder of their own, standard error caught, system calls
 * refused. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "tests/support/temporary.h"

enum { WORKBENCH_PATH_BYTES = TEMPORARY_PATH_BYTES + 32 };

/* Each test runs in a process of its own, so one folder a process is one a test. */
static inline const char *workbench_path(const char *name, char out[WORKBENCH_PATH_BYTES])
{
    char name_of_process[32], folder[TEMPORARY_PATH_BYTES];

    (void)snprintf(name_of_process, sizeof name_of_process, "test-base-%d", (int)getpid());
    (void)mkdir(temporary_path(name_of_process, folder), 0700);
    (void)snprintf(out, WORKBENCH_PATH_BYTES, "%s/%s", folder, name);
    return out;
}

static inline void workbench_clear(void)
{
    static const char *const names[] = {"file", "link", "pipe", "stderr"};
    char path[WORKBENCH_PATH_BYTES];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(workbench_path(names[i], path));
    *strrchr(path, '/') = '\0';
    (void)rmdir(path);
}

static inline const char *workbench_write(const void *data, size_t length, char out[WORKBENCH_PATH_BYTES])
{
    FILE *file = fopen(workbench_path("file", out), "wb");

    cr_assert(file != NULL);
    cr_assert_eq(fwrite(data, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
    return out;
}

/* From here on standard error goes to a file; workbench_caught reads what came. */
static inline int workbench_catch_stderr(void)
{
    char path[WORKBENCH_PATH_BYTES];
    int file = open(workbench_path("stderr", path), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    int kept = dup(STDERR_FILENO);

    cr_assert(file >= 0 && kept >= 0);
    cr_assert_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
    (void)close(file);
    return kept;
}

static inline const char *workbench_caught(int kept, char *out, size_t capacity)
{
    char path[WORKBENCH_PATH_BYTES];

    (void)fflush(stderr);
    cr_assert_eq(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    (void)close(kept);
    FILE *file = fopen(workbench_path("stderr", path), "rb");
    cr_assert(file != NULL);
    out[fread(out, 1, capacity - 1, file)] = '\0';
    (void)fclose(file);
    return out;
}

/* From here on the kernel answers this system call with an error number, for the rest of this process. */
static inline void workbench_refuse(unsigned call, unsigned number)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};

    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}
