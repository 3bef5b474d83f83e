#include "pseudonymise/bundle.h"

#include <string.h>

#include "base/secret.h"
#include "pseudonymise/normalise.h"

const char *const IDENTITY_FIELD_NAMES[IDENTITY_FIELD_COUNT] = {
    [IDENTITY_NHS_NUMBER] = "nhs_number",
    [IDENTITY_SUPERSEDED_NHS_NUMBER] = "superseded_nhs_number",
    [IDENTITY_LOCAL_ID] = "local_id",
    [IDENTITY_LOCAL_ID_ISSUER] = "local_id_issuer",
    [IDENTITY_UPRN] = "uprn",
    [IDENTITY_POSTCODE] = "postcode",
    [IDENTITY_BIRTH_DATE] = "birth_date",
    [IDENTITY_SEX] = "sex",
    [IDENTITY_FAMILY_NAME] = "family_name",
    [IDENTITY_GIVEN_NAME] = "given_name",
    [IDENTITY_ADDRESS] = "address",
    [IDENTITY_FOREIGN_PSEUDONYM] = "foreign_pseudonym",
    [IDENTITY_FOREIGN_PSEUDONYM_TO] = "foreign_pseudonym_to",
};

/* What a field needs at most: its length, its text grown by folding, and the longest normal form with its
 * NUL. */
enum { FIELD_EXTRA_BYTES = 32 };

/* Those that came later are in the message only where there is one: who has none keeps the subject they are.
 */
enum { FIRST_LATER_FIELD = IDENTITY_FOREIGN_PSEUDONYM };

/* Writes the normal form and its length, which stays 0 unless the field is valid. */
typedef IdentifierState (*Normaliser)(Bundle *bundle, Text text, char *out, size_t *length);

static IdentifierState normalise_nhs_number(Bundle *bundle, Text text, char *out, size_t *length)
{
    (void)bundle;
    IdentifierState state = pseudonymise_nhs_number(text, out);
    *length = state == IDENTIFIER_VALID ? NHS_DIGITS : 0;
    return state;
}

static IdentifierState normalise_uprn(Bundle *bundle, Text text, char *out, size_t *length)
{
    (void)bundle;
    IdentifierState state = pseudonymise_uprn(text, out);
    *length = strlen(out);
    return state;
}

static IdentifierState normalise_place(Bundle *bundle, Text text, char *out, size_t *length)
{
    (void)bundle;
    return normalise_postcode(text, out, length);
}

static IdentifierState copy(Text text, char *out, size_t *length)
{
    if (text.length == 0)
        return IDENTIFIER_ABSENT;
    (void)text_put(out, text);
    *length = text.length;
    return IDENTIFIER_VALID;
}

static IdentifierState normalise_verbatim(Bundle *bundle, Text text, char *out, size_t *length)
{
    (void)bundle;
    return copy(text_trim(text), out, length);
}

static IdentifierState normalise_birth_date(Bundle *bundle, Text text, char *out, size_t *length)
{
    Text trimmed = text_trim(text);

    if (trimmed.length > 0 && !date_parse(trimmed, &bundle->birth_date))
        return IDENTIFIER_INVALID;
    return copy(trimmed, out, length);
}

static IdentifierState normalise_sex_code(Bundle *bundle, Text text, char *out, size_t *length)
{
    bundle->sex = normalise_sex(text);
    if (bundle->sex == '\0')
        return text_trim(text).length == 0 ? IDENTIFIER_ABSENT : IDENTIFIER_INVALID;
    return copy((Text){.data = &bundle->sex, .length = 1}, out, length);
}

static IdentifierState normalise_words(Bundle *bundle, Text text, char *out, size_t *length)
{
    (void)bundle;
    *length = normalise_fold(text, out);
    return *length == 0 ? IDENTIFIER_ABSENT : IDENTIFIER_VALID;
}

static const Normaliser normalisers[IDENTITY_FIELD_COUNT] = {
    [IDENTITY_NHS_NUMBER] = normalise_nhs_number,
    [IDENTITY_SUPERSEDED_NHS_NUMBER] = normalise_nhs_number,
    [IDENTITY_LOCAL_ID] = normalise_verbatim,
    [IDENTITY_LOCAL_ID_ISSUER] = normalise_verbatim,
    [IDENTITY_UPRN] = normalise_uprn,
    [IDENTITY_POSTCODE] = normalise_place,
    [IDENTITY_BIRTH_DATE] = normalise_birth_date,
    [IDENTITY_SEX] = normalise_sex_code,
    [IDENTITY_FAMILY_NAME] = normalise_words,
    [IDENTITY_GIVEN_NAME] = normalise_words,
    [IDENTITY_ADDRESS] = normalise_words,
    [IDENTITY_FOREIGN_PSEUDONYM] = normalise_verbatim,
    [IDENTITY_FOREIGN_PSEUDONYM_TO] = normalise_verbatim,
};

Bundle bundle_open(const char *source)
{
    Bundle bundle = {.message = message_open("cinque/subject/v1"), .birth_date = DATE_NONE};

    message_add_field(&bundle.message, text_from(source));
    bundle.prefix_length = bundle.message.length;
    return bundle;
}

/* Before the first view is taken: growing later would end the views. */
static void reserve(Bundle *bundle, const RawIdentity *identity)
{
    size_t needed = identity->nhs_scheme.length + identity->foreign_space.length +
                    identity->foreign_space_to.length + 3 * FIELD_EXTRA_BYTES;

    for (int i = 0; i < IDENTITY_FIELD_COUNT; i++)
        needed += NORMALISE_FOLD_GROWTH * identity->fields[i].length + FIELD_EXTRA_BYTES;
    message_reserve(&bundle->message, needed);
}

static Normaliser normaliser_of(const RawIdentity *identity, int field)
{
    bool is_nhs_number = field == IDENTITY_NHS_NUMBER || field == IDENTITY_SUPERSEDED_NHS_NUMBER;
    return is_nhs_number && identity->nhs_scheme.length > 0 ? normalise_verbatim : normalisers[field];
}

static void add_field(Bundle *bundle, const RawIdentity *identity, int field)
{
    char *out = message_field_start(&bundle->message);
    size_t length = 0;

    bundle->states[field] = IDENTIFIER_ABSENT;
    if (identity->fields[field].length == 0) {
        bundle->fields[field] = message_field_end(&bundle->message, 0);
        return;
    }
    bundle->states[field] = normaliser_of(identity, field)(bundle, identity->fields[field], out, &length);
    /* Two wrong numbers are two people: what fails its rule still tells subjects apart. */
    if (bundle->states[field] == IDENTIFIER_INVALID)
        (void)copy(text_trim(identity->fields[field]), out, &length);
    bundle->fields[field] = message_field_end(&bundle->message, length);
}

/* Behind the scheme, be it empty: so the number of fields tells which of them there are. */
static void add_foreign(Bundle *bundle, const RawIdentity *identity)
{
    const Text spaces[] = {identity->foreign_space, identity->foreign_space_to};

    bundle->foreign_space = identity->foreign_space;
    bundle->foreign_space_to = identity->foreign_space_to;
    if (identity->nhs_scheme.length == 0)
        message_add_field(&bundle->message, TEXT(""));
    for (int i = 0; i < IDENTITY_FIELD_COUNT - FIRST_LATER_FIELD; i++) {
        message_add_field(&bundle->message, spaces[i]);
        add_field(bundle, identity, FIRST_LATER_FIELD + i);
    }
}

static bool has_foreign(const RawIdentity *identity)
{
    return identity->fields[IDENTITY_FOREIGN_PSEUDONYM].length > 0 ||
           identity->fields[IDENTITY_FOREIGN_PSEUDONYM_TO].length > 0;
}

void bundle_fill(Bundle *bundle, const RawIdentity *identity)
{
    reserve(bundle, identity);
    for (int i = 0; i < FIRST_LATER_FIELD; i++)
        add_field(bundle, identity, i);
    for (int i = FIRST_LATER_FIELD; i < IDENTITY_FIELD_COUNT; i++)
        bundle->states[i] = IDENTIFIER_ABSENT;
    bundle->nhs_scheme = identity->nhs_scheme;
    if (identity->nhs_scheme.length > 0)
        message_add_field(&bundle->message, identity->nhs_scheme);
    if (has_foreign(identity))
        add_foreign(bundle, identity);
}

bool bundle_has_identity(const Bundle *bundle)
{
    for (int i = 0; i < IDENTITY_FIELD_COUNT; i++) {
        if (i != IDENTITY_SEX && i != IDENTITY_LOCAL_ID_ISSUER && bundle->fields[i].length > 0)
            return true;
    }
    return false;
}

void bundle_wipe(Bundle *bundle)
{
    message_rewind(&bundle->message, bundle->prefix_length);
    secret_wipe(bundle->fields, sizeof bundle->fields);
    secret_wipe(&bundle->birth_date, sizeof bundle->birth_date);
    bundle->birth_date = DATE_NONE;
    /* One by one: a Text copied from another that was just written waits for its own halves. */
    bundle->nhs_scheme = TEXT("");
    bundle->foreign_space = TEXT("");
    bundle->foreign_space_to = TEXT("");
    bundle->sex = '\0';
}

void bundle_close(Bundle *bundle)
{
    message_close(&bundle->message);
}
