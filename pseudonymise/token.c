#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/keyring.h"
#include "pseudonymise/message.h"
#include "pseudonymise/pseudonymiser.h"

/* Also the info of the kind's sub-key. Never changed: a new format gets a new version here. */
static const char *const token_domains[TOKEN_KIND_COUNT] = {
    [TOKEN_NHS_NUMBER] = "cinque/inner/nhs_number/v1",
    [TOKEN_LOCAL_ID] = "cinque/inner/local_id/v1",
    [TOKEN_UPRN] = "cinque/inner/uprn/v1",
    [TOKEN_FOREIGN] = "cinque/inner/foreign/v1",
    [TOKEN_ADDRESS] = "cinque/inner/address/v1",
};

enum { SPACE_LETTERS_MAX = 32, WAITING_MAX = 64 };

typedef struct Inner {
    EVP_MAC_CTX *hash;
    Message message; /* the domain, then while a token is made its fields */
    size_t domain_length;
    int64_t uses;
} Inner;

typedef struct Outer {
    int version;
    EVP_CIPHER_CTX *unlock;
} Outer;

/* Inner layers whose outer one is made of many at once: alone a block costs a call, and leaves an AES unit
 * mostly idle. One block more, since a whole hash is written where its first half stays. */
typedef struct Waiting {
    uint8_t blocks[WAITING_MAX + 1][KEYED_BLOCK_BYTES];
    Token *tokens[WAITING_MAX];
    size_t count;
} Waiting;

struct Tokeniser {
    Inner inner[TOKEN_KIND_COUNT];
    Waiting waiting;
    EVP_CIPHER_CTX *lock; /* under the current hub version; NULL: a provider's, which makes inner layers */
    Outer *outer;         /* every hub version */
    size_t outer_count;
    int version; /* the current one */
    int64_t locked, unlocked_older;
};

/* The space stands between slashes in the info of its key: a slash in it could name another space's key. */
static bool is_space_name(const char *space)
{
    size_t length = strlen(space);

    if (length == 0 || length > SPACE_LETTERS_MAX)
        return false;
    return strspn(space, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static Result open_inner(const Keyring *keyring, TokenKind kind, Inner *inner, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    inner->message = message_open(token_domains[kind]);
    inner->domain_length = inner->message.length;
    TRY(keyring_regional_key(keyring, token_domains[kind], &key, error));
    return keyed_hash_create(KEYED_HMAC, secret_bytes(key), KEY_BYTES, &inner->hash, error);
}

static Result open_outer(const Keyring *keyring, const char *space, int version, KeyedDirection direction,
                         EVP_CIPHER_CTX **cipher, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(keyring_outer_key(keyring, space, version, &key, error));
    return keyed_block_create(secret_bytes(key), direction, cipher, error);
}

static Result open_all(const Keyring *keyring, const char *space, Tokeniser *tokeniser, Error *error)
{
    for (TokenKind kind = 0; kind < TOKEN_KIND_COUNT; kind++)
        TRY(open_inner(keyring, kind, &tokeniser->inner[kind], error));
    tokeniser->version = keyring_hub_version(keyring);
    tokeniser->outer_count = keyring_hub_count(keyring);
    if (tokeniser->outer_count == 0)
        return RESULT_OK;
    TRY(open_outer(keyring, space, keyring_hub_version(keyring), KEYED_LOCK, &tokeniser->lock, error));
    tokeniser->outer = memory_alloc(tokeniser->outer_count * sizeof tokeniser->outer[0]);
    for (size_t i = 0; i < tokeniser->outer_count; i++) {
        Outer *outer = &tokeniser->outer[i];
        outer->version = keyring_hub_version_at(keyring, i);
        TRY(open_outer(keyring, space, outer->version, KEYED_UNLOCK, &outer->unlock, error));
    }
    return RESULT_OK;
}

Result tokeniser_create(const Keyring *keyring, const char *space, Tokeniser **tokeniser, Error *error)
{
    SCOPED(tokeniser_close) Tokeniser *made = NULL;

    if (!is_space_name(space))
        return fail(error, ERROR_CONFIG, "token space: a name is 1 to %d of a-z, 0-9, _ and -",
                    SPACE_LETTERS_MAX);
    made = memory_alloc(sizeof *made);
    TRY(open_all(keyring, space, made, error));
    *tokeniser = made;
    made = NULL;
    return RESULT_OK;
}

void tokeniser_close(Tokeniser **tokeniser)
{
    if (*tokeniser == NULL)
        return;
    for (TokenKind kind = 0; kind < TOKEN_KIND_COUNT; kind++) {
        keyed_hash_close(&(*tokeniser)->inner[kind].hash);
        message_close(&(*tokeniser)->inner[kind].message);
    }
    tokeniser_forget(*tokeniser);
    keyed_block_close(&(*tokeniser)->lock);
    for (size_t i = 0; (*tokeniser)->outer != NULL && i < (*tokeniser)->outer_count; i++)
        keyed_block_close(&(*tokeniser)->outer[i].unlock);
    memory_free((*tokeniser)->outer);
    memory_free(*tokeniser);
    *tokeniser = NULL;
}

static bool needs_issuer(TokenKind kind)
{
    return kind == TOKEN_LOCAL_ID || kind == TOKEN_FOREIGN || kind == TOKEN_ADDRESS;
}

static Result hash_value_of(Inner *inner, Text issuer, Text value, uint8_t digest[KEYED_HASH_BYTES],
                            Error *error)
{
    if (issuer.length > 0)
        message_add_field(&inner->message, issuer);
    message_add_field(&inner->message, value);
    Result result = keyed_hash_of(inner->hash, inner->message.bytes, inner->message.length, digest, error);
    message_rewind(&inner->message, inner->domain_length);
    inner->uses += result.ok;
    return result;
}

Result tokeniser_add(Tokeniser *tokeniser, TokenKind kind, Text issuer, Text value, Token *token,
                     Error *error)
{
    Waiting *waiting = &tokeniser->waiting;

    assert(kind != TOKEN_UPRN || issuer.length == 0);
    *token = (Token){0};
    /* Else all people without a number would share a token, and equal numbers of two hospitals too. */
    if (value.length == 0 || (needs_issuer(kind) && issuer.length == 0))
        return fail(error, ERROR_INPUT,
                    "token: neither value nor issuer of a local id, a foreign pseudonym or an address may be "
                    "empty");
    if (waiting->count == WAITING_MAX)
        TRY(tokeniser_finish(tokeniser, error));
    TRY(hash_value_of(&tokeniser->inner[kind], issuer, value, waiting->blocks[waiting->count], error));
    waiting->tokens[waiting->count++] = token;
    return RESULT_OK;
}

/* Of a provider's tokeniser the inner layer is the token. */
Result tokeniser_finish(Tokeniser *tokeniser, Error *error)
{
    Waiting *waiting = &tokeniser->waiting;
    Result result = RESULT_OK;

    if (tokeniser->lock != NULL && waiting->count > 0)
        result = keyed_blocks_apply(tokeniser->lock, waiting->blocks[0], waiting->count, error);
    for (size_t i = 0; result.ok && i < waiting->count; i++) {
        memcpy(waiting->tokens[i]->bytes, waiting->blocks[i], TOKEN_BYTES);
        waiting->tokens[i]->is_set = true;
        tokeniser->locked += tokeniser->lock != NULL;
    }
    tokeniser_forget(tokeniser);
    return result;
}

/* The inner layer alone joins all spaces. */
void tokeniser_forget(Tokeniser *tokeniser)
{
    secret_wipe(tokeniser->waiting.blocks, (tokeniser->waiting.count + 1) * KEYED_BLOCK_BYTES);
    tokeniser->waiting.count = 0;
}

Result tokeniser_wrap(Tokeniser *tokeniser, Token *token, Error *error)
{
    if (tokeniser->lock == NULL)
        return fail(error, ERROR_CONFIG, "keyring: holds no hub key");
    if (!token->is_set)
        return RESULT_OK;
    TRY(keyed_block_apply(tokeniser->lock, token->bytes, token->bytes, error));
    tokeniser->locked++;
    return RESULT_OK;
}

Result tokeniser_rotate(Tokeniser *tokeniser, int from_version, Token *token, Error *error)
{
    uint8_t inner[KEYED_BLOCK_BYTES];

    for (size_t i = 0; i < tokeniser->outer_count; i++) {
        if (tokeniser->outer[i].version != from_version)
            continue;
        if (!token->is_set)
            return RESULT_OK;
        Result result = keyed_block_apply(tokeniser->outer[i].unlock, token->bytes, inner, error);
        if (result.ok)
            result = keyed_block_apply(tokeniser->lock, inner, token->bytes, error);
        tokeniser->locked += result.ok;
        tokeniser->unlocked_older += result.ok;
        secret_wipe(inner, sizeof inner);
        return result;
    }
    return fail(error, ERROR_CONFIG, "keyring: no hub key of version %d", from_version);
}

KeyUse tokeniser_use(const Tokeniser *tokeniser)
{
    KeyUse use = {
        .hub_version = tokeniser->version, .outer = tokeniser->locked, .older = tokeniser->unlocked_older};

    for (TokenKind kind = 0; kind < TOKEN_KIND_COUNT; kind++)
        use.inner[kind] = tokeniser->inner[kind].uses;
    return use;
}
