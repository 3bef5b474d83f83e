/* Whether values fit a column of the spec: what a load would hold each of them to, one column at a time. */
#include "ingest/drift.h"
#include "ingest/rule_value.h"

int drift_reason(const IngestSpec *spec, int column, Text text)
{
    const SpecColumn *wanted = &spec->columns[column];
    Value value;

    if (text.length == 0)
        return wanted->is_required ? RULE_REQUIRED : READER_GOOD;
    if (wanted->use == SPEC_IGNORED)
        return READER_GOOD;
    if (spec_column_identifies(wanted))
        return rule_identifier_is_valid(spec, wanted, text) ? READER_GOOD : RULE_NOT_VALID;
    int reason = rule_value(spec, wanted, text, &value);
    if (reason == READER_GOOD && wanted->list != SPEC_NONE &&
        codes_find(&spec->lists[wanted->list], text) == NULL)
        return RULE_NOT_IN_LIST;
    return reason;
}

static const char *identity_wants(const SpecColumn *column)
{
    if (column->scheme.length > 0)
        return "numbers of its scheme";
    switch (column->field) {
    case IDENTITY_NHS_NUMBER:
    case IDENTITY_SUPERSEDED_NHS_NUMBER:
        return "NHS numbers by modulus 11";
    case IDENTITY_UPRN:
        return "UPRNs";
    case IDENTITY_POSTCODE:
        return "postcodes";
    case IDENTITY_BIRTH_DATE:
        return "dates";
    default:
        return NULL;
    }
}

const char *drift_wants(const IngestSpec *spec, int column)
{
    const SpecColumn *wanted = &spec->columns[column];

    if (spec_column_identifies(wanted))
        return identity_wants(wanted);
    switch (wanted->use) {
    case SPEC_DATE:
        return "dates";
    case SPEC_TIME:
        return "times of day";
    case SPEC_MEASURE:
        return "numbers between its bounds";
    case SPEC_DIMENSION:
    case SPEC_CODE:
    case SPEC_TEXT:
        return wanted->list != SPEC_NONE ? "codes of its list"
               : wanted->is_snomed       ? "SNOMED CT concepts"
                                         : "its shape";
    default:
        return NULL;
    }
}

bool drift_is_telling(const SpecColumn *column)
{
    if (spec_column_identifies(column))
        return identity_wants(column) != NULL;
    return column->use != SPEC_IGNORED && column->use != SPEC_PRESENCE;
}
