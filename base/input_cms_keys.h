#pragma once
/* Private to base/input*.c: our own keys for CMS messages, one file a pair. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/input_keys.h"

enum { CMS_KEYS_MAX = 9, CMS_PATH_BYTES = 512 };

Result cms_key_path(const char *folder, int number, char out[CMS_PATH_BYTES], Error *error) CHECKED;
/* The file holds a private key without passphrase, and its certificate. */
Result cms_key_read(const char *path, EVP_PKEY **key, X509 **certificate, Error *error) CHECKED;
/* SHA-256 in upper-case hex */
bool cms_fingerprint(X509 *certificate, char out[INPUT_FINGERPRINT_BYTES]);
/* ERROR_CONFIG unless it is a regular file of ours of mode 0600. */
Result cms_key_check(const char *path, Error *error) CHECKED;
void cms_key_close(EVP_PKEY **key);
void cms_certificate_close(X509 **certificate);
void cms_bio_close(BIO **bio);
