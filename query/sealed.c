#include "query/sealed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK };

/* The place is kept free from the beginning, so that what is written can point into what will be read. */
Result sealed_create(size_t bytes, Sealed *sealed, Error *error)
{
    *sealed = (Sealed){.bytes = bytes};
    int file = memfd_create("cinque-blocks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        return fail_errno(error, "memory of a release");
    void *place = MAP_FAILED, *draft = MAP_FAILED;
    if (ftruncate(file, (off_t)bytes) == 0)
        place = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place != MAP_FAILED)
        draft = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (draft == MAP_FAILED) {
        Result failed = fail_errno(error, "memory of a release");
        if (place != MAP_FAILED)
            (void)munmap(place, bytes);
        (void)close(file);
        return failed;
    }
    *sealed = (Sealed){.data = place, .draft = draft, .bytes = bytes, .file = file};
    return RESULT_OK;
}

/* Private, because a shared mapping of a file that is open for writing counts as one that may be written. */
Result sealed_seal(Sealed *sealed, Error *error)
{
    (void)munmap(sealed->draft, sealed->bytes);
    sealed->draft = NULL;
    bool is_sealed = fcntl(sealed->file, F_ADD_SEALS, SEALS) == 0 &&
                     mmap((void *)sealed->data, sealed->bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED,
                          sealed->file, 0) != MAP_FAILED;
    Result done = is_sealed ? RESULT_OK : fail_errno(error, "memory of a release cannot be sealed");
    (void)close(sealed->file);
    return done;
}

void sealed_close(Sealed *sealed)
{
    if (sealed->data == NULL)
        return;
    if (sealed->draft != NULL) {
        (void)munmap(sealed->draft, sealed->bytes);
        (void)close(sealed->file);
    }
    (void)munmap((void *)sealed->data, sealed->bytes);
    *sealed = (Sealed){0};
}
