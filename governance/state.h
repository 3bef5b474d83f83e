#pragma once
/* What the files of governance share. */
#include "governance/entry.h"
#include "governance/governance.h"

struct Governance {
    Db *db; /* role cinque_governor, used for nothing but decisions, rules and the log */
};

struct GovernancePermit {
    Governance *governance; /* outlives its permits */
    uint8_t id[GOVERNANCE_PERMIT_BYTES];
    GovernanceAction action;
    char person_id[GOVERNANCE_NAME_BYTES];
    char *object;
    bool is_spent;
};

/* A wall of type: ERROR_REFUSED unless the permit is open and covers action and object. */
Result permit_check(const GovernancePermit *permit, GovernanceAction action, Text object, Error *error)
    CHECKED;
Value permit_value(const GovernancePermit *permit);

enum { OBJECT_NUMBER_BYTES = 24 };
Text object_of_number(int64_t number, char out[OBJECT_NUMBER_BYTES]);

/* log.c: appends through one of the doors audit.decide, audit.result, audit.note. */
Result log_append(Db *db, const DbStatement *door, const Entry *entry, Error *error) CHECKED;
extern const DbStatement log_decide, log_result;
