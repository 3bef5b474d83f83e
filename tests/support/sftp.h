#pragma once
/*
 * An SFTP host on 127.0.0.1 inside the test's process, by libssh: no daemon, no account, no file of the
 * machine. It serves one folder that the test makes, to whoever has the client key, and fails as the test
 * says.
 */
#include "base/text.h"

typedef struct TestSftp TestSftp;

enum { SFTP_FILES_MAX = 16 };

typedef struct SftpFile {
    const char *name;
    Text content;
    uint32_t changed; /* seconds since 1970 */
    bool is_folder;
} SftpFile;

/* Keys, known hosts and a stranger's files lie in folder: see the members. */
typedef struct SftpPlace {
    char url[64];           /* sftp://127.0.0.1:PORT/in/ */
    char known_hosts[256];  /* with the host's key */
    char other_hosts[256];  /* with another key for the host */
    char no_hosts[256];     /* with nothing */
    char client_key[256];   /* whom the host lets in */
    char stranger_key[256]; /* whom not */
} SftpPlace;

TestSftp *test_sftp_start(const char *folder, SftpPlace *place);
/* name, content and time of a file, or of a folder; replaces the one of this name. */
void test_sftp_put(TestSftp *sftp, const char *name, Text content, uint32_t changed);
void test_sftp_put_folder(TestSftp *sftp, const char *name);
/* The next connection that has given so many bytes ends; then, if replacement is not empty, the file is that.
 */
void test_sftp_cut(TestSftp *sftp, size_t bytes, const char *name, Text replacement);
void test_sftp_forbid_removal(TestSftp *sftp);
/* The request of this number from now on (from 1; 0: none) is never answered, nor is any behind it, until the
 * client is gone.
 */
void test_sftp_hold(TestSftp *sftp, int request);
bool test_sftp_is_holding(TestSftp *sftp);
int test_sftp_requests(TestSftp *sftp); /* since test_sftp_hold */
bool test_sftp_has(TestSftp *sftp, const char *name);
int test_sftp_connections(TestSftp *sftp);
void test_sftp_stop(TestSftp **sftp);
