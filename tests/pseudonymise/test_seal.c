#include "pseudonymise/seal_format.h"
#include "tests/pseudonymise/fixture.h"

TestSuite(seal, .fini = fixture_clear);

enum { FILE_BYTES_MAX = 4096 };

typedef struct Lines {
    size_t count;
    uint64_t numbers[4];
    char texts[4][32];
} Lines;

static Result collect(void *context, uint64_t line_number, Text line, Error *error)
{
    Lines *lines = context;

    if (lines->count == 4 || line.length >= 32)
        return fail(error, ERROR_LIMIT, "too many lines for this test");
    lines->numbers[lines->count] = line_number;
    memcpy(lines->texts[lines->count], line.data, line.length);
    lines->texts[lines->count++][line.length] = '\0';
    return RESULT_OK;
}

static void write_private_key(void)
{
    uint8_t key[KEY_BYTES];

    (void)fixture_unhex(FIXTURE_QUARANTINE_PRIVATE, key, sizeof key);
    fixture_write("private", key, sizeof key);
}

static Result read_as(const char *name, const char *of, Lines *lines, Error *error)
{
    char key[FIXTURE_PATH_BYTES], path[FIXTURE_PATH_BYTES];
    const SealOpener opener = {.of = of, .private_key_path = fixture_path("private", key)};

    return seal_read(&opener, fixture_path(name, path), collect, lines, error);
}

static Result read_file(const char *name, Lines *lines, Error *error)
{
    return read_as(name, "load 7", lines, error);
}

static Seal *seal_of(const char *name)
{
    char path[FIXTURE_PATH_BYTES];
    Keyring *keyring = fixture_keyring();
    Seal *seal = NULL;
    Error error = {0};

    cr_assert(seal_create(keyring, fixture_path(name, path), "load 7", &seal, &error).ok, "%s",
              error.message);
    keyring_close(&keyring);
    return seal;
}

/* Lines 7 "first,line" and 9 "", then the end: frames begin at 41, 80 and 109, the file has 138 bytes. */
static size_t sealed_file(uint8_t bytes[FILE_BYTES_MAX])
{
    Seal *seal = seal_of("sealed");
    Error error = {0};

    cr_assert(seal_line(seal, 7, TEXT("first,line"), &error).ok, "%s", error.message);
    cr_assert(seal_line(seal, 9, TEXT(""), &error).ok, "%s", error.message);
    cr_assert(seal_finish(&seal, &error).ok, "%s", error.message);
    cr_assert_null(seal);
    write_private_key();
    return fixture_read("sealed", bytes, FILE_BYTES_MAX);
}

static void expect_unreadable(const char *name, ErrorCode code, const char *rule)
{
    Lines lines = {0};
    Error error = {0};

    cr_expect_not(read_file(name, &lines, &error).ok, "%s", rule);

    cr_expect_eq(error.code, code);
    cr_expect_not_null(strstr(error.message, rule), "%s", error.message);
}

Test(seal, the_private_key_gives_the_lines_back)
{
    uint8_t bytes[FILE_BYTES_MAX];
    Lines lines = {0};
    Error error = {0};
    char path[FIXTURE_PATH_BYTES];
    struct stat status;

    cr_assert_eq(sealed_file(bytes), 138);
    cr_assert(read_file("sealed", &lines, &error).ok, "%s", error.message);

    cr_assert_eq(lines.count, 2);
    cr_expect_eq(lines.numbers[0], 7);
    cr_expect_str_eq(lines.texts[0], "first,line");
    cr_expect_eq(lines.numbers[1], 9);
    cr_expect_str_eq(lines.texts[1], "");
    cr_assert_eq(stat(fixture_path("sealed", path), &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
}

/* Made by a second implementation (Python's cryptography) from pseudonymise/seal_format.h. */
Test(seal, files_of_format_version_1_can_always_be_read)
{
    static const char hex[] =
        "43494e515345414c01642f6a5d7507f2022da5528155107c3ea27133e832acca7e1623cde081363475"
        "000000001229a4c04e6342d5fe9faa904b06e3e140e2f73e0cc90b59194ecd3d4d199d1c08cb87"
        "00000000086af10cd34b87c8d4f40525354e70d3ac45af0e0831a7f93f"
        "01000000082bdc4e9c6f57986a609eb8904dbe152b9e0aa1cf0555ac76";
    uint8_t bytes[FILE_BYTES_MAX];
    Lines lines = {0};
    Error error = {0};
    size_t length = fixture_unhex(hex, bytes, sizeof bytes);
    fixture_write("golden", bytes, length);
    write_private_key();

    cr_assert(read_as("golden", NULL, &lines, &error).ok, "%s", error.message);

    cr_assert_eq(lines.count, 2);
    cr_expect_eq(lines.numbers[0], 7);
    cr_expect_str_eq(lines.texts[0], "first,line");
    cr_expect_eq(lines.numbers[1], 9);
}

/* Goes red when lines are written as they are. */
Test(seal, no_line_can_be_found_in_the_file)
{
    uint8_t bytes[FILE_BYTES_MAX];

    size_t length = sealed_file(bytes);

    cr_expect_null(memmem(bytes, length, "first", 5));
}

/* Goes red at 41, 80 and 109, the frames' boundaries, when the end frame is not asked for. */
Test(seal, a_file_cut_off_anywhere_is_detected)
{
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = sealed_file(bytes);

    for (size_t kept = 0; kept < length; kept++) {
        fixture_write("cut", bytes, kept);
        expect_unreadable("cut", ERROR_INPUT, "cut off behind frame");
    }
}

/* Goes red when the tag is not checked. */
Test(seal, a_changed_byte_is_detected_wherever_it_is)
{
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = sealed_file(bytes);

    for (size_t at = 0; at < length; at++) {
        Lines lines = {0};
        Error error = {0};
        bytes[at] ^= 0x40;
        fixture_write("changed", bytes, length);
        cr_expect_not(read_file("changed", &lines, &error).ok, "byte %zu", at);
        cr_expect_eq(error.code, ERROR_INPUT, "byte %zu: %s", at, error.message);
        bytes[at] ^= 0x40;
    }
}

/* Goes red when the nonce does not count frames. */
Test(seal, a_frame_left_out_or_moved_is_detected)
{
    uint8_t bytes[FILE_BYTES_MAX], other[FILE_BYTES_MAX];
    size_t length = sealed_file(bytes);

    memcpy(other, bytes, 41);
    memcpy(other + 41, bytes + 80, length - 80);
    fixture_write("left_out", other, length - 39);
    expect_unreadable("left_out", ERROR_INPUT, "frame 1: damaged");
    memcpy(other + 41, bytes + 80, 29);
    memcpy(other + 70, bytes + 41, 39);
    memcpy(other + 109, bytes + 109, length - 109);
    fixture_write("moved", other, length);
    expect_unreadable("moved", ERROR_INPUT, "frame 1: damaged");
}

Test(seal, something_behind_the_end_is_detected)
{
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = sealed_file(bytes);

    bytes[length] = 0;
    fixture_write("longer", bytes, length + 1);

    expect_unreadable("longer", ERROR_INPUT, "something follows the last frame");
}

Test(seal, a_frame_of_impossible_length_is_refused_before_memory_is_taken)
{
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = sealed_file(bytes);

    memset(bytes + 42, 0xff, 4);
    fixture_write("long", bytes, length);

    expect_unreadable("long", ERROR_INPUT, "frame 1: damaged");
}

Test(seal, another_private_key_reads_nothing)
{
    uint8_t bytes[FILE_BYTES_MAX];
    (void)sealed_file(bytes);
    fixture_counting_key("private", 1);

    expect_unreadable("sealed", ERROR_INPUT, "frame 1: damaged, or sealed to another key");
}

Test(seal, a_private_key_that_others_can_read_is_refused)
{
    uint8_t bytes[FILE_BYTES_MAX];
    char path[FIXTURE_PATH_BYTES];
    (void)sealed_file(bytes);
    cr_assert_eq(chmod(fixture_path("private", path), 0640), 0);

    expect_unreadable("sealed", ERROR_CONFIG, "private: group or others have access");
}

Test(seal, a_file_of_another_kind_or_version_is_refused)
{
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = sealed_file(bytes);

    bytes[8] = 2;
    fixture_write("version", bytes, length);
    expect_unreadable("version", ERROR_INPUT, "not a sealed file of a known version");
    expect_unreadable("missing", ERROR_SYSTEM, "cannot be opened");
}

Test(seal, what_the_reader_says_ends_the_reading)
{
    uint8_t bytes[FILE_BYTES_MAX];
    Lines lines = {.count = 4};
    Error error = {0};
    (void)sealed_file(bytes);

    cr_expect_not(read_file("sealed", &lines, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_str_eq(error.message, "too many lines for this test");
}

Test(seal, two_files_of_the_same_lines_share_no_ciphertext)
{
    uint8_t first[FILE_BYTES_MAX], second[FILE_BYTES_MAX];
    char path[FIXTURE_PATH_BYTES], folder[FIXTURE_PATH_BYTES];
    size_t length = sealed_file(first);
    cr_assert_eq(unlink(fixture_path("sealed", path)), 0);
    cr_assert_eq(rename(fixture_path("keyring", folder), fixture_path("kept", path)), 0);

    cr_assert_eq(sealed_file(second), length);

    cr_expect_arr_neq(first + 9, second + 9, KEY_BYTES, "ephemeral keys");
    cr_expect_arr_neq(first + 46, second + 46, 18, "ciphertext of the first line");
}

Test(seal, an_abandoned_file_is_removed)
{
    char path[FIXTURE_PATH_BYTES];
    Seal *seal = seal_of("abandoned");
    Error error = {0};
    cr_assert(seal_line(seal, 1, TEXT("x"), &error).ok);
    cr_assert_eq(access(fixture_path("abandoned", path), F_OK), 0);

    seal_abandon(&seal);

    cr_expect_null(seal);
    cr_expect_neq(access(path, F_OK), 0);
    seal_abandon(&seal);
}

Test(seal, an_existing_file_is_never_written_over)
{
    char path[FIXTURE_PATH_BYTES];
    Keyring *keyring = fixture_keyring();
    Seal *seal = NULL;
    Error error = {0};
    fixture_write("there", "x", 1);

    cr_expect_not(seal_create(keyring, fixture_path("there", path), "load 7", &seal, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_null(seal);
    cr_expect_eq(access(path, F_OK), 0, "and not removed either");
    keyring_close(&keyring);
}

Test(seal, a_file_that_cannot_be_written_whole_is_an_error_and_removed)
{
    char path[FIXTURE_PATH_BYTES];
    Seal *seal = seal_of("full");
    Error error = {0};
    fixture_limit_files(64);
    cr_assert(seal_line(seal, 1, TEXT("a line that does not fit any more"), &error).ok, "still in memory");

    cr_expect_not(seal_finish(&seal, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_assert_not_null(seal, "its owner abandons it");
    seal_abandon(&seal);
    cr_expect_neq(access(fixture_path("full", path), F_OK), 0);
}

Test(seal, a_line_past_the_limit_is_refused)
{
    Seal *seal = seal_of("long");
    size_t length = SEAL_LINE_BYTES_MAX + 1;
    char *line = calloc(length, 1);
    Error error = {0};

    cr_expect_not(seal_line(seal, 1, (Text){.data = line, .length = length}, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    free(line);
    seal_abandon(&seal);
}

/* RFC 7748, section 6.1: a public key of low order gives an all-zero secret, known to everyone. */
Test(seal, a_public_key_of_low_order_is_refused)
{
    static const uint8_t low_order[KEY_BYTES] = {1};
    char folder[FIXTURE_PATH_BYTES], path[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(folder);
    fixture_write("keyring/quarantine.public", low_order, sizeof low_order);
    Keyring *keyring = fixture_open(folder);
    Seal *seal = NULL;
    Error error = {0};

    cr_expect_not(seal_create(keyring, fixture_path("sealed", path), "load 7", &seal, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_neq(access(path, F_OK), 0);
    keyring_close(&keyring);
}

/* ---- archives: blocks bound to what they are of, with an opening beside them ---- */

static Keyring *archive_of(const char *of, const char *name, const char *opening_name)
{
    char path[FIXTURE_PATH_BYTES], opening[FIXTURE_PATH_BYTES];
    Keyring *keyring = fixture_keyring();
    Seal *seal = NULL;
    Error error = {0};
    const SealArchive archive = {
        .path = fixture_path(name, path), .of = of, .opening_path = fixture_path(opening_name, opening)};

    cr_assert(seal_create_archive(keyring, &archive, &seal, &error).ok, "%s", error.message);
    cr_assert(seal_line(seal, 0, TEXT("block one"), &error).ok, "%s", error.message);
    cr_assert(seal_line(seal, 1, TEXT("block two"), &error).ok, "%s", error.message);
    cr_assert(seal_finish(&seal, &error).ok, "%s", error.message);
    return keyring;
}

/* Blocks read until the end or the first error. */
static int blocks_of(const SealOpener *opener, const char *name, Error *error)
{
    SCOPED(seal_reader_close) SealReader *reader = NULL;
    char path[FIXTURE_PATH_BYTES];
    uint64_t number;
    bool at_end = false;
    Text block;
    int count = 0;

    if (!seal_open(opener, fixture_path(name, path), &reader, error).ok)
        return -1;
    while (seal_next(reader, &number, &block, &at_end, error).ok && !at_end)
        cr_expect_eq(number, (uint64_t)count++);
    return count;
}

Test(seal, an_archive_is_read_by_its_opening_and_by_the_private_key)
{
    char private_key[FIXTURE_PATH_BYTES], opening[FIXTURE_PATH_BYTES];
    Keyring *keyring = archive_of("delivery 7", "7.sealed", "7.opening");
    Error error = {0};
    write_private_key();

    int by_opening = blocks_of(&(SealOpener){.of = "delivery 7",
                                             .keyring = keyring,
                                             .opening_path = fixture_path("7.opening", opening)},
                               "7.sealed", &error);
    int by_private =
        blocks_of(&(SealOpener){.of = "delivery 7", .private_key_path = fixture_path("private", private_key)},
                  "7.sealed", &error);

    cr_expect_eq(by_opening, 2, "%s", error.message);
    cr_expect_eq(by_private, 2, "%s", error.message);
    cr_expect_eq(error.code, ERROR_NONE);
    keyring_close(&keyring);
}

/* Switch: leave `of` out of seal_agree's info and the file of delivery 7 opens as that of delivery 8. */
Test(seal, an_archive_in_anothers_place_does_not_open)
{
    char private_key[FIXTURE_PATH_BYTES], opening[FIXTURE_PATH_BYTES];
    Keyring *keyring = archive_of("delivery 7", "7.sealed", "7.opening");
    Error error = {0};
    write_private_key();

    const SealOpener as_eight = {.of = "delivery 8",
                                 .private_key_path = fixture_path("private", private_key)};
    cr_expect_eq(blocks_of(&as_eight, "7.sealed", &error), 0);
    cr_expect_eq(error.code, ERROR_INPUT);
    const SealOpener opened_as_eight = {
        .of = "delivery 8", .keyring = keyring, .opening_path = fixture_path("7.opening", opening)};
    error = (Error){0};
    cr_expect_eq(blocks_of(&opened_as_eight, "7.sealed", &error), -1);
    cr_expect_eq(error.code, ERROR_INPUT);
    keyring_close(&keyring);
}

Test(seal, an_opening_opens_its_own_archive_alone_and_only_by_its_keyring)
{
    char opening[FIXTURE_PATH_BYTES];
    uint8_t root[KEY_BYTES] = {9};
    Keyring *keyring = archive_of("delivery 7", "7.sealed", "7.opening");
    Error error = {0};
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = fixture_read("7.sealed", bytes, sizeof bytes);
    bytes[12] ^= 1; /* the header's public key */
    fixture_write("other.sealed", bytes, length);
    const SealOpener opener = {
        .of = "delivery 7", .keyring = keyring, .opening_path = fixture_path("7.opening", opening)};

    cr_expect_eq(blocks_of(&opener, "other.sealed", &error), -1);
    cr_expect_eq(error.code, ERROR_INPUT);
    keyring_close(&keyring);

    fixture_write("keyring/regional.key", root, sizeof root);
    char folder[FIXTURE_PATH_BYTES];
    keyring = fixture_open(fixture_path("keyring", folder));
    const SealOpener by_other = {.of = "delivery 7", .keyring = keyring, .opening_path = opening};
    error = (Error){0};
    cr_expect_eq(blocks_of(&by_other, "7.sealed", &error), -1);
    cr_expect_eq(error.code, ERROR_INPUT);
    keyring_close(&keyring);
}

/* Switch: let check_end in seal_read.c return without looking. */
Test(seal, an_archive_cut_anywhere_is_never_whole)
{
    char private_key[FIXTURE_PATH_BYTES];
    Keyring *keyring = archive_of("delivery 7", "7.sealed", "7.opening");
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length = fixture_read("7.sealed", bytes, sizeof bytes);
    write_private_key();
    const SealOpener opener = {.of = "delivery 7", .private_key_path = fixture_path("private", private_key)};

    for (size_t cut = 0; cut < length; cut++) {
        Error error = {0};
        fixture_write("cut.sealed", bytes, cut);
        (void)blocks_of(&opener, "cut.sealed", &error);
        cr_expect_eq(error.code, ERROR_INPUT, "cut at %zu", cut);
    }
    keyring_close(&keyring);
}
