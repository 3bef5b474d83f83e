#include "base/input.h"

#include "tests/base/workbench.h"

TestSuite(input_mark, .fini = workbench_clear);

enum { BYTES = (5 << 18) + 1 }; /* more than a thread is begun for, and no whole number of blocks */

static char content[BYTES], path[WORKBENCH_PATH_BYTES];
static InputMark mark;

static void write_marked(void)
{
    Error error = {0};

    for (size_t i = 0; i < BYTES; i++)
        content[i] = (char)('a' + i % 23);
    workbench_write(content, BYTES, path);
    cr_assert(input_mark_file(path, &mark, &error).ok, "%s", error.message);
}

static Result read_whole(Hash *digest, Error *error)
{
    SCOPED(input_close) Input *input = NULL;
    char piece[4096];
    size_t length;

    TRY(input_open(path, NULL, &input, error));
    do
        TRY(input_read(input, piece, sizeof piece, &length, error));
    while (length > 0);
    cr_assert(input_digest(input, digest));
    return RESULT_OK;
}

Test(input_mark, the_file_that_was_marked_has_the_hash_it_had)
{
    Hash digest, expected, whole;
    uint64_t bytes;
    Error error = {0};
    write_marked();
    whole = hash_of(content, BYTES);
    cr_assert(input_hash_file(path, &expected, &bytes, &error).ok);

    input_expect(&mark);
    cr_assert(read_whole(&digest, &error).ok, "%s", error.message);

    cr_expect_eq(bytes, BYTES);
    cr_expect_arr_eq(expected.bytes, whole.bytes, HASH_BYTES);
    cr_expect_arr_eq(mark.digest.bytes, expected.bytes, HASH_BYTES);
    cr_expect_arr_eq(digest.bytes, expected.bytes, HASH_BYTES);
}

/* First byte, last byte, one in between, one less and one more. Goes red when input_read no longer calls
 * input_file_check. */
Test(input_mark, another_file_in_its_place_is_refused)
{
    static const size_t places[] = {0, BYTES / 2, BYTES - 1};
    Hash digest;
    Error error = {0};
    write_marked();
    input_expect(&mark);

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        content[places[i]] ^= 1;
        workbench_write(content, BYTES, path);
        cr_expect_not(read_whole(&digest, &error).ok);
        cr_expect_eq(error.code, ERROR_REFUSED);
        cr_expect_not_null(strstr(error.message, "/file: changed since it was hashed"), "%s", error.message);
        content[places[i]] ^= 1;
    }
    workbench_write(content, BYTES - 1, path);
    cr_expect_not(read_whole(&digest, &error).ok);
    content[0] = 'a';
    workbench_write(content, BYTES, path);
    cr_expect(read_whole(&digest, &error).ok, "as it was");
}

Test(input_mark, other_files_and_later_ones_are_hashed)
{
    Hash digest;
    Error error = {0};
    write_marked();
    mark.path = "/another";
    workbench_write("x", 1, path);

    input_expect(&mark);
    cr_assert(read_whole(&digest, &error).ok, "%s", error.message);
    cr_expect_arr_eq(digest.bytes, hash_of("x", 1).bytes, HASH_BYTES);

    mark.path = path;
    input_expect(NULL);
    cr_assert(read_whole(&digest, &error).ok, "%s", error.message);
    cr_expect_arr_eq(digest.bytes, hash_of("x", 1).bytes, HASH_BYTES);
}

Test(input_mark, a_file_that_is_not_there_is_an_error)
{
    Error error = {0};

    cr_expect_not(input_mark_file("/nowhere/at/all", &mark, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
}
