#include "ingest/rule.h"

#include "base/secret.h"
#include "ingest/header.h"
#include "ingest/rule_private.h"
#include "ingest/rule_value.h"

static void mark_names(Rules *rules)
{
    const IngestSpec *spec = rules->spec;

    for (size_t i = 0; i < spec->key_count; i++)
        rules->names_record[spec->key[i]] = true;
    if (spec->change.operation == SPEC_NONE)
        return;
    rules->names_record[spec->change.operation] = true;
    rules->names_record[spec->change.date] = true;
    if (spec->change.time != SPEC_NONE)
        rules->names_record[spec->change.time] = true;
}

static void plan(Rules *rules)
{
    const IngestSpec *spec = rules->spec;
    size_t slot = 0;

    for (size_t i = 0; i < spec->column_count; i++) {
        const SpecColumn *column = &spec->columns[i];
        bool is_stored = spec_column_is_stored(column);
        rules->steps[i] = (Step){
            .column = column,
            .list = column->list != SPEC_NONE ? &spec->lists[column->list] : NULL,
            .value = is_stored ? &rules->payload[slot++] : NULL,
            .identifies = !is_stored && column->use != SPEC_IGNORED,
        };
        if (column->use == SPEC_DATE)
            rules->dates[rules->date_count++] = (int)i;
        if (spec_column_identifies(column) && column->field == IDENTITY_BIRTH_DATE)
            rules->birth = (int)i;
    }
}

Result rules_open(const IngestSpec *spec, const char *path, const ReaderRecord *header, Month period,
                  Rules **rules, Error *error)
{
    SCOPED(rules_close) Rules *draft = memory_alloc(sizeof *draft);

    draft->spec = spec;
    draft->birth = SPEC_NONE;
    TRY(header_match(spec, path, header, draft->fields, error));
    plan(draft);
    mark_names(draft);
    draft->period_first_day = period == RULE_ANY_PERIOD ? INT32_MIN : month_first_day(period);
    draft->period_last_day = period == RULE_ANY_PERIOD ? INT32_MAX : month_last_day(period);
    draft->keys = keys_open(spec);
    *rules = draft;
    draft = NULL;
    return RESULT_OK;
}

/* ---- what identifies ---- */

/* Pseudonymise reads birth dates as CCYY-MM-DD. */
static Text canonical_birth_date(Rules *rules, Text text)
{
    Date date;

    if (rules->spec->date_format == SPEC_ISO)
        return text;
    if (!spec_date(rules->spec, text, &date))
        return (Text){0};
    return text_from(date_format(date, rules->birth_date));
}

static void take_identity(Rules *rules, size_t column)
{
    const SpecColumn *spec_column = &rules->spec->columns[column];
    RawIdentity *identity = &rules->row.identity;
    Text text = rules->texts[column];
    bool is_checked =
        spec_column->rejects_invalid || spec_column->shape_text.length > 0 || spec_column->is_digest;

    if (is_checked && !rule_identifier_is_valid(rules->spec, spec_column, text)) {
        if (spec_column->rejects_invalid)
            rules_fault(rules, (int)column, RULE_NOT_VALID);
        else
            rules->counts[column].invalid++;
        return;
    }
    identity->fields[spec_column->field] =
        spec_column->field == IDENTITY_BIRTH_DATE ? canonical_birth_date(rules, text) : text;
    if (spec_column->scheme.length > 0)
        identity->nhs_scheme = spec_column->scheme;
    if (spec_column->field == IDENTITY_FOREIGN_PSEUDONYM)
        identity->foreign_space = spec_column->foreign_space;
    else if (spec_column->field == IDENTITY_FOREIGN_PSEUDONYM_TO)
        identity->foreign_space_to = spec_column->foreign_space;
    if (spec_column->issuer != SPEC_NONE)
        identity->fields[IDENTITY_LOCAL_ID_ISSUER] = rules->texts[spec_column->issuer];
    else if (spec_column->issuer_fixed.length > 0)
        identity->fields[IDENTITY_LOCAL_ID_ISSUER] = spec_column->issuer_fixed;
}

/* ---- what is stored ---- */

static int check_code(Rules *rules, const CodeList *list, size_t column)
{
    RuleCounts *counts = &rules->counts[column];
    const Code *code = codes_find(list, rules->texts[column]);

    if (code == NULL)
        return RULE_NOT_IN_LIST;
    if (list->is_dated && !codes_valid(code, rules->period_first_day, rules->period_last_day))
        return RULE_NOT_IN_PERIOD;
    counts->defaulted += code->class == CODE_DEFAULT;
    counts->other += code->class == CODE_OTHER;
    return READER_GOOD;
}

static void take_value(Rules *rules, const Step *step, size_t column)
{
    int reason = rule_value(rules->spec, step->column, rules->texts[column], step->value);

    if (reason == READER_GOOD && step->list != NULL)
        reason = check_code(rules, step->list, column);
    if (reason != READER_GOOD) {
        rule_put_nothing(step->value, step->column->type);
        rules_fault(rules, (int)column, reason);
    }
}

/* A removal says which record goes, and when it was said. What else stands in it is neither kept nor checked:
 * a fault there would leave the record. */
static bool is_asked(const Rules *rules, size_t column)
{
    return !rules->row.is_removal || rules->names_record[column];
}

static void take_nothing(Rules *rules, const Step *step, size_t column)
{
    SpecType type = step->column->type;

    if (is_asked(rules, column)) {
        rules->counts[column].missing++;
        if (step->column->is_required)
            rules_fault(rules, (int)column, RULE_REQUIRED);
    }
    if (step->value != NULL)
        rule_put_nothing(step->value, type);
}

/* ---- what is never stored ---- */

static bool is_kept(const SpecExclude *exclude, Text text)
{
    for (size_t i = 0; i < exclude->kept_count; i++)
        if (text_equal(exclude->kept[i], text))
            return true;
    return false;
}

/* A value that is neither excluded nor kept is a fault, so that another way to write "yes" lets nothing in.
 */
static bool take_excluded(Rules *rules)
{
    const IngestSpec *spec = rules->spec;

    for (size_t i = 0; i < spec->exclude_count; i++) {
        const SpecExclude *exclude = &spec->excludes[i];
        if (text_equal(rules->texts[exclude->column], exclude->equals))
            return true;
        if (!is_kept(exclude, rules->texts[exclude->column]))
            rules_fault(rules, exclude->column, RULE_NOT_DECIDED);
    }
    return false;
}

static bool is_removal(const Rules *rules)
{
    const SpecChange *change = &rules->spec->change;

    return change->operation != SPEC_NONE && text_equal(rules->texts[change->operation], change->remove);
}

/* ---- one record ---- */

static void take_damaged(Rules *rules, const ReaderRecord *record)
{
    int column = RULE_WHOLE_ROW;

    for (size_t i = 0; i < rules->spec->column_count; i++)
        if (record->fault_field >= 0 && rules->fields[i] == (size_t)record->fault_field)
            column = (int)i;
    rules_fault(rules, column, record->fault);
}

/* text_trim, where most fields have nothing to trim. */
static inline Text trimmed(Text text)
{
    if (text.length == 0 || (text.data[0] > ' ' && text.data[text.length - 1] > ' '))
        return text;
    return text_trim(text);
}

static bool is_first_of_column(const RuleRow *row, size_t fault)
{
    for (size_t i = 0; i < fault; i++)
        if (row->faults[i].column == row->faults[fault].column)
            return false;
    return true;
}

/* A column of a row is of one class: what is not there is missing, whatever rule misses it. */
static void count_invalid(Rules *rules)
{
    const RuleRow *row = &rules->row;

    for (size_t i = 0; i < row->fault_count; i++) {
        int column = row->faults[i].column;
        if (column != RULE_WHOLE_ROW && rules->texts[column].length > 0 && is_first_of_column(row, i))
            rules->counts[column].invalid++;
    }
}

Text rules_field(const Rules *rules, const ReaderRecord *record, int column)
{
    return trimmed(record->fields[rules->fields[column]]);
}

const RuleRow *rules_apply(Rules *rules, const ReaderRecord *record)
{
    const IngestSpec *spec = rules->spec;
    RuleRow *row = &rules->row;

    *row = (RuleRow){.payload = rules->payload, .identity = {.event_date = DATE_NONE}};
    if (record->fault != READER_GOOD) {
        take_damaged(rules, record);
        return row;
    }
    for (size_t i = 0; i < spec->column_count; i++)
        rules->texts[i] = trimmed(record->fields[rules->fields[i]]);
    row->is_removal = is_removal(rules);
    row->has_controller = spec->controller != SPEC_NONE && rules->texts[spec->controller].length > 0;
    row->is_excluded = take_excluded(rules);
    if (row->is_excluded)
        return row;
    for (size_t i = 0; i < spec->column_count; i++) {
        const Step *step = &rules->steps[i];
        if (rules->texts[i].length == 0 || !is_asked(rules, i))
            take_nothing(rules, step, i);
        else if (step->value != NULL)
            take_value(rules, step, i);
        else if (step->identifies)
            take_identity(rules, i);
    }
    rules_check_across(rules);
    count_invalid(rules);
    keys_join(rules->keys, rules->texts, row);
    row->identity.is_withheld =
        !row->is_removal && spec->withheld != SPEC_NONE && rules->texts[spec->withheld].length > 0;
    const Value *event = rules_date(rules, spec->event_date);
    row->identity.event_date = event != NULL ? event->date : DATE_NONE;
    return row;
}

const RuleCounts *rules_counts(const Rules *rules)
{
    return rules->counts;
}

void rules_wipe(Rules *rules)
{
    rules->row = (RuleRow){0};
    secret_wipe(rules->texts, sizeof rules->texts);
    secret_wipe(rules->payload, sizeof rules->payload);
    secret_wipe(rules->birth_date, sizeof rules->birth_date);
    if (rules->keys != NULL)
        keys_wipe(rules->keys);
}

void rules_close(Rules **rules)
{
    if (*rules == NULL)
        return;
    rules_wipe(*rules);
    keys_close(&(*rules)->keys);
    memory_free(*rules);
    *rules = NULL;
}
