#include "pseudonymise/postcode_directory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/input.h"

enum { LINE_BYTES_MAX = 256, READ_BYTES = 64 * 1024, EDITION_BYTES = 32, LSOA_DIGITS = 8 };
enum { BUCKET_ENTRIES = 4 }; /* at most, on average: a line of the processor's memory */

/* 16 bytes: Great Britain has 1.7 million live postcodes and 2.7 million in all. */
typedef struct Entry {
    uint64_t postcode;             /* letters and digits, 8 bits each, the first one highest */
    uint32_t lsoa_2011, lsoa_2021; /* pack_lsoa */
} Entry;

struct PostcodeDirectory {
    Entry *entries; /* by bucket_of their postcodes */
    size_t count, capacity;
    size_t *starts; /* of each bucket; one more for the end of the last */
    unsigned bucket_bits;
    char edition[EDITION_BYTES];
};

static uint64_t pack_postcode(Text postcode)
{
    uint64_t packed = 0;

    for (size_t i = 0; i < postcode.length; i++) {
        if (postcode.data[i] != ' ')
            packed = packed << 8 | (unsigned char)postcode.data[i];
    }
    return packed;
}

/* "E01024123": 1 to 26 for the letter above 27 bits of number; 0 is the empty text. */
static bool pack_lsoa(Text text, uint32_t *packed)
{
    int64_t number;

    *packed = 0;
    if (text.length == 0)
        return true;
    if (text.length != 1 + LSOA_DIGITS || text.data[0] < 'A' || text.data[0] > 'Z' || text.data[1] == '-' ||
        !text_to_int64(text_slice(text, 1, text.length), &number))
        return false;
    *packed = (uint32_t)(text.data[0] - 'A' + 1) << 27 | (uint32_t)number;
    return true;
}

static void unpack_lsoa(uint32_t packed, char out[LSOA_BYTES])
{
    uint32_t number = packed & ((UINT32_C(1) << 27) - 1);

    memset(out, 0, LSOA_BYTES);
    if (packed == 0)
        return;
    out[0] = (char)('A' + (packed >> 27) - 1);
    for (int i = LSOA_DIGITS; i >= 1; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
}

/* ---- lines ---- */

typedef struct Lines {
    const char *path;
    Input *input;
    char buffer[READ_BYTES];
    size_t from, to;
    bool at_end;
    uint64_t number;
} Lines;

static void lines_close(Lines **lines)
{
    if (*lines == NULL)
        return;
    input_close(&(*lines)->input);
    memory_free(*lines);
    *lines = NULL;
}

static Result refill(Lines *lines, Error *error)
{
    size_t kept = lines->to - lines->from, length;

    memmove(lines->buffer, lines->buffer + lines->from, kept);
    lines->from = 0;
    lines->to = kept;
    TRY(input_read(lines->input, lines->buffer + kept, sizeof lines->buffer - kept, &length, error));
    lines->to += length;
    lines->at_end = length == 0;
    return RESULT_OK;
}

/* *found false at the end. The view lives until the next call. */
static Result next_line(Lines *lines, Text *line, bool *found, Error *error)
{
    while (!lines->at_end && lines->to - lines->from <= LINE_BYTES_MAX)
        TRY(refill(lines, error));
    Text rest = {.data = lines->buffer + lines->from, .length = lines->to - lines->from};
    *found = rest.length > 0;
    if (!*found)
        return RESULT_OK;
    lines->number++;
    Text after = rest;
    *line = text_next(&after, '\n');
    if (line->length > LINE_BYTES_MAX)
        return fail(error, ERROR_INPUT, "%s line %llu: too long", lines->path,
                    (unsigned long long)lines->number);
    lines->from += line->length < rest.length ? line->length + 1 : line->length;
    if (line->length > 0 && line->data[line->length - 1] == '\r')
        line->length--;
    return RESULT_OK;
}

/* ---- open ---- */

static bool parse_entry(Text line, Entry *entry)
{
    char postcode[9];
    Text rest = line;

    if (pseudonymise_postcode(text_next(&rest, ','), postcode) != IDENTIFIER_VALID)
        return false;
    entry->postcode = pack_postcode(text_from(postcode));
    return pack_lsoa(text_next(&rest, ','), &entry->lsoa_2011) && pack_lsoa(rest, &entry->lsoa_2021);
}

static void add_entry(PostcodeDirectory *directory, Entry entry)
{
    directory->entries =
        memory_room(directory->entries, directory->count, &directory->capacity, sizeof entry);
    directory->entries[directory->count++] = entry;
}

static Result read_entries(Lines *lines, PostcodeDirectory *directory, Error *error)
{
    bool found;
    Text line;

    TRY(next_line(lines, &line, &found, error));
    if (!found || !text_equal(line, TEXT("postcode,lsoa_code_2011,lsoa_code_2021")))
        return fail(error, ERROR_INPUT, "%s line 1: not the header of a postcode directory", lines->path);
    for (;;) {
        Entry entry;
        TRY(next_line(lines, &line, &found, error));
        if (!found)
            return RESULT_OK;
        if (!parse_entry(line, &entry))
            return fail(error, ERROR_INPUT, "%s line %llu: not a postcode and two small areas", lines->path,
                        (unsigned long long)lines->number);
        add_entry(directory, entry);
    }
}

/* The top bits of a product spread evenly however alike postcodes are (Knuth, TAOCP 6.4). */
static size_t bucket_of(const PostcodeDirectory *directory, uint64_t postcode)
{
    return (size_t)(postcode * UINT64_C(0x9E3779B97F4A7C15) >> (64 - directory->bucket_bits));
}

/* Counted first, then each put behind those of its bucket that are there: what was the start of a bucket is
 * then that of the next. */
static void order_entries(PostcodeDirectory *directory)
{
    Entry *ordered = memory_alloc(directory->count * sizeof *ordered);

    directory->bucket_bits = 1;
    while (directory->count >> directory->bucket_bits >= BUCKET_ENTRIES)
        directory->bucket_bits++;
    size_t buckets = (size_t)1 << directory->bucket_bits;
    size_t *starts = directory->starts = memory_alloc((buckets + 2) * sizeof *starts);
    for (size_t i = 0; i < directory->count; i++)
        starts[bucket_of(directory, directory->entries[i].postcode) + 2]++;
    for (size_t i = 2; i < buckets + 2; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < directory->count; i++)
        ordered[starts[bucket_of(directory, directory->entries[i].postcode) + 1]++] = directory->entries[i];
    memory_free(directory->entries);
    directory->entries = ordered;
    directory->capacity = directory->count;
}

/* Of its bucket, before the entry at `end`; NULL: none. */
static const Entry *find_entry(const PostcodeDirectory *directory, uint64_t postcode, size_t end)
{
    size_t bucket = bucket_of(directory, postcode);

    for (size_t i = directory->starts[bucket]; i < directory->starts[bucket + 1] && i < end; i++)
        if (directory->entries[i].postcode == postcode)
            return &directory->entries[i];
    return NULL;
}

static Result index_entries(const char *path, PostcodeDirectory *directory, Error *error)
{
    if (directory->count == 0)
        return fail(error, ERROR_INPUT, "%s: an empty postcode directory", path);
    order_entries(directory);
    for (size_t i = 0; i < directory->count; i++) {
        if (find_entry(directory, directory->entries[i].postcode, i) != NULL)
            return fail(error, ERROR_INPUT, "%s: a postcode occurs twice", path);
    }
    return RESULT_OK;
}

Result postcode_directory_open(const char *path, const char *edition, PostcodeDirectory **directory,
                               Error *error)
{
    SCOPED(lines_close) Lines *lines = memory_alloc(sizeof *lines);
    SCOPED(postcode_directory_close) PostcodeDirectory *made = memory_alloc(sizeof *made);

    if (edition == NULL || edition[0] == '\0' || strlen(edition) >= sizeof made->edition)
        return fail(error, ERROR_CONFIG, "%s: an edition is named in 1 to %d letters", path,
                    EDITION_BYTES - 1);
    (void)snprintf(made->edition, sizeof made->edition, "%s", edition);
    lines->path = path;
    TRY(input_open(path, NULL, &lines->input, error));
    TRY(read_entries(lines, made, error));
    TRY(index_entries(path, made, error));
    *directory = made;
    made = NULL;
    return RESULT_OK;
}

const char *postcode_directory_edition(const PostcodeDirectory *directory)
{
    return directory->edition;
}

bool postcode_directory_find(const PostcodeDirectory *directory, Text postcode, char lsoa_2011[LSOA_BYTES],
                             char lsoa_2021[LSOA_BYTES])
{
    const Entry *found = find_entry(directory, pack_postcode(postcode), directory->count);

    unpack_lsoa(found == NULL ? 0 : found->lsoa_2011, lsoa_2011);
    unpack_lsoa(found == NULL ? 0 : found->lsoa_2021, lsoa_2021);
    return found != NULL;
}

void postcode_directory_close(PostcodeDirectory **directory)
{
    if (*directory == NULL)
        return;
    memory_free((*directory)->entries);
    memory_free((*directory)->starts);
    memory_free(*directory);
    *directory = NULL;
}
