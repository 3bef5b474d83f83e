#pragma once
/* What tests of encrypted input share: keys made on the spot, and messages to them. */
#include <dirent.h>
#include <ftw.h>

#include <openssl/cms.h>
#include <openssl/pem.h>

#include "base/input_cms_keys.h"
#include "base/input_gpg.h"
#include "tests/base/packed.h"

enum { MESSAGE_BYTES_MAX = 80 * SAMPLE_BYTES };

static char keys_path[WORKBENCH_PATH_BYTES], key_name[INPUT_FINGERPRINT_BYTES];
static InputKeys keys_used;

/* ---- OpenPGP ---- */

static inline void make_folder(const char *name)
{
    char path[WORKBENCH_PATH_BYTES];

    cr_assert_eq(mkdir(workbench_path(name, path), 0700), 0);
    memcpy(keys_path, path, sizeof keys_path);
    keys_used = (InputKeys){.folder = keys_path};
    input_use_keys(&keys_used);
}

static inline void gpg(const char *const *arguments, const void *data, size_t length, TextBuilder *output)
{
    GpgStatus status = {0};
    Error error = {0};

    cr_assert(gpg_run(keys_path, arguments, (Text){data, length}, output, &status, &error).ok, "%s",
              error.message);
    if (*status.made != '\0')
        memcpy(key_name, status.made, sizeof status.made);
}

static inline void make_key(const char *name)
{
    SCOPED(text_builder_close) TextBuilder output = text_builder(1000);
    const char *const arguments[] = {"--quick-gen-key", name, "future-default", "default", "never", NULL};

    gpg(arguments, "", 0, &output);
}

static inline void make_keys(void)
{
    make_folder("keys");
    make_key("deliveries");
}

/* To the newest key. */
static inline void encrypt(const void *data, size_t length, TextBuilder *message)
{
    const char *const arguments[] = {"--compress-level", "0", "--recipient", key_name, "--encrypt", NULL};

    gpg(arguments, data, length, message);
}

static inline const char *put_message(const TextBuilder *message)
{
    return put(message->data, message->length);
}

/* ---- CMS ---- */

static inline void bio_close(BIO **bio)
{
    BIO_free_all(*bio);
}

static inline void message_close(CMS_ContentInfo **message)
{
    CMS_ContentInfo_free(*message);
}

static inline X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    cr_assert_eq(ASN1_INTEGER_set(X509_get_serialNumber(certificate), (long)getpid() + rand()), 1);
    cr_assert_eq(X509_set_version(certificate, X509_VERSION_3), 1);
    cr_assert_not_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    cr_assert_not_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 1000));
    cr_assert_eq(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"x", -1, -1, 0),
                 1);
    cr_assert_eq(X509_set_issuer_name(certificate, name), 1);
    cr_assert_eq(X509_set_pubkey(certificate, key), 1);
    cr_assert_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    return certificate;
}

static inline void put_pair(int number, EVP_PKEY *key, X509 *certificate)
{
    char path[CMS_PATH_BYTES];
    Error error = {0};

    cr_assert(cms_key_path(keys_path, number, path, &error).ok);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    cr_assert_eq(PEM_write_X509(file, certificate), 1);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, 0600), 0);
}

typedef enum Form { FORM_DER, FORM_BER, FORM_PEM } Form;

static inline void write_form(BIO *memory, CMS_ContentInfo *message, BIO *content, Form form, int flags)
{
    if (form == FORM_DER)
        cr_assert_eq(i2d_CMS_bio(memory, message), 1);
    else if (form == FORM_BER)
        cr_assert_eq(i2d_CMS_bio_stream(memory, message, content, flags), 1);
    else
        cr_assert_eq(PEM_write_bio_CMS_stream(memory, message, content, flags), 1);
}

static inline void add_all(BIO *memory, TextBuilder *out)
{
    char *data;
    long length = BIO_get_mem_data(memory, &data);

    text_add(out, (Text){data, (size_t)length});
}

static inline void cms_encrypt(X509 *certificate, const EVP_CIPHER *cipher, Form form, Text content,
                               TextBuilder *out)
{
    SCOPED(bio_close) BIO *in = BIO_new_mem_buf(content.data, (int)content.length);
    SCOPED(bio_close) BIO *memory = BIO_new(BIO_s_mem());
    STACK_OF(X509) *to = sk_X509_new_null();
    int flags = CMS_BINARY | (form == FORM_DER ? 0 : CMS_STREAM);
    cr_assert_gt(sk_X509_push(to, certificate), 0);
    SCOPED(message_close) CMS_ContentInfo *message = CMS_encrypt(to, in, cipher, (unsigned)flags);

    cr_assert_not_null(message);
    write_form(memory, message, in, form, flags);
    add_all(memory, out);
    sk_X509_free(to);
}

static inline void cms_sign(X509 *certificate, EVP_PKEY *key, Form form, Text content, TextBuilder *out)
{
    SCOPED(bio_close) BIO *in = BIO_new_mem_buf(content.data, (int)content.length);
    SCOPED(bio_close) BIO *memory = BIO_new(BIO_s_mem());
    int flags = CMS_BINARY | CMS_NOSMIMECAP | (form == FORM_DER ? 0 : CMS_STREAM);
    SCOPED(message_close) CMS_ContentInfo *message = CMS_sign(certificate, key, NULL, in, (unsigned)flags);

    cr_assert_not_null(message);
    write_form(memory, message, in, form, flags);
    add_all(memory, out);
}

/* ---- afterwards ---- */

static inline int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    (void)remove(path); /* gpg's agent may have been there first */
    return 0;
}

/* gpg's agent ends when its socket is gone. */
static inline void enveloped_clear(void)
{
    static const char *const names[] = {"keys", "others"};
    char path[WORKBENCH_PATH_BYTES];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)nftw(workbench_path(names[i], path), remove_one, 8, FTW_DEPTH | FTW_PHYS);
    workbench_clear();
}
