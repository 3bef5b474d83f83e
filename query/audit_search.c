/* Another solution: change one count by one and mend what that breaks, one step at a time. */
#include <stdlib.h>

#include "query/audit_parts.h"

enum { SEARCH_WIDTH = 6 };

static void shift(Audit *audit, uint32_t unknown, int by)
{
    audit->change[unknown] += by;
    if (audit->is_wanted[unknown])
        audit->wanted_change += by;
    for (size_t i = audit->unknown_start[unknown]; i < audit->unknown_start[unknown + 1]; i++)
        audit->excess[audit->by_unknown[i].equation] += by * audit->by_unknown[i].sign;
}

static void move(Audit *audit, uint32_t unknown, int by)
{
    shift(audit, unknown, by);
    audit->moved[audit->moved_count++] = unknown;
    for (size_t i = audit->unknown_start[unknown]; i < audit->unknown_start[unknown + 1]; i++)
        audit->touched[audit->touched_count++] = audit->by_unknown[i].equation;
}

static void move_back(Audit *audit, uint32_t unknown, int by)
{
    shift(audit, unknown, -by);
    audit->moved_count--;
}

static bool find_broken(const Audit *audit, size_t *equation)
{
    for (size_t i = audit->touched_count; i-- > 0;) {
        *equation = audit->touched[i];
        if (audit->excess[*equation] != 0)
            return true;
    }
    return false;
}

/* How much nearer to whole this change brings all equations; the larger the better. */
static int64_t gain_of(const Audit *audit, uint32_t unknown, int by)
{
    int64_t gain = 0;

    for (size_t i = audit->unknown_start[unknown]; i < audit->unknown_start[unknown + 1]; i++) {
        int64_t excess = audit->excess[audit->by_unknown[i].equation];
        gain += llabs(excess) - llabs(excess + by * audit->by_unknown[i].sign);
    }
    return gain;
}

static bool is_possible(const Audit *audit, uint32_t unknown, int by)
{
    int64_t people = audit->unknowns[unknown].people + by;
    /* a zero is hidden only where the others know that it may be one; they are taken to know which */
    int64_t least = audit->unknowns[unknown].people == 0 ? 0 : 1;

    return people >= least && people <= audit->people_max;
}

typedef struct Move {
    uint32_t unknown;
    int by;
    int64_t gain;
} Move;

/* The best few changes that mend this equation, best first. */
static size_t moves_for(const Audit *audit, size_t equation, Move moves[SEARCH_WIDTH])
{
    size_t count = 0;

    for (size_t i = audit->equation_start[equation]; i < audit->equation_start[equation + 1]; i++) {
        const Term *term = &audit->terms[i];
        Move move = {.unknown = term->unknown, .by = audit->excess[equation] > 0 ? -term->sign : term->sign};
        if (audit->change[move.unknown] != 0 || !is_possible(audit, move.unknown, move.by))
            continue;
        move.gain = gain_of(audit, move.unknown, move.by);
        size_t at = count < SEARCH_WIDTH ? count : SEARCH_WIDTH;
        for (; at > 0 && moves[at - 1].gain < move.gain; at--)
            if (at < SEARCH_WIDTH)
                moves[at] = moves[at - 1];
        if (at < SEARCH_WIDTH)
            moves[at] = move;
        count += count < SEARCH_WIDTH;
    }
    return count;
}

/* ---- what a solution changes ---- */

/* Everything that it is part of: a margin may come out the same. */
static void note_solution(Audit *audit)
{
    size_t margins[COUNT_MARGINS_MAX];

    for (size_t i = 0; i < audit->moved_count; i++) {
        const Unknown *unknown = &audit->unknowns[audit->moved[i]];
        size_t count = count_margins_above(&audit->tables[unknown->table], unknown->cell, margins);
        for (size_t m = 0; m < count; m++)
            audit->shift[unknown->table][margins[m]] += audit->change[audit->moved[i]];
    }
    for (size_t i = 0; i < audit->moved_count; i++) {
        const Unknown *unknown = &audit->unknowns[audit->moved[i]];
        size_t count = count_margins_above(&audit->tables[unknown->table], unknown->cell, margins);
        for (size_t m = 0; m < count; m++) {
            int *shift = &audit->shift[unknown->table][margins[m]];
            if (*shift != 0)
                audit->is_doubted[unknown->table][margins[m]] = true;
            *shift = 0;
        }
    }
}

/* ---- step by step ---- */

static bool mend(Audit *audit, size_t depth)
{
    Move moves[SEARCH_WIDTH];
    size_t equation, touched_count = audit->touched_count;

    if (!find_broken(audit, &equation)) {
        note_solution(audit);
        return audit->wanted_change != 0;
    }
    if (depth == AUDIT_DEPTH_MAX || audit->steps_left == 0)
        return false;
    audit->steps_left--;
    size_t count = moves_for(audit, equation, moves);
    for (size_t i = 0; i < count; i++) {
        move(audit, moves[i].unknown, moves[i].by);
        bool mended = mend(audit, depth + 1);
        move_back(audit, moves[i].unknown, moves[i].by);
        audit->touched_count = touched_count;
        if (mended)
            return true;
    }
    return false;
}

static bool can_change(Audit *audit, uint32_t unknown, int by, size_t steps_max, bool *is_all)
{
    if (!is_possible(audit, unknown, by))
        return false;
    audit->steps_left = steps_max;
    audit->touched_count = 0;
    move(audit, unknown, by);
    bool mended = mend(audit, 0);
    move_back(audit, unknown, by);
    *is_all &= audit->steps_left > 0;
    return mended;
}

bool audit_search(Audit *audit, size_t steps_max, bool *is_all)
{
    *is_all = true;
    for (size_t i = 0; i < audit->wanted_count; i++)
        if (can_change(audit, audit->wanted[i], 1, steps_max, is_all) ||
            can_change(audit, audit->wanted[i], -1, steps_max, is_all))
            return true;
    return false;
}
