#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/people.h"

enum { LINE_BYTES = 4096, CELLS_MAX = 32 };

typedef struct Row {
    char line[LINE_BYTES];
    const char *cells[CELLS_MAX];
    size_t count;
} Row;

static bool next_row(FILE *stream, Row *row)
{
    if (fgets(row->line, sizeof row->line, stream) == NULL)
        return false;
    row->line[strcspn(row->line, "\r\n")] = '\0';
    row->count = 0;
    for (char *at = row->line; at != NULL && row->count < CELLS_MAX;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma++ = '\0';
        at += strspn(at, " ");
        row->cells[row->count++] = at;
        at = comma;
    }
    return true;
}

static size_t column_of(const Row *header, const char *name)
{
    size_t at = 0;

    while (at < header->count && strcmp(header->cells[at], name) != 0)
        at++;
    return at;
}

/* A file's records of one person lie together. */
static void keep(const PeopleFile *file, const Row *row, const size_t *columns, People *people)
{
    Person *person = &people->all[people->count++];

    *person = (Person){0};
    for (size_t i = 0; i < file->field_count; i++)
        (void)snprintf(person->fields[i], PERSON_TEXT, "%.*s", PERSON_TEXT - 1, row->cells[columns[i]]);
}

static void read_rows(const PeopleFile *file, FILE *stream, const size_t *columns, size_t truth,
                      People *people)
{
    Row *row = memory_alloc(sizeof *row);
    char last[PERSON_TEXT] = "";
    size_t capacity = 0;

    while (next_row(stream, row)) {
        if (row->count <= truth || strchr(row->line, '"') != NULL || strcmp(row->cells[truth], last) == 0)
            continue;
        bool is_whole = true;
        for (size_t i = 0; i < file->field_count; i++)
            is_whole = is_whole && columns[i] < row->count;
        if (!is_whole)
            continue;
        (void)snprintf(last, sizeof last, "%.*s", PERSON_TEXT - 1, row->cells[truth]);
        if (people->count == capacity) {
            capacity = capacity * 2 + 1024;
            people->all = memory_resize(people->all, capacity * sizeof *people->all);
        }
        keep(file, row, columns, people);
    }
    memory_free(row);
}

People people_read(const PeopleFile *file)
{
    People people = {.field_count = file->field_count};
    FILE *stream = fopen(file->path, "r");
    Row *header = memory_alloc(sizeof *header);
    size_t columns[ENCODING_FIELDS_MAX], truth = 0;

    bool is_good = stream != NULL && next_row(stream, header);
    for (size_t i = 0; i < file->field_count && is_good; i++) {
        people.kinds[i] = file->fields[i].kind;
        columns[i] = column_of(header, file->fields[i].column);
        is_good = columns[i] < header->count;
    }
    if (is_good)
        truth = column_of(header, file->truth);
    if (is_good && truth < header->count)
        read_rows(file, stream, columns, truth, &people);
    if (stream != NULL)
        (void)fclose(stream);
    memory_free(header);
    return people;
}
