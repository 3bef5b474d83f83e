#include "base/input_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/input.h"
#include "base/input_cms_keys.h"
#include "base/input_gpg.h"

enum { KEY_FILE_BYTES_MAX = 1 << 20, OUTPUT_BYTES_MAX = 1 << 20, RSA_BITS = 3072, DAYS_VALID = 3650 };

/* ---- OpenPGP ---- */

static Result openpgp_create(const char *folder, const char *name, InputFingerprints *made, Error *error)
{
    SCOPED(text_builder_close) TextBuilder output = text_builder(OUTPUT_BYTES_MAX);
    const char *const arguments[] = {"--quick-gen-key", "--", name, "default", "default", "never", NULL};
    GpgStatus status = {0};

    TRY(gpg_run(folder, arguments, TEXT(""), &output, &status, error));
    snprintf(made->openpgp, sizeof made->openpgp, "%s", status.made);
    return RESULT_OK;
}

static Result openpgp_import(const char *folder, Text file, InputFingerprints *taken, Error *error)
{
    SCOPED(text_builder_close) TextBuilder output = text_builder(OUTPUT_BYTES_MAX);
    static const char *const arguments[] = {"--import", NULL};
    GpgStatus status = {0};

    TRY(gpg_run(folder, arguments, file, &output, &status, error));
    snprintf(taken->openpgp, sizeof taken->openpgp, "%s", status.made);
    return RESULT_OK;
}

/* Ours are those with a private half. */
static Result openpgp_public(const char *folder, TextBuilder *text, Error *error)
{
    SCOPED(text_builder_close) TextBuilder secret_keys = text_builder(OUTPUT_BYTES_MAX);
    static const char *const list[] = {"--with-colons", "--list-secret-keys", NULL};
    GpgStatus status = {0};
    bool is_primary = false;

    TRY(gpg_run(folder, list, TEXT(""), &secret_keys, &status, error));
    for (Text lines = text_built(&secret_keys); lines.length > 0;) {
        Text line = text_next(&lines, '\n'), kind = text_next(&line, ':');
        char fingerprint[INPUT_FINGERPRINT_BYTES];
        is_primary |= text_equal(kind, TEXT("sec"));
        if (!is_primary || !text_equal(kind, TEXT("fpr")))
            continue;
        is_primary = false;
        for (int i = 0; i < 8; i++) /* the tenth field */
            (void)text_next(&line, ':');
        Text tenth = text_next(&line, ':');
        snprintf(fingerprint, sizeof fingerprint, "%.*s", TEXT_ARG(tenth));
        const char *const export[] = {"--armor", "--export", fingerprint, NULL};
        text_add_format(text, "OpenPGP %s\n", fingerprint);
        TRY(gpg_run(folder, export, TEXT(""), text, &status, error));
    }
    return RESULT_OK;
}

/* ---- CMS ---- */

static bool add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return added;
}

/* Signed by itself: senders are given it by hand. */
static bool fill_certificate(X509 *certificate, EVP_PKEY *key, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    unsigned char serial[8];
    BIGNUM *number = NULL;
    bool filled;

    if (RAND_bytes(serial, sizeof serial) != 1 || (number = BN_bin2bn(serial, sizeof serial, NULL)) == NULL)
        return false;
    filled = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL &&
             X509_set_version(certificate, X509_VERSION_3) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
             X509_time_adj_ex(X509_getm_notAfter(certificate), DAYS_VALID, 0, NULL) != NULL &&
             X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                                        0) == 1 &&
             X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
             add_extension(certificate, NID_key_usage, "critical,keyEncipherment") &&
             X509_sign(certificate, key, EVP_sha256()) > 0;
    BN_free(number);
    return filled;
}

/* Nothing that is there is written over. */
static Result write_pair(const char *path, EVP_PKEY *key, X509 *certificate, Error *error)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (descriptor < 0)
        return fail_errno(error, "%s", path);
    FILE *file = fdopen(descriptor, "w");
    bool written = file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                   PEM_write_X509(file, certificate) == 1 && fflush(file) == 0 && fsync(descriptor) == 0;
    if (file == NULL ? close(descriptor) != 0 : fclose(file) != 0)
        written = false;
    return written ? RESULT_OK : fail(error, ERROR_SYSTEM, "%s: cannot be written", path);
}

/* As the next number that is free. */
static Result cms_add(const char *folder, EVP_PKEY *key, X509 *certificate, Error *error)
{
    char path[CMS_PATH_BYTES];

    for (int number = 1; number <= CMS_KEYS_MAX; number++) {
        TRY(cms_key_path(folder, number, path, error));
        if (access(path, F_OK) != 0)
            return write_pair(path, key, certificate, error);
    }
    return fail(error, ERROR_LIMIT, "%s: holds %d CMS keys; remove one that no sender uses", folder,
                CMS_KEYS_MAX);
}

static Result cms_create(const char *folder, const char *name, InputFingerprints *made, Error *error)
{
    SCOPED(cms_key_close) EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    SCOPED(cms_certificate_close) X509 *certificate = X509_new();
    bool filled = key != NULL && certificate != NULL && fill_certificate(certificate, key, name);

    ERR_clear_error();
    if (!filled || !cms_fingerprint(certificate, made->cms))
        return fail(error, ERROR_SYSTEM, "%s: a CMS key cannot be made", folder);
    return cms_add(folder, key, certificate, error);
}

static Result cms_public(const char *folder, TextBuilder *text, Error *error)
{
    char path[CMS_PATH_BYTES], fingerprint[INPUT_FINGERPRINT_BYTES], *data;

    for (int number = CMS_KEYS_MAX; number > 0; number--) {
        SCOPED(cms_key_close) EVP_PKEY *key = NULL;
        SCOPED(cms_certificate_close) X509 *certificate = NULL;
        SCOPED(cms_bio_close) BIO *memory = BIO_new(BIO_s_mem());
        TRY(cms_key_path(folder, number, path, error));
        if (access(path, F_OK) != 0)
            continue;
        TRY(cms_key_read(path, &key, &certificate, error));
        if (PEM_write_bio_X509(memory, certificate) != 1 || !cms_fingerprint(certificate, fingerprint))
            return fail(error, ERROR_SYSTEM, "%s: cannot be shown", path);
        long length = BIO_get_mem_data(memory, &data);
        text_add_format(text, "CMS %s\n%.*s", fingerprint, (int)length, data);
        return RESULT_OK;
    }
    return RESULT_OK;
}

/* ---- both ---- */

Result input_keys_create(const char *folder, const char *name, InputFingerprints *made, Error *error)
{
    *made = (InputFingerprints){0};
    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST ? fail(error, ERROR_CONFIG, "%s: is there already", folder)
                               : fail_errno(error, "%s", folder);
    TRY(openpgp_create(folder, name, made, error));
    return cms_create(folder, name, made, error);
}

Result input_keys_import(const char *folder, const char *path, InputFingerprints *taken, Error *error)
{
    SCOPED(cms_key_close) EVP_PKEY *key = NULL;
    SCOPED(cms_certificate_close) X509 *certificate = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(4 * (size_t)KEY_FILE_BYTES_MAX);
    Error ignored = {0};
    Text file;

    *taken = (InputFingerprints){0};
    if (cms_key_read(path, &key, &certificate, &ignored).ok && cms_fingerprint(certificate, taken->cms))
        return cms_add(folder, key, certificate, error);
    TRY(input_read_all(path, KEY_FILE_BYTES_MAX, arena, &file, error));
    if (!openpgp_import(folder, file, taken, error).ok || *taken->openpgp == '\0')
        return fail(error, ERROR_INPUT,
                    "%s: neither an OpenPGP key nor a PEM file of a private key without passphrase and its "
                    "certificate",
                    path);
    return RESULT_OK;
}

Result input_keys_public(const char *folder, Arena *arena, Text *text, Error *error)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(OUTPUT_BYTES_MAX);

    TRY(openpgp_public(folder, &builder, error));
    TRY(cms_public(folder, &builder, error));
    *text = text_copy(arena, text_built(&builder));
    return RESULT_OK;
}
