#include "ingest/reader_marker.h"

/* Fixed width has the record as one field here. */
bool marker_matches(const ReaderMarker *marker, const Scan *scan)
{
    if (marker->name.length == 0 || scan->field_count == 0)
        return false;
    if (scan->format->kind == READER_FIXED)
        return text_starts_with(scan->fields[0], marker->name);
    return text_equal(text_trim(scan->fields[0]), marker->name);
}

bool marker_count(const ReaderMarker *marker, const Scan *scan, uint64_t *rows)
{
    size_t from = marker->count_from, to = marker->count_to;
    Text text = {0};
    int64_t number;

    if (scan->format->kind == READER_FIXED) {
        size_t length = scan->fields[0].length;
        if (from > length)
            return false;
        text = text_slice(scan->fields[0], from - 1, to == 0 || to > length ? length : to);
    } else if (from <= scan->field_count) {
        text = scan->fields[from - 1];
    }
    if (!text_to_int64(text_trim(text), &number) || number < 0)
        return false;
    *rows = (uint64_t)number;
    return true;
}
