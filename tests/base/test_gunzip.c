#include "base/gunzip.h"
#include "tests/base/packed.h"

enum { ROOM = 4096 };

static Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length});
    return RESULT_OK;
}

static Result unpack(const unsigned char *file, size_t length, size_t piece, uint64_t bytes_max,
                     TextBuilder *content, Error *error)
{
    SCOPED(gunzip_close) Gunzip *gunzip = NULL;

    TRY(gunzip_open("a chunk", bytes_max, 200, &gunzip, error));
    for (size_t at = 0; at < length; at += piece)
        TRY(gunzip_add(gunzip, file + at, at + piece < length ? piece : length - at, keep, content, error));
    return gunzip_end(gunzip, error);
}

/* RFC 1952, section 2.2: members follow one another. */
Test(gunzip, gives_the_content_whatever_the_pieces)
{
    unsigned char file[ROOM];
    size_t length = gzip("hello ", 6, file, sizeof file);
    length += gzip("world", 5, file + length, sizeof file - length);

    for (size_t piece = 1; piece <= length; piece++) {
        SCOPED(text_builder_close) TextBuilder content = text_builder(ROOM);
        Error error = {0};
        cr_assert(unpack(file, length, piece, ROOM, &content, &error).ok, "%s", error.message);
        cr_expect(text_equal(text_built(&content), TEXT("hello world")));
    }
}

/* The switch: gunzip_end. The last eight bytes of a member are its CRC and length. */
Test(gunzip, a_cut_anywhere_is_an_error_at_the_end)
{
    unsigned char file[ROOM];
    size_t length = gzip("hello hello hello", 17, file, sizeof file);

    for (size_t cut = 0; cut < length; cut++) {
        SCOPED(text_builder_close) TextBuilder content = text_builder(ROOM);
        Error error = {0};
        cr_expect_not(unpack(file, cut, 7, ROOM, &content, &error).ok, "cut at %zu", cut);
        cr_expect_eq(error.code, ERROR_INPUT);
    }
}

Test(gunzip, damage_and_bytes_behind_the_last_member_are_errors)
{
    unsigned char file[ROOM];
    size_t length = gzip("hello hello hello", 17, file, sizeof file);
    SCOPED(text_builder_close) TextBuilder content = text_builder(ROOM);
    Error error = {0};

    file[length] = 'x';
    cr_expect_not(unpack(file, length + 1, ROOM, ROOM, &content, &error).ok);
    file[length - 5] ^= 1; /* of the CRC */
    cr_expect_not(unpack(file, length, ROOM, ROOM, &content, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "a chunk: gzip member is damaged (incorrect data check)");
}

Test(gunzip, unpacks_to_no_more_than_allowed)
{
    unsigned char file[ROOM];
    size_t length = gzip("hello hello hello", 17, file, sizeof file);
    SCOPED(text_builder_close) TextBuilder content = text_builder(ROOM);
    Error error = {0};

    cr_expect(unpack(file, length, ROOM, 17, &content, &error).ok);
    cr_expect_not(unpack(file, length, ROOM, 16, &content, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
}
