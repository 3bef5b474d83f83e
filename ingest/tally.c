#include "ingest/tally.h"

#include <stdio.h>

typedef struct Broken {
    int64_t rows;
    uint64_t line; /* of the first */
} Broken;

struct Tally {
    Broken broken[SPEC_COLUMNS_MAX + 1][RULE_REASON_COUNT]; /* by column + 1: RULE_WHOLE_ROW is 0 */
};

Tally *tally_create(void)
{
    return memory_alloc(sizeof(Tally));
}

void tally_add(Tally *tally, uint64_t line, const RuleRow *row)
{
    for (size_t i = 0; i < row->fault_count; i++) {
        Broken *broken = &tally->broken[row->faults[i].column + 1][row->faults[i].reason];
        if (broken->rows++ == 0)
            broken->line = line;
    }
}

/* Sorted by insertion; a less frequent one falls off the end. */
static void insert(IngestReport *report, const IngestRuleCount *count)
{
    size_t at = report->rule_count;

    while (at > 0 && report->rules[at - 1].rows < count->rows)
        at--;
    if (at == INGEST_RULES_MAX)
        return;
    report->rule_count += report->rule_count < INGEST_RULES_MAX;
    for (size_t i = report->rule_count - 1; i > at; i--)
        report->rules[i] = report->rules[i - 1];
    report->rules[at] = *count;
}

void tally_report(const Tally *tally, const IngestSpec *spec, IngestReport *report)
{
    char rule[INGEST_RULE_BYTES];

    report->rule_count = 0;
    for (int column = RULE_WHOLE_ROW; column < (int)spec->column_count; column++)
        for (int reason = 0; reason < RULE_REASON_COUNT; reason++) {
            const Broken *broken = &tally->broken[column + 1][reason];
            IngestRuleCount count = {.rows = broken->rows, .line = broken->line};
            if (count.rows == 0)
                continue;
            rule_text(spec, (RuleFault){.column = (int16_t)column, .reason = (uint16_t)reason}, rule);
            if (column == RULE_WHOLE_ROW)
                snprintf(count.rule, sizeof count.rule, "row: %.80s", rule);
            else
                snprintf(
                    count.rule, sizeof count.rule, "column %.*s: %.50s",
                    (int)(spec->columns[column].name.length < 32 ? spec->columns[column].name.length : 32),
                    spec->columns[column].name.data, rule);
            insert(report, &count);
        }
}

void tally_close(Tally **tally)
{
    memory_free(*tally);
    *tally = NULL;
}
