#include "ingest/names.h"

static char normal(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == ' ' || c == '-' ? '_' : c;
}

/* The same text; normalised: letters without regard to case, and space, _ and - alike. */
static bool are_alike(Text a, Text b, bool is_normalised)
{
    if (!is_normalised)
        return text_equal(a, b);
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (normal(a.data[i]) != normal(b.data[i]))
            return false;
    return true;
}

static bool means(const ReaderFormat *format, size_t index, Text name)
{
    const ReaderColumn *column = &format->columns[index];
    bool is_normalised = format->header == READER_HEADER_NORMALISED;

    if (are_alike(column->name, name, is_normalised))
        return true;
    for (size_t i = 0; i < column->alias_count; i++)
        if (are_alike(column->aliases[i], name, is_normalised))
            return true;
    return false;
}

int names_find(Names *names, Text name)
{
    const ReaderFormat *format = names->format;

    for (size_t tried = 0; tried < format->column_count; tried++) {
        size_t index = (names->next + tried) % format->column_count;
        if (!means(format, index, name))
            continue;
        names->next = index + 1;
        if (!names->is_renamed[index] && !text_equal(format->columns[index].name, name)) {
            names->is_renamed[index] = true;
            names->renamed++;
        }
        return (int)index;
    }
    return -1;
}
