#include "pseudonymise/p256.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/arena.h"
#include "base/secret.h"
#include "pseudonymise/expand_message.h"

enum {
    FIELD_SEED_BYTES =
        48, /* L of RFC 9380, section 8.2: 16 more than the field, so that the rest is unbiased */
    FIELDS = 2,
};

struct P256 {
    EC_GROUP *group;
    BN_CTX *scratch;
    BIGNUM *prime, *a, *b, *z; /* y^2 = x^3 + a x + b; z of RFC 9380, section 8.2: -10 */
    BIGNUM *minus_b_over_a, *b_over_za;
    BIGNUM *root; /* (prime + 1) / 4: the exponent of a square root, since prime is 3 modulo 4 */
};

static Result refused(Error *error)
{
    return fail(error, ERROR_SYSTEM, "P-256: OpenSSL refused");
}

void p256_point_close(EC_POINT **point)
{
    EC_POINT_clear_free(*point);
    *point = NULL;
}

void p256_scalar_close(BIGNUM **scalar)
{
    BN_clear_free(*scalar);
    *scalar = NULL;
}

void p256_close(P256 **curve)
{
    if (*curve == NULL)
        return;
    BIGNUM **const numbers[] = {&(*curve)->prime,          &(*curve)->a,         &(*curve)->b,   &(*curve)->z,
                                &(*curve)->minus_b_over_a, &(*curve)->b_over_za, &(*curve)->root};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        p256_scalar_close(numbers[i]);
    EC_GROUP_free((*curve)->group);
    BN_CTX_free((*curve)->scratch); /* wipes what it lent */
    memory_free(*curve);
    *curve = NULL;
}

/* What the map needs of the curve alone. */
static bool set_constants(P256 *c)
{
    BIGNUM *over = BN_CTX_get(c->scratch);

    return over != NULL && EC_GROUP_get_curve(c->group, c->prime, c->a, c->b, c->scratch) == 1 &&
           BN_set_word(c->z, 10) == 1 && BN_sub(c->z, c->prime, c->z) == 1 &&
           BN_mod_inverse(over, c->a, c->prime, c->scratch) != NULL &&
           BN_mod_mul(c->minus_b_over_a, c->b, over, c->prime, c->scratch) == 1 &&
           BN_sub(c->minus_b_over_a, c->prime, c->minus_b_over_a) == 1 &&
           BN_mod_mul(over, c->z, c->a, c->prime, c->scratch) == 1 &&
           BN_mod_inverse(over, over, c->prime, c->scratch) != NULL &&
           BN_mod_mul(c->b_over_za, c->b, over, c->prime, c->scratch) == 1 &&
           BN_copy(c->root, c->prime) != NULL && BN_add_word(c->root, 1) == 1 &&
           BN_rshift(c->root, c->root, 2) == 1;
}

Result p256_open(P256 **curve, Error *error)
{
    SCOPED(p256_close) P256 *made = memory_alloc(sizeof *made);
    BIGNUM **const numbers[] = {&made->prime,          &made->a,         &made->b,   &made->z,
                                &made->minus_b_over_a, &made->b_over_za, &made->root};

    made->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    made->scratch = BN_CTX_new();
    if (made->group == NULL || made->scratch == NULL)
        return refused(error);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if ((*numbers[i] = BN_new()) == NULL)
            return refused(error);
    BN_CTX_start(made->scratch);
    bool ready = set_constants(made);
    BN_CTX_end(made->scratch);
    if (!ready)
        return refused(error);
    *curve = made;
    made = NULL;
    return RESULT_OK;
}

/* ---- elements and scalars as bytes ---- */

Result p256_read(const P256 *curve, const uint8_t bytes[P256_ELEMENT_BYTES], EC_POINT **point, Error *error)
{
    SCOPED(p256_point_close) EC_POINT *made = EC_POINT_new(curve->group);

    if (made == NULL)
        return refused(error);
    if ((bytes[0] != POINT_CONVERSION_COMPRESSED && bytes[0] != POINT_CONVERSION_COMPRESSED + 1) ||
        EC_POINT_oct2point(curve->group, made, bytes, P256_ELEMENT_BYTES, curve->scratch) != 1 ||
        EC_POINT_is_at_infinity(curve->group, made) != 0)
        return fail(error, ERROR_INPUT, "an element is no compressed point of P-256");
    *point = made;
    made = NULL;
    return RESULT_OK;
}

Result p256_write(const P256 *curve, const EC_POINT *point, uint8_t bytes[P256_ELEMENT_BYTES], Error *error)
{
    if (EC_POINT_point2oct(curve->group, point, POINT_CONVERSION_COMPRESSED, bytes, P256_ELEMENT_BYTES,
                           curve->scratch) != P256_ELEMENT_BYTES)
        return refused(error);
    return RESULT_OK;
}

static Result take_scalar(BIGNUM *made, BIGNUM **scalar, Error *error)
{
    if (made == NULL)
        return refused(error);
    BN_set_flags(made, BN_FLG_CONSTTIME);
    *scalar = made;
    return RESULT_OK;
}

Result p256_read_scalar(const P256 *curve, const uint8_t bytes[P256_SCALAR_BYTES], BIGNUM **scalar,
                        Error *error)
{
    TRY(take_scalar(BN_bin2bn(bytes, P256_SCALAR_BYTES, NULL), scalar, error));
    if (BN_cmp(*scalar, EC_GROUP_get0_order(curve->group)) < 0)
        return RESULT_OK;
    p256_scalar_close(scalar);
    return fail(error, ERROR_INPUT, "a scalar is not below the order of P-256");
}

Result p256_write_scalar(const BIGNUM *scalar, uint8_t bytes[P256_SCALAR_BYTES], Error *error)
{
    return BN_bn2binpad(scalar, bytes, P256_SCALAR_BYTES) == P256_SCALAR_BYTES ? RESULT_OK : refused(error);
}

Result p256_coordinates(const P256 *curve, const EC_POINT *point, uint8_t x[32], uint8_t y[32], Error *error)
{
    SCOPED(p256_scalar_close) BIGNUM *at_x = BN_new();
    SCOPED(p256_scalar_close) BIGNUM *at_y = BN_new();

    if (at_x == NULL || at_y == NULL ||
        EC_POINT_get_affine_coordinates(curve->group, point, at_x, at_y, curve->scratch) != 1 ||
        BN_bn2binpad(at_x, x, 32) != 32 || BN_bn2binpad(at_y, y, 32) != 32)
        return refused(error);
    return RESULT_OK;
}

/* ---- hashing ---- */

static bool reduce(const P256 *curve, const uint8_t seed[FIELD_SEED_BYTES], const BIGNUM *modulus,
                   BIGNUM *out)
{
    return BN_bin2bn(seed, FIELD_SEED_BYTES, out) != NULL && BN_nnmod(out, out, modulus, curve->scratch) == 1;
}

Result p256_hash_to_field(const P256 *curve, Text message, Text tag, BIGNUM *fields[FIELDS], Error *error)
{
    uint8_t seed[FIELDS * FIELD_SEED_BYTES];

    expand_message(message, tag, seed, sizeof seed);
    bool good = reduce(curve, seed, curve->prime, fields[0]) &&
                reduce(curve, seed + FIELD_SEED_BYTES, curve->prime, fields[1]);
    secret_wipe(seed, sizeof seed);
    return good ? RESULT_OK : refused(error);
}

Result p256_hash_scalar(const P256 *curve, Text message, Text tag, BIGNUM **scalar, Error *error)
{
    uint8_t seed[FIELD_SEED_BYTES];

    TRY(take_scalar(BN_new(), scalar, error));
    expand_message(message, tag, seed, sizeof seed);
    bool good = reduce(curve, seed, EC_GROUP_get0_order(curve->group), *scalar);
    secret_wipe(seed, sizeof seed);
    if (good)
        return RESULT_OK;
    p256_scalar_close(scalar);
    return refused(error);
}

/* x^3 + a x + b */
static bool right_side(const P256 *c, const BIGNUM *x, BIGNUM *out)
{
    return BN_mod_sqr(out, x, c->prime, c->scratch) == 1 &&
           BN_mod_add(out, out, c->a, c->prime, c->scratch) == 1 &&
           BN_mod_mul(out, out, x, c->prime, c->scratch) == 1 &&
           BN_mod_add(out, out, c->b, c->prime, c->scratch) == 1;
}

/* *is_square: y is the square root of g. */
static bool square_root(const P256 *c, const BIGNUM *g, BIGNUM *y, bool *is_square)
{
    BIGNUM *again = BN_CTX_get(c->scratch);
    bool done = again != NULL && BN_mod_exp(y, g, c->root, c->prime, c->scratch) == 1 &&
                BN_mod_sqr(again, y, c->prime, c->scratch) == 1;

    *is_square = done && BN_cmp(again, g) == 0;
    return done;
}

/* x1 of RFC 9380, section 6.6.2, and z u^2. */
static bool first_x(const P256 *c, const BIGNUM *u, BIGNUM *zu2, BIGNUM *x)
{
    if (BN_mod_sqr(zu2, u, c->prime, c->scratch) != 1 ||
        BN_mod_mul(zu2, zu2, c->z, c->prime, c->scratch) != 1 ||
        BN_mod_sqr(x, zu2, c->prime, c->scratch) != 1 || BN_mod_add(x, x, zu2, c->prime, c->scratch) != 1)
        return false;
    if (BN_is_zero(x))
        return BN_copy(x, c->b_over_za) != NULL;
    return BN_mod_inverse(x, x, c->prime, c->scratch) != NULL && BN_add_word(x, 1) == 1 &&
           BN_mod_mul(x, x, c->minus_b_over_a, c->prime, c->scratch) == 1;
}

/* The simplified map of Shallue, van de Woestijne and Ulas. */
static bool map_to(const P256 *c, const BIGNUM *u, EC_POINT *point)
{
    BIGNUM *zu2 = BN_CTX_get(c->scratch), *x = BN_CTX_get(c->scratch), *g = BN_CTX_get(c->scratch),
           *y = BN_CTX_get(c->scratch);
    bool is_square;

    if (y == NULL || !first_x(c, u, zu2, x) || !right_side(c, x, g) || !square_root(c, g, y, &is_square))
        return false;
    /* One of the two right sides is always a square. */
    if (!is_square && (BN_mod_mul(x, x, zu2, c->prime, c->scratch) != 1 || !right_side(c, x, g) ||
                       !square_root(c, g, y, &is_square) || !is_square))
        return false;
    if (BN_is_odd(y) != BN_is_odd(u) && BN_sub(y, c->prime, y) != 1)
        return false;
    return EC_POINT_set_affine_coordinates(c->group, point, x, y, c->scratch) == 1;
}

Result p256_map(const P256 *curve, const BIGNUM *field, EC_POINT **point, Error *error)
{
    SCOPED(p256_point_close) EC_POINT *made = EC_POINT_new(curve->group);

    BN_CTX_start(curve->scratch);
    bool good = made != NULL && map_to(curve, field, made);
    BN_CTX_end(curve->scratch);
    if (!good)
        return refused(error);
    *point = made;
    made = NULL;
    return RESULT_OK;
}

Result p256_hash(const P256 *curve, Text message, Text tag, EC_POINT **point, Error *error)
{
    SCOPED(p256_scalar_close) BIGNUM *first = BN_new();
    SCOPED(p256_scalar_close) BIGNUM *second = BN_new();
    SCOPED(p256_point_close) EC_POINT *one = NULL;
    SCOPED(p256_point_close) EC_POINT *other = NULL;

    if (first == NULL || second == NULL)
        return refused(error);
    TRY(p256_hash_to_field(curve, message, tag, (BIGNUM *[]){first, second}, error));
    TRY(p256_map(curve, first, &one, error));
    TRY(p256_map(curve, second, &other, error));
    if (EC_POINT_add(curve->group, one, one, other, curve->scratch) != 1)
        return refused(error);
    if (EC_POINT_is_at_infinity(curve->group, one) != 0)
        return fail(error, ERROR_INPUT, "P-256: a value hashes to the point at infinity");
    *point = one;
    one = NULL;
    return RESULT_OK;
}

/* ---- arithmetic ---- */

Result p256_random_scalar(const P256 *curve, BIGNUM **scalar, Error *error)
{
    TRY(take_scalar(BN_new(), scalar, error));
    do
        if (BN_priv_rand_range(*scalar, EC_GROUP_get0_order(curve->group)) != 1) {
            p256_scalar_close(scalar);
            return refused(error);
        }
    while (BN_is_zero(*scalar));
    return RESULT_OK;
}

Result p256_multiply(const P256 *curve, const BIGNUM *scalar, const EC_POINT *point, EC_POINT **product,
                     Error *error)
{
    SCOPED(p256_point_close) EC_POINT *made = EC_POINT_new(curve->group);
    const BIGNUM *of_generator = point == NULL ? scalar : NULL, *of_point = point == NULL ? NULL : scalar;

    if (made == NULL || EC_POINT_mul(curve->group, made, of_generator, point, of_point, curve->scratch) != 1)
        return refused(error);
    *product = made;
    made = NULL;
    return RESULT_OK;
}

Result p256_add_product(const P256 *curve, const BIGNUM *scalar, const EC_POINT *point, EC_POINT **sum,
                        Error *error)
{
    SCOPED(p256_point_close) EC_POINT *product = NULL;

    TRY(p256_multiply(curve, scalar, point, &product, error));
    if (*sum == NULL) {
        *sum = product;
        product = NULL;
        return RESULT_OK;
    }
    return EC_POINT_add(curve->group, *sum, *sum, product, curve->scratch) == 1 ? RESULT_OK : refused(error);
}

Result p256_invert(const P256 *curve, const BIGNUM *scalar, BIGNUM **inverse, Error *error)
{
    /* scalar has BN_FLG_CONSTTIME, so OpenSSL takes the branch without early ends. */
    return take_scalar(BN_mod_inverse(NULL, scalar, EC_GROUP_get0_order(curve->group), curve->scratch),
                       inverse, error);
}

Result p256_subtract_product(const P256 *curve, const BIGNUM *minuend, const BIGNUM *a, const BIGNUM *b,
                             BIGNUM **difference, Error *error)
{
    const BIGNUM *order = EC_GROUP_get0_order(curve->group);
    SCOPED(p256_scalar_close) BIGNUM *made = BN_new();

    if (made == NULL || BN_mod_mul(made, a, b, order, curve->scratch) != 1 ||
        BN_mod_sub(made, minuend, made, order, curve->scratch) != 1)
        return refused(error);
    *difference = made;
    made = NULL;
    return RESULT_OK;
}
