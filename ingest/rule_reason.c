/* What is wrong with a record, in words and as a code. */
#include <stdio.h>

#include "ingest/rule.h"

static const char *const reason_texts[RULE_CROSS] = {
    [RULE_REQUIRED] = "missing",
    [RULE_NOT_DATE] = "not a date",
    [RULE_NOT_TIME] = "not a time of day",
    [RULE_NOT_INTEGER] = "not a whole number",
    [RULE_NOT_DECIMAL] = "not a number",
    [RULE_DECIMALS] = "more than 2 decimals",
    [RULE_BELOW] = "below its minimum",
    [RULE_ABOVE] = "above its maximum",
    [RULE_NOT_SHAPE] = "not of its shape",
    [RULE_NOT_SNOMED] = "not a snomed concept",
    [RULE_NOT_VALID] = "not valid",
    [RULE_NOT_DECIDED] = "neither excluded nor kept",
    [RULE_AFTER_PERIOD] = "after the period",
    [RULE_BEFORE_BIRTH] = "before the date of birth",
    [RULE_OUTSIDE_WINDOW] = "outside the days it replaces",
};

const char *rule_text(const IngestSpec *spec, RuleFault fault, char out[INGEST_RULE_BYTES])
{
    if (fault.reason < READER_FAULT_COUNT)
        snprintf(out, INGEST_RULE_BYTES, "%s", READER_FAULT_TEXTS[fault.reason]);
    else if (fault.reason >= RULE_CROSS)
        snprintf(out, INGEST_RULE_BYTES, "rule %.*s", TEXT_ARG(spec->rules[fault.reason - RULE_CROSS].name));
    else if (fault.reason == RULE_NOT_IN_LIST || fault.reason == RULE_NOT_IN_PERIOD)
        snprintf(out, INGEST_RULE_BYTES, "not in list %.*s%s",
                 TEXT_ARG(spec->lists[spec->columns[fault.column].list].name),
                 fault.reason == RULE_NOT_IN_PERIOD ? " in this period" : "");
    else
        snprintf(out, INGEST_RULE_BYTES, "%s", reason_texts[fault.reason]);
    return out;
}

/* Programs and people's notes rest on these: one is never renamed. docs/data-engineer.md lists them. */
static const char *const reason_codes[RULE_CROSS] = {
    [READER_TOO_LONG] = "too_long",
    [READER_UNCLOSED_QUOTE] = "unclosed_quote",
    [READER_TEXT_AFTER_QUOTE] = "text_after_quote",
    [READER_STRAY_RETURN] = "stray_return",
    [READER_TOO_MANY_FIELDS] = "too_many_fields",
    [READER_RAGGED] = "ragged",
    [READER_NUL] = "nul",
    [READER_NOT_UTF8] = "not_utf8",
    [READER_NOT_UTF16] = "not_utf16",
    [READER_UNDEFINED_BYTE] = "undefined_byte",
    [READER_SHORT_RECORD] = "short_record",
    [READER_LONG_RECORD] = "long_record",
    [READER_NOT_JSON] = "not_json",
    [READER_CUT_SHORT] = "cut_short",
    [READER_NOT_OBJECT] = "not_object",
    [READER_LONE_SURROGATE] = "lone_surrogate",
    [READER_NESTED] = "nested",
    [READER_REPEATED] = "repeated",
    [READER_UNKNOWN_FIELD] = "unknown_field",
    [READER_STRAY_TEXT] = "stray_text",
    [RULE_REQUIRED] = "required",
    [RULE_NOT_DATE] = "not_date",
    [RULE_NOT_TIME] = "not_time",
    [RULE_NOT_INTEGER] = "not_integer",
    [RULE_NOT_DECIMAL] = "not_decimal",
    [RULE_DECIMALS] = "decimals",
    [RULE_BELOW] = "below",
    [RULE_ABOVE] = "above",
    [RULE_NOT_IN_LIST] = "not_in_list",
    [RULE_NOT_IN_PERIOD] = "not_in_period",
    [RULE_NOT_SHAPE] = "not_shape",
    [RULE_NOT_SNOMED] = "not_snomed",
    [RULE_NOT_VALID] = "not_valid",
    [RULE_NOT_DECIDED] = "not_decided",
    [RULE_AFTER_PERIOD] = "after_period",
    [RULE_BEFORE_BIRTH] = "before_birth",
    [RULE_OUTSIDE_WINDOW] = "outside_window",
};

const char *rule_code(RuleFault fault)
{
    return fault.reason < RULE_CROSS ? reason_codes[fault.reason] : "rule";
}

bool rule_reason(Text code, int *reason)
{
    for (*reason = 0; *reason < RULE_CROSS; (*reason)++)
        if (reason_codes[*reason] != NULL && text_equal(code, text_from(reason_codes[*reason])))
            return true;
    return false;
}
