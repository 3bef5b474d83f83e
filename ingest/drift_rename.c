/* Which field that no column names is likely the one that a missing column has become. */
#include "ingest/drift.h"
#include "ingest/guess.h"
#include "ingest/names.h"

static const double SCORE_MIN = 0.5, SAME_PLACE = 0.02; /* decides between equals */

/* The best of a column's names. */
static double alike(const IngestSpec *spec, int column, Text name)
{
    const ReaderColumn *names = &spec->format.columns[column];
    double best = guess_alike(names->name, name);

    for (size_t i = 0; i < names->alias_count; i++) {
        double next = guess_alike(names->aliases[i], name);
        best = next > best ? next : best;
    }
    return best;
}

/* Names and values count alike where both say something. Values that say nothing leave the names alone; where
 * the name is not told, values can do no more than suggest. */
static double score(const Drift *drift, const DriftPair *pair)
{
    const DriftField *field = &drift->fields[pair->field];
    bool is_telling = drift_is_telling(&drift->spec->columns[pair->column]) && field->filled > 0;
    double fit = field->filled > 0 ? (double)pair->fitting / (double)field->filled : 0;

    if (pair->alike < 0)
        return is_telling ? 0.7 * fit : 0;
    if (!is_telling)
        return pair->alike * 0.9;
    if (fit < 0.5)
        return 0;
    return (pair->alike + fit) / 2;
}

static DriftPair pair_of(const Drift *drift, size_t unknown, int column)
{
    const DriftField *field = &drift->fields[drift->unknown[unknown]];
    DriftPair pair = {
        .column = column,
        .field = drift->unknown[unknown],
        .alike = field->is_told ? alike(drift->spec, column, field->name) : -1,
        .fitting = drift->fitting[unknown * SPEC_COLUMNS_MAX + (size_t)column],
    };

    pair.score = score(drift, &pair) + (pair.field == pair.column ? SAME_PLACE : 0);
    return pair;
}

static bool is_taken(const DriftPair *pairs, size_t count, int column, int field)
{
    for (size_t i = 0; i < count; i++)
        if (pairs[i].column == column || pairs[i].field == field)
            return true;
    return false;
}

static bool find_best(const Drift *drift, const DriftPair *pairs, size_t count, DriftPair *best)
{
    *best = (DriftPair){.score = SCORE_MIN};
    bool found = false;

    for (size_t i = 0; i < drift->unknown_count; i++)
        for (size_t j = 0; j < drift->missing_count; j++) {
            if (is_taken(pairs, count, drift->missing[j], drift->unknown[i]))
                continue;
            DriftPair next = pair_of(drift, i, drift->missing[j]);
            if (next.score <= best->score)
                continue;
            *best = next;
            found = true;
        }
    return found;
}

size_t drift_pairs(const Drift *drift, DriftPair pairs[SPEC_COLUMNS_MAX])
{
    size_t count = 0;
    DriftPair best;

    while (count < SPEC_COLUMNS_MAX && find_best(drift, pairs, count, &best))
        pairs[count++] = best;
    return count;
}
