#include "base/secret.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/arena.h"

enum { ALIGNMENT = 16 };

/* In memory: a page without access, the locked pages, a page without access. The bytes end where the last one
 * begins. */
struct Secret {
    uint8_t *mapping;
    size_t mapping_length, page;
    uint8_t *bytes;
    size_t length;
    pid_t owner;
};

static size_t round_up(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static Result protect_pages(const Secret *secret, Error *error)
{
    uint8_t *pages = secret->mapping + secret->page;
    size_t length = secret->mapping_length - 2 * secret->page;

    if (mprotect(pages, length, PROT_READ | PROT_WRITE) != 0)
        return fail_errno(error, "secret memory: pages cannot be opened");
    if (mlock(pages, length) != 0)
        return fail_errno(error, "secret memory: pages cannot be locked, see RLIMIT_MEMLOCK");
    if (madvise(pages, length, MADV_DONTDUMP) != 0 || madvise(pages, length, MADV_DONTFORK) != 0)
        return fail_errno(error, "secret memory: pages cannot be kept out of dumps and children");
    return RESULT_OK;
}

Result secret_create(size_t bytes, Secret **secret, Error *error)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (bytes == 0 || bytes > SIZE_MAX / 2)
        return fail(error, ERROR_SYSTEM, "secret memory: length out of range");

    size_t length = round_up(bytes, page) + 2 * page;
    void *mapping = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return fail_errno(error, "secret memory: no pages");

    SCOPED(secret_close) Secret *made = memory_alloc(sizeof *made);
    *made = (Secret){.mapping = mapping, .mapping_length = length, .page = page, .owner = getpid()};
    TRY(protect_pages(made, error));
    made->length = bytes;
    made->bytes = made->mapping + length - page - round_up(bytes, ALIGNMENT);
    *secret = made;
    made = NULL;
    return RESULT_OK;
}

uint8_t *secret_bytes(Secret *secret)
{
    return secret->bytes;
}

size_t secret_length(const Secret *secret)
{
    return secret->length;
}

bool secret_equal(const void *a, const void *b, size_t length)
{
    return length == 0 || CRYPTO_memcmp(a, b, length) == 0;
}

void secret_close(Secret **secret)
{
    if (*secret == NULL)
        return;
    /* A forked child never got the pages: there is nothing to wipe, and touching them would end it. */
    if ((*secret)->owner == getpid()) {
        secret_wipe((*secret)->bytes, (*secret)->length);
        (void)munmap((*secret)->mapping, (*secret)->mapping_length);
    }
    memory_free(*secret);
    *secret = NULL;
}

Result secret_random(void *memory, size_t bytes, Error *error)
{
    if (bytes > 0 && RAND_priv_bytes_ex(NULL, memory, bytes, 0) != 1)
        return fail(error, ERROR_SYSTEM, "random generator: OpenSSL gives no bytes");
    return RESULT_OK;
}

void secret_harden_process(void)
{
    const struct rlimit none = {0, 0};

    /* Neither fails for a process that changes itself; and there is nobody yet to tell. */
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
