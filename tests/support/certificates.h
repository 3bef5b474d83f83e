#pragma once
/* Certificates of a test: an authority of its own, and what it signs for a host or a client. All end in a
 * day. */
#include "base/text.h"

typedef struct TestAuthority TestAuthority;

TestAuthority *test_authority_create(void);
/* Its certificate, PEM. */
const char *test_authority_pem(const TestAuthority *authority);
/* A certificate for this DNS name, and its private key, PEM both; they live as long as the authority. */
void test_authority_sign(TestAuthority *authority, const char *host, const char **certificate,
                         const char **key);
/* Its list of revoked certificates, PEM: the last one signed is on it, or nobody. Lives as long as it does.
 */
const char *test_authority_revoked(TestAuthority *authority, bool has_last);
void test_authority_close(TestAuthority **authority);
