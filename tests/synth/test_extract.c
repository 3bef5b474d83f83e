#include "synth/extract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/input.h"
#include "tests/support/temporary.h"

static const char *const three_columns[] = {"name", "day", "code"};
static const Layout comma = {"test", three_columns, 3, "\n", ',', .damage_date = 1, .damage_code = 2};
static const Layout pipe_layout = {"test",
                                   three_columns,
                                   3,
                                   "\r\n",
                                   '|',
                                   .damage_date = 1,
                                   .damage_code = -1,
                                   .is_windows_1252 = true,
                                   .is_british_date = true};

typedef struct Written {
    char folder[TEMPORARY_PATH_BYTES];
    Arena *arena;
    Extract extract;
} Written;

static Written begin(const Layout *layout)
{
    Written written = {.arena = arena_create(1 << 20)};
    Error error = {0};

    cr_assert_not_null(mkdtemp(temporary_path("extract-XXXXXX", written.folder)));
    cr_assert(extract_open(written.folder, "a/b.csv", layout, &written.extract, &error).ok, "%s",
              error.message);
    return written;
}

static void add_row(Extract *extract, const char *name, Date day, const char *code)
{
    extract_new_row(extract);
    extract_text(extract, name);
    extract_date(extract, day);
    extract_text(extract, code);
}

static const char *finish(Written *written)
{
    Error error = {0};
    Text content;
    char path[TEMPORARY_PATH_BYTES + 16];

    cr_assert(extract_close(&written->extract, &error).ok, "%s", error.message);
    (void)snprintf(path, sizeof path, "%s/a/b.csv", written->folder);
    cr_assert(input_read_all(path, 1 << 16, written->arena, &content, &error).ok, "%s", error.message);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/a", written->folder);
    (void)rmdir(path);
    (void)rmdir(written->folder);
    return content.data;
}

Test(extract, commas_and_quotation_marks_are_quoted)
{
    Written written = begin(&comma);

    add_row(&written.extract, "1 \"Oak\", Dover", date_from_civil(2026, 7, 31), "");
    int64_t line = extract_write_row(&written.extract, ROW_WHOLE);
    const char *content = finish(&written);

    cr_expect_eq(line, 2);
    cr_expect_str_eq(content, "name,day,code\n\"1 \"\"Oak\"\", Dover\",2026-07-31,\n");
    arena_close(&written.arena);
}

Test(extract, names_are_written_in_windows_1252_where_the_layout_says_so)
{
    Written written = begin(&pipe_layout);

    add_row(&written.extract, "Éva Šimek O’Sullivan Jürgen", date_from_civil(2026, 2, 1), "Žukas ž š Š");
    (void)extract_write_row(&written.extract, ROW_WHOLE);
    const char *content = finish(&written);

    cr_expect_str_eq(content,
                     "name|day|code\r\n"
                     "\xc9va \x8aimek O\x92Sullivan J\xfcrgen|01/02/2026|\x8eukas \x9e \x9a \x8a\r\n");
    arena_close(&written.arena);
}

Test(extract, damage_is_a_field_too_few_or_many_or_a_date_or_code_that_nobody_knows)
{
    Written written = begin(&comma);

    add_row(&written.extract, "a", date_from_civil(2026, 7, 1), "x");
    (void)extract_write_row(&written.extract, ROW_SHORT);
    (void)extract_write_row(&written.extract, ROW_LONG);
    (void)extract_write_row(&written.extract, ROW_BAD_DATE);
    (void)extract_write_row(&written.extract, ROW_BAD_CODE);
    int64_t damaged = written.extract.damaged;
    const char *content = finish(&written);

    cr_expect_eq(damaged, 4);
    cr_expect_str_eq(content,
                     "name,day,code\na,2026-07-01\na,2026-07-01,x,\na,2026-02-31,x\na,2026-07-01,?!\n");
    arena_close(&written.arena);
}

Test(extract, numbers_are_written_with_their_places)
{
    Written written = begin(&comma);

    extract_integer(&written.extract, -120);
    extract_pence(&written.extract, 1205);
    extract_tenths(&written.extract, 7);
    (void)extract_write_row(&written.extract, ROW_WHOLE);
    const char *content = finish(&written);

    cr_expect_str_eq(content, "name,day,code\n-120,12.05,0.7\n");
    arena_close(&written.arena);
}

Test(extract, a_copied_row_is_the_same_in_both_files)
{
    Written one = begin(&comma), other = begin(&comma);

    add_row(&one.extract, "a", DATE_NONE, "x");
    extract_copy_row(&other.extract, &one.extract);
    (void)extract_write_row(&other.extract, ROW_WHOLE);
    (void)finish(&one);
    const char *content = finish(&other);

    cr_expect_str_eq(content, "name,day,code\na,,x\n");
    arena_close(&one.arena);
    arena_close(&other.arena);
}

Test(extract, a_full_disk_is_told_when_the_file_is_closed)
{
    Extract extract;
    Error error = {0};

    Result opened = extract_open("/dev", "full", &comma, &extract, &error);
    cr_assert(opened.ok);
    Result closed = extract_close(&extract, &error);

    cr_expect_not(closed.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect(strstr(error.message, "/dev/full") != NULL);
}

Test(extract, a_folder_that_cannot_be_made_is_an_error)
{
    Extract extract;
    Error error = {0};

    Result opened = extract_open("/dev/null", "a/b.csv", &comma, &extract, &error);

    cr_expect_not(opened.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
}

Test(extract, a_path_that_is_too_long_is_refused)
{
    Extract extract;
    Error error = {0};
    char folder[600];

    memset(folder, 'x', sizeof folder - 1);
    folder[sizeof folder - 1] = '\0';
    Result opened = extract_open(folder, "b.csv", &comma, &extract, &error);

    cr_expect_not(opened.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}
