#pragma once
/* Private to feed*.c: a feed as written. Strings are NULL as the keys are absent. */
#include "base/error.h"
#include "base/text.h"

typedef struct YamlTransport {
    char *kind, *folder, *complete, *after, *url, *user, *password_file, *known_hosts, *ca_file, *crl_file,
        *certificate_file, *key_file, *mailbox, *from, *workflow, *shared_key_file, *conninfo, *query_file;
    int *stable_seconds;
} YamlTransport;

typedef struct YamlManifest {
    char *key;
    bool required;
} YamlManifest;

typedef struct YamlExpected {
    int by_day;
} YamlExpected;

typedef struct YamlArchive {
    int keep_days;
} YamlArchive;

typedef struct YamlFeed {
    char *feed, *source, *spec, *sender, *status, *file, *period, *signer;
    YamlTransport transport;
    YamlManifest *manifest;
    YamlExpected *expected;
    YamlArchive *archive;
} YamlFeed;

/* path names the feed in errors. */
Result feed_yaml_parse(const char *path, Text text, YamlFeed **yaml, Error *error) CHECKED;
void feed_yaml_close(YamlFeed **yaml);
