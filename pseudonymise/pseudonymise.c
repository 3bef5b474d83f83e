#include "pseudonymise/pseudonymise.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "pseudonymise/bundle_encoding.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/normalise.h"
#include "pseudonymise/postcode_directory.h"
#include "pseudonymise/pseudonymiser.h"

enum { SEEN_DEFAULT = 1 << 20 };

static Result open_hash(const Keyring *keyring, const char *info, Cmac **hash, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(keyring_regional_key(keyring, info, &key, error));
    return cmac_create(secret_bytes(key), hash, error);
}

static Result open_parts(const Keyring *keyring, const PseudonymiserOptions *options,
                         Pseudonymiser *pseudonymiser, Error *error)
{
    for (size_t i = 0; i < PSEUDONYMISE_ROWS; i++)
        pseudonymiser->drafts[i] = draft_open(options);
    pseudonymiser->directory = options->directory;
    pseudonymiser->key_version = keyring_hub_version(keyring);
    pseudonymiser->seen_max = options->seen_max == 0 ? SEEN_DEFAULT : options->seen_max;
    pseudonymiser->seen = seen_create(pseudonymiser->seen_max);
    if (options->encodes)
        TRY(bundle_encoder_create(keyring, &pseudonymiser->encoder, error));
    TRY(open_hash(keyring, "cinque/subject/v1", &pseudonymiser->subject_hash, error));
    TRY(open_hash(keyring, "cinque/record/v1", &pseudonymiser->record_hash, error));
    TRY(names_open(keyring, PSEUDONYMISER_SPACE, &pseudonymiser->names, error));
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
    TRY(keyring_check_day(keyring, date_today(), error));
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
    cmac_close(&(*pseudonymiser)->subject_hash);
    cmac_close(&(*pseudonymiser)->record_hash);
    names_close(&(*pseudonymiser)->names);
    for (size_t i = 0; i < PSEUDONYMISE_ROWS; i++)
        draft_close(&(*pseudonymiser)->drafts[i]);
    seen_close(&(*pseudonymiser)->seen);
    seen_close(&(*pseudonymiser)->observed);
    encoder_close(&(*pseudonymiser)->encoder);
    secret_wipe(*pseudonymiser, sizeof **pseudonymiser);
    memory_free(*pseudonymiser);
    *pseudonymiser = NULL;
}

KeyUse pseudonymiser_use(const Pseudonymiser *pseudonymiser)
{
    if (pseudonymiser == NULL)
        return (KeyUse){0};
    KeyUse use = tokeniser_use(pseudonymiser->tokeniser);
    use.subject = pseudonymiser->subject_count;
    use.record = pseudonymiser->record_count;
    use.encoding = pseudonymiser->encoding_count;
    use.locked = pseudonymiser->names.locked;
    return use;
}

/* A keyed hash says who it is; what only a new subject needs is left to fill_subject. */
static void name_subject(const Pseudonymiser *pseudonymiser, const Bundle *bundle,
                         const uint8_t digest[KEYED_BLOCK_BYTES], Subject *subject)
{
    *subject = (Subject){
        .subject_id = names_number(digest),
        .key_version = pseudonymiser->key_version,
        .nhs_state = bundle->states[IDENTITY_NHS_NUMBER],
        .sex = bundle->sex,
    };
    memcpy(subject->digest, digest, sizeof subject->digest);
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

static Result make_token(Pseudonymiser *pseudonymiser, const Bundle *bundle, TokenKind kind,
                         IdentityField field, Token *token, Error *error)
{
    Text issuer = issuer_of(bundle, field);
    bool needs_issuer = kind == TOKEN_LOCAL_ID || kind == TOKEN_FOREIGN;

    if (bundle->states[field] != IDENTIFIER_VALID || (needs_issuer && issuer.length == 0))
        return RESULT_OK;
    return tokeniser_add(pseudonymiser->tokeniser, kind, issuer, bundle->fields[field], token, error);
}

/* Also where there is a UPRN: it tells those who have the address alone which home it is. */
static Result make_address(Pseudonymiser *pseudonymiser, const Bundle *bundle, Token *token, Error *error)
{
    Text postcode = bundle->fields[IDENTITY_POSTCODE];
    char normal[NORMALISE_ADDRESS_BYTES];
    Result result = RESULT_OK;

    if (bundle->states[IDENTITY_ADDRESS] != IDENTIFIER_VALID ||
        bundle->states[IDENTITY_POSTCODE] != IDENTIFIER_VALID)
        return RESULT_OK;
    size_t length = normalise_address(bundle->fields[IDENTITY_ADDRESS], postcode, normal);
    if (length > 0)
        result = tokeniser_add(pseudonymiser->tokeniser, TOKEN_ADDRESS, postcode,
                               (Text){.data = normal, .length = length}, token, error);
    secret_wipe(normal, length);
    return result;
}

static Result make_tokens(Pseudonymiser *pseudonymiser, const Bundle *bundle, Subject *subject, Error *error)
{
    const struct {
        TokenKind kind;
        IdentityField field;
        Token *token;
    } tokens[] = {
        {TOKEN_NHS_NUMBER, IDENTITY_NHS_NUMBER, &subject->nhs},
        {TOKEN_NHS_NUMBER, IDENTITY_SUPERSEDED_NHS_NUMBER, &subject->superseded_nhs},
        {TOKEN_LOCAL_ID, IDENTITY_LOCAL_ID, &subject->local_id},
        {TOKEN_UPRN, IDENTITY_UPRN, &subject->uprn},
        {TOKEN_FOREIGN, IDENTITY_FOREIGN_PSEUDONYM, &subject->foreign},
        {TOKEN_FOREIGN, IDENTITY_FOREIGN_PSEUDONYM_TO, &subject->foreign_to},
    };

    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        TRY(make_token(pseudonymiser, bundle, tokens[i].kind, tokens[i].field, tokens[i].token, error));
    return make_address(pseudonymiser, bundle, &subject->address, error);
}

static bool has_area(const Pseudonymiser *pseudonymiser, const Bundle *bundle)
{
    return pseudonymiser->directory != NULL && bundle->states[IDENTITY_POSTCODE] == IDENTIFIER_VALID;
}

static Result fill_subject(Pseudonymiser *pseudonymiser, const Bundle *bundle, TokenisedRow *row,
                           Error *error)
{
    Subject *subject = &row->subject;

    TRY(make_tokens(pseudonymiser, bundle, subject, error));
    if (bundle->birth_date != DATE_NONE) {
        CivilDate birth = date_to_civil(bundle->birth_date);
        subject->birth_year = birth.year;
        subject->birth_month = birth.month;
    }
    if (pseudonymiser->encoder != NULL)
        TRY(bundle_encode(bundle, pseudonymiser->encoder, row->encoding, &row->encoding_length, error));
    pseudonymiser->encoding_count += pseudonymiser->encoder != NULL;
    if (has_area(pseudonymiser, bundle))
        (void)postcode_directory_find(pseudonymiser->directory, bundle->fields[IDENTITY_POSTCODE],
                                      subject->lsoa_2011, subject->lsoa_2021);
    return RESULT_OK;
}

/* ---- many rows at once ---- */

/* The messages of those drafts that have one, hashed; *count digests, of the drafts whose numbers are in of.
 */
typedef struct Hashes {
    CmacMessage messages[PSEUDONYMISE_ROWS];
    uint8_t digests[PSEUDONYMISE_ROWS][KEYED_BLOCK_BYTES];
    size_t of[PSEUDONYMISE_ROWS], count;
} Hashes;

static void add_message(Hashes *hashes, const Message *message, size_t draft)
{
    if (message == NULL)
        return;
    hashes->messages[hashes->count] = (CmacMessage){.bytes = message->bytes, .length = message->length};
    hashes->of[hashes->count++] = draft;
}

static Result hash_all(Hashes *hashes, Cmac *cmac, Error *error)
{
    return cmac_of(cmac, hashes->messages, hashes->count, hashes->digests, error);
}

/* seen: what will be asked for them. */
static Result hash_subjects(Pseudonymiser *pseudonymiser, const Seen *seen, Hashes *hashes, Error *error)
{
    hashes->count = 0;
    for (size_t i = 0; i < pseudonymiser->waiting; i++)
        add_message(hashes, draft_subject(&pseudonymiser->drafts[i]), i);
    TRY(hash_all(hashes, pseudonymiser->subject_hash, error));
    TRY(names_lock_subjects(&pseudonymiser->names, hashes->digests[0], hashes->count, error));
    pseudonymiser->subject_count += (int64_t)hashes->count;
    for (size_t i = 0; i < hashes->count; i++)
        seen_expect(seen, hashes->digests[i]);
    return RESULT_OK;
}

/* Who is new; of those what fill_subject will look at is asked of memory. */
static void name_subjects(Pseudonymiser *pseudonymiser, const Hashes *hashes)
{
    for (size_t i = 0; i < hashes->count; i++) {
        Draft *draft = &pseudonymiser->drafts[hashes->of[i]];
        name_subject(pseudonymiser, &draft->bundle, hashes->digests[i], &draft->row.subject);
        if (seen_contains(pseudonymiser->seen, hashes->digests[i]))
            continue;
        seen_add(pseudonymiser->seen, hashes->digests[i]);
        draft->row.subject_is_new = true;
        if (has_area(pseudonymiser, &draft->bundle))
            postcode_directory_expect(pseudonymiser->directory, draft->bundle.fields[IDENTITY_POSTCODE]);
    }
}

static Result make_subjects(Pseudonymiser *pseudonymiser, const Hashes *hashes, Error *error)
{
    name_subjects(pseudonymiser, hashes);
    for (size_t i = 0; i < pseudonymiser->waiting; i++) {
        Draft *draft = &pseudonymiser->drafts[i];
        if (draft->row.subject_is_new)
            TRY(fill_subject(pseudonymiser, &draft->bundle, &draft->row, error));
    }
    return tokeniser_finish(pseudonymiser->tokeniser, error);
}

static Result make_keys(Pseudonymiser *pseudonymiser, size_t index, Error *error)
{
    Hashes hashes;

    hashes.count = 0;
    for (size_t i = 0; i < pseudonymiser->waiting; i++)
        add_message(&hashes, draft_key(&pseudonymiser->drafts[i], index), i);
    TRY(hash_all(&hashes, pseudonymiser->record_hash, error));
    TRY(names_lock_records(&pseudonymiser->names, hashes.digests[0], hashes.count, error));
    pseudonymiser->record_count += (int64_t)hashes.count;
    for (size_t i = 0; i < hashes.count; i++)
        pseudonymiser->drafts[hashes.of[i]].row.keys[index].value = names_number(hashes.digests[i]);
    return RESULT_OK;
}

static Result make_rows(Pseudonymiser *pseudonymiser, Error *error)
{
    Hashes subjects;

    TRY(hash_subjects(pseudonymiser, pseudonymiser->seen, &subjects, error));
    /* In between: what is asked of memory above takes as long to come. */
    for (size_t i = 0; i < pseudonymiser->drafts[0].key_count; i++)
        TRY(make_keys(pseudonymiser, i, error));
    return make_subjects(pseudonymiser, &subjects, error);
}

void pseudonymise_add(Pseudonymiser *pseudonymiser, const RawRow *row)
{
    if (pseudonymiser->has_tokenised)
        pseudonymiser->waiting = 0;
    pseudonymiser->has_tokenised = false;
    assert(pseudonymiser->waiting < PSEUDONYMISE_ROWS);
    draft_fill(&pseudonymiser->drafts[pseudonymiser->waiting++], row);
}

bool pseudonymise_is_full(const Pseudonymiser *pseudonymiser)
{
    return pseudonymiser->waiting == PSEUDONYMISE_ROWS && !pseudonymiser->has_tokenised;
}

static void wipe_waiting(Pseudonymiser *pseudonymiser)
{
    for (size_t i = 0; i < pseudonymiser->waiting; i++)
        draft_wipe(&pseudonymiser->drafts[i]);
}

/* Each subject once, as it is encoded once. */
static Result observe_subjects(Pseudonymiser *pseudonymiser, Error *error)
{
    Hashes hashes;

    TRY(hash_subjects(pseudonymiser, pseudonymiser->observed, &hashes, error));
    for (size_t i = 0; i < hashes.count; i++) {
        if (seen_contains(pseudonymiser->observed, hashes.digests[i]))
            continue;
        TRY(bundle_observe(&pseudonymiser->drafts[hashes.of[i]].bundle, pseudonymiser->encoder, error));
        seen_add(pseudonymiser->observed, hashes.digests[i]);
    }
    return RESULT_OK;
}

Result pseudonymise_observe(Pseudonymiser *pseudonymiser, Error *error)
{
    assert(pseudonymiser->encoder != NULL && !pseudonymiser->has_tokenised);
    if (pseudonymiser->observed == NULL)
        pseudonymiser->observed = seen_create(pseudonymiser->seen_max);
    Result result = observe_subjects(pseudonymiser, error);
    wipe_waiting(pseudonymiser);
    pseudonymiser->waiting = 0;
    return result;
}

Result pseudonymise_rows(Pseudonymiser *pseudonymiser, size_t *count, Error *error)
{
    *count = 0;
    if (pseudonymiser->has_tokenised)
        return RESULT_OK;
    seen_close(&pseudonymiser->observed);
    Result result = make_rows(pseudonymiser, error);
    /* Also on failure: no identifier outlives its row. */
    tokeniser_forget(pseudonymiser->tokeniser);
    wipe_waiting(pseudonymiser);
    pseudonymiser->has_tokenised = true;
    *count = result.ok ? pseudonymiser->waiting : 0;
    return result;
}

const TokenisedRow *pseudonymise_row(const Pseudonymiser *pseudonymiser, size_t index)
{
    assert(pseudonymiser->has_tokenised && index < pseudonymiser->waiting);
    return &pseudonymiser->drafts[index].row;
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
    return take_key(row->keys[0], record_key);
}

bool tokenised_row_reference(const TokenisedRow *row, size_t index, int64_t *record_key)
{
    return take_key(row->keys[1 + index], record_key);
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

uint64_t tokenised_row_line(const TokenisedRow *row)
{
    return row->line;
}

Text tokenised_row_encoding(const TokenisedRow *row)
{
    return (Text){.data = (const char *)row->encoding, .length = row->encoding_length};
}

Result pseudonymiser_reference(Pseudonymiser *pseudonymiser, uint8_t *encoding, size_t *length, Error *error)
{
    *length = 0;
    return pseudonymiser->encoder != NULL ? encoder_reference(pseudonymiser->encoder, encoding, length, error)
                                          : RESULT_OK;
}
