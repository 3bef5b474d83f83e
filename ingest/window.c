#include "ingest/window.h"

#include <string.h>

struct Windows {
    Arena *arena;                 /* of the groups' names */
    RuleWindow held[WINDOWS_MAX]; /* sorted */
    size_t count;
};

Windows *windows_create(void)
{
    Windows *windows = memory_alloc(sizeof *windows);

    windows->arena = arena_create((size_t)WINDOWS_MAX * SPEC_BYTES_MAX);
    return windows;
}

static int compare(const RuleWindow *a, const RuleWindow *b)
{
    int order = text_compare(a->group, b->group);

    if (order == 0)
        order = (a->from > b->from) - (a->from < b->from);
    return order != 0 ? order : (a->to > b->to) - (a->to < b->to);
}

/* Where it is, or where it belongs. */
static size_t find(const Windows *windows, const RuleWindow *window)
{
    size_t low = 0, high = windows->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&windows->held[middle], window) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Result windows_add(Windows *windows, const RuleRow *row, const char *path, Error *error)
{
    if (!row->has_window)
        return RESULT_OK;
    size_t at = find(windows, &row->window);
    if (at < windows->count && compare(&windows->held[at], &row->window) == 0)
        return RESULT_OK;
    if (windows->count == WINDOWS_MAX)
        return fail(error, ERROR_LIMIT, "%s: replaces more than %d different spans of days of groups", path,
                    WINDOWS_MAX);
    memmove(windows->held + at + 1, windows->held + at, (windows->count - at) * sizeof *windows->held);
    windows->held[at] = row->window;
    windows->held[at].group = text_copy(windows->arena, row->window.group);
    windows->count++;
    return RESULT_OK;
}

size_t windows_count(const Windows *windows)
{
    return windows->count;
}

void windows_list(const Windows *windows, Text *groups, int64_t *days)
{
    for (size_t i = 0; i < windows->count; i++) {
        groups[i] = windows->held[i].group;
        days[2 * i] = windows->held[i].from;
        days[2 * i + 1] = windows->held[i].to;
    }
}

void windows_close(Windows **windows)
{
    if (*windows == NULL)
        return;
    arena_close(&(*windows)->arena);
    memory_free(*windows);
    *windows = NULL;
}
