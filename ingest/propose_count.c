/* What one value of a column may be. */
#include <string.h>

#include "ingest/propose.h"
#include "ingest/rule_value.h"
#include "ingest/snomed.h"
#include "pseudonymise/pseudonymise.h"

enum { SEX_BYTES_MAX = 15, SEEN_SLOTS_MIN = 64 };

static const SpecColumn any_decimal = {
    .use = SPEC_MEASURE, .type = SPEC_DECIMAL, .min = INT64_MIN, .max = INT64_MAX, .list = SPEC_NONE};

static const SpecColumn any_time = {.use = SPEC_TIME, .type = SPEC_TIME_OF_DAY, .list = SPEC_NONE};

static bool is_sex(Text value)
{
    static const char *const sexes[] = {"0", "1", "2", "9", "X", "M", "F", "U", "I", "MALE", "FEMALE"};

    for (size_t i = 0; i < sizeof sexes / sizeof *sexes; i++)
        if (text_equal_ignore_case(value, text_from(sexes[i])))
            return true;
    return false;
}

static void count_number(ProposeCounts *counts, Text value)
{
    Value number;
    int64_t whole;
    bool is_padded = value.length > 1 && value.data[0] == '0' && value.data[1] != '.';

    if (rule_value(NULL, &any_decimal, value, &number) != READER_GOOD)
        return;
    int64_t hundredths = number.integer;
    bool is_first = counts->decimals == 0;
    counts->decimals++;
    counts->integers += text_to_int64(value, &whole);
    counts->padded += is_padded;
    counts->low = is_first || hundredths < counts->low ? hundredths : counts->low;
    counts->high = is_first || hundredths > counts->high ? hundredths : counts->high;
}

static void count_date(ProposeCounts *counts, Text value)
{
    IngestSpec spec = {0};
    Date date;

    for (int format = 0; format < PROPOSE_DATE_FORMATS; format++) {
        spec.date_format = (SpecDateFormat)format;
        if (!spec_date(&spec, value, &date))
            continue;
        bool is_first = counts->dates[format]++ == 0;
        counts->first[format] = is_first || date < counts->first[format] ? date : counts->first[format];
        counts->last[format] = is_first || date > counts->last[format] ? date : counts->last[format];
    }
}

static void count_kinds(ProposeCounts *counts, Text value)
{
    char out[16];
    Value time;

    counts->nhs_numbers += pseudonymise_nhs_number(value, out) == IDENTIFIER_VALID;
    counts->postcodes += pseudonymise_postcode(value, out) == IDENTIFIER_VALID;
    counts->uprns += pseudonymise_uprn(value, out) == IDENTIFIER_VALID;
    counts->sexes += value.length < SEX_BYTES_MAX && is_sex(value);
    counts->times += rule_value(NULL, &any_time, value, &time) == READER_GOOD;
    counts->concepts += snomed_is_concept(value);
}

static int place_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return PLACE_LETTER;
    if (c >= '0' && c <= '9')
        return PLACE_DIGIT;
    return c != '\0' && strchr("-/.:+_ ", c) != NULL ? PLACE_MARK : 0;
}

/* A mark stands for itself, so that one place cannot have two of them. */
static void count_shape(ProposeCounts *counts, Text value)
{
    if (value.length > PROPOSE_SHAPE_BYTES_MAX)
        counts->is_shapeless = true;
    for (size_t i = 0; !counts->is_shapeless && i < value.length; i++) {
        int place = place_of(value.data[i]);
        bool has_other_mark =
            place == PLACE_MARK && counts->marks[i] != '\0' && counts->marks[i] != value.data[i];
        if (place == PLACE_MARK)
            counts->marks[i] = value.data[i];
        counts->places[i] |= (uint8_t)place;
        counts->is_shapeless = place == 0 || has_other_mark ||
                               ((counts->places[i] & PLACE_MARK) != 0 && counts->places[i] != PLACE_MARK);
    }
    if (counts->filled == 1 || value.length < counts->length_min)
        counts->length_min = value.length;
}

/* FNV-1a, 64 bits; two values that meet only make a column less unique than it is. */
static uint64_t hash_of_value(Text value)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < value.length; i++)
        hash = (hash ^ (unsigned char)value.data[i]) * 0x100000001b3u;
    return hash == 0 ? 1 : hash;
}

static size_t find_slot(const uint64_t *seen, size_t slots, uint64_t hash)
{
    size_t slot = hash % slots;

    while (seen[slot] != 0 && seen[slot] != hash)
        slot = (slot + 1) % slots;
    return slot;
}

/* At most three quarters full, so that there is always an empty slot. */
static void make_room(ProposeCounts *counts, Arena *arena)
{
    size_t slots = counts->seen_slots == 0 ? SEEN_SLOTS_MIN : 2 * counts->seen_slots;

    if (4 * (counts->distinct + 1) <= 3 * counts->seen_slots)
        return;
    uint64_t *seen = arena_alloc(arena, slots * sizeof *seen);
    for (size_t i = 0; i < counts->seen_slots; i++)
        if (counts->seen[i] != 0)
            seen[find_slot(seen, slots, counts->seen[i])] = counts->seen[i];
    counts->seen = seen;
    counts->seen_slots = slots;
}

static bool is_new(ProposeCounts *counts, Text value, Arena *arena)
{
    uint64_t hash = hash_of_value(value);

    make_room(counts, arena);
    size_t slot = find_slot(counts->seen, counts->seen_slots, hash);
    bool is_known = counts->seen[slot] == hash;
    counts->seen[slot] = hash;
    return !is_known;
}

static void count_code(ProposeCounts *counts, Text value)
{
    for (size_t i = 0; i < counts->distinct && i < PROPOSE_CODES_MAX; i++) {
        ProposeCode *code = &counts->codes[i];
        if (code->length == value.length && memcmp(code->text, value.data, value.length) == 0) {
            code->rows++;
            return;
        }
    }
}

static void count_distinct(ProposeCounts *counts, Text value, Arena *arena)
{
    bool fits = value.length <= PROPOSE_CODE_BYTES_MAX;

    counts->has_many |= !fits;
    if (!is_new(counts, value, arena)) {
        counts->has_repeat = true;
        count_code(counts, value);
        return;
    }
    if (counts->distinct < PROPOSE_CODES_MAX && fits) {
        ProposeCode *code = &counts->codes[counts->distinct];
        *code = (ProposeCode){.length = value.length, .rows = 1};
        memcpy(code->text, value.data, value.length);
    }
    counts->distinct++;
    counts->has_many |= counts->distinct > PROPOSE_CODES_MAX;
}

void propose_count(ProposeCounts *counts, Text value, Arena *arena)
{
    counts->filled++;
    counts->bytes_max = value.length > counts->bytes_max ? value.length : counts->bytes_max;
    count_number(counts, value);
    count_date(counts, value);
    count_kinds(counts, value);
    count_shape(counts, value);
    count_distinct(counts, value, arena);
}
