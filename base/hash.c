#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

struct HashStream {
    EVP_MD_CTX *context;
};

/* SHA-256 over memory fails only when memory is exhausted or OpenSSL is broken: nothing can go on then. */
static void require(int done)
{
    if (done == 1)
        return;
    (void)fputs("cinque: hash: SHA-256 is not to be had from OpenSSL\n", stderr);
    abort();
}

HashStream *hash_open(void)
{
    HashStream *stream = memory_alloc(sizeof *stream);

    stream->context = EVP_MD_CTX_new();
    require(stream->context != NULL);
    require(EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL));
    return stream;
}

void hash_add(HashStream *stream, const void *data, size_t length)
{
    if (length > 0)
        require(EVP_DigestUpdate(stream->context, data, length));
}

Hash hash_value(const HashStream *stream)
{
    Hash hash;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    require(copy != NULL);
    require(EVP_MD_CTX_copy_ex(copy, stream->context));
    require(EVP_DigestFinal_ex(copy, hash.bytes, NULL));
    EVP_MD_CTX_free(copy);
    return hash;
}

void hash_close(HashStream **stream)
{
    if (*stream == NULL)
        return;
    EVP_MD_CTX_free((*stream)->context);
    memory_free(*stream);
    *stream = NULL;
}

Hash hash_of(const void *data, size_t length)
{
    Hash hash;

    require(EVP_Digest(length == 0 ? "" : data, length, hash.bytes, NULL, EVP_sha256(), NULL));
    return hash;
}

const char *hash_format(const Hash *hash, char out[HASH_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HASH_BYTES; i++) {
        out[2 * i] = digits[hash->bytes[i] >> 4];
        out[2 * i + 1] = digits[hash->bytes[i] & 15];
    }
    out[HASH_TEXT_BYTES - 1] = '\0';
    return out;
}

/* -1 when it is no lower-case hex digit: one hash has one text. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hash_parse(Text text, Hash *hash)
{
    Hash parsed;

    if (text.length != HASH_TEXT_BYTES - 1)
        return false;
    for (size_t i = 0; i < HASH_BYTES; i++) {
        int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *hash = parsed;
    return true;
}
