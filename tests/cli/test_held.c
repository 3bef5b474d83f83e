/* Is there room to load a delivery that was pulled? */
#include <sys/statvfs.h>

#include "cli/held.h"
#include "tests/cli/own_folder.h"

static Arena *arena;

static void set_up(void)
{
    char path[OWN_PATH_BYTES];

    own_folder_make("held");
    cr_assert_eq(mkdir(own_path("pg", path), 0700), 0);
    arena = arena_create(1 << 20);
}

static void clean_up(void)
{
    arena_close(&arena);
    own_folder_remove();
}

TestSuite(held, .init = set_up, .fini = clean_up);

/* Of a delivery of so many bytes for each that is free. */
static Result check(double share, Error *error)
{
    const Cli cli = {.arena = arena, .data = own_folder};
    char path[OWN_PATH_BYTES];
    struct statvfs place;

    cr_assert_eq(statvfs(own_folder, &place), 0);
    const IngestHeld held = {.delivery_id = 7,
                             .bytes = (int64_t)(share * (double)place.f_bavail * (double)place.f_frsize)};
    return space_check(&cli, &held, own_path("is not there", path), error);
}

/* Rows 1.02 and subjects 0.68 times its bytes, nothing for a log of the rows: they are not logged. */
Test(held, a_delivery_may_be_loaded_that_fits_since_its_rows_are_not_logged)
{
    Error error = {0};

    Result result = check(1 / 1.8, &error);

    cr_expect(result.ok, "%s", error.message);
}

Test(held, a_delivery_is_not_begun_for_which_there_is_no_room)
{
    Error error = {0};

    Result result = check(1 / 1.6, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not_null(strstr(error.message, "delivery 7: needs "), "%s", error.message);
    cr_expect_not_null(strstr(error.message, "are free: nothing begun"), "%s", error.message);
}
