/* What each column is guessed to be. What cannot be told is ignored: it never leaves the reader. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ingest/guess.h"
#include "ingest/propose.h"

enum {
    ROWS_MIN = 5, /* below it nothing is said of identity by values alone */
    KEY_ROWS_MIN = 5,
    DAYS_SPREAD_MAX = 15 * 366,    /* dates further apart may be those of births */
    NUMBER_MAX = 10 * 1000 * 1000, /* 8 digits may be a date or a number of a person */
    CODE_MAX = 99,
    CODES_OF_NUMBERS_MAX = 10,
    CODE_ROWS_MIN = 20,
    PRESENT_ROWS_MIN = 10,
    HUNDREDTHS = 100,
};

#define EVIDENCE(column, ...) snprintf((column)->evidence, sizeof(column)->evidence, __VA_ARGS__)
#define FEW                   "%" PRId64 " of %" PRId64

/* 98 of 100: some rows of a sample are bad themselves. */
static bool nearly_all(int64_t part, int64_t whole)
{
    return whole > 0 && part * 100 >= whole * 98;
}

static bool most(int64_t part, int64_t whole)
{
    return whole > 0 && part * 10 >= whole * 9;
}

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

/* ---- what identifies ---- */

static bool has_identity(const Propose *propose, IdentityField field)
{
    for (size_t i = 0; i < propose->column_count; i++)
        if (propose->columns[i].identity == (int)field)
            return true;
    return false;
}

static bool is_identifier(int identity)
{
    return identity == IDENTITY_NHS_NUMBER || identity == IDENTITY_SUPERSEDED_NHS_NUMBER ||
           identity == IDENTITY_LOCAL_ID || identity == IDENTITY_UPRN;
}

static void identify(const Propose *propose, ProposeColumn *column, int identity)
{
    if (has_identity(propose, (IdentityField)identity)) {
        EVIDENCE(column, "a second column like %s: a spec has one of each", IDENTITY_FIELD_NAMES[identity]);
        return;
    }
    column->identity = identity;
    column->use = is_identifier(identity) ? SPEC_IDENTIFIER : SPEC_DEMOGRAPHIC;
}

/* By values alone, whatever the name is. */
static bool guess_by_values(const Propose *propose, ProposeColumn *column, int hint)
{
    const ProposeCounts *counts = &column->counts;

    if (counts->filled < ROWS_MIN)
        return false;
    if (most(counts->nhs_numbers, counts->filled)) {
        EVIDENCE(column, FEW " pass modulus 11 as NHS numbers, of random digits one in eleven does",
                 counts->nhs_numbers, counts->filled);
        identify(propose, column,
                 hint == IDENTITY_SUPERSEDED_NHS_NUMBER ? IDENTITY_SUPERSEDED_NHS_NUMBER
                                                        : IDENTITY_NHS_NUMBER);
        return true;
    }
    if (!most(counts->postcodes, counts->filled))
        return false;
    EVIDENCE(column, FEW " have the form of a postcode", counts->postcodes, counts->filled);
    identify(propose, column, IDENTITY_POSTCODE);
    return true;
}

static int64_t fitting_hint(const Propose *propose, const ProposeCounts *counts, int hint)
{
    switch (hint) {
    case IDENTITY_NHS_NUMBER:
    case IDENTITY_SUPERSEDED_NHS_NUMBER:
        return counts->nhs_numbers;
    case IDENTITY_POSTCODE:
        return counts->postcodes;
    case IDENTITY_UPRN:
        return counts->uprns;
    case IDENTITY_SEX:
        return counts->sexes;
    case IDENTITY_BIRTH_DATE:
        return counts->dates[propose->date_format];
    default:
        return counts->filled; /* any text may be a name, an address, an id */
    }
}

static bool guess_by_name(const Propose *propose, ProposeColumn *column, int hint)
{
    const ProposeCounts *counts = &column->counts;

    if (hint == SPEC_NONE)
        return false;
    int64_t fitting = fitting_hint(propose, counts, hint);
    if (fitting * 2 < counts->filled) {
        EVIDENCE(column, "named like %s, but only " FEW " are: ask what it holds", IDENTITY_FIELD_NAMES[hint],
                 fitting, counts->filled);
        return true;
    }
    EVIDENCE(column, "by its name; " FEW " fit", fitting, counts->filled);
    identify(propose, column, hint);
    return true;
}

/* ---- types ---- */

static bool guess_date(const Propose *propose, ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;
    int64_t best = 0;
    SpecDateFormat format = propose->date_format;

    for (size_t i = 0; i < PROPOSE_DATE_FORMATS; i++)
        best = counts->dates[i] > best ? counts->dates[i] : best;
    if (!nearly_all(best, counts->filled))
        return false;
    if (counts->dates[format] < best)
        EVIDENCE(column, FEW " are dates of another form than most columns': a spec reads one form", best,
                 counts->filled);
    else if (counts->last[format] - counts->first[format] > DAYS_SPREAD_MAX)
        EVIDENCE(column, FEW " are dates, more than 15 years apart: of births? if not, use: date", best,
                 counts->filled);
    else {
        EVIDENCE(column, FEW " are dates", best, counts->filled);
        column->use = SPEC_DATE;
    }
    return true;
}

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
    column->min = counts->low < 0 ? -round_up(-counts->low / HUNDREDTHS + 1) : 0;
    column->max = round_up(counts->high / HUNDREDTHS + 1);
    EVIDENCE(column, FEW " are %s; bounds rounded outward", fitting, counts->filled,
             type == SPEC_INTEGER ? "whole numbers" : "numbers");
}

static bool looks_like_codes(const ProposeCounts *counts)
{
    return counts->padded > 0 ||
           (counts->filled >= CODE_ROWS_MIN && counts->distinct <= CODES_OF_NUMBERS_MAX && counts->low >= 0 &&
            counts->high <= CODE_MAX * HUNDREDTHS);
}

static bool guess_number(ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;
    bool is_whole = nearly_all(counts->integers, counts->filled);

    if (!nearly_all(counts->decimals, counts->filled) || (is_whole && looks_like_codes(counts)))
        return false;
    if (counts->high >= (int64_t)NUMBER_MAX * HUNDREDTHS || counts->low <= -(int64_t)NUMBER_MAX * HUNDREDTHS)
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

    if (counts->is_shapeless || counts->filled < ROWS_MIN)
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

static void guess_text(const Propose *propose, ProposeColumn *column)
{
    const ProposeCounts *counts = &column->counts;

    if (nearly_all(counts->concepts, counts->filled)) {
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
    enum { SMALL = 999 * HUNDREDTHS };
    bool is_small_number = counts->decimals == counts->filled && counts->high <= SMALL;
    bool is_fraction = counts->decimals > counts->integers;

    return counts->filled >= ROWS_MIN && !is_small_number && !is_fraction &&
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
    int hint = guess_identity(column->name);

    column->use = SPEC_IGNORED;
    name_stored(propose, index);
    if (column->counts.filled == 0)
        EVIDENCE(column, "empty in all %" PRId64 " rows", propose->rows);
    else if (guess_by_values(propose, column, hint) || guess_by_name(propose, column, hint) ||
             guess_date(propose, column))
        return;
    else if (is_unique(propose, column))
        guess_unique(propose, index);
    else if (is_like_identifier(&column->counts))
        EVIDENCE(column, "%zu different in %" PRId64 ": like an identifier", column->counts.distinct,
                 column->counts.filled);
    else if (guess_is_personal(column->name))
        EVIDENCE(column, "its name speaks of a person or of free text");
    else if (!guess_number(column))
        guess_text(propose, column);
}

/* ---- all of them ---- */

static void guess_date_format(Propose *propose)
{
    int64_t columns[PROPOSE_DATE_FORMATS] = {0};

    for (size_t i = 0; i < propose->column_count; i++)
        for (size_t format = 0; format < PROPOSE_DATE_FORMATS; format++)
            columns[format] +=
                nearly_all(propose->columns[i].counts.dates[format], propose->columns[i].counts.filled);
    for (int format = 0; format < PROPOSE_DATE_FORMATS; format++)
        if (columns[format] > columns[propose->date_format])
            propose->date_format = (SpecDateFormat)format;
}

/* Who has an identifier of nobody keeps no demographics either. */
static void guess_subject(Propose *propose)
{
    bool has_person = has_identity(propose, IDENTITY_NHS_NUMBER) ||
                      has_identity(propose, IDENTITY_SUPERSEDED_NHS_NUMBER) ||
                      has_identity(propose, IDENTITY_LOCAL_ID);

    propose->subject = has_person ? "person" : has_identity(propose, IDENTITY_UPRN) ? "household" : "none";
    for (size_t i = 0; i < propose->column_count && strcmp(propose->subject, "none") == 0; i++)
        if (propose->columns[i].identity != SPEC_NONE) {
            propose->columns[i].identity = SPEC_NONE;
            propose->columns[i].use = SPEC_IGNORED;
            EVIDENCE(&propose->columns[i],
                     "identifies, but no column is an identifier of a person or a household");
        }
}

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
    guess_date_format(propose);
    for (size_t i = 0; i < propose->column_count; i++)
        guess_column(propose, i);
    guess_subject(propose);
    hold_to_limits(propose);
    guess_event(propose);
}
