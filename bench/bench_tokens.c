/*
 * Tokens of ten-digit NHS numbers, those of 32 rows at once as a load makes them, one core, against plain
 * EVP_MAC (HMAC-SHA-256, context reused) over the same digits. Both take turns within one run, so that both
 * see the same machine; figures are medians of the turns.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/arena.h"
#include "bench/bench.h"
#include "pseudonymise/pseudonymise.h"

/* A turn is far shorter than what a scheduler gives a process, so most turns are undisturbed. */
enum {
    TURNS = 2001,
    SLICES = 100,
    SLICE_NUMBERS = 13 * PSEUDONYMISE_ROWS,
    NUMBERS = SLICES * SLICE_NUMBERS,
    DIGITS = 10,
    HASH_LENGTH = 32
};

typedef struct Work {
    char (*numbers)[DIGITS];
    Tokeniser *tokeniser;
    EVP_MAC_CTX *plain;
    size_t from;       /* where this turn's numbers begin */
    unsigned checksum; /* keeps the results alive */
} Work;

static Result make_tokens(Work *work, Error *error)
{
    Token tokens[PSEUDONYMISE_ROWS];

    for (size_t i = work->from; i < work->from + SLICE_NUMBERS; i += PSEUDONYMISE_ROWS) {
        for (size_t row = 0; row < PSEUDONYMISE_ROWS; row++) {
            Text number = {.data = work->numbers[i + row], .length = DIGITS};
            TRY(tokeniser_add(work->tokeniser, TOKEN_NHS_NUMBER, TEXT(""), number, &tokens[row], error));
        }
        TRY(tokeniser_finish(work->tokeniser, error));
        work->checksum += tokens[0].bytes[0];
    }
    return RESULT_OK;
}

static Result make_plain(Work *work, Error *error)
{
    unsigned char hash[HASH_LENGTH];
    size_t length;

    for (size_t i = work->from; i < work->from + SLICE_NUMBERS; i++) {
        if (EVP_MAC_init(work->plain, NULL, 0, NULL) != 1 ||
            EVP_MAC_update(work->plain, (const unsigned char *)work->numbers[i], DIGITS) != 1 ||
            EVP_MAC_final(work->plain, hash, &length, sizeof hash) != 1)
            return fail(error, ERROR_SYSTEM, "HMAC-SHA-256: OpenSSL refused");
        work->checksum += hash[0];
    }
    return RESULT_OK;
}

static Result timed(Result (*make)(Work *, Error *), Work *work, double *seconds, Error *error)
{
    double started = bench_now_s();

    TRY(make(work, error));
    *seconds = bench_now_s() - started;
    return RESULT_OK;
}

static Result measure(Work *work, bool as_json, Error *error)
{
    double tokens_s[TURNS], plain_s[TURNS];

    for (size_t turn = 0; turn < TURNS; turn++) {
        work->from = turn % SLICES * SLICE_NUMBERS;
        TRY(timed(make_tokens, work, &tokens_s[turn], error));
        TRY(timed(make_plain, work, &plain_s[turn], error));
    }
    double tokens = SLICE_NUMBERS / bench_median(tokens_s, TURNS);
    double plain = SLICE_NUMBERS / bench_median(plain_s, TURNS);
    const BenchFigure figures[] = {
        {"tokens_per_s", tokens, 0}, {"evp_mac_per_s", plain, 0}, {"ratio_to_evp_mac", tokens / plain, 3}};
    bench_print(figures, sizeof figures / sizeof figures[0], as_json);
    return RESULT_OK;
}

static Result open_plain(Work *work, Error *error)
{
    static char digest_name[] = "SHA256";
    static const unsigned char key[HASH_LENGTH] = {1, 2, 3};
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                     OSSL_PARAM_construct_end()};
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);

    work->plain = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    if (work->plain == NULL || EVP_MAC_init(work->plain, key, sizeof key, parameters) != 1)
        return fail(error, ERROR_SYSTEM, "HMAC-SHA-256: OpenSSL refused");
    return RESULT_OK;
}

static Result open_tokeniser(Work *work, Error *error)
{
    char folder[] = "/tmp/cinque-bench-XXXXXX", keys[64], file[128];
    static const char *const files[] = {"regional.key",       "subjects.key",       "hub-1.key",
                                        "quarantine.public",  "quarantine.private", "encodings-1.public",
                                        "encodings-1.private"};
    Keyring *keyring = NULL;

    if (mkdtemp(folder) == NULL)
        return fail_errno(error, "%s: cannot be made", folder);
    (void)snprintf(keys, sizeof keys, "%s/keyring", folder);
    Result result = keyring_create(keys, NULL, error);
    if (result.ok)
        result = keyring_open(keys, &keyring, error);
    if (result.ok)
        result = tokeniser_create(keyring, "linkage", &work->tokeniser, error);
    keyring_close(&keyring);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(file, sizeof file, "%s/%s", keys, files[i]);
        (void)unlink(file);
    }
    (void)rmdir(keys);
    (void)rmdir(folder);
    return result;
}

static void make_numbers(Work *work)
{
    uint64_t state = 1;

    work->numbers = memory_alloc(NUMBERS * sizeof work->numbers[0]);
    for (int i = 0; i < NUMBERS; i++) {
        for (int digit = 0; digit < DIGITS; digit++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            work->numbers[i][digit] = (char)('0' + (state >> 33) % 10);
        }
    }
}

static Result run(Work *work, bool as_json, Error *error)
{
    make_numbers(work);
    TRY(open_plain(work, error));
    TRY(open_tokeniser(work, error));
    return measure(work, as_json, error);
}

int main(int argc, char **argv)
{
    Work work = {0};
    Error error = {0};
    Result result = run(&work, bench_wants_json(argc, argv), &error);

    if (!result.ok)
        (void)fprintf(stderr, "bench_tokens: %s\n", error.message);
    tokeniser_close(&work.tokeniser);
    EVP_MAC_CTX_free(work.plain);
    memory_free(work.numbers);
    return result.ok ? 0 : 1;
}
