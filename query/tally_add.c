/* What a tally's methods are, and those in plain C. */
#include <string.h>

#include "query/tally_parts.h"

/* ---- rows of codes ---- */

static bool is_same_row(const TallyRows *rows, uint32_t a, uint32_t b)
{
    return memcmp(rows->low[a], rows->low[b], TALLY_CODES) == 0 &&
           memcmp(rows->high[a], rows->high[b], TALLY_CODES) == 0;
}

/* Writes the row of each of `others`' codes behind the rows that there are, and leaves it if it is new. */
static bool gather_rows(const LookupColumn *codes, const LookupColumn *others, const uint16_t *adds,
                        TallyRows *rows)
{
    *rows = (TallyRows){.codes = codes->codes, .others = others->codes, .is_short = codes->count <= 128};
    for (uint32_t o = 0; o < others->count; o++) {
        uint32_t at = rows->row_count, r = 0;
        for (uint32_t c = 0; c < codes->count; c++) {
            uint16_t add = adds[c * codes->step + o * others->step];
            rows->low[at][c] = (uint8_t)add;
            rows->high[at][c] = (uint8_t)(add >> 8);
        }
        while (r < at && !is_same_row(rows, r, at))
            r++;
        if (r == TALLY_ROWS_MAX)
            return false;
        rows->row_of[o] = (uint8_t)r;
        rows->row_count += r == at;
    }
    return true;
}

void tally_find_rows(const Lookup *lookup, const uint16_t *adds, TallyRows *rows)
{
    static const LookupColumn one = {.count = 1};
    const LookupColumn *columns = lookup->columns;
    bool has_codes = columns[0].codes != NULL, has_others = columns[1].codes != NULL;

    rows->row_count = 0;
    if (!has_codes || (lookup->column_count == 2 && !has_others))
        return;
    if (!gather_rows(&columns[0], lookup->column_count == 2 ? &columns[1] : &one, adds, rows) &&
        !gather_rows(&columns[1], &columns[0], adds, rows))
        rows->row_count = 0;
}

/* ---- one by one ---- */

static void add_one_column(const uint8_t *codes, const uint16_t *adds, uint32_t people, uint16_t *cells)
{
    for (uint32_t i = 0; i < people; i++)
        cells[i] = (uint16_t)(cells[i] + adds[codes[i]]);
}

static void add_plain(const TallyLookup *by, size_t first, uint32_t people, uint16_t *cells)
{
    const LookupColumn a = by->lookup->columns[0], b = by->lookup->columns[1];

    if (by->lookup->column_count == 1 && a.codes != NULL)
        add_one_column(a.codes + first, by->adds, people, cells);
    else if (by->lookup->column_count == 1)
        for (uint32_t i = 0; i < people; i++)
            cells[i] = (uint16_t)(cells[i] + by->adds[lookup_place(&a, first + i)]);
    else
        for (uint32_t i = 0; i < people; i++)
            cells[i] =
                (uint16_t)(cells[i] + by->adds[lookup_place(&a, first + i) + lookup_place(&b, first + i)]);
}

static void put_plain(const TallyLookup *by, size_t first, uint32_t people, uint16_t *cells)
{
    memset(cells, 0, people * sizeof *cells);
    add_plain(by, first, people, cells);
}

/* hashes: of the 64 people from `from` on, of those at least whose bits are set. */
static void add_word(const TallyCells *cells, uint32_t from, const SetHash *hashes, uint64_t bits,
                     const TallyAnswer *answer)
{
    if (bits == ~UINT64_C(0) && answer->sketches == NULL)
        for (uint32_t i = 0; i < TALLY_WORD; i++)
            tally_add_person(cells, from + i, hashes[i], answer);
    else
        for (uint64_t left = bits; left != 0; left &= left - 1) {
            uint32_t i = (uint32_t)__builtin_ctzll(left);
            tally_add_person(cells, from + i, hashes[i], answer);
            if (answer->sketches != NULL)
                tally_sketch_person(cells, from + i, answer);
        }
}

static void add_sets_plain(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                           size_t answer_count)
{
    SetHash hashes[TALLY_WORD];

    for (uint32_t from = 0; from < cells->people; from += TALLY_WORD) {
        uint64_t bits = among[from / TALLY_WORD];
        for (uint64_t left = bits; left != 0; left &= left - 1) {
            uint32_t i = (uint32_t)__builtin_ctzll(left);
            hashes[i] = set_hash_of(cells->first + from + i + 1);
        }
        for (size_t a = 0; bits != 0 && a < answer_count; a++)
            add_word(cells, from, hashes, bits & answers[a].bits[from / TALLY_WORD], &answers[a]);
    }
}

const TallyMethods tally_plain = {"plain", add_plain, put_plain, add_sets_plain};

const TallyMethods *tally_best(void)
{
    const TallyMethods *wide = tally_wide();

    return wide != NULL ? wide : &tally_plain;
}
