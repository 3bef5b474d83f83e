#pragma once
/* Floors that no configuration may undercut, and a policy's canonical hash. */
#include "governance/governance.h"

enum { POLICY_PEOPLE_MIN_FLOOR = 5, POLICY_ROUND_TO_FLOOR = 1 };

/* ERROR_CONFIG below a floor. */
Result rules_check_policy(const GovernancePolicy *policy, Error *error) CHECKED;
Hash rules_policy_content(const GovernancePolicy *policy);
