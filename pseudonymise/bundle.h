#pragma once
/* Private to pseudonymise: a row's identity in normal form, as the message that its subject is the hash of.
 */
#include "pseudonymise/message.h"
#include "pseudonymise/pseudonymise.h"

typedef struct Bundle {
    Message message; /* domain, source, then while a row is made its identity fields */
    size_t prefix_length;
    Text fields[IDENTITY_FIELD_COUNT]; /* views into message: normal form if valid, trimmed text if not */
    IdentifierState states[IDENTITY_FIELD_COUNT];
    Text nhs_scheme; /* the caller's; empty: NHS numbers */
    Text foreign_space, foreign_space_to;
    Date birth_date; /* DATE_NONE: absent or no date */
    char sex;
} Bundle;

Bundle bundle_open(const char *source);
void bundle_fill(Bundle *bundle, const RawIdentity *identity);
/* Someone could be told apart by it: sex, or who issued an absent number, says nothing about who. */
bool bundle_has_identity(const Bundle *bundle);
void bundle_wipe(Bundle *bundle);
void bundle_close(Bundle *bundle);
