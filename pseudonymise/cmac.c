#include "pseudonymise/cmac.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

/* Of the self-test: lengths 0 to 3 blocks, in one call and unordered. */
enum { TEST_BYTES = 3 * KEYED_BLOCK_BYTES, TEST_STEP = 37 };

struct Cmac {
    EVP_CIPHER_CTX *cipher;
    uint8_t whole[KEYED_BLOCK_BYTES], padded[KEYED_BLOCK_BYTES]; /* K1 and K2 of SP 800-38B, section 6.1 */
};

static void exclusive_or(uint8_t to[KEYED_BLOCK_BYTES], const uint8_t with[KEYED_BLOCK_BYTES])
{
    uint64_t a[2], b[2];

    memcpy(a, to, sizeof a);
    memcpy(b, with, sizeof b);
    a[0] ^= b[0];
    a[1] ^= b[1];
    memcpy(to, a, sizeof a);
}

/* Times x in GF(2^128), without a branch on what is secret. */
static void times_x(const uint8_t from[KEYED_BLOCK_BYTES], uint8_t to[KEYED_BLOCK_BYTES])
{
    uint8_t reduction = (uint8_t)(-(from[0] >> 7) & 0x87);

    for (int i = 0; i < KEYED_BLOCK_BYTES - 1; i++)
        to[i] = (uint8_t)(from[i] << 1 | from[i + 1] >> 7);
    to[KEYED_BLOCK_BYTES - 1] = (uint8_t)(from[KEYED_BLOCK_BYTES - 1] << 1 ^ reduction);
}

static Result make_subkeys(Cmac *cmac, Error *error)
{
    uint8_t zero[KEYED_BLOCK_BYTES] = {0};

    TRY(keyed_blocks_apply(cmac->cipher, zero, 1, error));
    times_x(zero, cmac->whole);
    times_x(cmac->whole, cmac->padded);
    secret_wipe(zero, sizeof zero);
    return RESULT_OK;
}

/* An empty message has one block, all padding. */
static size_t block_count(size_t length)
{
    return length == 0 ? 1 : (length + KEYED_BLOCK_BYTES - 1) / KEYED_BLOCK_BYTES;
}

static void add_last_block(const Cmac *cmac, const CmacMessage *message, uint8_t state[KEYED_BLOCK_BYTES])
{
    size_t from = (block_count(message->length) - 1) * KEYED_BLOCK_BYTES, length = message->length - from;
    uint8_t last[KEYED_BLOCK_BYTES] = {0};

    if (length > 0)
        memcpy(last, message->bytes + from, length);
    if (length < KEYED_BLOCK_BYTES)
        last[length] = 0x80;
    exclusive_or(state, last);
    exclusive_or(state, length < KEYED_BLOCK_BYTES ? cmac->padded : cmac->whole);
    secret_wipe(last, sizeof last);
}

/* Messages that still have blocks stand in front: those of most blocks first. Mostly all have as many. */
typedef struct Order {
    size_t blocks[CMAC_MESSAGES_MAX]; /* of messages */
    uint8_t of[CMAC_MESSAGES_MAX];
} Order;

static void order_by_blocks(const CmacMessage *messages, size_t count, Order *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i, blocks = block_count(messages[i].length);
        order->blocks[i] = blocks;
        for (; at > 0 && order->blocks[order->of[at - 1]] < blocks; at--)
            order->of[at] = order->of[at - 1];
        order->of[at] = (uint8_t)i;
    }
}

static Result chain(Cmac *cmac, const CmacMessage *messages, const Order *order, size_t count,
                    uint8_t (*states)[KEYED_BLOCK_BYTES], Error *error)
{
    for (size_t block = 0; count > 0; block++) {
        for (size_t i = 0; i < count; i++) {
            const CmacMessage *message = &messages[order->of[i]];
            if (block + 1 < order->blocks[order->of[i]])
                exclusive_or(states[i], message->bytes + block * KEYED_BLOCK_BYTES);
            else
                add_last_block(cmac, message, states[i]);
        }
        TRY(keyed_blocks_apply(cmac->cipher, states[0], count, error));
        while (count > 0 && block + 1 == order->blocks[order->of[count - 1]])
            count--;
    }
    return RESULT_OK;
}

Result cmac_of(Cmac *cmac, const CmacMessage *messages, size_t count, uint8_t (*digests)[KEYED_BLOCK_BYTES],
               Error *error)
{
    uint8_t states[CMAC_MESSAGES_MAX][KEYED_BLOCK_BYTES] = {{0}};
    Order order;

    assert(count <= CMAC_MESSAGES_MAX);
    order_by_blocks(messages, count, &order);
    Result result = chain(cmac, messages, &order, count, states, error);
    for (size_t i = 0; result.ok && i < count; i++)
        memcpy(digests[order.of[i]], states[i], KEYED_BLOCK_BYTES);
    secret_wipe(states, sizeof states);
    return result;
}

static Result compare(EVP_MAC_CTX *theirs, const CmacMessage *messages, uint8_t (*digests)[KEYED_BLOCK_BYTES],
                      Error *error)
{
    uint8_t expected[KEYED_HASH_BYTES];

    for (size_t i = 0; i < CMAC_MESSAGES_MAX; i++) {
        TRY(keyed_hash_of(theirs, messages[i].bytes, messages[i].length, expected, error));
        if (memcmp(digests[i], expected, KEYED_BLOCK_BYTES) != 0)
            return fail(error, ERROR_SYSTEM, "keyed hash: many at once are not what OpenSSL makes of each");
    }
    return RESULT_OK;
}

/* Under the very key: a processor or a build that goes wrong must not make everybody a new subject. */
static Result test(Cmac *cmac, const uint8_t key[KEY_BYTES], Error *error)
{
    SCOPED(keyed_hash_close) EVP_MAC_CTX *theirs = NULL;
    uint8_t text[TEST_BYTES], digests[CMAC_MESSAGES_MAX][KEYED_BLOCK_BYTES];
    CmacMessage messages[CMAC_MESSAGES_MAX];

    for (size_t i = 0; i < TEST_BYTES; i++)
        text[i] = (uint8_t)(i * TEST_STEP);
    for (size_t i = 0; i < CMAC_MESSAGES_MAX; i++)
        messages[i] = (CmacMessage){.bytes = text, .length = i * TEST_STEP % (TEST_BYTES + 1)};
    TRY(keyed_hash_create(KEYED_CMAC, key, KEY_BYTES, &theirs, error));
    TRY(cmac_of(cmac, messages, CMAC_MESSAGES_MAX, digests, error));
    return compare(theirs, messages, digests, error);
}

Result cmac_create(const uint8_t key[KEY_BYTES], Cmac **cmac, Error *error)
{
    SCOPED(cmac_close) Cmac *made = memory_alloc(sizeof *made);

    TRY(keyed_block_create(key, KEYED_LOCK, &made->cipher, error));
    TRY(make_subkeys(made, error));
    TRY(test(made, key, error));
    *cmac = made;
    made = NULL;
    return RESULT_OK;
}

void cmac_close(Cmac **cmac)
{
    if (*cmac == NULL)
        return;
    keyed_block_close(&(*cmac)->cipher);
    secret_wipe(*cmac, sizeof **cmac);
    memory_free(*cmac);
    *cmac = NULL;
}
