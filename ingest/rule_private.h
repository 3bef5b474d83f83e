#pragma once
/* Private to ingest/rule*.c: a record while its rules are asked. */
#include "ingest/keys.h"
#include "ingest/rule.h"

/* What is asked of a column for each record, found out once. */
typedef struct Step {
    const SpecColumn *column;
    const CodeList *list; /* NULL: none */
    Value *value;         /* in the payload; NULL: not stored */
    bool identifies;
} Step;

struct Rules {
    const IngestSpec *spec;
    Step steps[SPEC_COLUMNS_MAX];
    size_t fields[SPEC_COLUMNS_MAX]; /* where the spec's columns stand in the file */
    int dates[SPEC_COLUMNS_MAX];     /* columns of dates that are stored */
    size_t date_count;
    int birth;                           /* column of the date of birth, or SPEC_NONE */
    bool names_record[SPEC_COLUMNS_MAX]; /* all that is read of the removal of a record */
    Date period_first_day, period_last_day;
    Value payload[SPEC_PAYLOAD_MAX + 1];
    Text texts[SPEC_COLUMNS_MAX]; /* trimmed */
    char birth_date[DATE_TEXT_BYTES];
    Keys *keys;
    RuleRow row;
    RuleCounts counts[SPEC_COLUMNS_MAX];
};

static inline void rules_fault(Rules *rules, int column, int reason)
{
    RuleRow *row = &rules->row;

    if (row->fault_count < RULE_FAULTS_MAX)
        row->faults[row->fault_count++] = (RuleFault){.column = (int16_t)column, .reason = (uint16_t)reason};
}

/* Of a stored column; NULL: none, or nothing in it. */
static inline const Value *rules_date(const Rules *rules, int column)
{
    if (column == SPEC_NONE)
        return NULL;
    const Value *value = rules->steps[column].value;
    return value->is_null ? NULL : value;
}

/* What the values of a row say of each other; what its delivery replaces. */
void rules_check_across(Rules *rules);
