/* What the values of a row say of each other. */
#include "ingest/rule_private.h"

/* Nothing happens to a person before birth: where two columns were swapped, the date stored is that of birth.
 */
static void check_birth(Rules *rules)
{
    const IngestSpec *spec = rules->spec;
    Date birth;

    if (rules->birth == SPEC_NONE || !spec_date(spec, rules->texts[rules->birth], &birth))
        return;
    for (size_t i = 0; i < rules->date_count; i++) {
        const Value *date = rules_date(rules, rules->dates[i]);
        if (date != NULL && date->date < birth)
            rules_fault(rules, rules->dates[i], RULE_BEFORE_BIRTH);
    }
}

/* An event of one day lies in the window; one that lasts has a day in common with it. */
static bool is_in_window(const Rules *rules, Date event, Date from, Date to)
{
    int column = rules->spec->replaces.until;
    const Value *until = rules_date(rules, column);

    if (event > to)
        return false;
    return column == SPEC_NONE ? event >= from : until == NULL || until->date >= from;
}

/* What a row replaces counts though the row is bad; a row outside of it would never be replaced by a
 * repetition of itself. */
static void take_window(Rules *rules)
{
    const SpecReplaces *replaces = &rules->spec->replaces;
    RuleRow *row = &rules->row;
    const Value *from = rules_date(rules, replaces->from), *to = rules_date(rules, replaces->to),
                *event = rules_date(rules, rules->spec->event_date);

    if (from == NULL || to == NULL)
        return;
    if (event != NULL && !is_in_window(rules, event->date, from->date, to->date))
        rules_fault(rules, rules->spec->event_date, RULE_OUTSIDE_WINDOW);
    const Value *group = rules->steps[replaces->group].value;
    row->has_window = !group->is_null && from->date <= to->date;
    if (row->has_window)
        row->window = (RuleWindow){.group = group->text, .from = from->date, .to = to->date};
}

static bool lacks(const Rules *rules, const SpecRule *rule)
{
    Text other = rules->texts[rule->required_with];

    if (other.length == 0 || rules->texts[rule->column].length > 0)
        return false;
    return rule->equals.length == 0 || text_equal(other, rule->equals);
}

static bool breaks(const Rules *rules, const SpecRule *rule)
{
    if (rule->required_with != SPEC_NONE)
        return lacks(rules, rule);
    const Value *date = rules_date(rules, rule->column), *not_before = rules_date(rules, rule->not_before);
    return date != NULL && not_before != NULL && date->date < not_before->date;
}

void rules_check_across(Rules *rules)
{
    const IngestSpec *spec = rules->spec;
    const Value *in_period = rules_date(rules, spec->period_date);

    if (in_period != NULL && in_period->date > rules->period_last_day)
        rules_fault(rules, spec->period_date, RULE_AFTER_PERIOD);
    if (rules->row.is_removal)
        return;
    check_birth(rules);
    take_window(rules);
    for (size_t i = 0; i < spec->rule_count; i++)
        if (breaks(rules, &spec->rules[i]))
            rules_fault(rules, spec->rules[i].column, RULE_CROSS + (int)i);
}
