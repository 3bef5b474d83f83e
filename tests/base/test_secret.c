/* Replaces OpenSSL's generator by one that fails, which OpenSSL 3 offers only through its older interface. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/secret.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <openssl/rand.h>

#include "tests/base/workbench.h"

static Secret *created(size_t bytes)
{
    Secret *secret = NULL;
    Error error = {0};

    cr_assert(secret_create(bytes, &secret, &error).ok, "%s", error.message);
    return secret;
}

Test(secret, starts_zeroed_and_keeps_what_is_put_in)
{
    Secret *secret = created(100);
    uint8_t *bytes = secret_bytes(secret);

    cr_expect_eq(secret_length(secret), 100);
    cr_expect_eq((uintptr_t)bytes % 16, 0);
    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(bytes[i], 0);
    memset(bytes, 0xAA, 100);
    cr_expect_eq(secret_bytes(secret)[99], 0xAA);

    secret_close(&secret);
    cr_expect_null(secret);
    secret_close(&secret);
}

Test(secret, of_several_pages_can_be_used_to_its_end)
{
    Secret *secret = created(3 * 4096 + 1);

    memset(secret_bytes(secret), 0xAA, secret_length(secret));

    cr_expect_eq(secret_bytes(secret)[3 * 4096], 0xAA);
    secret_close(&secret);
}

Test(secret, of_no_length_is_refused)
{
    Secret *secret = NULL;
    Error error = {0};

    cr_expect_not(secret_create(0, &secret, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "secret memory: length out of range");
    cr_expect_not(secret_create(SIZE_MAX, &secret, &error).ok);
    cr_expect_null(secret);
}

Test(secret, larger_than_memory_is_an_error)
{
    Secret *secret = NULL;
    Error error = {0};

    cr_expect_not(secret_create(SIZE_MAX / 2, &secret, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "secret memory: no pages: Cannot allocate memory");
    cr_expect_null(secret);
}

/* How a child ended that ran this. */
static int status_of_child(void (*run)(Secret *secret), Secret *secret)
{
    int status = 0;
    pid_t child = fork();

    cr_assert(child >= 0);
    if (child == 0) {
        /* A report about the expected crash would only confuse. */
        (void)close(STDERR_FILENO);
        (void)signal(SIGSEGV, SIG_DFL);
        run(secret);
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static void read_first(Secret *secret)
{
    volatile uint8_t *bytes = secret_bytes(secret);
    (void)bytes[0];
}

static void read_before_page(Secret *secret)
{
    volatile uint8_t *bytes = secret_bytes(secret);
    (void)bytes[-4096];
}

static void read_behind(Secret *secret)
{
    volatile uint8_t *bytes = secret_bytes(secret);
    (void)bytes[secret_length(secret)];
}

static void close_it(Secret *secret)
{
    secret_close(&secret);
}

/* The switch: MADV_DONTFORK. */
Test(secret, is_not_there_in_a_forked_child)
{
    Secret *secret = created(32);

    int status = status_of_child(read_first, secret);

    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    secret_close(&secret);
}

Test(secret, can_be_closed_by_a_forked_child)
{
    Secret *secret = created(32);

    int status = status_of_child(close_it, secret);

    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    secret_close(&secret);
}

/* Made in the child itself, which does not inherit them. */
static void read_behind_own(Secret *unused)
{
    (void)unused;
    read_behind(created(32));
}

static void read_before_own(Secret *unused)
{
    (void)unused;
    read_before_page(created(32));
}

/* The switch: the mapping's PROT_NONE, of which protect_pages opens the middle alone. */
Test(secret, has_no_readable_neighbours)
{
    int behind = status_of_child(read_behind_own, NULL);
    int before = status_of_child(read_before_own, NULL);

    cr_expect(WIFSIGNALED(behind) && WTERMSIG(behind) == SIGSEGV);
    cr_expect(WIFSIGNALED(before) && WTERMSIG(before) == SIGSEGV);
}

Test(secret, a_failed_madvise_is_an_error)
{
    Secret *secret = NULL;
    Error error = {0};

    workbench_refuse(SYS_madvise, EINVAL);
    cr_expect_not(secret_create(32, &secret, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message,
                     "secret memory: pages cannot be kept out of dumps and children: Invalid argument");
    cr_expect_null(secret);
}

/* ASan answers mlock itself, without locking. */
#ifndef CINQUE_SANITIZED
static bool find_flags(const uint8_t *bytes, char *flags, size_t capacity)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[1024];
    bool inside = false, found = false;

    cr_assert(maps != NULL);
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (uintptr_t)bytes >= from && (uintptr_t)bytes < to;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            (void)snprintf(flags, capacity, "%s", line);
            found = true;
        }
    }
    (void)fclose(maps);
    return found;
}

/* The switches: mlock (lo), MADV_DONTDUMP (dd), MADV_DONTFORK (dc). Flags as proc(5) names them. */
Test(secret, lies_on_locked_pages_kept_from_dumps_and_children)
{
    Secret *secret = created(32);
    char flags[1024];

    cr_assert(find_flags(secret_bytes(secret), flags, sizeof flags));

    cr_expect_not_null(strstr(flags, " lo"), "%s", flags);
    cr_expect_not_null(strstr(flags, " dd"), "%s", flags);
    cr_expect_not_null(strstr(flags, " dc"), "%s", flags);
    secret_close(&secret);
}

/* Not under ASan, which needs mprotect itself. */
Test(secret, a_failed_mprotect_is_an_error)
{
    Secret *secret = NULL;
    Error error = {0};

    workbench_refuse(SYS_mprotect, EACCES);
    cr_expect_not(secret_create(32, &secret, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "secret memory: pages cannot be opened: Permission denied");
    cr_expect_null(secret);
}

Test(secret, that_cannot_be_locked_is_an_error)
{
    Secret *secret = NULL;
    Error error = {0};

    workbench_refuse(SYS_mlock, ENOMEM);
    cr_expect_not(secret_create(32, &secret, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message,
                     "secret memory: pages cannot be locked, see RLIMIT_MEMLOCK: Cannot allocate memory");
    cr_expect_null(secret);
}
#endif

Test(secret, is_equal_only_when_all_bytes_are)
{
    cr_expect(secret_equal("abcd", "abcd", 4));
    cr_expect_not(secret_equal("abcd", "xbcd", 4));
    cr_expect_not(secret_equal("abcd", "abcx", 4));
    cr_expect(secret_equal("abcd", "abcx", 3));
    cr_expect(secret_equal(NULL, NULL, 0));
}

Test(secret, wiping_leaves_zeros_in_its_range_alone)
{
    char memory[] = "abcdef";

    secret_wipe(memory + 1, 3);
    secret_wipe(NULL, 0);

    cr_expect_eq(memcmp(memory, "a\0\0\0ef", 7), 0);
}

Test(secret, random_bytes_differ_each_time)
{
    uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};
    Error error = {0};

    cr_expect(secret_random(a, sizeof a, &error).ok);
    cr_expect(secret_random(b, sizeof b, &error).ok);
    cr_expect(secret_random(NULL, 0, &error).ok);

    cr_expect_neq(memcmp(a, b, sizeof a), 0);
    cr_expect_neq(memcmp(a, zero, sizeof a), 0);
    cr_expect_neq(memcmp(b, zero, sizeof b), 0);
}

static int no_bytes(unsigned char *buffer, int length)
{
    (void)buffer;
    (void)length;
    return 0;
}

Test(secret, a_generator_that_fails_is_an_error)
{
    static const RAND_METHOD broken = {.bytes = no_bytes};
    uint8_t bytes[32];
    Error error = {0};

    cr_assert_eq(RAND_set_rand_method(&broken), 1);
    Result result = secret_random(bytes, sizeof bytes, &error);
    (void)RAND_set_rand_method(NULL);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "random generator: OpenSSL gives no bytes");
}

static void harden(Secret *unused)
{
    struct rlimit limit;

    (void)unused;
    secret_harden_process();
    if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
        _exit(10);
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        _exit(11);
}

/* In a child: a process that is not dumpable cannot be looked at by a sanitizer, either. */
Test(secret, a_hardened_process_leaves_no_core)
{
    int status = status_of_child(harden, NULL);

    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", WEXITSTATUS(status));
}
