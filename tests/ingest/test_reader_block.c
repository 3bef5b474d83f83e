/*
 * Every variant of the scan gives the answers of a naive tokeniser, which reads a byte at a time and was
 * written from the rules alone. Inputs are random and then mutated; CINQUE_SCANS: how many (default 60000),
 * from CINQUE_SEED.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ingest/reader_scan.h"
#include "tests/support/draw.h"

enum { INPUT_BYTES_MAX = 400, NAIVE_FIELDS_MAX = INPUT_BYTES_MAX + 1 };

/* ---- the naive tokeniser ---- */

typedef struct Naive {
    ScanOutcome outcome;
    ReaderFault fault;
    int fault_field;
    size_t bytes, end_bytes, field_count;
    bool is_multi_line, has_escape[NAIVE_FIELDS_MAX];
    size_t from[NAIVE_FIELDS_MAX], to[NAIVE_FIELDS_MAX];
} Naive;

typedef struct Case {
    ReaderFormat format;
    bool return_ends_line, is_final;
    char data[INPUT_BYTES_MAX + READER_SCAN_SLACK];
    size_t length;
} Case;

typedef enum Place { ON_DELIMITER, ON_LINE_END, ON_NOTHING, ON_DOUBT } Place;

static Place place_at(const Case *c, size_t at, size_t *bytes)
{
    Text delimiter = c->format.delimiter;
    size_t left = c->length - at;

    *bytes = 0;
    if (left == 0)
        return c->is_final ? ON_LINE_END : ON_DOUBT;
    if (c->data[at] == '\n' || (c->data[at] == '\r' && c->return_ends_line)) {
        *bytes = 1;
        return ON_LINE_END;
    }
    if (c->data[at] == '\r') {
        if (left == 1)
            return *bytes = 1, c->is_final ? ON_LINE_END : ON_DOUBT;
        if (c->data[at + 1] == '\n')
            return *bytes = 2, ON_LINE_END;
    }
    for (size_t i = 0; i < delimiter.length; i++) {
        if (i == left)
            return c->is_final ? ON_NOTHING : ON_DOUBT;
        if (c->data[at + i] != delimiter.data[i]) {
            /* a delimiter that may still come whole is not looked at closely until it is there */
            if (i > 0 && left < delimiter.length && !c->is_final)
                return ON_DOUBT;
            return ON_NOTHING;
        }
    }
    *bytes = delimiter.length;
    return ON_DELIMITER;
}

static void naive_fault(Naive *naive, ReaderFault fault)
{
    naive->outcome = SCAN_FAULT;
    naive->fault = fault;
    naive->fault_field = (int)naive->field_count;
}

/* One field; false ends the record. */
static bool naive_field(const Case *c, Naive *naive, size_t *at)
{
    size_t field = naive->field_count, bytes;
    Place place;

    naive->from[field] = *at;
    if (c->format.quote != 0 && *at < c->length && c->data[*at] == c->format.quote) {
        bool has_line = false;
        naive->from[field] = ++*at;
        for (;; ++*at) {
            if (*at == c->length) {
                naive->outcome = SCAN_NEEDS_MORE;
                if (c->is_final)
                    naive_fault(naive, READER_UNCLOSED_QUOTE);
                return false;
            }
            has_line |= c->data[*at] == (c->return_ends_line ? '\r' : '\n');
            if (c->data[*at] != c->format.quote)
                continue;
            if (*at + 1 == c->length && !c->is_final)
                return naive->outcome = SCAN_NEEDS_MORE, false;
            if (*at + 1 == c->length || c->data[*at + 1] != c->format.quote)
                break;
            naive->has_escape[field] = true;
            ++*at;
        }
        naive->is_multi_line |= has_line;
        naive->to[field] = (*at)++;
        place = place_at(c, *at, &bytes);
        if (place == ON_NOTHING)
            return naive_fault(naive, READER_TEXT_AFTER_QUOTE), false;
    } else {
        while ((place = place_at(c, *at, &bytes)) == ON_NOTHING) {
            if (c->data[*at] == '\r' && c->format.delimiter.data[0] != '\r')
                return naive_fault(naive, READER_STRAY_RETURN), false;
            ++*at;
        }
        naive->to[field] = *at;
    }
    if (place == ON_DOUBT)
        return naive->outcome = SCAN_NEEDS_MORE, false;
    naive->field_count++;
    naive->end_bytes = bytes;
    *at += place == ON_DELIMITER ? bytes : 0;
    naive->bytes = *at;
    return place == ON_DELIMITER;
}

static void naive_scan(const Case *c, Naive *naive)
{
    size_t at = 0;

    *naive = (Naive){.outcome = SCAN_COMPLETE, .fault_field = -1};
    while (naive_field(c, naive, &at))
        ;
}

/* ---- cases ---- */

static void make_case(Case *c)
{
    static const Text delimiters[] = {TEXT(","), TEXT("|"), TEXT("\t"), TEXT("||"), TEXT("|~|")};
    static const char letters[] = ",,,,||||\t\t~~\"\"\"'\n\r\n\nabc0123456789 \x80\xff\0";
    static char plain[] =
        "The quick brown fox jumps over the lazy dog 0123456789 and does so again and again and again";

    memset(c, 0, sizeof *c);
    c->format.delimiter = delimiters[draw_below(5)];
    c->format.quote = (char[]){'"', '\'', 0}[draw_below(3)];
    c->return_ends_line = draw_below(8) == 0;
    c->is_final = draw_below(2) == 0;
    c->length = draw_below(INPUT_BYTES_MAX);
    for (size_t i = 0; i < c->length; i++) {
        bool is_dense = i / 70 % 2 == draw_below(2);
        c->data[i] = is_dense ? letters[draw_below(sizeof letters)] : plain[draw_below(sizeof plain - 1)];
    }
    c->data[c->length] = '\n'; /* as the reader puts it */
    for (size_t i = c->length + 1; i < sizeof c->data; i++)
        c->data[i] = letters[draw_below(sizeof letters)];
}

static void compare(const Case *c, const Naive *naive, const BlockMethods *methods, uint64_t round)
{
    static Scan scan;

    scan_open(&scan, &c->format, methods);
    scan.return_ends_line = c->return_ends_line;
    ScanOutcome outcome = scan_record(&scan, c->data, c->length, c->is_final);

    cr_assert_eq(outcome, naive->outcome, "%s, round %" PRIu64 ": outcome %d, not %d", methods->name, round,
                 (int)outcome, (int)naive->outcome);
    if (outcome == SCAN_NEEDS_MORE)
        return;
    cr_assert_eq(scan.fault, naive->fault, "%s, round %" PRIu64, methods->name, round);
    cr_assert_eq(scan.fault_field, naive->fault_field, "%s, round %" PRIu64, methods->name, round);
    if (outcome == SCAN_FAULT)
        return;
    cr_assert_eq(scan.field_count, naive->field_count, "%s, round %" PRIu64, methods->name, round);
    cr_assert_eq(scan.bytes, naive->bytes, "%s, round %" PRIu64, methods->name, round);
    cr_assert_eq(scan.end_bytes, naive->end_bytes, "%s, round %" PRIu64, methods->name, round);
    cr_assert_eq(scan.is_multi_line, naive->is_multi_line, "%s, round %" PRIu64, methods->name, round);
    for (size_t i = 0; i < scan.field_count; i++) {
        cr_assert_eq(scan.fields[i].data - c->data, (ptrdiff_t)naive->from[i], "%s, round %" PRIu64,
                     methods->name, round);
        cr_assert_eq(scan.fields[i].length, naive->to[i] - naive->from[i], "%s, round %" PRIu64,
                     methods->name, round);
        cr_assert_eq(scan.has_escape[i], naive->has_escape[i], "%s, round %" PRIu64, methods->name, round);
    }
}

static void compare_bytes(const Case *c, const BlockMethods *methods)
{
    bool has_high, has_nul, high = false, nul = false;
    size_t from = c->length > 0 ? draw_below(c->length) : 0;
    Text text = {.data = c->data + from, .length = draw_below(c->length - from + 1)};

    for (size_t i = 0; i < text.length; i++) {
        high |= (unsigned char)text.data[i] > 0x7F;
        nul |= text.data[i] == '\0';
    }
    methods->look(text, &has_high, &has_nul);
    cr_assert_eq(has_high, high, "%s", methods->name);
    cr_assert_eq(has_nul, nul, "%s", methods->name);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

Test(reader_block, every_variant_finds_what_a_naive_tokeniser_finds, .timeout = 3600)
{
    static Case c;
    static Naive naive;
    uint64_t rounds = from_environment("CINQUE_SCANS", 60000),
             seed = from_environment("CINQUE_SEED", 20261122);

    draw_state = seed | 1;
    for (uint64_t round = 0; round < rounds; round++) {
        make_case(&c);
        naive_scan(&c, &naive);
        for (BlockVariant variant = BLOCK_SCALAR; variant < BLOCK_VARIANT_COUNT; variant++) {
            const BlockMethods *methods = block_methods(variant);
            if (methods == NULL)
                continue;
            compare(&c, &naive, methods, round);
            compare_bytes(&c, methods);
        }
    }
}

Test(reader_block, the_best_is_one_of_this_processor)
{
    const BlockMethods *best = block_best();
    bool is_found = false;

    for (BlockVariant variant = BLOCK_SCALAR; variant < BLOCK_VARIANT_COUNT; variant++)
        is_found |= block_methods(variant) == best;

    cr_assert(is_found);
    cr_assert_not_null(block_methods(BLOCK_SCALAR), "there is one for any processor");
}
