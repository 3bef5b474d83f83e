#pragma once
/* How the expressions of naive_query.h are written down. */
#include "tests/query/naive_query.h"

static void say(TextBuilder *text, const Expression *said);

static void say_text(TextBuilder *text, const char *value)
{
    text_add_char(text, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"')
            text_add_char(text, '"');
        text_add_char(text, *value);
    }
    text_add_char(text, '"');
}

/* As few parentheses as the grammar allows, so that its order is tried. `where` reaches to the end. */
static void say_part(TextBuilder *text, const Expression *part, bool needs)
{
    bool is_wrapped = part->let == 0 && (needs || part->kind == SAY_EXISTS || part->kind == SAY_COUNT ||
                                         (part->kind >= SAY_SUM && part->kind <= SAY_DAYS));

    text_add_string(text, is_wrapped ? "(" : "");
    say(text, part);
    text_add_string(text, is_wrapped ? ")" : "");
}

static void say_chain(TextBuilder *text, const Expression *said)
{
    for (int i = 0; i < said->part_count; i++) {
        const Expression *part = said->parts[i];
        text_add_string(text, i == 0 ? "" : said->kind == SAY_AND ? " and " : " or ");
        say_part(text, part, part->kind == SAY_OR || part->kind == said->kind);
    }
}

static void say_records(TextBuilder *text, const Expression *said)
{
    text_add_format(text, "%s %s", said->kind == SAY_EXISTS ? "exists" : "count of",
                    SOURCE_NAMES[said->source]);
    if (said->part_count == 0)
        return;
    text_add_string(text, " where ");
    say(text, said->parts[0]);
}

/* WORDS COLUMN in [PLACE] SOURCE [by DAY] [where ...] */
static void say_gathered(TextBuilder *text, const Expression *said)
{
    static const char *const words[] = {"sum of", "count of distinct", "min of", "max of", "value of"};
    const NaiveColumn *columns = COLUMNS[said->source];

    text_add_format(text, "%s %s in ", words[said->kind - SAY_SUM], columns[said->column].name);
    if (said->kind == SAY_PICKED)
        text_add_string(text, said->number == 1    ? "first "
                              : said->number == 2  ? "2nd "
                              : said->number == -1 ? "last "
                                                   : "2nd last ");
    text_add_string(text, SOURCE_NAMES[said->source]);
    if (said->kind == SAY_PICKED)
        text_add_format(text, " by %s", columns[COLUMN_COUNTS[said->source] - 1].name);
    if (said->part_count == 0)
        return;
    text_add_string(text, " where ");
    say(text, said->parts[0]);
}

static void say_household(TextBuilder *text, const Expression *said)
{
    char day[DATE_TEXT_BYTES];

    text_add_format(text, "count of %speople in the household", said->is_after ? "other " : "");
    if (said->months > 0)
        text_add_format(text, " at %s", date_format((Date)said->number, day));
    if (said->part_count == 0)
        return;
    text_add_string(text, " where ");
    say(text, said->parts[0]);
}

static void say_days_registered(TextBuilder *text, const Expression *said)
{
    char from[DATE_TEXT_BYTES], to[DATE_TEXT_BYTES];

    text_add_format(text, "days registered from %s to %s", date_format((Date)said->number, from),
                    date_format((Date)said->number + said->months - 1, to));
}

static void say_two(TextBuilder *text, const char *before, const Expression *said, const char *between)
{
    text_add_string(text, before);
    say_part(text, said->parts[0], false);
    text_add_string(text, between);
    say_part(text, said->parts[1], false);
}

static void say_value(TextBuilder *text, const Expression *said)
{
    static const char *const between[] = {" + ", " - ", " * ", " otherwise "};

    if (said->kind == SAY_DAYS) {
        say_two(text, "days between ", said, " and ");
        return;
    }
    if (said->kind != SAY_SHIFT) {
        say_two(text, "", said, between[said->kind - SAY_PLUS]);
        return;
    }
    say_part(text, said->parts[0], false);
    if (said->months > 0)
        text_add_format(text, " %c %d months", said->is_after ? '+' : '-', said->months);
    else
        text_add_format(text, " %c %" PRId64 " days", said->is_after ? '+' : '-', said->number);
}

static void say_comparison(TextBuilder *text, const Expression *said)
{
    const char *const *words = said->parts[0]->type == FACT_DATE ? DATE_OPERATORS : OPERATORS;

    say_part(text, said->parts[0], false);
    if (said->kind == SAY_COMPARE)
        text_add_format(text, " %s ", words[said->operator_index]);
    if (said->kind == SAY_RANGE && said->parts[1]->kind == SAY_PERIOD_START &&
        said->parts[2]->kind == SAY_PERIOD_END) {
        text_add_format(text, " in %s", naive.unit);
        return;
    }
    if (said->kind == SAY_RANGE)
        text_add_string(text, " from ");
    if (said->kind == SAY_WITHIN)
        text_add_format(text, " within %d months %s ", said->months, said->is_after ? "after" : "before");
    if (said->kind == SAY_IN) {
        text_add_string(text, said->is_list_named ? " in some_codes" : " in (");
        for (int i = 0; i < 2 && !said->is_list_named; i++) {
            text_add_string(text, i > 0 ? ", " : "");
            say_text(text, said->texts[i]);
        }
        text_add_string(text, said->is_list_named ? "" : ")");
        return;
    }
    say_part(text, said->parts[1], false);
    if (said->kind == SAY_RANGE) {
        text_add_string(text, " to ");
        say_part(text, said->parts[2], false);
    }
}

static void say_word(TextBuilder *text, const Expression *said)
{
    char day[DATE_TEXT_BYTES];

    if (said->kind == SAY_NUMBER)
        text_add_format(text, "%" PRId64, said->number);
    else if (said->kind == SAY_DATE)
        text_add_string(text, date_format((Date)said->number, day));
    else if (said->kind == SAY_TEXT)
        say_text(text, said->text);
    else if (said->kind == SAY_PERIOD_START || said->kind == SAY_PERIOD_END)
        text_add_format(text, "%s of %s", said->kind == SAY_PERIOD_START ? "start" : "end", naive.unit);
    else if (said->kind == SAY_AS_AT)
        text_add_string(text, "as_at");
    else if (said->kind == SAY_ATTRIBUTE)
        text_add_string(text, NAIVE_ATTRIBUTES[said->attribute].name);
    else if (said->source != PATIENT_LIST && said->column == COLUMN_COUNTS[said->source] - 1 &&
             said->operator_index == 0 && naive.as_at % 2 == 0)
        text_add_string(text, "event_date");
    else
        text_add_string(text, COLUMNS[said->source][said->column].name);
}

static void say_bare(TextBuilder *text, const Expression *said)
{
    switch (said->kind) {
    case SAY_AND:
    case SAY_OR:
        say_chain(text, said);
        return;
    case SAY_NOT:
        text_add_string(text, "not ");
        say_part(text, said->parts[0], said->parts[0]->kind <= SAY_OR);
        return;
    case SAY_COMPARE:
    case SAY_RANGE:
    case SAY_WITHIN:
    case SAY_IN:
        say_comparison(text, said);
        return;
    case SAY_EXISTS:
    case SAY_COUNT:
        say_records(text, said);
        return;
    case SAY_SUM:
    case SAY_DISTINCT:
    case SAY_MIN:
    case SAY_MAX:
    case SAY_PICKED:
        say_gathered(text, said);
        return;
    case SAY_DAYS_REGISTERED:
        say_days_registered(text, said);
        return;
    case SAY_HOUSEHOLD:
        say_household(text, said);
        return;
    case SAY_PLUS:
    case SAY_MINUS:
    case SAY_TIMES:
    case SAY_OTHERWISE:
    case SAY_SHIFT:
    case SAY_DAYS:
        say_value(text, said);
        return;
    case SAY_KNOWN:
        say_part(text, said->parts[0], false);
        text_add_string(text, " is known");
        return;
    case SAY_REGISTERED:
    case SAY_AGE:
        text_add_string(text, said->kind == SAY_AGE ? "age" : "registered");
        text_add_string(text, said->part_count > 0 ? " at " : "");
        if (said->part_count > 0)
            say(text, said->parts[0]);
        return;
    default:
        say_word(text, said);
    }
}

static void say(TextBuilder *text, const Expression *said)
{
    if (said->let > 0)
        text_add_format(text, "l%d", said->let);
    else
        say_bare(text, said);
}

/* Parts are made before what is made of them, so a let's number is above those it uses. */
__attribute__((unused)) static void say_lets(TextBuilder *text)
{
    for (int let = 1; let <= let_count; let++)
        for (int i = 0; i < expression_count; i++)
            if (expressions[i].let == let) {
                text_add_format(text, "let l%d = ", let);
                say_bare(text, &expressions[i]);
                text_add_char(text, '\n');
            }
}
