#include "pseudonymise/pseudonymise.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/postcode_directory.h"
#include "pseudonymise/pseudonymiser.h"

enum { SEEN_DEFAULT = 1 << 20, INFANT_DAYS = 366, INFANT_BANDS = 5 };

static Result open_hash(const Keyring *keyring, const char *info, EVP_MAC_CTX **hash, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(keyring_regional_key(keyring, info, &key, error));
    return keyed_hash_create(KEYED_CMAC, secret_bytes(key), KEY_BYTES, hash, error);
}

static KeyMessage open_key_message(const char *source)
{
    KeyMessage made = {.message = message_open("cinque/record/v1")};

    message_add_field(&made.message, text_from(source));
    made.prefix_length = made.message.length;
    return made;
}

static Result open_parts(const Keyring *keyring, const PseudonymiserOptions *options,
                         Pseudonymiser *pseudonymiser, Error *error)
{
    pseudonymiser->bundle = bundle_open(options->source);
    pseudonymiser->record_message = open_key_message(options->source);
    for (size_t i = 0; i < options->refers_to_count; i++)
        pseudonymiser->reference_messages[pseudonymiser->reference_count++] =
            open_key_message(options->refers_to[i]);
    pseudonymiser->directory = options->directory;
    pseudonymiser->key_version = keyring_hub_version(keyring);
    pseudonymiser->seen = seen_create(options->seen_max == 0 ? SEEN_DEFAULT : options->seen_max);
    TRY(open_hash(keyring, "cinque/subject/v1", &pseudonymiser->subject_hash, error));
    TRY(open_hash(keyring, "cinque/record/v1", &pseudonymiser->record_hash, error));
    return tokeniser_create(keyring, PSEUDONYMISER_SPACE, &pseudonymiser->tokeniser, error);
}

Result pseudonymiser_create(const Keyring *keyring, const PseudonymiserOptions *options,
                            Pseudonymiser **pseudonymiser, Error *error)
{
    SCOPED(pseudonymiser_close) Pseudonymiser *made = NULL;

    if (options->source == NULL || options->source[0] == '\0')
        return fail(error, ERROR_CONFIG, "pseudonymiser: a source has a name");
    if (options->refers_to_count > PSEUDONYMISER_REFERENCES_MAX)
        return fail(error, ERROR_CONFIG, "pseudonymiser: refers to more than %d sources",
                    PSEUDONYMISER_REFERENCES_MAX);
    made = memory_alloc(sizeof *made);
    TRY(open_parts(keyring, options, made, error));
    *pseudonymiser = made;
    made = NULL;
    return RESULT_OK;
}

void pseudonymiser_close(Pseudonymiser **pseudonymiser)
{
    if (*pseudonymiser == NULL)
        return;
    tokeniser_close(&(*pseudonymiser)->tokeniser);
    keyed_hash_close(&(*pseudonymiser)->subject_hash);
    keyed_hash_close(&(*pseudonymiser)->record_hash);
    bundle_close(&(*pseudonymiser)->bundle);
    message_close(&(*pseudonymiser)->record_message.message);
    for (size_t i = 0; i < (*pseudonymiser)->reference_count; i++)
        message_close(&(*pseudonymiser)->reference_messages[i].message);
    seen_close(&(*pseudonymiser)->seen);
    secret_wipe(*pseudonymiser, sizeof **pseudonymiser);
    memory_free(*pseudonymiser);
    *pseudonymiser = NULL;
}

static int64_t first_8_bytes(const uint8_t *digest)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value = value << 8 | digest[i];
    return (int64_t)value;
}

/* One keyed hash a row says who it is; what only a new subject needs is left to fill_subject. */
static Result name_subject(Pseudonymiser *pseudonymiser, Subject *subject, Error *error)
{
    const Bundle *bundle = &pseudonymiser->bundle;
    uint8_t digest[KEYED_HASH_BYTES];

    TRY(keyed_hash_of(pseudonymiser->subject_hash, bundle->message.bytes, bundle->message.length, digest,
                      error));
    memcpy(subject->digest, digest, sizeof subject->digest);
    subject->subject_id = first_8_bytes(digest);
    subject->key_version = pseudonymiser->key_version;
    subject->nhs_state = bundle->states[IDENTITY_NHS_NUMBER];
    subject->sex = bundle->sex;
    if (bundle->birth_date != DATE_NONE) {
        CivilDate birth = date_to_civil(bundle->birth_date);
        subject->birth_year = birth.year;
        subject->birth_month = birth.month;
    }
    return RESULT_OK;
}

/* Whose a value is: what keeps equal values of two issuers, schemes or spaces apart. */
static Text issuer_of(const Bundle *bundle, IdentityField field)
{
    switch (field) {
    case IDENTITY_LOCAL_ID:
        return bundle->fields[IDENTITY_LOCAL_ID_ISSUER];
    case IDENTITY_NHS_NUMBER:
    case IDENTITY_SUPERSEDED_NHS_NUMBER:
        return bundle->nhs_scheme;
    case IDENTITY_FOREIGN_PSEUDONYM:
        return bundle->foreign_space;
    case IDENTITY_FOREIGN_PSEUDONYM_TO:
        return bundle->foreign_space_to;
    default:
        return TEXT("");
    }
}

static Result make_token(Pseudonymiser *pseudonymiser, TokenKind kind, IdentityField field, Token *token,
                         Error *error)
{
    const Bundle *bundle = &pseudonymiser->bundle;
    Text issuer = issuer_of(bundle, field);
    bool needs_issuer = kind == TOKEN_LOCAL_ID || kind == TOKEN_FOREIGN;

    if (bundle->states[field] != IDENTIFIER_VALID || (needs_issuer && issuer.length == 0))
        return RESULT_OK;
    return tokeniser_token(pseudonymiser->tokeniser, kind, issuer, bundle->fields[field], token, error);
}

static Result fill_subject(Pseudonymiser *pseudonymiser, Subject *subject, Error *error)
{
    const Bundle *bundle = &pseudonymiser->bundle;

    TRY(make_token(pseudonymiser, TOKEN_NHS_NUMBER, IDENTITY_NHS_NUMBER, &subject->nhs, error));
    TRY(make_token(pseudonymiser, TOKEN_NHS_NUMBER, IDENTITY_SUPERSEDED_NHS_NUMBER, &subject->superseded_nhs,
                   error));
    TRY(make_token(pseudonymiser, TOKEN_LOCAL_ID, IDENTITY_LOCAL_ID, &subject->local_id, error));
    TRY(make_token(pseudonymiser, TOKEN_UPRN, IDENTITY_UPRN, &subject->uprn, error));
    TRY(make_token(pseudonymiser, TOKEN_FOREIGN, IDENTITY_FOREIGN_PSEUDONYM, &subject->foreign, error));
    TRY(make_token(pseudonymiser, TOKEN_FOREIGN, IDENTITY_FOREIGN_PSEUDONYM_TO, &subject->foreign_to, error));
    if (pseudonymiser->directory != NULL && bundle->states[IDENTITY_POSTCODE] == IDENTIFIER_VALID)
        (void)postcode_directory_find(pseudonymiser->directory, bundle->fields[IDENTITY_POSTCODE],
                                      subject->lsoa_2011, subject->lsoa_2021);
    return RESULT_OK;
}

/* Neonatal counts need bands of an infant's first year. The exact age beside the date of the event, which is
 * stored, would be the birth date again. */
static int infant_age_band(Date birth, Date event)
{
    static const int first_days[INFANT_BANDS] = {0, 7, 28, 91, 183};
    int band = 0;

    if (birth == DATE_NONE || event == DATE_NONE || event < birth)
        return -1;
    int64_t days = (int64_t)event - birth;
    if (days >= INFANT_DAYS)
        return -1;
    for (int i = 0; i < INFANT_BANDS && first_days[i] <= days; i++)
        band = first_days[i];
    return band;
}

static Result make_subject(Pseudonymiser *pseudonymiser, const RawIdentity *identity, TokenisedRow *row,
                           Error *error)
{
    if (identity->is_withheld)
        return RESULT_OK;
    bundle_fill(&pseudonymiser->bundle, identity);
    row->age_days = infant_age_band(pseudonymiser->bundle.birth_date, identity->event_date);
    if (!bundle_has_identity(&pseudonymiser->bundle))
        return RESULT_OK;
    TRY(name_subject(pseudonymiser, &row->subject, error));
    row->has_subject = true;
    if (seen_contains(pseudonymiser->seen, row->subject.digest))
        return RESULT_OK;
    TRY(fill_subject(pseudonymiser, &row->subject, error));
    seen_add(pseudonymiser->seen, row->subject.digest);
    row->subject_is_new = true;
    return RESULT_OK;
}

/* The message is rewound by whoever asks. */
static Result hash_key(const Pseudonymiser *pseudonymiser, KeyMessage *key, Text text, HashedKey *hashed,
                       Error *error)
{
    uint8_t digest[KEYED_HASH_BYTES];

    if (text.length == 0)
        return RESULT_OK;
    message_add_field(&key->message, text);
    TRY(keyed_hash_of(pseudonymiser->record_hash, key->message.bytes, key->message.length, digest, error));
    *hashed = (HashedKey){first_8_bytes(digest), true};
    return RESULT_OK;
}

static Result make_keys(Pseudonymiser *pseudonymiser, RawKeys keys, bool is_withheld, TokenisedRow *row,
                        Error *error)
{
    TRY(hash_key(pseudonymiser, &pseudonymiser->record_message, keys.own, &row->record_key, error));
    if (is_withheld)
        return RESULT_OK;
    for (size_t i = 0; i < pseudonymiser->reference_count; i++)
        TRY(hash_key(pseudonymiser, &pseudonymiser->reference_messages[i], keys.references[i],
                     &row->references[i], error));
    return RESULT_OK;
}

static Result make_row(Pseudonymiser *pseudonymiser, const RawIdentity *identity, RawKeys keys,
                       TokenisedRow *row, Error *error)
{
    TRY(make_subject(pseudonymiser, identity, row, error));
    return make_keys(pseudonymiser, keys, identity->is_withheld, row, error);
}

static void rewind_key(KeyMessage *key)
{
    message_rewind(&key->message, key->prefix_length);
}

Result pseudonymise_row(Pseudonymiser *pseudonymiser, const RawIdentity *identity, RawKeys keys,
                        const Value *payload, size_t payload_count, const TokenisedRow **row, Error *error)
{
    TokenisedRow *made = &pseudonymiser->row;

    *made = (TokenisedRow){.payload = payload, .payload_count = payload_count, .age_days = -1};
    Result result = make_row(pseudonymiser, identity, keys, made, error);
    /* Also on failure: no identifier outlives its row. */
    bundle_wipe(&pseudonymiser->bundle);
    rewind_key(&pseudonymiser->record_message);
    for (size_t i = 0; i < pseudonymiser->reference_count; i++)
        rewind_key(&pseudonymiser->reference_messages[i]);
    *row = result.ok ? made : NULL;
    return result;
}

const Subject *tokenised_row_subject(const TokenisedRow *row)
{
    return row->has_subject ? &row->subject : NULL;
}

bool tokenised_row_subject_is_new(const TokenisedRow *row)
{
    return row->subject_is_new;
}

static bool take_key(HashedKey key, int64_t *record_key)
{
    if (key.is_set)
        *record_key = key.value;
    return key.is_set;
}

bool tokenised_row_record_key(const TokenisedRow *row, int64_t *record_key)
{
    return take_key(row->record_key, record_key);
}

bool tokenised_row_reference(const TokenisedRow *row, size_t index, int64_t *record_key)
{
    return take_key(row->references[index], record_key);
}

int tokenised_row_age_days(const TokenisedRow *row)
{
    return row->age_days;
}

const Value *tokenised_row_payload(const TokenisedRow *row, size_t *count)
{
    *count = row->payload_count;
    return row->payload;
}
