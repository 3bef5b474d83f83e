/* Which columns identify, and whom. */
#include <string.h>

#include "ingest/guess.h"
#include "ingest/propose_guess.h"

static bool most(int64_t part, int64_t whole)
{
    return whole > 0 && part * 10 >= whole * 9;
}

static bool has_identity(const Propose *propose, IdentityField field)
{
    for (size_t i = 0; i < propose->column_count; i++)
        if (propose->columns[i].identity == (int)field)
            return true;
    return false;
}

static bool is_identifier(int identity)
{
    return identity == IDENTITY_NHS_NUMBER || identity == IDENTITY_SUPERSEDED_NHS_NUMBER ||
           identity == IDENTITY_LOCAL_ID || identity == IDENTITY_UPRN;
}

static void identify(const Propose *propose, ProposeColumn *column, int identity)
{
    if (has_identity(propose, (IdentityField)identity)) {
        EVIDENCE(column, "a second column like %s: a spec has one of each", IDENTITY_FIELD_NAMES[identity]);
        return;
    }
    column->identity = identity;
    column->use = is_identifier(identity) ? SPEC_IDENTIFIER : SPEC_DEMOGRAPHIC;
}

/* By values alone, whatever the name is. */
static bool guess_by_values(const Propose *propose, ProposeColumn *column, int hint)
{
    const ProposeCounts *counts = &column->counts;

    if (counts->filled < PROPOSE_ROWS_MIN)
        return false;
    if (most(counts->nhs_numbers, counts->filled)) {
        EVIDENCE(column, FEW " pass modulus 11 as NHS numbers, of random digits one in eleven does",
                 counts->nhs_numbers, counts->filled);
        identify(propose, column,
                 hint == IDENTITY_SUPERSEDED_NHS_NUMBER ? IDENTITY_SUPERSEDED_NHS_NUMBER
                                                        : IDENTITY_NHS_NUMBER);
        return true;
    }
    if (!most(counts->postcodes, counts->filled))
        return false;
    EVIDENCE(column, FEW " have the form of a postcode", counts->postcodes, counts->filled);
    identify(propose, column, IDENTITY_POSTCODE);
    return true;
}

static int64_t fitting_hint(const Propose *propose, const ProposeCounts *counts, int hint)
{
    switch (hint) {
    case IDENTITY_NHS_NUMBER:
    case IDENTITY_SUPERSEDED_NHS_NUMBER:
        return counts->nhs_numbers;
    case IDENTITY_POSTCODE:
        return counts->postcodes;
    case IDENTITY_UPRN:
        return counts->uprns;
    case IDENTITY_SEX:
        return counts->sexes;
    case IDENTITY_BIRTH_DATE:
        return counts->dates[propose->date_format];
    default:
        return counts->filled; /* any text may be a name, an address, an id */
    }
}

static bool guess_by_name(const Propose *propose, ProposeColumn *column, int hint)
{
    const ProposeCounts *counts = &column->counts;

    if (hint == SPEC_NONE)
        return false;
    int64_t fitting = fitting_hint(propose, counts, hint);
    if (fitting * 2 < counts->filled) {
        EVIDENCE(column, "named like %s, but only " FEW " are: ask what it holds", IDENTITY_FIELD_NAMES[hint],
                 fitting, counts->filled);
        return true;
    }
    EVIDENCE(column, "by its name; " FEW " fit", fitting, counts->filled);
    identify(propose, column, hint);
    return true;
}

bool propose_guess_identity(const Propose *propose, ProposeColumn *column)
{
    int hint = guess_identity(column->name);

    return guess_by_values(propose, column, hint) || guess_by_name(propose, column, hint);
}

void propose_guess_subject(Propose *propose)
{
    bool has_person = has_identity(propose, IDENTITY_NHS_NUMBER) ||
                      has_identity(propose, IDENTITY_SUPERSEDED_NHS_NUMBER) ||
                      has_identity(propose, IDENTITY_LOCAL_ID);

    propose->subject = has_person ? "person" : has_identity(propose, IDENTITY_UPRN) ? "household" : "none";
    for (size_t i = 0; i < propose->column_count && strcmp(propose->subject, "none") == 0; i++)
        if (propose->columns[i].identity != SPEC_NONE) {
            propose->columns[i].identity = SPEC_NONE;
            propose->columns[i].use = SPEC_IGNORED;
            EVIDENCE(&propose->columns[i],
                     "identifies, but no column is an identifier of a person or a household");
        }
}
