/* What is stored of a column that does not identify: dates, numbers, codes and other text. */
#include "ingest/guess.h"
#include "ingest/propose_guess.h"

enum {
    DAYS_SPREAD_MAX = 15 * 366,    /* dates further apart may be those of births */
    NUMBER_MAX = 10 * 1000 * 1000, /* 8 digits may be a date or a number of a person */
    CODE_MAX = 99,
    CODES_OF_NUMBERS_MAX = 10,
    CODE_ROWS_MIN = 20,
    PRESENT_ROWS_MIN = 10,
};

/* ---- dates ---- */

void propose_guess_date_format(Propose *propose)
{
    int64_t columns[PROPOSE_DATE_FORMATS] = {0};

    for (size_t i = 0; i < propose->column_count; i++)
        for (size_t format = 0; format < PROPOSE_DATE_FORMATS; format++)
            columns[format] += propose_nearly_all(propose->columns[i].counts.dates[format],
                                                  propose->columns[i].counts.filled);
    for (int format = 0; format < PROPOSE_DATE_FORMATS; format++)
        if (columns[format] > columns[propose->date_format])
            propose->date_format = (SpecDateFormat)format;
}

bool propose_guess_date(const Propose *propose, ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;
    int64_t best = 0;
    SpecDateFormat format = propose->date_format;

    for (size_t i = 0; i < PROPOSE_DATE_FORMATS; i++)
        best = counts->dates[i] > best ? counts->dates[i] : best;
    if (!propose_nearly_all(best, counts->filled))
        return false;
    if (counts->dates[format] < best)
        EVIDENCE(column, FEW " are dates of another form than most columns': a spec reads one form", best,
                 counts->filled);
    else if (counts->last[format] - counts->first[format] > DAYS_SPREAD_MAX)
        EVIDENCE(column, FEW " are dates, more than 15 years apart: of births? if not, use: date", best,
                 counts->filled);
    else if (guess_is_birth(column->name))
        EVIDENCE(column, FEW " are dates, its name speaks of births", best, counts->filled);
    else {
        EVIDENCE(column, FEW " are dates", best, counts->filled);
        column->use = SPEC_DATE;
    }
    return true;
}

bool propose_guess_time(ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;

    if (!propose_nearly_all(counts->times, counts->filled))
        return false;
    if (guess_is_birth(column->name)) {
        EVIDENCE(column, FEW " are times of day, its name speaks of births", counts->times, counts->filled);
        return true;
    }
    EVIDENCE(column, FEW " are times of day", counts->times, counts->filled);
    column->use = SPEC_TIME;
    return true;
}

/* ---- numbers ---- */

/* The next of 1, 2, 5, 10, 20, ... above a number: a bound is never a value of the file. */
static int64_t round_up(int64_t number)
{
    static const int64_t steps[] = {1, 2, 5};

    for (int64_t scale = 1;; scale *= 10)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            if (scale * steps[i] > number)
                return scale * steps[i];
}

static void bound(ProposeColumn *column, SpecType type, int64_t fitting)
{
    const ProposeCounts *counts = &column->counts;

    column->use = SPEC_MEASURE;
    column->type = type;
    column->min = counts->low < 0 ? -round_up(-counts->low / PROPOSE_HUNDREDTHS + 1) : 0;
    column->max = round_up(counts->high / PROPOSE_HUNDREDTHS + 1);
    EVIDENCE(column, FEW " are %s; bounds rounded outward", fitting, counts->filled,
             type == SPEC_INTEGER ? "whole numbers" : "numbers");
}

static bool looks_like_codes(const ProposeCounts *counts)
{
    return counts->padded > 0 ||
           (counts->filled >= CODE_ROWS_MIN && counts->distinct <= CODES_OF_NUMBERS_MAX && counts->low >= 0 &&
            counts->high <= CODE_MAX * PROPOSE_HUNDREDTHS);
}

bool propose_guess_number(ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;
    bool is_whole = propose_nearly_all(counts->integers, counts->filled);

    if (!propose_nearly_all(counts->decimals, counts->filled) || (is_whole && looks_like_codes(counts)))
        return false;
    if (counts->high >= (int64_t)NUMBER_MAX * PROPOSE_HUNDREDTHS ||
        counts->low <= -(int64_t)NUMBER_MAX * PROPOSE_HUNDREDTHS)
        EVIDENCE(column, FEW " are numbers, some of 8 digits or more: of people? if not, use: measure",
                 counts->decimals, counts->filled);
    else
        bound(column, is_whole ? SPEC_INTEGER : SPEC_DECIMAL, is_whole ? counts->integers : counts->decimals);
    return true;
}

/* ---- text ---- */

/* Each code in so many rows that none is of few people. */
static bool may_be_list(const ProposeCounts *counts)
{
    if (counts->has_many || counts->distinct < 2)
        return false;
    for (size_t i = 0; i < counts->distinct; i++)
        if (counts->codes[i].rows < PROPOSE_CODE_ROWS_MIN)
            return false;
    return true;
}

static void put_place(char *out, size_t *length, const ProposeCounts *counts, size_t at)
{
    uint8_t kinds = counts->places[at];

    out[(*length)++] = kinds == PLACE_LETTER  ? 'A'
                       : kinds == PLACE_DIGIT ? '9'
                       : kinds == PLACE_MARK  ? counts->marks[at]
                                              : 'X';
    if (at >= counts->length_min)
        out[(*length)++] = '?';
}

/* A shape without a digit that must be there takes surnames, unless it is of two letters at most. */
static bool may_be_shape(const ProposeCounts *counts)
{
    bool has_digit = false;

    if (counts->is_shapeless || counts->filled < PROPOSE_ROWS_MIN)
        return false;
    for (size_t i = 0; i < counts->length_min; i++)
        has_digit |= counts->places[i] == PLACE_DIGIT;
    return (has_digit || counts->bytes_max <= 2) &&
           (!counts->has_many || counts->distinct * 5 <= (size_t)counts->filled);
}

static bool guess_shape(ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;
    Shape shape;
    size_t length = 0;

    if (!may_be_shape(counts))
        return false;
    for (size_t i = 0; i < counts->bytes_max; i++)
        put_place(column->shape, &length, counts, i);
    if (shape_parse(text_from(column->shape), &shape) != NULL || shape_matches_digits(&shape, 8)) {
        column->shape[0] = '\0';
        return false;
    }
    column->use = SPEC_DIMENSION;
    EVIDENCE(column, "all %" PRId64 " have this shape, %zu different", counts->filled, counts->distinct);
    return true;
}

/* One value, and nothing in at least a tenth of the rows. */
static bool is_mark(const Propose *propose, const ProposeCounts *counts)
{
    return counts->distinct == 1 && counts->filled >= PRESENT_ROWS_MIN &&
           counts->filled * 10 <= propose->rows * 9;
}

void propose_guess_text(const Propose *propose, ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;

    if (propose_nearly_all(counts->concepts, counts->filled)) {
        column->use = SPEC_CODE;
        column->is_concept = true;
        EVIDENCE(column, FEW " are SNOMED CT concepts by Verhoeff's digit", counts->concepts, counts->filled);
    } else if (may_be_list(counts) && propose->wanted.codes_folder != NULL) {
        column->use = SPEC_CODE;
        column->has_list = true;
        EVIDENCE(column, "%zu codes, each in %d rows or more", counts->distinct, PROPOSE_CODE_ROWS_MIN);
    } else if (is_mark(propose, counts)) {
        column->use = SPEC_PRESENCE;
        EVIDENCE(column, "one value in " FEW " rows, else empty", counts->filled, propose->rows);
    } else if (!guess_shape(column)) {
        EVIDENCE(column, "text, %zu different in %" PRId64 "%s", counts->distinct, counts->filled,
                 may_be_list(counts) ? ": a code list? see --codes" : ": cannot tell what it is");
    }
}
