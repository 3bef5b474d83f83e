/* digest_cases FILE: lines of value,salt,digest as openpseudonymiser.org publishes them, behind a header. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/input.h"
#include "pseudonymise/pseudonymise.h"

enum { FILE_BYTES_MAX = 1 << 20 };

static bool agrees(Text line)
{
    char digest[HASH_TEXT_BYTES];
    Error error;
    OpenPseudonymiserField field = {.name = TEXT("NHSNumber"), .value = text_next(&line, ',')};
    Text salt = text_next(&line, ',');

    return openpseudonymiser_digest(&field, 1, salt, digest, &error).ok &&
           text_equal(text_from(digest), text_next(&line, '\r')) &&
           openpseudonymiser_is_digest(text_from(digest));
}

int main(int argc, char **argv)
{
    SCOPED(arena_close) Arena *arena = arena_create(4 * (size_t)FILE_BYTES_MAX);
    int cases = 0, failed = 0;
    Error error;
    Text rest;

    if (argc != 2 || !input_read_all(argv[1], FILE_BYTES_MAX, arena, &rest, &error).ok) {
        fprintf(stderr, "usage: digest_cases FILE, which is there\n");
        return 2;
    }
    (void)text_next(&rest, '\n');
    while (rest.length > 0) {
        bool good = agrees(text_next(&rest, '\n'));
        cases++;
        failed += !good;
        if (!good)
            printf("FAIL line %d: another digest\n", cases + 1);
    }
    printf("%d passed, %d failed\n", cases - failed, failed);
    return failed > 0 || cases == 0;
}
