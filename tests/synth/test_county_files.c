/* The reader that the other tests trust is tested itself. */
#define _XOPEN_SOURCE 700
#include "county_files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/input.h"

enum { ARENA_BYTES = 1 << 30, FILE_BYTES = 1 << 28, LINES_MAX = 1 << 17 };

char *county_files_path(const CountyFiles *files, Text path)
{
    return text_to_string(files->arena, text_format(files->arena, "%s/%.*s", files->folder, TEXT_ARG(path)));
}

CountyFiles county_files_make(const SynthOptions *options)
{
    CountyFiles files = {.arena = arena_create(ARENA_BYTES)};
    SynthOptions placed = *options;
    Error error = {0};

    cr_assert_not_null(mkdtemp(temporary_path("synth-XXXXXX", files.folder)));
    placed.out_folder = files.folder;
    Result result = synth_county(&placed, &files.report, &error);
    cr_assert(result.ok, "%s", error.message);
    return files;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void county_files_close(CountyFiles *files)
{
    (void)nftw(files->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    arena_close(&files->arena);
}

static Text read_file(const CountyFiles *files, Text path)
{
    Error error = {0};
    Text content;

    Result result =
        input_read_all(county_files_path(files, path), FILE_BYTES, files->arena, &content, &error);
    cr_assert(result.ok, "%s", error.message);
    return content;
}

static void add_file(const CountyFiles *files, HashStream *stream, Text path)
{
    Hash hash;
    uint64_t bytes;
    Error error = {0};

    cr_assert(input_hash_file(county_files_path(files, path), &hash, &bytes, &error).ok, "%s", error.message);
    hash_add(stream, hash.bytes, sizeof hash.bytes);
}

Hash county_files_hash(const CountyFiles *files)
{
    HashStream *stream = hash_open();
    CsvFile deliveries = csv_open(files, TEXT("deliveries.csv"), ',');

    add_file(files, stream, TEXT("deliveries.csv"));
    add_file(files, stream, TEXT("truth/truth.csv"));
    add_file(files, stream, TEXT("truth/links.csv"));
    add_file(files, stream, TEXT("reference/postcode_directory.csv"));
    while (csv_next(&deliveries))
        if (csv_field(&deliveries, 4).length > 0)
            add_file(files, stream, csv_field(&deliveries, 4));
    Hash hash = hash_value(stream);
    hash_close(&stream);
    return hash;
}

/* One field with RFC 4180 quotation, or to the delimiter. */
static Text next_field(CsvFile *csv, Text *line)
{
    if (csv->delimiter != ',' || line->length == 0 || line->data[0] != '"')
        return text_next(line, csv->delimiter);
    size_t end = 1;
    while (end < line->length && line->data[end] != '"')
        end++;
    Text field = text_slice(*line, 1, end);
    *line = text_slice(*line, end + 2 < line->length ? end + 2 : line->length, line->length);
    return field;
}

bool csv_next(CsvFile *csv)
{
    if (csv->rest.length == 0)
        return false;
    Text line = text_next(&csv->rest, '\n');
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    bool ends_empty = line.length > 0 && line.data[line.length - 1] == csv->delimiter;

    csv->line++;
    csv->field_count = 0;
    while (line.length > 0) {
        cr_assert_lt(csv->field_count, FIELDS_MAX - 1);
        csv->fields[csv->field_count++] = next_field(csv, &line);
    }
    if (ends_empty)
        csv->fields[csv->field_count++] = TEXT("");
    return true;
}

CsvFile csv_open(const CountyFiles *files, Text path, char delimiter)
{
    CsvFile csv = {.arena = files->arena, .rest = read_file(files, path), .delimiter = delimiter};

    cr_assert(csv_next(&csv), "no header");
    return csv;
}

Text csv_field(const CsvFile *csv, size_t index)
{
    cr_assert_lt(index, csv->field_count, "line %d", csv->line);
    return csv->fields[index];
}

LinkRow *county_files_links(const CountyFiles *files, Text path, size_t *count)
{
    CsvFile links = csv_open(files, TEXT("truth/links.csv"), ',');
    LinkRow *rows = arena_alloc(files->arena, LINES_MAX * sizeof *rows);
    int64_t line, person;

    *count = 0;
    while (csv_next(&links)) {
        if (!text_equal(csv_field(&links, 1), path))
            continue;
        cr_assert(text_to_int64(csv_field(&links, 2), &line) && line < LINES_MAX);
        cr_assert(text_to_int64(csv_field(&links, 3), &person));
        rows[line] = (LinkRow){person, text_equal(csv_field(&links, 4), TEXT("yes")), csv_field(&links, 5)};
        *count = (size_t)line + 1;
    }
    return rows;
}

Test(county_files, quoted_fields_and_empty_ones_are_told_apart)
{
    CsvFile csv = {.rest = TEXT("a,\"b, c\",,d\n1||2|\r\n"), .delimiter = ','};

    bool has_first = csv_next(&csv);
    Text quoted = csv_field(&csv, 1), empty = csv_field(&csv, 2);
    size_t first_count = csv.field_count;
    csv.delimiter = '|';
    bool has_second = csv_next(&csv);

    cr_assert(has_first && has_second);
    cr_expect_eq(first_count, 4);
    cr_expect(text_equal(quoted, TEXT("b, c")));
    cr_expect_eq(empty.length, 0);
    cr_expect_eq(csv.field_count, 4, "a delimiter at the end opens an empty field");
    cr_expect_not(csv_next(&csv));
}
