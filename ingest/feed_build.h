#pragma once
/* Private to ingest/feed*.c: a feed being checked. */
#include "ingest/feed.h"
#include "ingest/feed_yaml.h"

typedef struct FeedBuild {
    const YamlFeed *yaml;
    Feed *feed;
    Text text;
} FeedBuild;

/* ERROR_CONFIG with file and line of a top-level key. */
Result feed_fail(const FeedBuild *build, const char *key, const char *rule, Error *error) CHECKED;
/* In the feed's arena; NULL of NULL. A path is relative to the feed's own folder. */
const char *feed_keep(FeedBuild *build, const char *string);
const char *feed_keep_path(FeedBuild *build, const char *path);
/* feed_transport.c: `transport`, once file and period are known */
Result feed_build_transport(FeedBuild *build, Error *error) CHECKED;
