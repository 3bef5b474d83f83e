/* What linear algebra alone gives away. */
#include <string.h>

#include "query/audit_parts.h"

enum { ELIMINATION_MAX = 1200 };
static const uint64_t PRIME = 2147483647; /* 2^31 - 1 */

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;

    for (; exponent > 0; exponent >>= 1, base = base * base % PRIME)
        if ((exponent & 1) != 0)
            result = result * base % PRIME;
    return result;
}

/* row -= factor * pivot, from column on */
static void subtract(uint32_t *row, const uint32_t *pivot, uint64_t factor, size_t from, size_t count)
{
    uint64_t negative = PRIME - factor;

    for (size_t i = from; i < count; i++)
        if (pivot[i] != 0)
            row[i] = (uint32_t)((row[i] + negative * pivot[i]) % PRIME);
}

static bool find_pivot(const uint32_t *row, size_t count, size_t *column)
{
    for (*column = 0; *column < count; ++*column)
        if (row[*column] != 0)
            return true;
    return false;
}

static void reduce(const Audit *audit, uint32_t *row)
{
    for (size_t column = 0; column < audit->unknown_count; column++)
        if (row[column] != 0 && audit->pivot_row[column] >= 0)
            subtract(row, audit->rows + (size_t)audit->pivot_row[column] * audit->unknown_count, row[column],
                     0, audit->unknown_count);
}

static void take_row(Audit *audit, uint32_t *row)
{
    size_t count = audit->unknown_count, column;

    reduce(audit, row);
    if (!find_pivot(row, count, &column))
        return;
    uint64_t inverse = power(row[column], PRIME - 2);
    for (size_t i = column; i < count; i++)
        row[i] = (uint32_t)(row[i] * inverse % PRIME);
    for (size_t r = 0; r < audit->row_count; r++)
        if (audit->rows[r * count + column] != 0)
            subtract(audit->rows + r * count, row, audit->rows[r * count + column], 0, count);
    memcpy(audit->rows + audit->row_count * count, row, count * sizeof *row);
    audit->pivot_row[column] = (int32_t)audit->row_count++;
}

static void eliminate(Audit *audit)
{
    size_t count = audit->unknown_count;
    uint32_t *row = memory_alloc((count + 1) * sizeof *row);

    audit->is_eliminated = true;
    audit->rows = memory_alloc((count * count + 1) * sizeof *audit->rows);
    audit->pivot_row = memory_alloc((count + 1) * sizeof *audit->pivot_row);
    for (size_t i = 0; i < count; i++)
        audit->pivot_row[i] = -1;
    for (size_t equation = 0; equation < audit->equation_count && audit->row_count < count; equation++) {
        memset(row, 0, count * sizeof *row);
        for (size_t i = audit->equation_start[equation]; i < audit->equation_start[equation + 1]; i++)
            row[audit->terms[i].unknown] = audit->terms[i].sign > 0 ? 1 : (uint32_t)(PRIME - 1);
        take_row(audit, row);
    }
    memory_free(row);
}

/* It is fixed when it is a combination of the equations. */
bool audit_is_determined(Audit *audit)
{
    size_t count = audit->unknown_count, column;

    if (count > ELIMINATION_MAX)
        return false;
    if (!audit->is_eliminated)
        eliminate(audit);
    uint32_t *row = memory_alloc((count + 1) * sizeof *row);
    for (size_t i = 0; i < count; i++)
        row[i] = audit->is_wanted[i];
    reduce(audit, row);
    bool is_determined = !find_pivot(row, count, &column);
    memory_free(row);
    return is_determined;
}
