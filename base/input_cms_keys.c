#include "base/input_cms_keys.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

Result cms_key_path(const char *folder, int number, char out[CMS_PATH_BYTES], Error *error)
{
    int length = snprintf(out, CMS_PATH_BYTES, "%s/cms-%d.pem", folder, number);

    return length < CMS_PATH_BYTES ? RESULT_OK : fail(error, ERROR_CONFIG, "%s: path too long", folder);
}

void cms_key_close(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

void cms_certificate_close(X509 **certificate)
{
    X509_free(*certificate);
}

void cms_bio_close(BIO **bio)
{
    BIO_free_all(*bio);
}

/* Nobody is asked. */
static int no_passphrase(char *out, int capacity, int writing, void *context)
{
    (void)out;
    (void)capacity;
    (void)writing;
    (void)context;
    return -1;
}

Result cms_key_read(const char *path, EVP_PKEY **key, X509 **certificate, Error *error)
{
    SCOPED(cms_bio_close) BIO *file = BIO_new_file(path, "r");

    if (file != NULL)
        *key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL);
    if (*key != NULL && BIO_seek(file, 0) == 0)
        *certificate = PEM_read_bio_X509(file, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (*key == NULL || *certificate == NULL)
        return fail(error, ERROR_CONFIG, "%s: no private key without passphrase and its certificate", path);
    return RESULT_OK;
}

Result cms_key_check(const char *path, Error *error)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return fail_errno(error, "%s: cannot be examined", path);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return fail(error, ERROR_CONFIG, "%s: a key stands in a regular file of ours of mode 0600", path);
    return RESULT_OK;
}

bool cms_fingerprint(X509 *certificate, char out[INPUT_FINGERPRINT_BYTES])
{
    static const char digits[] = "0123456789ABCDEF";
    enum { DIGEST_BYTES = (INPUT_FINGERPRINT_BYTES - 1) / 2 };
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1 || length != DIGEST_BYTES)
        return false;
    for (unsigned i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * (size_t)DIGEST_BYTES] = '\0';
    return true;
}
