#include "pseudonymise/postcode_directory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/input.h"

enum { LINE_BYTES_MAX = 256, READ_BYTES = 64 * 1024, EDITION_BYTES = 32, LSOA_DIGITS = 8 };
/* 16 bytes: Great Britain has 1.7 million live postcodes and 2.7 million in all. */
typedef struct Entry {
    uint64_t postcode;             /* letters and digits, 8 bits each, the first one highest */
    uint32_t lsoa_2011, lsoa_2021; /* pack_lsoa */
} Entry;

struct PostcodeDirectory {
    Entry *entries; /* as read, until they are in slots */
    size_t count, capacity;
    Entry *slots; /* each postcode in the first free one from home_of it on; 0: free */
    size_t slot_count;
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

/* Where a postcode is looked for first: products spread evenly however alike postcodes are (Knuth, TAOCP
 * 6.4). */
static size_t home_of(const PostcodeDirectory *directory, uint64_t postcode)
{
    uint64_t spread = postcode * UINT64_C(0x9E3779B97F4A7C15);

    return (size_t)((unsigned __int128)spread * directory->slot_count >> 64);
}

/* Its slot, or the free one that it would take. */
static Entry *find_slot(const PostcodeDirectory *directory, uint64_t postcode)
{
    size_t at = home_of(directory, postcode);

    while (directory->slots[at].postcode != postcode && directory->slots[at].postcode != 0)
        at = at + 1 < directory->slot_count ? at + 1 : 0;
    return &directory->slots[at];
}

/* A fifth of the slots stays free: three are looked at on average, mostly of one line of memory. */
static Result index_entries(const char *path, PostcodeDirectory *directory, Error *error)
{
    if (directory->count == 0)
        return fail(error, ERROR_INPUT, "%s: an empty postcode directory", path);
    directory->slot_count = directory->count + directory->count / 4 + 1;
    directory->slots = memory_alloc(directory->slot_count * sizeof *directory->slots);
    for (size_t i = 0; i < directory->count; i++) {
        Entry *slot = find_slot(directory, directory->entries[i].postcode);
        if (slot->postcode != 0)
            return fail(error, ERROR_INPUT, "%s: a postcode occurs twice", path);
        *slot = directory->entries[i];
    }
    memory_free(directory->entries);
    directory->entries = NULL;
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

void postcode_directory_expect(const PostcodeDirectory *directory, Text postcode)
{
    __builtin_prefetch(&directory->slots[home_of(directory, pack_postcode(postcode))]);
}

bool postcode_directory_find(const PostcodeDirectory *directory, Text postcode, char lsoa_2011[LSOA_BYTES],
                             char lsoa_2021[LSOA_BYTES])
{
    const Entry *found = find_slot(directory, pack_postcode(postcode));

    unpack_lsoa(found->lsoa_2011, lsoa_2011); /* of a free slot 0 */
    unpack_lsoa(found->lsoa_2021, lsoa_2021);
    return found->postcode != 0;
}

void postcode_directory_close(PostcodeDirectory **directory)
{
    if (*directory == NULL)
        return;
    memory_free((*directory)->entries);
    memory_free((*directory)->slots);
    memory_free(*directory);
    *directory = NULL;
}
