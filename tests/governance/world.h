#pragma once
/* A small world of people and rules that the tests of governance share. */
#include <criterion/criterion.h>

#include "governance/governance.h"
#include "tests/support/support.h"

/* Engineer "eng", analysts "ana" and "ben" (not a member), IG lead "ida"; project P1 with source gp_event. */
extern const char WORLD_RULES[];

Governance *world_open_empty(void); /* nobody is registered */
Governance *world_open(void);       /* with WORLD_RULES applied */
/* Applies rules as person; the result of governance_apply. */
Result world_apply(Governance *governance, const char *person, const char *rules, Error *error);
/* What apply prints about rules, without applying them. */
const char *world_dry_run(Governance *governance, const char *rules);

GovernancePermit *world_permit(Governance *governance, const GovernanceRequest *request);
/* Logs success and closes. */
void world_finish(Governance *governance, GovernancePermit **permit);
/* Appends count decisions and their results: 2 * count entries. */
void world_fill_log(Governance *governance, int count);
/* A query of ana's for project P1; its number. */
int64_t world_query(Governance *governance);
void world_approve(Governance *governance, int64_t query_id);

void world_script(const char *sql);   /* as superuser */
int64_t world_count(const char *sql); /* "SELECT count(*) ..." as superuser */
/* The error of a statement run as role; ERROR_NONE when it passes. */
Error world_try(const char *role, const char *sql);
