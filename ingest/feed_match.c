/* A feed's pattern of file names: * is anything, {CCYY}, {MM} and {DD} are digits, all else is itself. */
#include <string.h>

#include "ingest/feed.h"

typedef struct Found {
    int year, month, day; /* -1: not told */
} Found;

static const struct {
    const char *name;
    size_t digits, offset;
} fields[] = {
    {"{CCYY}", 4, offsetof(Found, year)},
    {"{MM}", 2, offsetof(Found, month)},
    {"{DD}", 2, offsetof(Found, day)},
};

/* The value must be the same wherever it stands. */
static bool take_digits(Text name, size_t digits, int *value)
{
    int number = 0;

    if (name.length < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        number = number * 10 + (name.data[i] - '0');
    }
    if (*value >= 0 && *value != number)
        return false;
    *value = number;
    return true;
}

static Text behind(Text text, size_t length)
{
    return text_slice(text, length, text.length);
}

static bool is_civil(const Found *found)
{
    bool has_month = found->year >= 0 && found->month >= 0;

    return !has_month || (found->year >= 2000 &&
                          date_is_valid(found->year, found->month, found->day >= 0 ? found->day : 1));
}

/* Recursion no deeper than the pattern is long: each step takes something of it, or a letter for a star. */
static bool match(Text pattern, Text name, Found found, Found *result)
{
    for (;;) {
        if (pattern.length == 0) {
            *result = found;
            return name.length == 0 && is_civil(&found);
        }
        if (pattern.data[0] == '*') {
            for (size_t skip = 0; skip <= name.length; skip++)
                if (match(behind(pattern, 1), behind(name, skip), found, result))
                    return true;
            return false;
        }
        size_t i = 0, count = sizeof fields / sizeof *fields;
        while (i < count && !text_starts_with(pattern, text_from(fields[i].name)))
            i++;
        if (i < count) {
            if (!take_digits(name, fields[i].digits, (int *)((char *)&found + fields[i].offset)))
                return false;
            pattern = behind(pattern, strlen(fields[i].name));
            name = behind(name, fields[i].digits);
        } else {
            if (name.length == 0 || name.data[0] != pattern.data[0])
                return false;
            pattern = behind(pattern, 1);
            name = behind(name, 1);
        }
    }
}

bool feed_match(const Feed *feed, Text name, Month *period)
{
    Found found;

    *period = DATE_NONE;
    if (!match(text_from(feed->file), name, (Found){-1, -1, -1}, &found))
        return false;
    if (found.year >= 0 && found.month >= 0)
        *period = month_from(found.year, found.month);
    return true;
}
