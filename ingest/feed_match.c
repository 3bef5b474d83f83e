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

/* How far pattern and name are matched, and what that told. */
typedef struct Place {
    Text pattern, name;
    Found found;
} Place;

/* One field or letter of the pattern. */
static bool step(Place *place)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!text_starts_with(place->pattern, text_from(fields[i].name)))
            continue;
        if (!take_digits(place->name, fields[i].digits, (int *)((char *)&place->found + fields[i].offset)))
            return false;
        place->pattern = behind(place->pattern, strlen(fields[i].name));
        place->name = behind(place->name, fields[i].digits);
        return is_civil(&place->found);
    }
    if (place->pattern.length == 0 || place->name.length == 0 ||
        place->name.data[0] != place->pattern.data[0])
        return false;
    place->pattern = behind(place->pattern, 1);
    place->name = behind(place->name, 1);
    return true;
}

/* A star takes as little as it can, and only the last one is ever taken back: a name costs no more than its
 * length times the pattern's. */
static bool match(Text pattern, Text name, Found *found)
{
    Place place = {.pattern = pattern, .name = name, .found = *found}, star;
    bool has_star = false;

    while (place.pattern.length > 0 || place.name.length > 0) {
        if (place.pattern.length > 0 && place.pattern.data[0] == '*') {
            place.pattern = behind(place.pattern, 1);
            star = place;
            has_star = true;
        } else if (!step(&place)) {
            if (!has_star || star.name.length == 0)
                return false;
            star.name = behind(star.name, 1);
            place = star;
        }
    }
    *found = place.found;
    return true;
}

bool feed_match(const Feed *feed, Text name, Month *period)
{
    Found found = {-1, -1, -1};

    *period = DATE_NONE;
    if (!match(text_from(feed->file), name, &found))
        return false;
    if (found.year >= 0 && found.month >= 0)
        *period = month_from(found.year, found.month);
    return true;
}
