#include "tests/ingest/reading.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "ingest/wiped.h"
#include "tests/support/support.h"

enum {
    CANARY_BYTES = 24,
    PIECE_BYTES = 64 << 10,
    MAP_BYTES_MAX = 1 << 30,
    CONTENT_BYTES = 4096,
    MASK = 0x5A
};

/* In front of the canary, since an allocator writes into the first bytes of what is freed. */
#define FILLER "0123456789012345678901234567890123456789"

/* Is made when it is needed, so that the program itself does not hold it. */
static void make_canary(char canary[CANARY_BYTES])
{
    static const char masked[CANARY_BYTES + 1] = "\x19\x3B\x34\x3B\x28\x23\x77\x6B\x68\x69\x6E\x6F"
                                                 "\x6C\x6D\x62\x63\x77\x39\x3B\x34\x3B\x28\x23\x77";
    for (size_t i = 0; i < CANARY_BYTES; i++)
        canary[i] = (char)(masked[i] ^ MASK);
}

static size_t count_in(const char *bytes, size_t length, const char *wanted)
{
    size_t count = 0;
    const char *at = bytes;

    while ((at = memmem(at, length - (size_t)(at - bytes), wanted, CANARY_BYTES)) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* One mapping in pieces that overlap by less than the canary. */
static size_t count_in_mapping(int memory, uint64_t from, uint64_t to, const char *canary)
{
    static char piece[PIECE_BYTES];
    size_t count = 0;

    for (uint64_t at = from; at < to; at += PIECE_BYTES - CANARY_BYTES + 1) {
        size_t wanted = to - at < PIECE_BYTES ? (size_t)(to - at) : PIECE_BYTES;
        ssize_t length = pread(memory, piece, wanted, (off_t)at);
        if (length > 0)
            count += count_in(piece, (size_t)length, canary);
        secret_wipe(piece, sizeof piece);
    }
    return count;
}

/* How often the canary stands in what this process may write to, its own copy apart. */
static size_t count_in_memory(void)
{
    char canary[CANARY_BYTES], line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    size_t count = 0;
    uint64_t from, to;

    cr_assert(maps != NULL && memory >= 0);
    make_canary(canary);
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " rw", &from, &to) == 2 && strstr(line, " rw") != NULL &&
            to - from < MAP_BYTES_MAX)
            count += count_in_mapping(memory, from, to, canary);
    count -= count > 0; /* canary */
    secret_wipe(canary, sizeof canary);
    fclose(maps);
    close(memory);
    return count;
}

/* head, then the canary, then tail. */
static const char *write_canary(const char *head, const char *tail)
{
    const char *path = support_file("canary", "");
    char content[CONTENT_BYTES];
    size_t length = strlen(head);

    memcpy(content, head, length);
    make_canary(content + length);
    length += CANARY_BYTES;
    memcpy(content + length, tail, strlen(tail));
    length += strlen(tail);
    int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    cr_assert(file >= 0);
    cr_assert_eq(write(file, content, length), (ssize_t)length);
    close(file);
    secret_wipe(content, sizeof content);
    return path;
}

static void expect_wiped(ReaderFormat format, const char *head, const char *tail)
{
    static const ReaderColumn columns[] = {{.name = {.data = "a", .length = 1}, .width = CANARY_BYTES}};
    SCOPED(reader_close) Reader *reader = NULL;
    const ReaderRecord *record;
    Error error = {0};
    const char *path = write_canary(head, tail);
    format.columns = columns;
    format.column_count = 1;
    format.record_bytes_max = 256;
    format.read_bytes_max = 16;

    cr_assert(reader_open(path, &format, &reader, &error).ok, "%s", error.message);
    reader_expect(reader, 1);
    cr_assert(reader_next(reader, &record, &error).ok, "%s", error.message);
    cr_assert_not_null(record);
    size_t while_read = count_in_memory();
    do {
        cr_assert(reader_next(reader, &record, &error).ok, "%s", error.message);
    } while (record != NULL);
    reader_close(&reader);
    size_t after = count_in_memory();

    cr_expect_gt(while_read, 0, "the search finds what is there");
    cr_expect_eq(after, 0, "%zu copies are left", after);
}

/* Go red when json_set_alloc_funcs, the memory of expat or the wiping of a buffer is taken out. */
Test(wiped, nothing_of_json_lines_is_left_in_memory)
{
    expect_wiped((ReaderFormat){.kind = READER_JSON_LINES}, "{\"a\":\"" FILLER, "\"}\n{\"a\":\"2\"}\n");
    expect_wiped((ReaderFormat){.kind = READER_JSON_LINES}, "{\"a\":\"" FILLER,
                 "\",\"a\":1}\n{\"a\":\"2\"}\n");
}

Test(wiped, nothing_of_xml_is_left_in_memory)
{
    expect_wiped((ReaderFormat){.kind = READER_XML, .record_element = TEXT("Row")}, "<x><Row><a>" FILLER,
                 "</a></Row><Row a='1'/></x>");
    expect_wiped((ReaderFormat){.kind = READER_XML, .record_element = TEXT("Row")}, "<x><Row a='" FILLER,
                 "'/><Row a='1'/></x>");
}

Test(wiped, nothing_of_fixed_width_is_left_in_memory)
{
    expect_wiped((ReaderFormat){.kind = READER_FIXED}, "", "\nshort\n");
}

Test(wiped, memory_that_grows_keeps_its_content)
{
    char *memory = wiped_resize(NULL, 4);
    memcpy(memory, "abc", 4);

    memory = wiped_resize(memory, 4000);

    cr_expect_str_eq(memory, "abc");
    cr_expect_eq(memory[3999], 0);
    wiped_free(memory);
    wiped_free(NULL);
}
