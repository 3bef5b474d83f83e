/* What each column is guessed to be. What cannot be told is ignored: it never leaves the reader. */
#include <string.h>

#include "ingest/guess.h"
#include "ingest/propose_guess.h"

enum { KEY_ROWS_MIN = 5 };

/* ---- stored names ---- */

static bool is_stored_before(const Propose *propose, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(propose->columns[i].stored, propose->columns[index].stored) == 0)
            return true;
    return false;
}

/* Lower-case letters, digits and _; the number keeps it from being another's, or a name of Cinque's own. */
static void name_stored(Propose *propose, size_t index)
{
    ProposeColumn *column = &propose->columns[index];
    char *out = column->stored;
    size_t length = 0;

    for (size_t i = 0; i < column->name.length && length < 30; i++) {
        char c = column->name.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && length > 0);
        if (c >= 'A' && c <= 'Z')
            out[length++] = (char)(c - 'A' + 'a');
        else if (is_plain)
            out[length++] = c;
        else if (length > 0 && out[length - 1] != '_')
            out[length++] = '_';
    }
    while (length > 0 && out[length - 1] == '_')
        length--;
    out[length] = '\0';
    static const char *const taken[] = {
        "load_id",      "line_number",   "subject_id",    "record_key",       "age_days", "person_id",
        "household_id", "person_number", "record_number", "household_number", ""};
    bool is_taken = is_stored_before(propose, index);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        is_taken |= strcmp(out, taken[i]) == 0;
    if (is_taken)
        snprintf(out + length, sizeof column->stored - length, "%sc%zu", length > 0 ? "_" : "", index + 1);
}

/* ---- one column ---- */

static bool is_unique(const Propose *propose, const ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;
    bool is_fraction = counts->decimals > counts->integers;

    return propose->rows >= KEY_ROWS_MIN && counts->filled == propose->rows && !counts->has_repeat &&
           !is_fraction;
}

/* Nearly each value is another: it may be a number of a person or of a thing that is one's. */
static bool is_like_identifier(const ProposeCounts *counts)
{
    enum { SMALL = 999 * PROPOSE_HUNDREDTHS };
    bool is_small_number = counts->decimals == counts->filled && counts->high <= SMALL;
    bool is_fraction = counts->decimals > counts->integers;

    return counts->filled >= PROPOSE_ROWS_MIN && !is_small_number && !is_fraction &&
           counts->distinct * 10 >= (size_t)counts->filled * 9;
}

static void guess_unique(Propose *propose, size_t index)
{
    ProposeColumn *column = &propose->columns[index];

    column->is_key = propose->key == SPEC_NONE;
    if (column->is_key)
        propose->key = (int)index;
    EVIDENCE(column, "a different value in each of %" PRId64 " rows: a record key?", propose->rows);
}

static void guess_column(Propose *propose, size_t index)
{
    ProposeColumn *column = &propose->columns[index];

    column->use = SPEC_IGNORED;
    name_stored(propose, index);
    if (column->counts.filled == 0)
        EVIDENCE(column, "empty in all %" PRId64 " rows", propose->rows);
    else if (propose_guess_identity(propose, column) || propose_guess_date(propose, column) ||
             propose_guess_time(column))
        return;
    else if (is_unique(propose, column))
        guess_unique(propose, index);
    else if (is_like_identifier(&column->counts))
        EVIDENCE(column, "%zu different in %" PRId64 ": like an identifier", column->counts.distinct,
                 column->counts.filled);
    else if (guess_is_personal(column->name))
        EVIDENCE(column, "its name speaks of a person or of free text");
    else if (!propose_guess_number(column))
        propose_guess_text(propose, column);
}

/* ---- all of them ---- */

static bool is_stored(const ProposeColumn *column)
{
    return column->use != SPEC_IGNORED && column->use != SPEC_IDENTIFIER && column->use != SPEC_DEMOGRAPHIC;
}

static void hold_to_limits(Propose *propose)
{
    size_t stored = 0, lists = 0;

    for (size_t i = 0; i < propose->column_count; i++) {
        ProposeColumn *column = &propose->columns[i];
        lists += column->has_list;
        stored += is_stored(column);
        if (!is_stored(column) || (stored <= SPEC_PAYLOAD_MAX && lists <= SPEC_LISTS_MAX))
            continue;
        column->use = SPEC_IGNORED;
        column->has_list = false;
        EVIDENCE(column, "one more than can be stored");
    }
}

static void guess_event(Propose *propose)
{
    for (int pass = 0; pass < 2 && propose->event == SPEC_NONE; pass++)
        for (size_t i = 0; i < propose->column_count && propose->event == SPEC_NONE; i++) {
            const ProposeColumn *column = &propose->columns[i];
            if (column->use == SPEC_DATE && column->counts.filled == propose->rows &&
                (pass == 1 || guess_is_event(column->name)))
                propose->event = (int)i;
        }
}

void propose_guess(Propose *propose)
{
    propose_guess_date_format(propose);
    for (size_t i = 0; i < propose->column_count; i++)
        guess_column(propose, i);
    propose_guess_subject(propose);
    hold_to_limits(propose);
    guess_event(propose);
}
