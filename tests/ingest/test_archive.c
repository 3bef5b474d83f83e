#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ingest/archive.h"
#include "tests/support/temporary.h"

enum { PATH_BYTES = TEMPORARY_PATH_BYTES + 64, CONTENT_BYTES = 3 * ARCHIVE_BLOCK_BYTES + 12345 };

static char root[TEMPORARY_PATH_BYTES];
static Keyring *keyring;
static char *content;

static char *path_of(const char *name, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", root, name);
    return out;
}

static void set_up(void)
{
    char path[PATH_BYTES];
    Error error = {0};

    cr_assert_not_null(mkdtemp(temporary_path("test-archive-XXXXXX", root)));
    cr_assert(keyring_create(path_of("keyring", path), NULL, &error).ok, "%s", error.message);
    cr_assert(keyring_open(path, &keyring, &error).ok, "%s", error.message);
    content = malloc(CONTENT_BYTES);
    for (size_t i = 0; i < CONTENT_BYTES; i++)
        content[i] = (char)("9990000018,Smith\n"[i % 17] + (i % 17 == 3 ? (int)(i / 17 % 7) : 0));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void tear_down(void)
{
    keyring_close(&keyring);
    free(content);
    (void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(archive, .init = set_up, .fini = tear_down);

static ArchiveSum write_archive(int64_t delivery_id)
{
    ArchiveWriter *writer = NULL;
    ArchiveSum sum;
    Error error = {0};

    cr_assert(archive_create(keyring, root, delivery_id, &writer, &error).ok, "%s", error.message);
    for (size_t at = 0; at < CONTENT_BYTES; at += 70000)
        cr_assert(
            archive_add(writer, content + at, at + 70000 < CONTENT_BYTES ? 70000 : CONTENT_BYTES - at, &error)
                .ok,
            "%s", error.message);
    cr_assert(archive_finish(&writer, &sum, &error).ok, "%s", error.message);
    return sum;
}

static Archive by_opening(int64_t delivery_id)
{
    return (Archive){.folder = root, .delivery_id = delivery_id, .keyring = keyring};
}

/* What comes of it: the number of bytes, or -1 with the error. */
static int64_t read_archive(Archive archive, Error *error)
{
    char *out = NULL;
    size_t length = 0;
    ArchiveSum sum;
    FILE *memory = open_memstream(&out, &length);

    Result result = archive_copy(&archive, memory, &sum, error);
    (void)fclose(memory);
    bool is_same = length == CONTENT_BYTES && memcmp(out, content, length) == 0;
    free(out);
    return result.ok && is_same ? (int64_t)sum.bytes : -1;
}

static bool is_there(const char *name)
{
    char path[PATH_BYTES];

    return access(path_of(name, path), F_OK) == 0;
}

Test(archive, gives_a_delivery_back_by_its_opening_and_by_the_private_key)
{
    char private_key[PATH_BYTES];
    Error error = {0};

    ArchiveSum sum = write_archive(7);

    cr_expect_eq(sum.bytes, CONTENT_BYTES);
    cr_expect_eq(memcmp(sum.content.bytes, hash_of(content, CONTENT_BYTES).bytes, HASH_BYTES), 0);
    cr_expect_lt(sum.sealed_bytes, CONTENT_BYTES / 10, "compressed");
    cr_expect_eq(read_archive(by_opening(7), &error), CONTENT_BYTES, "%s", error.message);
    Archive by_key = {.folder = root,
                      .delivery_id = 7,
                      .private_key_path = path_of("keyring/quarantine.private", private_key)};
    cr_expect_eq(read_archive(by_key, &error), CONTENT_BYTES, "%s", error.message);
    cr_expect_not(is_there("7.part"));
}

Test(archive, is_read_as_a_delivered_file_is)
{
    Archive archive = by_opening(7);
    SCOPED(input_close) Input *input = NULL;
    Error error = {0};
    char *got = malloc(CONTENT_BYTES + 1);
    size_t length = 1, total = 0;
    Hash digest;
    (void)write_archive(7);

    InputSource source = archive_source(&archive);
    input_serve(&source);
    cr_assert(input_open("delivery 7", NULL, &input, &error).ok, "%s", error.message);
    while (length > 0) {
        cr_assert(input_read(input, got + total, CONTENT_BYTES + 1 - total, &length, &error).ok, "%s",
                  error.message);
        total += length;
    }

    cr_expect_eq(total, CONTENT_BYTES);
    cr_expect_eq(memcmp(got, content, CONTENT_BYTES), 0);
    cr_assert(input_digest(input, &digest));
    cr_expect_eq(memcmp(digest.bytes, hash_of(content, CONTENT_BYTES).bytes, HASH_BYTES), 0);
    input_serve(NULL);
    free(got);
}

/* Switch: let archive_forget do nothing. */
Test(archive, without_its_opening_the_loader_cannot_read_it)
{
    Error error = {0};
    (void)write_archive(7);

    cr_assert(archive_forget(root, 7, &error).ok, "%s", error.message);

    cr_expect_eq(read_archive(by_opening(7), &error), -1);
    cr_expect_eq(error.code, ERROR_INPUT, "the others of its feed go on");
    cr_expect_str_eq(error.message,
                     "delivery 7: its opening is gone; use archive open with the private key, and load it "
                     "by its path");
    cr_expect(is_there("7.sealed"));
}

Test(archive, that_is_missing_says_what_to_do)
{
    Error error = {0};

    cr_expect_eq(read_archive(by_opening(7), &error), -1);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message,
                     "delivery 7: missing in the archive; ask the sender for the file again and load it "
                     "by its path");
}

/* Switch: let check_end in pseudonymise/seal_read.c return without looking, and end of file end the archive.
 */
Test(archive, cut_at_a_frame_or_inside_one_it_is_refused)
{
    char path[PATH_BYTES];
    ArchiveSum sum = write_archive(7);
    /* the frame that ends the file: kind 1, length 4, number 8, tag 16 */
    const off_t cuts[] = {(off_t)sum.sealed_bytes - 29, (off_t)sum.sealed_bytes - 1,
                          (off_t)sum.sealed_bytes / 2, 41, 0};

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        Error error = {0};
        cr_assert_eq(truncate(path_of("7.sealed", path), cuts[i]), 0);
        cr_expect_eq(read_archive(by_opening(7), &error), -1, "cut to %ld", (long)cuts[i]);
        cr_expect_eq(error.code, ERROR_INPUT, "%s", error.message);
    }
}

Test(archive, in_anothers_place_it_is_refused)
{
    char seven[PATH_BYTES], eight[PATH_BYTES];
    Error error = {0};
    (void)write_archive(7);
    (void)write_archive(8);

    cr_assert_eq(rename(path_of("7.sealed", seven), path_of("8.sealed", eight)), 0);
    cr_expect_eq(read_archive(by_opening(8), &error), -1);
    cr_assert_eq(rename(path_of("7.opening", seven), path_of("8.opening", eight)), 0);
    cr_expect_eq(read_archive(by_opening(8), &error), -1, "with its opening");

    cr_expect_eq(error.code, ERROR_INPUT);
}

Test(archive, what_a_kill_left_is_written_anew)
{
    char path[PATH_BYTES];
    Error error = {0};
    cr_assert_eq(close(open(path_of("7.part", path), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
    cr_assert_eq(close(open(path_of("7.opening", path), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);

    (void)write_archive(7);

    cr_expect_eq(read_archive(by_opening(7), &error), CONTENT_BYTES, "%s", error.message);
}

static void copy_file(const char *from, const char *to)
{
    char old[PATH_BYTES], new[PATH_BYTES];
    SCOPED(arena_close) Arena *arena = arena_create(8 << 20);
    Text bytes;
    Error error = {0};

    cr_assert(input_read_all(path_of(from, old), 8 << 20, arena, &bytes, &error).ok, "%s", error.message);
    int file = open(path_of(to, new), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_eq(write(file, bytes.data, bytes.length), (ssize_t)bytes.length);
    cr_assert_eq(close(file), 0);
}

/* What is on the disk when a pull is killed at so many bytes. */
static void kill_at(size_t bytes)
{
    ArchiveWriter *writer = NULL;
    Error error = {0};
    uint32_t state = 7;

    for (size_t i = 0; i < CONTENT_BYTES; i++) { /* so that a block is larger than what waits to be written */
        state = state * 1664525 + 1013904223;
        content[i] = (char)(state >> 24);
    }
    cr_assert(archive_create(keyring, root, 7, &writer, &error).ok, "%s", error.message);
    cr_assert(archive_add(writer, content, bytes, &error).ok, "%s", error.message);
    copy_file("7.part", "part");
    copy_file("7.opening", "opening");
    archive_abandon(&writer);
    copy_file("part", "7.part");
    copy_file("opening", "7.opening");
}

static uint64_t taken_up(ArchiveWriter **writer)
{
    Error error = {0};

    cr_assert(archive_resume(keyring, root, 7, writer, &error).ok, "%s", error.message);
    return archive_added(*writer);
}

static void go_on(ArchiveWriter **writer)
{
    ArchiveSum sum;
    Error error = {0};
    uint64_t from = archive_added(*writer);

    cr_assert(archive_add(*writer, content + from, CONTENT_BYTES - from, &error).ok, "%s", error.message);
    cr_assert(archive_finish(writer, &sum, &error).ok, "%s", error.message);
    cr_expect_eq(memcmp(sum.content.bytes, hash_of(content, CONTENT_BYTES).bytes, HASH_BYTES), 0);
    cr_expect_eq(read_archive(by_opening(7), &error), CONTENT_BYTES, "%s", error.message);
}

/* Switch: archive_salvage in archive_resume. The frame that was being written is not whole. */
Test(archive, what_a_killed_pull_had_sealed_is_taken_up_to_its_last_whole_block)
{
    ArchiveWriter *writer = NULL;
    kill_at(2 * ARCHIVE_BLOCK_BYTES + 777);

    uint64_t bytes = taken_up(&writer);

    cr_expect_eq(bytes % ARCHIVE_BLOCK_BYTES, 0);
    cr_expect_geq(bytes, ARCHIVE_BLOCK_BYTES);
    cr_expect_leq(bytes, 2 * ARCHIVE_BLOCK_BYTES);
    cr_expect_not(is_there("7.before"));
    cr_expect_not(is_there("7.before-opening"));
    go_on(&writer);
}

Test(archive, killed_while_it_took_one_over_the_next_takes_it_over)
{
    ArchiveWriter *writer = NULL;
    kill_at(2 * ARCHIVE_BLOCK_BYTES + 777);
    copy_file("7.part", "7.before");
    copy_file("7.opening", "7.before-opening");
    copy_file("opening", "7.part"); /* of the killed one: anything */

    cr_expect_geq(taken_up(&writer), ARCHIVE_BLOCK_BYTES);

    go_on(&writer);
}

/* Switch: the tag of each frame (pseudonymise/seal_read.c). */
Test(archive, of_what_was_changed_since_nothing_is_taken_up)
{
    ArchiveWriter *writer = NULL;
    char path[PATH_BYTES];
    kill_at(2 * ARCHIVE_BLOCK_BYTES + 777);
    int file = open(path_of("7.part", path), O_WRONLY | O_CLOEXEC);
    cr_assert_eq(pwrite(file, "x", 1, ARCHIVE_BLOCK_BYTES / 2), 1);
    cr_assert_eq(close(file), 0);

    cr_expect_eq(taken_up(&writer), 0);

    go_on(&writer);
}

Test(archive, given_up_leaves_nothing)
{
    ArchiveWriter *writer = NULL;
    Error error = {0};

    cr_assert(archive_create(keyring, root, 7, &writer, &error).ok, "%s", error.message);
    cr_assert(archive_add(writer, content, 100, &error).ok);
    archive_abandon(&writer);

    cr_expect_not(is_there("7.part"));
    cr_expect_not(is_there("7.sealed"));
    cr_expect_not(is_there("7.opening"));
}

Test(archive, an_empty_delivery_is_an_archive_too)
{
    ArchiveWriter *writer = NULL;
    ArchiveSum sum;
    Error error = {0};
    Archive archive = by_opening(7);
    FILE *nowhere = fopen("/dev/null", "we");

    cr_assert(archive_create(keyring, root, 7, &writer, &error).ok, "%s", error.message);
    cr_assert(archive_finish(&writer, &sum, &error).ok, "%s", error.message);

    cr_expect(archive_copy(&archive, nowhere, &sum, &error).ok, "%s", error.message);
    cr_expect_eq(sum.bytes, 0);
    (void)fclose(nowhere);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Switch: let check_writer return at once. Then the block that was lost is missing in a finished archive. */
Test(archive, what_failed_once_is_never_finished)
{
    ArchiveWriter *writer = NULL;
    ArchiveSum sum;
    Error error = {0};
    FILE *random = fopen("/dev/urandom", "re");
    cr_assert_eq(fread(content, 1, CONTENT_BYTES, random), CONTENT_BYTES);
    (void)fclose(random);
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert(archive_create(keyring, root, 7, &writer, &error).ok, "%s", error.message);

    limit_files(ARCHIVE_BLOCK_BYTES / 2);
    cr_expect_not(archive_add(writer, content, CONTENT_BYTES, &error).ok, "the disk is full");
    limit_files(RLIM_INFINITY);

    cr_expect_not(archive_add(writer, content, 1, &error).ok, "there is room again");
    cr_expect_str_eq(error.message, "archive: a write of it failed before");
    cr_expect_not(archive_finish(&writer, &sum, &error).ok);
    archive_abandon(&writer);
    cr_expect_not(is_there("7.sealed"));
    cr_expect_not(is_there("7.part"));
}

/* Switch: let is_ours, and remove_own of pseudonymise/seal.c, look at no inode. */
Test(archive, who_lost_its_place_removes_nothing_of_anothers)
{
    ArchiveWriter *late = NULL, *other = NULL;
    ArchiveSum sum;
    Error error = {0};
    cr_assert(archive_create(keyring, root, 7, &late, &error).ok, "%s", error.message);
    cr_assert(archive_add(late, content, 100, &error).ok);
    cr_assert(archive_create(keyring, root, 7, &other, &error).ok, "%s", error.message);
    cr_assert(archive_add(other, content, CONTENT_BYTES, &error).ok);

    cr_expect_not(archive_finish(&late, &sum, &error).ok, "the other's is not put in place");
    archive_abandon(&late);
    cr_assert(archive_finish(&other, &sum, &error).ok, "%s", error.message);

    cr_expect_eq(read_archive(by_opening(7), &error), CONTENT_BYTES, "%s", error.message);
}

/* As pull.c does when the session is lost behind a whole archive. */
Test(archive, given_up_late_leaves_what_another_put_in_place)
{
    ArchiveWriter *late = NULL;
    Error error = {0};
    cr_assert(archive_create(keyring, root, 7, &late, &error).ok, "%s", error.message);
    (void)write_archive(7);

    archive_abandon(&late);

    cr_expect_eq(read_archive(by_opening(7), &error), CONTENT_BYTES, "%s", error.message);
}
