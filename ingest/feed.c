#include "ingest/feed.h"

#include <string.h>

#include "base/input.h"
#include "ingest/feed_build.h"
#include "ingest/spec_place.h"

enum {
    FEED_BYTES_MAX = 64 << 10,
    ARENA_BYTES = 256 << 10,
    KEEP_DAYS_DEFAULT = 90,
    KEEP_DAYS_MAX = 3660,
    DAY_MAX = 28,
    STARS_MAX = 4,
};

Result feed_fail(const FeedBuild *build, const char *key, const char *rule, Error *error)
{
    return fail(error, ERROR_CONFIG, "%s line %zu: %s: %s", build->feed->path,
                spec_line_of_key(build->text, key), key, rule);
}

const char *feed_keep(FeedBuild *build, const char *string)
{
    return string != NULL ? text_to_string(build->feed->arena, text_from(string)) : NULL;
}

const char *feed_keep_path(FeedBuild *build, const char *path)
{
    const char *slash = strrchr(build->feed->path, '/');

    if (path == NULL || path[0] == '/' || slash == NULL)
        return feed_keep(build, path);
    return text_format(build->feed->arena, "%.*s/%s", (int)(slash - build->feed->path), build->feed->path,
                       path)
        .data;
}

static bool is_name(const char *name, const char *letters, size_t length_max)
{
    size_t length = strlen(name);

    return length <= length_max && strspn(name, letters) == length && strchr("_.-", name[0]) == NULL;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static Result build_names(FeedBuild *build, Error *error)
{
    const YamlFeed *yaml = build->yaml;
    Feed *feed = build->feed;
    const char *file = strrchr(feed->path, '/') != NULL ? strrchr(feed->path, '/') + 1 : feed->path;

    if (!is_name(yaml->feed, LOWER DIGITS "_-", 40) || strchr(DIGITS, yaml->feed[0]) != NULL)
        return feed_fail(build, "feed", "up to 40 lower-case letters, digits, _ and -, the first a letter",
                         error);
    if (strncmp(file, yaml->feed, strlen(yaml->feed)) != 0 || strcmp(file + strlen(yaml->feed), ".yaml") != 0)
        return feed_fail(build, "feed", "the file is called as its feed, with .yaml", error);
    if (!is_name(yaml->sender, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_.-", 63))
        return feed_fail(build, "sender", "up to 63 letters, digits, _, . and -, the first a letter or digit",
                         error);
    feed->name = feed_keep(build, yaml->feed);
    feed->source = feed_keep(build, yaml->source);
    feed->spec = feed_keep_path(build, yaml->spec);
    feed->sender = feed_keep(build, yaml->sender);
    return RESULT_OK;
}

static Result build_status(FeedBuild *build, Error *error)
{
    static const char *const names[] = {
        [INGEST_PROVISIONAL] = "provisional", [INGEST_FINAL] = "final", [INGEST_YEAR_END] = "year_end"};
    const char *name = build->yaml->status != NULL ? build->yaml->status : "final";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            build->feed->status = (IngestStatus)i;
            return RESULT_OK;
        }
    return feed_fail(build, "status", "provisional, final or year_end", error);
}

static Result build_period(FeedBuild *build, Error *error)
{
    const char *file = build->yaml->file,
               *period = build->yaml->period != NULL ? build->yaml->period : "name";
    bool has_month = strstr(file, "{CCYY}") != NULL && strstr(file, "{MM}") != NULL;
    size_t stars = 0;

    for (const char *at = file; *at != '\0'; at++)
        stars += *at == '*';
    if (stars > STARS_MAX)
        return feed_fail(build, "file", "at most four *", error);
    if (strchr(file, '/') != NULL)
        return feed_fail(build, "file", "a pattern of names, without a folder", error);
    if (strcmp(period, "name") != 0 && strcmp(period, "manifest") != 0 && strcmp(period, "given") != 0)
        return feed_fail(build, "period", "name, manifest or given", error);
    if (period[0] == 'n' && !has_month)
        return feed_fail(build, "file", "{CCYY} and {MM} tell the period, unless period is manifest or given",
                         error);
    if (period[0] == 'm' && (build->yaml->manifest == NULL || !build->yaml->manifest->required))
        return feed_fail(build, "period", "told by a manifest: then one is required", error);
    build->feed->file = feed_keep(build, file);
    build->feed->period_from = period[0] == 'n'   ? FEED_PERIOD_NAME
                               : period[0] == 'm' ? FEED_PERIOD_MANIFEST
                                                  : FEED_PERIOD_GIVEN;
    return RESULT_OK;
}

/* As InputKeys.signer has it: an OpenPGP key's fingerprint, or the SHA-256 of a CMS certificate. */
static Result build_signer(FeedBuild *build, Error *error)
{
    const char *signer = build->yaml->signer;
    size_t length = signer != NULL ? strlen(signer) : 0;

    if (signer != NULL && (strspn(signer, DIGITS "ABCDEF") != length || (length != 40 && length != 64)))
        return feed_fail(build, "signer", "40 or 64 hexadecimal digits, A to F in upper case", error);
    build->feed->signer = feed_keep(build, signer);
    return RESULT_OK;
}

static Result build_limits(FeedBuild *build, Error *error)
{
    const YamlFeed *yaml = build->yaml;
    Feed *feed = build->feed;

    feed->manifest_required = yaml->manifest != NULL && yaml->manifest->required;
    feed->manifest_key = yaml->manifest != NULL ? feed_keep_path(build, yaml->manifest->key) : NULL;
    feed->expected_by_day = yaml->expected != NULL ? yaml->expected->by_day : 0;
    feed->keep_days = yaml->archive != NULL ? yaml->archive->keep_days : KEEP_DAYS_DEFAULT;
    if (yaml->expected != NULL && (feed->expected_by_day < 1 || feed->expected_by_day > DAY_MAX))
        return feed_fail(build, "expected", "by_day: 1 to 28, of the month after the period", error);
    if (feed->keep_days < 1 || feed->keep_days > KEEP_DAYS_MAX)
        return feed_fail(build, "archive", "keep_days: 1 to 3660", error);
    /* anybody with a mailbox can write to ours */
    if (feed->transport == FEED_MESH && feed->settings.from == NULL && !feed->manifest_required)
        return feed_fail(build, "transport",
                         "kind mesh needs from, the sender's mailbox, unless a manifest is required", error);
    return RESULT_OK;
}

static Result build_all(FeedBuild *build, Error *error)
{
    TRY(build_names(build, error));
    TRY(build_status(build, error));
    TRY(build_period(build, error));
    TRY(build_signer(build, error));
    TRY(feed_build_transport(build, error));
    return build_limits(build, error);
}

Result feed_open(const char *path, Feed **feed, Error *error)
{
    SCOPED(feed_close) Feed *made = memory_alloc(sizeof *made);
    SCOPED(feed_yaml_close) YamlFeed *yaml = NULL;
    FeedBuild build = {.feed = made};

    made->arena = arena_create(ARENA_BYTES);
    made->path = text_to_string(made->arena, text_from(path));
    TRY(input_read_all(path, FEED_BYTES_MAX, made->arena, &build.text, error));
    TRY(feed_yaml_parse(path, build.text, &yaml, error));
    build.yaml = yaml;
    TRY(build_all(&build, error));
    *feed = made;
    made = NULL;
    return RESULT_OK;
}

void feed_close(Feed **feed)
{
    if (*feed != NULL)
        arena_close(&(*feed)->arena);
    memory_free(*feed);
    *feed = NULL;
}

void ingest_feed_close(IngestFeed **feed)
{
    feed_close(feed);
}

Result ingest_feed_open(const char *path, IngestFeed **feed, Error *error)
{
    return feed_open(path, feed, error);
}

const char *ingest_feed_name(const IngestFeed *feed)
{
    return feed->name;
}

const char *ingest_feed_source(const IngestFeed *feed)
{
    return feed->source;
}

const char *ingest_feed_spec(const IngestFeed *feed)
{
    return feed->spec != NULL ? feed->spec : feed->source;
}

const char *ingest_feed_sender(const IngestFeed *feed)
{
    return feed->sender;
}

const char *ingest_feed_signer(const IngestFeed *feed)
{
    return feed->signer;
}

bool ingest_feed_is_due(const IngestFeed *feed, Month period, Date day)
{
    return feed->expected_by_day > 0 && day >= month_first_day(period + 1) + feed->expected_by_day - 1;
}
