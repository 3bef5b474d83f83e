#include "tests/support/certificates.h"

#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { DAY_SECONDS = 86400, ARENA_BYTES = 1 << 20 };

struct TestAuthority {
    Arena *arena;
    EVP_PKEY *key;
    X509 *certificate;
    const char *pem;
    long serial;
};

static void require(bool is_true)
{
    if (!is_true)
        abort(); /* OpenSSL refuses: nothing to test with */
}

static void add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    require(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *make(TestAuthority *authority, EVP_PKEY *key, const char *name, const char *host)
{
    X509 *made = X509_new();
    X509_NAME *subject = X509_get_subject_name(made);

    require(X509_set_version(made, X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set(X509_get_serialNumber(made), ++authority->serial) == 1 &&
            X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) ==
                1 &&
            X509_set_pubkey(made, key) == 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -DAY_SECONDS);
    X509_gmtime_adj(X509_getm_notAfter(made), DAY_SECONDS);
    X509 *issuer = authority->certificate != NULL ? authority->certificate : made;
    require(X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1);
    add_extension(made, issuer, NID_basic_constraints, host == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (host != NULL) {
        Text names = text_format(authority->arena, "DNS:%s", host);
        add_extension(made, issuer, NID_subject_alt_name, names.data);
    }
    require(X509_sign(made, authority->key, EVP_sha256()) > 0);
    return made;
}

static const char *text_of(TestAuthority *authority, X509 *certificate, EVP_PKEY *key)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *data;

    require(certificate != NULL ? PEM_write_bio_X509(memory, certificate) == 1
                                : PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1);
    long length = BIO_get_mem_data(memory, &data);
    const char *text = text_to_string(authority->arena, (Text){.data = data, .length = (size_t)length});
    BIO_free(memory);
    return text;
}

TestAuthority *test_authority_create(void)
{
    static int count;
    TestAuthority *authority = memory_alloc(sizeof *authority);

    authority->arena = arena_create(ARENA_BYTES);
    authority->key = EVP_EC_gen("P-256");
    require(authority->key != NULL);
    /* Two of one name would be told apart by their signatures alone, which libcurl reports as other trouble.
     */
    Text name = text_format(authority->arena, "authority %d of a test", ++count);
    authority->certificate = make(authority, authority->key, name.data, NULL);
    authority->pem = text_of(authority, authority->certificate, NULL);
    return authority;
}

const char *test_authority_pem(const TestAuthority *authority)
{
    return authority->pem;
}

void test_authority_sign(TestAuthority *authority, const char *host, const char **certificate,
                         const char **key)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    require(pair != NULL);
    X509 *made = make(authority, pair, host, host);

    *certificate = text_of(authority, made, NULL);
    *key = text_of(authority, NULL, pair);
    X509_free(made);
    EVP_PKEY_free(pair);
}

static void revoke(X509_CRL *list, long serial)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();

    require(ASN1_INTEGER_set(number, serial) == 1 && X509_REVOKED_set_serialNumber(entry, number) == 1 &&
            X509_REVOKED_set_revocationDate(entry, (ASN1_TIME *)X509_CRL_get0_lastUpdate(list)) == 1 &&
            X509_CRL_add0_revoked(list, entry) == 1);
    ASN1_INTEGER_free(number);
}

const char *test_authority_revoked(TestAuthority *authority, bool has_last)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_adj(NULL, time(NULL), -1, 0), *to = ASN1_TIME_adj(NULL, time(NULL), 1, 0);
    BIO *memory = BIO_new(BIO_s_mem());
    char *data;

    require(X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
            X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->certificate)) == 1 &&
            X509_CRL_set1_lastUpdate(list, from) == 1 && X509_CRL_set1_nextUpdate(list, to) == 1);
    if (has_last)
        revoke(list, authority->serial);
    require(X509_CRL_sign(list, authority->key, EVP_sha256()) > 0 &&
            PEM_write_bio_X509_CRL(memory, list) == 1);
    long length = BIO_get_mem_data(memory, &data);
    const char *text = text_to_string(authority->arena, (Text){.data = data, .length = (size_t)length});
    BIO_free(memory);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(list);
    return text;
}

void test_authority_close(TestAuthority **authority)
{
    if (*authority == NULL)
        return;
    X509_free((*authority)->certificate);
    EVP_PKEY_free((*authority)->key);
    arena_close(&(*authority)->arena);
    memory_free(*authority);
    *authority = NULL;
}
