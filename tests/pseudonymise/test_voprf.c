#include "pseudonymise/voprf.h"

#include <openssl/bn.h>

#include "tests/pseudonymise/fixture.h"

TestSuite(voprf);

enum { BATCH_MAX = 2, INPUT_BYTES = 32, BATCH_BYTES = BATCH_MAX * P256_ELEMENT_BYTES };

#define BLIND_1 "3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364"
#define BLIND_2 "f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1"
#define INPUT_1 "00"
#define INPUT_2 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define PUBLIC  "03e17e70604bcabe198882c0a1f27a92441e774224ed9c702e51dd17038b102462"

typedef struct Vector {
    size_t count;
    const char *inputs[BATCH_MAX], *blinds[BATCH_MAX], *blinded[BATCH_MAX], *evaluated[BATCH_MAX];
    const char *nonce, *proof, *outputs[BATCH_MAX];
} Vector;

/* RFC 9497, appendix A.3.2 (P256-SHA256, VOPRF mode), test vectors 1 to 3. */
static const Vector vectors[] = {
    {1,
     {INPUT_1},
     {BLIND_1},
     {"02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da"},
     {"0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2"},
     "f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1",
     "e7c2b3c5c954c035949f1f74e6bce2ed539a3be267d1481e9ddb178533df4c2664f69d065c604a4fd953e100b856ad83804eb38"
     "45189babfa5a702090d6fc5fa",
     {"0412e8f78b02c415ab3a288e228978376f99927767ff37c5718d420010a645a1"}},
    {1,
     {INPUT_2},
     {BLIND_1},
     {"03cd0f033e791c4d79dfa9c6ed750f2ac009ec46cd4195ca6fd3800d1e9b887dbd"},
     {"030d2985865c693bf7af47ba4d3a3813176576383d19aff003ef7b0784a0d83cf1"},
     "f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1",
     "2787d729c57e3d9512d3aa9e8708ad226bc48e0f1750b0767aaff73482c44b8d2873d74ec88aebd3504961acea16790a05c542d"
     "9fbff4fe269a77510db00abab",
     {"771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18"}},
    {2,
     {INPUT_1, INPUT_2},
     {BLIND_1, BLIND_2},
     {"02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da",
      "03462e9ae64cae5b83ba98a6b360d942266389ac369b923eb3d557213b1922f8ab"},
     {"0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2",
      "02bb24f4d838414aef052a8f044a6771230ca69c0a5677540fff738dd31bb69771"},
     "350e8040f828bf6ceca27405420cdf3d63cb3aef005f40ba51943c8026877963",
     "bdcc351707d02a72ce49511c7db990566d29d6153ad6f8982fad2b435d6ce4d60da1e6b3fa740811bde34dd4fe0aa1b5fe6600d"
     "0440c9ddee95ea7fad7a60cf2",
     {"0412e8f78b02c415ab3a288e228978376f99927767ff37c5718d420010a645a1",
      "771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18"}},
};

typedef struct Bench {
    P256 *curve;
    VoprfKey key;
} Bench;

static void bench_close(Bench *bench)
{
    voprf_key_close(&bench->key);
    p256_close(&bench->curve);
}

/* The key of the appendix: seed a3.., info "test key". */
static Bench bench_open(void)
{
    Bench bench = {0};
    uint8_t seed[VOPRF_SEED_BYTES];
    Error error = {0};

    memset(seed, 0xa3, sizeof seed);
    cr_assert(p256_open(&bench.curve, &error).ok, "%s", error.message);
    cr_assert(voprf_key_derive(bench.curve, seed, TEXT("test key"), &bench.key, &error).ok, "%s",
              error.message);
    return bench;
}

static BIGNUM *scalar_of(const Bench *bench, const char *hex)
{
    uint8_t bytes[P256_SCALAR_BYTES];
    BIGNUM *scalar = NULL;
    Error error = {0};

    cr_assert_eq(fixture_unhex(hex, bytes, sizeof bytes), sizeof bytes);
    cr_assert(p256_read_scalar(bench->curve, bytes, &scalar, &error).ok, "%s", error.message);
    return scalar;
}

static Text input_of(const char *hex, uint8_t bytes[INPUT_BYTES])
{
    size_t length = fixture_unhex(hex, bytes, INPUT_BYTES);
    return (Text){.data = (const char *)bytes, .length = length};
}

static void expect_hex(const uint8_t *bytes, size_t length, const char *expected)
{
    char hex[FIXTURE_HEX_BYTES];

    cr_expect_str_eq(fixture_hex(bytes, length, hex), expected);
}

Test(voprf, a_key_pair_is_that_of_rfc_9497)
{
    SCOPED(bench_close) Bench bench = bench_open();
    uint8_t secret[P256_SCALAR_BYTES];
    Error error = {0};

    cr_assert(p256_write_scalar(bench.key.secret, secret, &error).ok);

    expect_hex(secret, sizeof secret, "ca5d94c8807817669a51b196c34c1b7f8442fde4334a7121ae4736364312fca6");
    expect_hex(bench.key.public_key, P256_ELEMENT_BYTES, PUBLIC);
}

static void run_vector(const Bench *bench, const Vector *vector, uint8_t blinded[BATCH_BYTES],
                       uint8_t evaluated[BATCH_BYTES], uint8_t proof[VOPRF_PROOF_BYTES])
{
    SCOPED(p256_scalar_close) BIGNUM *nonce = scalar_of(bench, vector->nonce);
    Error error = {0};

    for (size_t i = 0; i < vector->count; i++) {
        SCOPED(p256_scalar_close) BIGNUM *blind = scalar_of(bench, vector->blinds[i]);
        uint8_t input[INPUT_BYTES], *b = blinded + i * P256_ELEMENT_BYTES,
                                    *e = evaluated + i * P256_ELEMENT_BYTES;
        Hash output;

        cr_assert(voprf_blind(bench->curve, input_of(vector->inputs[i], input), blind, b, &error).ok);
        cr_assert(voprf_evaluate(bench->curve, &bench->key, b, e, &error).ok, "%s", error.message);
        cr_assert(
            voprf_finalise(bench->curve, input_of(vector->inputs[i], input), blind, e, &output, &error).ok);

        expect_hex(b, P256_ELEMENT_BYTES, vector->blinded[i]);
        expect_hex(e, P256_ELEMENT_BYTES, vector->evaluated[i]);
        expect_hex(output.bytes, HASH_BYTES, vector->outputs[i]);
    }
    const VoprfBatch batch = {blinded, evaluated, vector->count};
    cr_assert(voprf_prove(bench->curve, &bench->key, &batch, nonce, proof, &error).ok, "%s", error.message);
    expect_hex(proof, VOPRF_PROOF_BYTES, vector->proof);
    cr_expect(voprf_verify(bench->curve, bench->key.public_key, &batch, proof, &error).ok, "%s",
              error.message);
}

Test(voprf, every_step_gives_the_bytes_of_rfc_9497)
{
    SCOPED(bench_close) Bench bench = bench_open();
    uint8_t blinded[BATCH_BYTES], evaluated[BATCH_BYTES], proof[VOPRF_PROOF_BYTES];

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        run_vector(&bench, &vectors[i], blinded, evaluated, proof);
}

Test(voprf, another_blind_gives_another_request_and_the_same_output)
{
    SCOPED(bench_close) Bench bench = bench_open();
    uint8_t first[P256_ELEMENT_BYTES] = {0};
    Error error = {0};

    for (int i = 0; i < 3; i++) {
        SCOPED(p256_scalar_close) BIGNUM *blind = NULL;
        uint8_t blinded[P256_ELEMENT_BYTES], evaluated[P256_ELEMENT_BYTES], input[INPUT_BYTES];
        Hash output;
        cr_assert(p256_random_scalar(bench.curve, &blind, &error).ok);

        cr_assert(voprf_blind(bench.curve, input_of(INPUT_2, input), blind, blinded, &error).ok);
        cr_assert(voprf_evaluate(bench.curve, &bench.key, blinded, evaluated, &error).ok);
        cr_assert(
            voprf_finalise(bench.curve, input_of(INPUT_2, input), blind, evaluated, &output, &error).ok);

        expect_hex(output.bytes, HASH_BYTES,
                   "771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18");
        cr_expect_arr_neq(blinded, first, sizeof blinded);
        memcpy(first, blinded, sizeof first);
    }
}

static void expect_no_proof(const Bench *bench, const VoprfBatch *batch, const uint8_t *public_key,
                            const uint8_t *proof)
{
    Error error = {0};

    cr_expect_not(voprf_verify(bench->curve, public_key, batch, proof, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
}

/* Switch: the comparison at the end of voprf_verify. */
Test(voprf, a_changed_proof_element_order_or_key_is_found)
{
    SCOPED(bench_close) Bench bench = bench_open();
    uint8_t blinded[BATCH_BYTES], evaluated[BATCH_BYTES], swapped[BATCH_BYTES], proof[VOPRF_PROOF_BYTES];
    run_vector(&bench, &vectors[2], blinded, evaluated, proof);
    const VoprfBatch batch = {blinded, evaluated, 2}, cut = {blinded, evaluated, 1};

    for (size_t i = 0; i < VOPRF_PROOF_BYTES; i += 7) {
        proof[i] ^= 1;
        expect_no_proof(&bench, &batch, bench.key.public_key, proof);
        proof[i] ^= 1;
    }
    expect_no_proof(&bench, &cut, bench.key.public_key, proof);
    memcpy(swapped, evaluated + P256_ELEMENT_BYTES, P256_ELEMENT_BYTES);
    memcpy(swapped + P256_ELEMENT_BYTES, evaluated, P256_ELEMENT_BYTES);
    expect_no_proof(&bench, &(VoprfBatch){blinded, swapped, 2}, bench.key.public_key, proof);
    expect_no_proof(&bench, &(VoprfBatch){swapped, evaluated, 2}, bench.key.public_key, proof);
    expect_no_proof(&bench, &batch, blinded, proof);
    memset(proof, 0xff, VOPRF_PROOF_BYTES);
    expect_no_proof(&bench, &batch, bench.key.public_key, proof);
    memset(proof, 0, VOPRF_PROOF_BYTES);
    expect_no_proof(&bench, &batch, bench.key.public_key, proof);
}

/* A key holder that evaluates one value of a batch under another key, to know it again, cannot prove it. */
Test(voprf, one_value_under_another_key_spoils_the_batch)
{
    SCOPED(bench_close) Bench bench = bench_open();
    VoprfKey other = {0};
    uint8_t blinded[BATCH_BYTES], evaluated[BATCH_BYTES], proof[VOPRF_PROOF_BYTES];
    static const uint8_t seed[VOPRF_SEED_BYTES] = {1};
    Error error = {0};
    run_vector(&bench, &vectors[2], blinded, evaluated, proof);
    cr_assert(voprf_key_derive(bench.curve, seed, TEXT(""), &other, &error).ok);
    cr_assert(voprf_evaluate(bench.curve, &other, blinded, evaluated, &error).ok);
    const VoprfBatch batch = {blinded, evaluated, 2};

    cr_assert(voprf_prove(bench.curve, &bench.key, &batch, NULL, proof, &error).ok);

    expect_no_proof(&bench, &batch, bench.key.public_key, proof);
    voprf_key_close(&other);
}

Test(voprf, what_is_no_element_is_not_evaluated)
{
    SCOPED(bench_close) Bench bench = bench_open();
    uint8_t bytes[P256_ELEMENT_BYTES] = {0}, evaluated[P256_ELEMENT_BYTES];
    Error error = {0};

    cr_expect_not(voprf_evaluate(bench.curve, &bench.key, bytes, evaluated, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
}

Test(voprf, two_spaces_have_two_keys)
{
    SCOPED(bench_close) Bench bench = bench_open();
    VoprfKey other = {0};
    uint8_t seed[VOPRF_SEED_BYTES];
    Error error = {0};
    memset(seed, 0xa3, sizeof seed);

    cr_assert(voprf_key_derive(bench.curve, seed, TEXT("test kez"), &other, &error).ok);

    cr_expect_neq(BN_cmp(other.secret, bench.key.secret), 0);
    voprf_key_close(&other);
}
