#include "ingest/spec_place.h"

#include <string.h>

static bool is_key_line(Text line, const char *key)
{
    size_t length = strlen(key);
    return text_starts_with(line, text_from(key)) && line.length > length && line.data[length] == ':';
}

size_t spec_line_of_key(Text text, const char *key)
{
    for (size_t number = 1; text.length > 0; number++)
        if (is_key_line(text_next(&text, '\n'), key))
            return number;
    return 0;
}

static size_t count_names(Text line)
{
    size_t count = 0;

    for (size_t i = 0; i + 5 <= line.length && line.data[i] != '#'; i++)
        count += memcmp(line.data + i, "name:", 5) == 0 && i > 0 && strchr(" {,-", line.data[i - 1]) != NULL;
    return count;
}

size_t spec_line_of_entry(Text text, const char *sequence, size_t index)
{
    bool is_inside = false;
    size_t seen = 0;

    for (size_t number = 1; text.length > 0; number++) {
        Text line = text_next(&text, '\n');
        if (line.length > 0 && strchr(" -#\r", line.data[0]) == NULL)
            is_inside = is_key_line(line, sequence);
        if (!is_inside)
            continue;
        seen += count_names(line);
        if (seen > index)
            return number;
    }
    return 0;
}
