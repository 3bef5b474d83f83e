#include "synth/schedule.h"

#include <stdlib.h>

#include "base/arena.h"

enum { DELIVERIES_FIRST = 64 };

void schedule_add(Schedule *schedule, const Delivery *delivery)
{
    if (schedule->count == schedule->capacity) {
        schedule->capacity = schedule->capacity == 0 ? DELIVERIES_FIRST : 2 * schedule->capacity;
        schedule->items = memory_resize(schedule->items, schedule->capacity * sizeof(Delivery));
    }
    schedule->items[schedule->count] = *delivery;
    schedule->items[schedule->count].nth = schedule->count;
    schedule->count++;
}

static int compare(const void *a, const void *b)
{
    const Delivery *one = a, *other = b;

    if (one->arrives != other->arrives)
        return one->arrives < other->arrives ? -1 : 1;
    if (one->arrives_last != other->arrives_last)
        return one->arrives_last ? 1 : -1;
    return one->nth < other->nth ? -1 : 1;
}

Result schedule_write(Schedule *schedule, const char *folder, Error *error)
{
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;
    char period[DATE_TEXT_BYTES];

    qsort(schedule->items, schedule->count, sizeof *schedule->items, compare);
    TRY(extract_open(folder, "deliveries.csv", &LAYOUT_DELIVERIES, &extract, error));
    for (size_t i = 0; i < schedule->count; i++) {
        const Delivery *delivery = &schedule->items[i];
        extract_text(&extract, synth_source_name(delivery->source));
        extract_text(&extract, delivery->sender);
        extract_text(&extract, month_format(delivery->period, period));
        extract_text(&extract, delivery->status);
        extract_text(&extract, delivery->path);
        extract_text(&extract, delivery->is_replacement ? "yes" : "no");
        extract_integer(&extract, (int64_t)i + 1);
        (void)extract_write_row(&extract, ROW_WHOLE);
        extract_new_row(&extract);
    }
    return extract_close(&extract, error);
}

void schedule_close(Schedule *schedule)
{
    memory_free(schedule->items);
    *schedule = (Schedule){0};
}
