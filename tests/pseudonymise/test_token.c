#include "tests/pseudonymise/fixture.h"

static const Text nhs_number = {.data = "9434765919", .length = 10};

static Tokeniser *tokeniser_of(const Keyring *keyring, const char *space)
{
    Tokeniser *tokeniser = NULL;
    Error error = {0};

    cr_assert(tokeniser_create(keyring, space, &tokeniser, &error).ok, "%s", error.message);
    return tokeniser;
}

static Token token_of(Tokeniser *tokeniser, TokenKind kind, Text issuer, Text value)
{
    Token token;
    Error error = {0};

    cr_assert(tokeniser_add(tokeniser, kind, issuer, value, &token, &error).ok, "%s", error.message);
    cr_assert(tokeniser_finish(tokeniser, &error).ok, "%s", error.message);
    cr_assert(token.is_set);
    return token;
}

static void expect_token(const Token *token, const char *expected)
{
    char hex[FIXTURE_HEX_BYTES];

    cr_expect_str_eq(fixture_hex(token->bytes, TOKEN_BYTES, hex), expected);
}

static Keyring *keyring;
static Tokeniser *tokeniser; /* of linkage */

static void set_up(void)
{
    keyring = fixture_keyring();
    tokeniser = tokeniser_of(keyring, "linkage");
}

static void tear_down(void)
{
    tokeniser_close(&tokeniser);
    keyring_close(&keyring);
    fixture_clear();
}

TestSuite(token, .init = set_up, .fini = tear_down);

/*
 * Expected values were made by a second implementation (Python's hmac and hashlib, openssl enc -aes-256-ecb)
 * from docs/decisions/tokens.md. They change only with the format's version.
 */
Test(token, formats_of_version_1_never_change)
{
    Token nhs = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);
    Token local_id = token_of(tokeniser, TOKEN_LOCAL_ID, TEXT("RWF"), TEXT("A123"));
    Token uprn = token_of(tokeniser, TOKEN_UPRN, TEXT(""), TEXT("100012345678"));

    expect_token(&nhs, "05847ed3cb8936eb365851f4353feaf9");
    expect_token(&local_id, "0d7daa4912f6c38ace0d01b4df757d85");
    expect_token(&uprn, "390a6390812642955da962791b953ead");
    tokeniser_close(&tokeniser);
    cr_expect_null(tokeniser);
}

/* Goes red when the space leaves the info of keyring_outer_key. */
Test(token, tokens_of_two_spaces_cannot_be_joined)
{
    Tokeniser *research = tokeniser_of(keyring, "research");

    Token linked = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);
    Token researched = token_of(research, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);

    cr_expect_arr_neq(linked.bytes, researched.bytes, TOKEN_BYTES);
    expect_token(&researched, "123d037d943399f156115ed08aa9622f");
    tokeniser_close(&research);
}

/* A key of the keyring's folder is another one: what it makes is another token. */
static void expect_another_token_under(const char *key_file)
{
    char path[FIXTURE_PATH_BYTES];
    fixture_counting_key(key_file, 2);
    Keyring *other = fixture_open(fixture_path("keyring", path));
    Tokeniser *theirs = tokeniser_of(other, "linkage");

    Token token = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);
    Token guessed = token_of(theirs, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);

    cr_expect_arr_neq(token.bytes, guessed.bytes, TOKEN_BYTES);
    tokeniser_close(&theirs);
    keyring_close(&other);
}

/* Goes red when the inner hash is not keyed by the regional root. */
Test(token, a_token_cannot_be_recomputed_with_another_regional_key)
{
    expect_another_token_under("keyring/regional.key");
}

/* Goes red when the outer layer is left out: then only the regional key counts. */
Test(token, a_token_cannot_be_recomputed_with_another_hub_key)
{
    expect_another_token_under("keyring/hub-2.key");
}

Test(token, equal_digits_of_two_kinds_give_two_tokens)
{
    Token nhs = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);
    Token uprn = token_of(tokeniser, TOKEN_UPRN, TEXT(""), nhs_number);

    cr_expect_arr_neq(nhs.bytes, uprn.bytes, TOKEN_BYTES);
}

/* Goes red when the scheme is left out of the hashed message. */
Test(token, a_number_of_another_scheme_is_no_nhs_number)
{
    Token nhs = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);
    Token other = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT("febrl"), nhs_number);

    cr_expect_arr_neq(nhs.bytes, other.bytes, TOKEN_BYTES);
    expect_token(&other, "307f0d46edc1b7c872f9d9a3d508a56c");
}

Test(token, a_local_id_counts_only_with_its_issuer)
{
    Token here = token_of(tokeniser, TOKEN_LOCAL_ID, TEXT("RWF"), TEXT("123"));
    Token there = token_of(tokeniser, TOKEN_LOCAL_ID, TEXT("RVV"), TEXT("123"));
    Token shifted = token_of(tokeniser, TOKEN_LOCAL_ID, TEXT("RWF1"), TEXT("23"));

    cr_expect_arr_neq(here.bytes, there.bytes, TOKEN_BYTES);
    cr_expect_arr_neq(here.bytes, shifted.bytes, TOKEN_BYTES);
}

/* Goes red when TOKEN_FOREIGN has the domain of NHS numbers. Expected as above, by a second implementation.
 */
Test(token, a_foreign_pseudonym_that_looks_like_an_nhs_number_is_none)
{
    Token nhs = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT("QKS/salted-2024/sus"), nhs_number);
    Token foreign = token_of(tokeniser, TOKEN_FOREIGN, TEXT("QKS/salted-2024/sus"), nhs_number);

    cr_expect_arr_neq(nhs.bytes, foreign.bytes, TOKEN_BYTES);
    expect_token(&foreign, "fe4d3ed356b13ec68b9e0c7614b24447");
}

/* Goes red when the space is left out of the hashed message. */
Test(token, equal_foreign_pseudonyms_of_two_spaces_give_two_tokens)
{
    static const char *const others[] = {"QJK/salted-2024/sus", "QKS/salted-2025/sus",
                                         "QKS/salted-2024/mhsds"};
    Token ours = token_of(tokeniser, TOKEN_FOREIGN, TEXT("QKS/salted-2024/sus"), TEXT("7F3A"));

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        Token theirs = token_of(tokeniser, TOKEN_FOREIGN, text_from(others[i]), TEXT("7F3A"));
        cr_expect_arr_neq(ours.bytes, theirs.bytes, TOKEN_BYTES, "%s", others[i]);
    }
}

Test(token, an_empty_value_or_issuer_has_no_token)
{
    Token token = {.is_set = true};
    Error error = {0};

    cr_expect_not(tokeniser_add(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), TEXT(""), &token, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_not(token.is_set);
    cr_expect_not(tokeniser_add(tokeniser, TOKEN_LOCAL_ID, TEXT(""), TEXT("A1"), &token, &error).ok);
    cr_expect_not(token.is_set);
    cr_expect_not(tokeniser_add(tokeniser, TOKEN_FOREIGN, TEXT(""), TEXT("A1"), &token, &error).ok);
    cr_expect_not(token.is_set);
}

/* 100: more than wait at once, and no multiple of it. */
Test(token, many_at_once_are_what_each_is_alone)
{
    enum { MANY = 100 };
    char numbers[MANY][16];
    Token tokens[MANY];
    Error error = {0};

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(numbers[i], sizeof numbers[i], "%010d", i);
        cr_assert(tokeniser_add(tokeniser, i % 2 == 0 ? TOKEN_NHS_NUMBER : TOKEN_LOCAL_ID, TEXT("RWF"),
                                text_from(numbers[i]), &tokens[i], &error)
                      .ok);
    }
    cr_expect_not(tokens[MANY - 1].is_set);
    cr_assert(tokeniser_finish(tokeniser, &error).ok);

    for (int i = 0; i < MANY; i++) {
        Token alone = token_of(tokeniser, i % 2 == 0 ? TOKEN_NHS_NUMBER : TOKEN_LOCAL_ID, TEXT("RWF"),
                               text_from(numbers[i]));
        cr_expect(tokens[i].is_set);
        cr_expect_arr_eq(tokens[i].bytes, alone.bytes, TOKEN_BYTES, "token %d", i);
    }
    cr_expect_eq(tokeniser_use(tokeniser).outer, 2 * MANY);
}

Test(token, what_is_forgotten_is_never_made)
{
    Token forgotten;
    Error error = {0};
    cr_assert(tokeniser_add(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number, &forgotten, &error).ok);

    tokeniser_forget(tokeniser);
    Token next = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);

    cr_expect_not(forgotten.is_set);
    expect_token(&next, "05847ed3cb8936eb365851f4353feaf9");
}

Test(token, rotation_gives_what_the_identifier_would_give)
{
    char path[FIXTURE_PATH_BYTES];
    cr_assert_eq(unlink(fixture_path("keyring/hub-2.key", path)), 0);
    Keyring *before = fixture_open(fixture_path("keyring", path));
    Tokeniser *old = tokeniser_of(before, "linkage");
    Error error = {0};
    Token token = token_of(old, TOKEN_NHS_NUMBER, TEXT(""), nhs_number);
    expect_token(&token, "de7697aed1463492f31387eb7256c8c9");

    cr_assert(tokeniser_rotate(tokeniser, 1, &token, &error).ok, "%s", error.message);
    expect_token(&token, "05847ed3cb8936eb365851f4353feaf9");
    cr_assert(tokeniser_rotate(tokeniser, 2, &token, &error).ok, "%s", error.message);
    expect_token(&token, "05847ed3cb8936eb365851f4353feaf9");

    tokeniser_close(&old);
    keyring_close(&before);
}

Test(token, rotation_from_an_unknown_version_is_refused_and_changes_nothing)
{
    Token token = token_of(tokeniser, TOKEN_NHS_NUMBER, TEXT(""), nhs_number), kept = token;
    Error error = {0};

    cr_expect_not(tokeniser_rotate(tokeniser, 3, &token, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "keyring: no hub key of version 3");
    cr_expect_arr_eq(token.bytes, kept.bytes, TOKEN_BYTES);
}

Test(token, rotation_of_no_token_gives_no_token)
{
    Token token = {0};
    Error error = {0};

    cr_expect(tokeniser_rotate(tokeniser, 1, &token, &error).ok);

    cr_expect_not(token.is_set);
}

/* Goes red when is_space_name lets a slash through: "linkage/1" could name another space's key. */
Test(token, a_space_whose_name_could_name_another_key_is_refused)
{
    static const char *const names[] = {"", "linkage/1", "Linkage", "a b",
                                        "abcdefghijklmnopqrstuvwxyz0123456"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Tokeniser *refused = NULL;
        Error error = {0};
        cr_expect_not(tokeniser_create(keyring, names[i], &refused, &error).ok, "%s", names[i]);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_null(refused);
    }
}

Test(token, tokens_taken_from_an_older_version_are_counted)
{
    Token token = {.is_set = true};
    Error error = {0};
    char text[KEY_USE_BYTES];

    cr_assert(tokeniser_rotate(tokeniser, 1, &token, &error).ok, "%s", error.message);

    KeyUse use = tokeniser_use(tokeniser);
    cr_expect_eq(use.older, 1);
    cr_expect_eq(use.outer, 1);
    cr_expect(text_equal(key_use_text(&use, text), TEXT("keys hub-2.outer=1 hub-older.outer=1")), "%s", text);
}
