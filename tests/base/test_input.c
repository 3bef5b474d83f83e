#include "base/input.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "tests/base/packed.h"

TestSuite(input, .fini = workbench_clear);

Test(input, a_plain_file_comes_as_it_is)
{
    static unsigned char sample[SAMPLE_BYTES];
    fill_sample(sample, sizeof sample);
    sample[0] = 'x';

    expect_content(put(sample, sizeof sample), sample, sizeof sample);
}

Test(input, an_empty_file_ends_at_once)
{
    expect_content(put("", 0), "", 0);
}

Test(input, a_file_shorter_than_a_magic_number_is_plain)
{
    expect_content(put("\x28\xB5\x2F", 3), "\x28\xB5\x2F", 3);
    expect_content(put("P", 1), "P", 1);
}

Test(input, the_digest_is_known_at_the_end_alone)
{
    Error error = {0};
    Input *input = NULL;
    char buffer[10], text[HASH_TEXT_BYTES];
    size_t length;
    Hash digest;

    cr_assert(input_open(put("abc", 3), NULL, &input, &error).ok);
    cr_expect_not(input_digest(input, &digest));
    cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok);
    cr_expect_eq(length, 3);
    cr_expect_not(input_digest(input, &digest), "the end was not read yet");
    cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok);
    cr_expect_eq(length, 0);
    cr_expect(input_digest(input, &digest));
    cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok);
    cr_expect_eq(length, 0, "the end stays the end");

    /* FIPS 180-4, example "abc". */
    cr_expect_str_eq(hash_format(&digest, text),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    input_close(&input);
    cr_expect_null(input);
    input_close(&input);
}

Test(input, a_zstd_file_comes_decoded_and_its_digest_is_of_what_was_delivered)
{
    static unsigned char sample[SAMPLE_BYTES], frame[2 * SAMPLE_BYTES];
    SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
    Error error = {0};
    Hash digest;
    fill_sample(sample, sizeof sample);
    size_t length = compress_frame(sample, sizeof sample, 20, frame, sizeof frame);
    const char *path = put(frame, length);

    expect_content(path, sample, sizeof sample);
    cr_assert(read_whole(path, NULL, 4096, &content, &digest, &error).ok);

    Hash expected = hash_of(frame, length);
    cr_expect_eq(memcmp(&digest, &expected, sizeof digest), 0);
}

/* RFC 8878, section 3: frames follow one another; skippable ones (3.1.2) may stand anywhere. */
Test(input, frames_one_behind_the_other_and_skippable_ones_are_one_file)
{
    static const unsigned char skippable[] = {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};
    unsigned char file[1000];
    size_t length = 0;

    for (int i = 0; i < 3; i++) {
        memcpy(file + length, skippable, sizeof skippable);
        length += sizeof skippable;
        length += compress_frame("hello ", 6, 10, file + length, sizeof file - length);
    }
    memcpy(file + length, skippable, sizeof skippable);
    length += sizeof skippable;

    expect_content(put(file, length), "hello hello hello ", 18);
    expect_content(put(skippable, sizeof skippable), "", 0);
}

Test(input, a_frame_of_nothing_is_empty)
{
    unsigned char frame[100];
    size_t length = compress_frame("", 0, 10, frame, sizeof frame);

    expect_content(put(frame, length), "", 0);
}

/* The switch: the check at the drained end of read_some. */
Test(input, a_frame_cut_anywhere_is_an_error)
{
    unsigned char sample[300], frame[1000];
    fill_sample(sample, sizeof sample);
    size_t length = compress_frame(sample, sizeof sample, 10, frame, sizeof frame);

    for (size_t cut = 4; cut < length; cut++)
        expect_failure(put(frame, cut), NULL, ERROR_INPUT, "compressed frame ends early");
}

Test(input, a_second_frame_that_is_cut_is_an_error)
{
    unsigned char file[200];
    size_t first = compress_frame("hello", 5, 10, file, sizeof file);
    size_t both = first + compress_frame("world", 5, 10, file + first, sizeof file - first);

    for (size_t cut = first + 1; cut < both; cut++)
        expect_failure(put(file, cut), NULL, ERROR_INPUT, "compressed frame ends early");
}

Test(input, a_skippable_frame_that_is_cut_is_an_error)
{
    static const unsigned char skippable[] = {0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'x', 'y'};

    expect_failure(put(skippable, sizeof skippable), NULL, ERROR_INPUT, "compressed frame ends early");
}

/* RFC 8878, section 3.1.1: the last four bytes are the content's checksum. */
Test(input, a_frame_whose_checksum_differs_is_an_error)
{
    unsigned char frame[100];
    size_t length = compress_frame("hello", 5, 10, frame, sizeof frame);
    frame[length - 1] ^= 1;

    expect_failure(put(frame, length), NULL, ERROR_INPUT,
                   "compressed frame is damaged (Restored data doesn't match checksum)");
}

Test(input, bytes_behind_a_frame_that_are_no_frame_are_an_error)
{
    unsigned char file[200];
    size_t length = compress_frame("hello", 5, 10, file, sizeof file);
    memcpy(file + length, "plain text", 10);

    expect_failure(put(file, length + 10), NULL, ERROR_INPUT,
                   "compressed frame is damaged (Unknown frame descriptor)");
}

/* The switch: ZSTD_d_windowLogMax. */
Test(input, a_window_above_the_limit_is_refused)
{
    static unsigned char sample[SAMPLE_BYTES], frame[2 * SAMPLE_BYTES];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    limits.window_log_max = 15;
    fill_sample(sample, sizeof sample);
    size_t length = compress_frame(sample, sizeof sample, 20, frame, sizeof frame);

    expect_failure(put(frame, length), &limits, ERROR_LIMIT,
                   "compressed frame asks for a window above 2^15 bytes");
}

Test(input, a_window_limit_that_zstd_does_not_know_is_an_error)
{
    unsigned char frame[100];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    limits.window_log_max = 99;
    size_t length = compress_frame("hello", 5, 10, frame, sizeof frame);

    expect_failure(put(frame, length), &limits, ERROR_SYSTEM, "zstd decoder cannot be set up");
}

/* ASan keeps far more address space than such a limit leaves. */
#ifndef CINQUE_SANITIZED
Test(input, a_window_for_which_memory_is_short_is_an_error)
{
    const rlim_t short_of_the_window = (rlim_t)700 << 20; /* and enough for the libraries */
    const struct rlimit limit = {short_of_the_window, short_of_the_window};
    unsigned char frame[100];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    limits.window_log_max = 31;
    /* RFC 8878, section 3.1.1.1: no content size, a window of 2^30 bytes, one raw block of five bytes, the
     * last. */
    static const unsigned char header[] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, 20 << 3, 0x29, 0, 0};
    memcpy(frame, header, sizeof header);
    memcpy(frame + sizeof header, "hello", 5);
    const char *path = put(frame, sizeof header + 5);

    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);

    expect_failure(path, &limits, ERROR_SYSTEM, "zstd decoder: memory exhausted");
}
#endif

/* The switch: bytes_max in check_limits. */
Test(input, a_file_of_the_limit_passes_and_one_byte_more_does_not)
{
    unsigned char frame[100];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    SCOPED(text_builder_close) TextBuilder content = text_builder(100);
    Error error = {0};
    Hash digest;
    size_t length = compress_frame("hello", 5, 10, frame, sizeof frame);

    limits.bytes_max = 5;
    cr_expect(read_whole(put("hello", 5), &limits, 100, &content, &digest, &error).ok);
    cr_expect(read_whole(put(frame, length), &limits, 100, &content, &digest, &error).ok);
    limits.bytes_max = 4;
    expect_failure(put("hello", 5), &limits, ERROR_LIMIT, "holds more than the 4 bytes allowed");
    expect_failure(put(frame, length), &limits, ERROR_LIMIT, "holds more than the 4 bytes allowed");
}

/* The switch: ratio_max in check_limits. 40 MB of zeros make a frame of some kB. */
Test(input, a_file_that_grows_too_much_is_refused)
{
    static unsigned char zeros[40 * SAMPLE_BYTES], frame[SAMPLE_BYTES];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    size_t length = compress_frame(zeros, sizeof zeros, 20, frame, sizeof frame);

    expect_failure(put(frame, length), &limits, ERROR_LIMIT, "grows more than 200-fold when decompressed");
    limits.ratio_max = 1e9;
    SCOPED(text_builder_close) TextBuilder content = text_builder(sizeof zeros);
    Error error = {0};
    Hash digest;
    cr_expect(read_whole(packed_path, &limits, 4096, &content, &digest, &error).ok, "%s", error.message);
}

Test(input, a_small_file_may_grow_without_bound)
{
    static unsigned char zeros[16 * 1024 * 1024], frame[SAMPLE_BYTES];
    SCOPED(text_builder_close) TextBuilder content = text_builder(sizeof zeros);
    Error error = {0};
    Hash digest;
    size_t length = compress_frame(zeros, sizeof zeros, 20, frame, sizeof frame);

    cr_expect(read_whole(put(frame, length), NULL, 4096, &content, &digest, &error).ok, "%s", error.message);
}

/* The switch: input_layer_check_time. Nothing is read in no time at all. */
Test(input, a_file_that_takes_too_long_is_refused)
{
    unsigned char frame[100];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    size_t length = compress_frame("hello", 5, 10, frame, sizeof frame);
    limits.seconds_max = 0;

    expect_failure(put(frame, length), &limits, ERROR_LIMIT, "takes more than the 0 seconds allowed to read");
}

Test(input, what_passes_between_reads_is_not_counted)
{
    SCOPED(input_close) Input *input = NULL;
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    Error error = {0};
    char buffer[10];
    size_t length;
    limits.seconds_max = 0.4;

    cr_assert(input_open(put("hello", 5), &limits, &input, &error).ok);
    (void)usleep(600000);
    cr_expect(input_read(input, buffer, sizeof buffer, &length, &error).ok, "%s", error.message);
}

/* RFC 8878, 3.1.1.1.1: the descriptor's bit 2. The switch: note_frame. */
Test(input, a_frame_without_a_checksum_is_read_and_noted)
{
    /* single segment, five bytes of content in one raw block, the last */
    static const unsigned char bare[] = {0x28, 0xB5, 0x2F, 0xFD, 0x20, 5,   0x29,
                                         0,    0,    'h',  'e',  'l',  'l', 'o'};
    unsigned char file[200];
    Error error = {0};
    char buffer[100], caught[1000];
    size_t checked = compress_frame("hello", 5, 10, file, sizeof file), length;
    memcpy(file + checked, bare, sizeof bare);

    for (int is_bare = 0; is_bare < 2; is_bare++) {
        SCOPED(input_close) Input *input = NULL;
        int kept = workbench_catch_stderr();
        cr_assert(input_open(put(file, checked + (is_bare ? sizeof bare : 0)), NULL, &input, &error).ok);
        do {
            cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok, "%s", error.message);
        } while (length > 0);
        cr_expect_eq(input_is_unchecked(input), is_bare);
        const char *said = workbench_caught(kept, caught, sizeof caught);
        cr_expect_eq(strstr(said, "input_without_checksum") != NULL, is_bare, "%s", said);
    }
}

Test(input, a_failure_comes_again_at_every_later_read)
{
    static unsigned char sample[SAMPLE_BYTES], frame[2 * SAMPLE_BYTES];
    Error error = {0}, again = {0};
    Input *input = NULL;
    char buffer[100];
    fill_sample(sample, sizeof sample);
    size_t length = compress_frame(sample, sizeof sample, 20, frame, sizeof frame);
    Hash digest;

    cr_assert(input_open(put(frame, length - 1), NULL, &input, &error).ok);
    while (input_read(input, buffer, sizeof buffer, &length, &error).ok)
        cr_assert_gt(length, 0, "a cut frame ended early");

    cr_expect_not(input_read(input, buffer, sizeof buffer, &length, &again).ok);
    cr_expect_eq(length, 0);
    cr_expect_eq(again.code, ERROR_INPUT);
    cr_expect_str_eq(again.message, error.message);
    cr_expect_not(input_digest(input, &digest));
    input_close(&input);
}

Test(input, other_compressed_files_are_refused_by_name)
{
    expect_failure(put("\xFD"
                       "7zXZ",
                       5),
                   NULL, ERROR_INPUT, "a xz file: only plain, gzip, zstd, zip and tar files are read");
    expect_failure(put("7z\xBC\xAF\x27\x1C", 6), NULL, ERROR_INPUT,
                   "a 7z file: only plain, gzip, zstd, zip and tar files are read");
    expect_failure(put("BZh91AY&SY\xfa\xe5", 12), NULL, ERROR_INPUT,
                   "a bzip2 file: only plain, gzip, zstd, zip and tar files are read");
    expect_failure(put("Rar!\x1A\x07\x01", 7), NULL, ERROR_INPUT,
                   "a rar file: only plain, gzip, zstd, zip and tar files are read");
    expect_failure(put("%PDF-1.7", 8), NULL, ERROR_INPUT,
                   "a PDF file: only plain, gzip, zstd, zip and tar files are read");
    expect_failure(put("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8), NULL, ERROR_INPUT,
                   "a Microsoft Office file: only plain, gzip, zstd, zip and tar files are read");
}

Test(input, every_damaged_bit_of_a_frame_is_found_or_does_not_matter)
{
    unsigned char frame[400];
    size_t length = compress_frame("hello hello hello", 17, 10, frame, sizeof frame);

    expect_every_flip_found(frame, length, 4, "hello hello hello", 17);
}

Test(input, a_missing_file_is_an_error)
{
    expect_failure(workbench_path("file", packed_path), NULL, ERROR_SYSTEM, "No such file or directory");
}

/* The switch: O_NOFOLLOW. */
Test(input, a_symbolic_link_is_not_followed)
{
    char link[WORKBENCH_PATH_BYTES];
    (void)put("hello", 5);
    cr_assert_eq(symlink(packed_path, workbench_path("link", link)), 0);

    expect_failure(link, NULL, ERROR_INPUT, "a symbolic link is not followed");
}

Test(input, what_is_no_regular_file_is_refused_without_waiting)
{
    char pipe[WORKBENCH_PATH_BYTES];
    cr_assert_eq(mkfifo(workbench_path("pipe", pipe), 0600), 0);
    /* Without O_NONBLOCK this would wait for ever: the alarm ends it. */
    (void)alarm(10);

    expect_failure(pipe, NULL, ERROR_INPUT, "not a regular file");
    expect_failure("/tmp", NULL, ERROR_INPUT, "not a regular file");
    expect_failure("/dev/zero", NULL, ERROR_INPUT, "not a regular file");
}

/* Address 0 of this process cannot be read: a file whose every read fails. */
Test(input, a_read_that_fails_is_an_error)
{
    expect_failure("/proc/self/mem", NULL, ERROR_SYSTEM, "Input/output error");
}

/* Opens a file of 600,000 bytes, reads a piece, lets it change, reads on. */
static Error error_after(void (*change)(void))
{
    static unsigned char sample[600000];
    SCOPED(input_close) Input *input = NULL;
    Error error = {0};
    char buffer[1000];
    size_t length = 1;

    memset(sample, 'x', sizeof sample);
    cr_assert(input_open(put(sample, sizeof sample), NULL, &input, &error).ok);
    cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok);
    change();
    while (length > 0 && input_read(input, buffer, sizeof buffer, &length, &error).ok)
        continue;
    /* The switch: input->failed; without it the next read would find a well-behaved end. */
    if (error.code != ERROR_NONE)
        cr_expect_not(input_read(input, buffer, sizeof buffer, &length, &error).ok);
    return error;
}

static void append(void)
{
    FILE *file = fopen(packed_path, "ab");
    (void)fputc('y', file);
    (void)fclose(file);
}

/* The size alone gives it away. */
static void append_and_hide(void)
{
    struct stat status;
    cr_assert_eq(stat(packed_path, &status), 0);
    append();
    const struct timespec times[2] = {status.st_atim, status.st_mtim};
    cr_assert_eq(utimensat(AT_FDCWD, packed_path, times, 0), 0);
}

static void cut(void)
{
    cr_assert_eq(truncate(packed_path, 300000), 0);
}

static void touch(void)
{
    const struct timeval times[2] = {{1000, 0}, {1000, 0}};
    cr_assert_eq(utimes(packed_path, times), 0);
}

static void leave(void)
{
}

Test(input, a_file_that_changes_while_it_is_read_is_an_error)
{
    static void (*const changes[])(void) = {append, append_and_hide, cut, touch};

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        Error error = error_after(changes[i]);
        cr_expect_eq(error.code, ERROR_INPUT, "change %zu", i);
        cr_expect_not_null(strstr(error.message, "/file: changed while it was read"), "%s", error.message);
    }
    cr_expect_eq(error_after(leave).code, ERROR_NONE);
}

static void refuse_status(void)
{
    workbench_refuse(SYS_newfstatat, EIO);
}

Test(input, a_file_whose_state_cannot_be_asked_at_the_end_is_an_error)
{
    Error error = error_after(refuse_status);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_not_null(strstr(error.message, "/file: Input/output error"), "%s", error.message);
}

Test(input, a_file_whose_state_cannot_be_asked_is_an_error)
{
    (void)put("hello", 5);
    workbench_refuse(SYS_newfstatat, EIO);

    expect_failure(packed_path, NULL, ERROR_SYSTEM, "Input/output error");
}

Test(input, a_small_file_is_read_whole_and_ends_in_nul)
{
    Arena *arena = arena_create(1000);
    Error error = {0};
    Text content;

    cr_assert(input_read_all(put("hello", 5), 5, arena, &content, &error).ok, "%s", error.message);

    cr_expect_eq(content.length, 5);
    cr_expect_str_eq(content.data, "hello");
    arena_close(&arena);
}

Test(input, a_file_larger_than_allowed_is_not_read_whole)
{
    Arena *arena = arena_create(1000);
    Error error = {0};
    Text content;

    cr_expect_not(input_read_all(put("hello", 5), 4, arena, &content, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not(input_read_all("/nowhere", 4, arena, &content, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    arena_close(&arena);
}

Test(input, hashing_a_file_decodes_nothing)
{
    unsigned char frame[100];
    size_t length = compress_frame("hello", 5, 10, frame, sizeof frame);
    Error error = {0};
    Hash digest, expected = hash_of(frame, length);
    uint64_t bytes;

    cr_assert(input_hash_file(put(frame, length), &digest, &bytes, &error).ok);
    cr_expect_eq(bytes, length);
    cr_expect_eq(memcmp(&digest, &expected, sizeof digest), 0);
    cr_expect(input_hash_file(put("\x1F\x8B", 2), &digest, &bytes, &error).ok, "no format is refused");
    cr_expect_not(input_hash_file("/nowhere", &digest, &bytes, &error).ok);
    cr_expect_not(input_hash_file("/proc/self/mem", &digest, &bytes, &error).ok);
}
