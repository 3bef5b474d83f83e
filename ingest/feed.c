#include "ingest/feed.h"

#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "ingest/feed_yaml.h"
#include "ingest/spec_place.h"

enum {
    FEED_BYTES_MAX = 64 << 10,
    ARENA_BYTES = 256 << 10,
    KEEP_DAYS_DEFAULT = 90,
    KEEP_DAYS_MAX = 3660,
    STABLE_SECONDS_DEFAULT = 10,
    STABLE_SECONDS_MAX = 3600,
    DAY_MAX = 28,
    STARS_MAX = 4,
};

typedef struct Build {
    const YamlFeed *yaml;
    Feed *feed;
    Text text;
} Build;

static Result wrong(const Build *build, const char *key, const char *rule, Error *error)
{
    return fail(error, ERROR_CONFIG, "%s line %zu: %s: %s", build->feed->path,
                spec_line_of_key(build->text, key), key, rule);
}

static const char *kept(Build *build, const char *string)
{
    return string != NULL ? text_to_string(build->feed->arena, text_from(string)) : NULL;
}

/* Relative to the feed's own folder. */
static const char *kept_path(Build *build, const char *path)
{
    const char *slash = strrchr(build->feed->path, '/');

    if (path == NULL || path[0] == '/' || slash == NULL)
        return kept(build, path);
    return text_format(build->feed->arena, "%.*s/%s", (int)(slash - build->feed->path), build->feed->path,
                       path)
        .data;
}

/* ---- the transport: which settings each kind needs and may have ---- */

typedef enum Setting {
    FOLDER,
    COMPLETE,
    STABLE,
    AFTER,
    URL,
    USER,
    PASSWORD,
    KNOWN_HOSTS,
    CA,
    CRL,
    CERTIFICATE,
    KEY,
    MAILBOX,
    FROM,
    WORKFLOW,
    SHARED_KEY,
    CONNINFO,
    QUERY,
    SETTING_COUNT
} Setting;

#define BIT(setting) (1u << (setting))

static const struct {
    const char *kind, *scheme;
    unsigned needs, may;
} kinds[] = {
    [FEED_FOLDER] = {"folder", NULL, BIT(FOLDER), BIT(COMPLETE) | BIT(STABLE) | BIT(AFTER)},
    [FEED_SFTP] = {"sftp", "sftp://", BIT(URL) | BIT(USER) | BIT(KNOWN_HOSTS) | BIT(KEY),
                   BIT(COMPLETE) | BIT(STABLE) | BIT(AFTER)},
    [FEED_HTTPS] = {"https", "https://", BIT(URL),
                    BIT(CA) | BIT(CRL) | BIT(CERTIFICATE) | BIT(KEY) | BIT(USER) | BIT(PASSWORD)},
    [FEED_MESH] = {"mesh", "https://", BIT(URL) | BIT(MAILBOX) | BIT(PASSWORD) | BIT(SHARED_KEY),
                   BIT(FROM) | BIT(WORKFLOW) | BIT(CA) | BIT(CRL) | BIT(CERTIFICATE) | BIT(KEY)},
    [FEED_POSTGRESQL] = {"postgresql", NULL, BIT(CONNINFO) | BIT(QUERY), BIT(PASSWORD)},
};
static const char *const setting_names[SETTING_COUNT] = {
    [FOLDER] = "folder",
    [COMPLETE] = "complete",
    [STABLE] = "stable_seconds",
    [AFTER] = "after",
    [URL] = "url",
    [USER] = "user",
    [PASSWORD] = "password_file",
    [KNOWN_HOSTS] = "known_hosts",
    [CA] = "ca_file",
    [CRL] = "crl_file",
    [CERTIFICATE] = "certificate_file",
    [KEY] = "key_file",
    [MAILBOX] = "mailbox",
    [FROM] = "from",
    [WORKFLOW] = "workflow",
    [SHARED_KEY] = "shared_key_file",
    [CONNINFO] = "conninfo",
    [QUERY] = "query_file",
};

static unsigned settings_given(const YamlTransport *yaml)
{
    const void *const given[SETTING_COUNT] = {
        [FOLDER] = yaml->folder,
        [COMPLETE] = yaml->complete,
        [STABLE] = yaml->stable_seconds,
        [AFTER] = yaml->after,
        [URL] = yaml->url,
        [USER] = yaml->user,
        [PASSWORD] = yaml->password_file,
        [KNOWN_HOSTS] = yaml->known_hosts,
        [CA] = yaml->ca_file,
        [CRL] = yaml->crl_file,
        [CERTIFICATE] = yaml->certificate_file,
        [KEY] = yaml->key_file,
        [MAILBOX] = yaml->mailbox,
        [FROM] = yaml->from,
        [WORKFLOW] = yaml->workflow,
        [SHARED_KEY] = yaml->shared_key_file,
        [CONNINFO] = yaml->conninfo,
        [QUERY] = yaml->query_file,
    };
    unsigned bits = 0;

    for (unsigned i = 0; i < SETTING_COUNT; i++)
        bits |= given[i] != NULL ? BIT(i) : 0;
    return bits;
}

static Result check_settings(Build *build, Error *error)
{
    const YamlTransport *yaml = &build->yaml->transport;
    FeedTransport kind = build->feed->transport;
    unsigned given = settings_given(yaml);
    char rule[80];

    unsigned lacking = kinds[kind].needs & ~given, foreign = given & ~(kinds[kind].needs | kinds[kind].may);
    if ((lacking | foreign) != 0) {
        int first = __builtin_ctz(lacking | foreign);
        snprintf(rule, sizeof rule, "kind %s %s %s", kinds[kind].kind,
                 (foreign & BIT(first)) != 0 ? "has no" : "needs", setting_names[first]);
        return wrong(build, "transport", rule, error);
    }
    if (((given & BIT(CERTIFICATE)) != 0) != ((given & BIT(KEY)) != 0) && kind != FEED_SFTP)
        return wrong(build, "transport", "certificate_file and key_file belong together", error);
    if (kinds[kind].scheme != NULL && strncmp(yaml->url, kinds[kind].scheme, strlen(kinds[kind].scheme)) != 0)
        return wrong(build, "transport", "url does not begin as the kind's do", error);
    /* what stands in front of @ could be a password */
    if (yaml->url != NULL && strpbrk(yaml->url, "@?#") != NULL)
        return wrong(build, "transport", "url: no user, no password, no query", error);
    if (kind == FEED_POSTGRESQL &&
        (build->feed->period_from != FEED_PERIOD_GIVEN || strpbrk(build->feed->file, "*{") != NULL))
        return wrong(build, "transport",
                     "kind postgresql has no files: period is given, and file a name that deliveries go by",
                     error);
    if (yaml->conninfo != NULL && strcasestr(yaml->conninfo, "password") != NULL)
        return wrong(build, "transport", "conninfo: a password stands in a file of its own (password_file)",
                     error);
    return RESULT_OK;
}

static Result build_complete(Build *build, Error *error)
{
    static const char *const names[] = {
        [FEED_STABLE] = "stable", [FEED_DONE] = "done", [FEED_MESH_CLIENT] = "mesh_client"};
    const YamlTransport *yaml = &build->yaml->transport;
    FeedSettings *settings = &build->feed->settings;
    size_t i = 0;

    settings->stable_seconds = yaml->stable_seconds != NULL ? *yaml->stable_seconds : STABLE_SECONDS_DEFAULT;
    if (settings->stable_seconds < 1 || settings->stable_seconds > STABLE_SECONDS_MAX)
        return wrong(build, "transport", "stable_seconds: 1 to 3600", error);
    while (yaml->complete != NULL && i < sizeof names / sizeof *names &&
           strcmp(yaml->complete, names[i]) != 0)
        i++;
    if (i == sizeof names / sizeof *names)
        return wrong(build, "transport", "complete: stable, done or mesh_client", error);
    settings->complete = (FeedComplete)i;
    if (yaml->after != NULL && strcmp(yaml->after, "keep") != 0 && strcmp(yaml->after, "delete") != 0)
        return wrong(build, "transport", "after: keep or delete", error);
    settings->deletes = yaml->after != NULL && yaml->after[0] == 'd';
    return RESULT_OK;
}

static Result build_transport(Build *build, Error *error)
{
    const YamlTransport *yaml = &build->yaml->transport;
    size_t i = 0;

    while (i < sizeof kinds / sizeof *kinds && strcmp(yaml->kind, kinds[i].kind) != 0)
        i++;
    if (i == sizeof kinds / sizeof *kinds)
        return wrong(build, "transport", "kind: folder, sftp, https, mesh or postgresql", error);
    build->feed->transport = (FeedTransport)i;
    TRY(check_settings(build, error));
    build->feed->settings = (FeedSettings){
        .folder = kept_path(build, yaml->folder),
        .url = kept(build, yaml->url),
        .user = kept(build, yaml->user),
        .password_file = kept_path(build, yaml->password_file),
        .known_hosts = kept_path(build, yaml->known_hosts),
        .ca_file = kept_path(build, yaml->ca_file),
        .crl_file = kept_path(build, yaml->crl_file),
        .certificate_file = kept_path(build, yaml->certificate_file),
        .key_file = kept_path(build, yaml->key_file),
        .mailbox = kept(build, yaml->mailbox),
        .from = kept(build, yaml->from),
        .workflow = kept(build, yaml->workflow),
        .shared_key_file = kept_path(build, yaml->shared_key_file),
        .conninfo = kept(build, yaml->conninfo),
        .query_file = kept_path(build, yaml->query_file),
    };
    return build_complete(build, error);
}

/* ---- the rest ---- */

static bool is_name(const char *name, const char *letters, size_t length_max)
{
    size_t length = strlen(name);

    return length <= length_max && strspn(name, letters) == length && strchr("_.-", name[0]) == NULL;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static Result build_names(Build *build, Error *error)
{
    const YamlFeed *yaml = build->yaml;
    Feed *feed = build->feed;
    const char *file = strrchr(feed->path, '/') != NULL ? strrchr(feed->path, '/') + 1 : feed->path;

    if (!is_name(yaml->feed, LOWER DIGITS "_-", 40) || strchr(DIGITS, yaml->feed[0]) != NULL)
        return wrong(build, "feed", "up to 40 lower-case letters, digits, _ and -, the first a letter",
                     error);
    if (strncmp(file, yaml->feed, strlen(yaml->feed)) != 0 || strcmp(file + strlen(yaml->feed), ".yaml") != 0)
        return wrong(build, "feed", "the file is called as its feed, with .yaml", error);
    if (!is_name(yaml->sender, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_.-", 63))
        return wrong(build, "sender", "up to 63 letters, digits, _, . and -, the first a letter or digit",
                     error);
    feed->name = kept(build, yaml->feed);
    feed->source = kept(build, yaml->source);
    feed->spec = kept_path(build, yaml->spec);
    feed->sender = kept(build, yaml->sender);
    return RESULT_OK;
}

static Result build_status(Build *build, Error *error)
{
    static const char *const names[] = {
        [INGEST_PROVISIONAL] = "provisional", [INGEST_FINAL] = "final", [INGEST_YEAR_END] = "year_end"};
    const char *name = build->yaml->status != NULL ? build->yaml->status : "final";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            build->feed->status = (IngestStatus)i;
            return RESULT_OK;
        }
    return wrong(build, "status", "provisional, final or year_end", error);
}

static Result build_period(Build *build, Error *error)
{
    const char *file = build->yaml->file,
               *period = build->yaml->period != NULL ? build->yaml->period : "name";
    bool has_month = strstr(file, "{CCYY}") != NULL && strstr(file, "{MM}") != NULL;
    size_t stars = 0;

    for (const char *at = file; *at != '\0'; at++)
        stars += *at == '*';
    if (stars > STARS_MAX)
        return wrong(build, "file", "at most four *", error);
    if (strchr(file, '/') != NULL)
        return wrong(build, "file", "a pattern of names, without a folder", error);
    if (strcmp(period, "name") != 0 && strcmp(period, "manifest") != 0 && strcmp(period, "given") != 0)
        return wrong(build, "period", "name, manifest or given", error);
    if (period[0] == 'n' && !has_month)
        return wrong(build, "file", "{CCYY} and {MM} tell the period, unless period is manifest or given",
                     error);
    if (period[0] == 'm' && (build->yaml->manifest == NULL || !build->yaml->manifest->required))
        return wrong(build, "period", "told by a manifest: then one is required", error);
    build->feed->file = kept(build, file);
    build->feed->period_from = period[0] == 'n'   ? FEED_PERIOD_NAME
                               : period[0] == 'm' ? FEED_PERIOD_MANIFEST
                                                  : FEED_PERIOD_GIVEN;
    return RESULT_OK;
}

/* As InputKeys.signer has it: an OpenPGP key's fingerprint, or the SHA-256 of a CMS certificate. */
static Result build_signer(Build *build, Error *error)
{
    const char *signer = build->yaml->signer;
    size_t length = signer != NULL ? strlen(signer) : 0;

    if (signer != NULL && (strspn(signer, DIGITS "ABCDEF") != length || (length != 40 && length != 64)))
        return wrong(build, "signer", "40 or 64 hexadecimal digits, A to F in upper case", error);
    build->feed->signer = kept(build, signer);
    return RESULT_OK;
}

static Result build_limits(Build *build, Error *error)
{
    const YamlFeed *yaml = build->yaml;
    Feed *feed = build->feed;

    feed->manifest_required = yaml->manifest != NULL && yaml->manifest->required;
    feed->manifest_key = yaml->manifest != NULL ? kept_path(build, yaml->manifest->key) : NULL;
    feed->expected_by_day = yaml->expected != NULL ? yaml->expected->by_day : 0;
    feed->keep_days = yaml->archive != NULL ? yaml->archive->keep_days : KEEP_DAYS_DEFAULT;
    if (yaml->expected != NULL && (feed->expected_by_day < 1 || feed->expected_by_day > DAY_MAX))
        return wrong(build, "expected", "by_day: 1 to 28, of the month after the period", error);
    if (feed->keep_days < 1 || feed->keep_days > KEEP_DAYS_MAX)
        return wrong(build, "archive", "keep_days: 1 to 3660", error);
    /* anybody with a mailbox can write to ours */
    if (feed->transport == FEED_MESH && feed->settings.from == NULL && !feed->manifest_required)
        return wrong(build, "transport",
                     "kind mesh needs from, the sender's mailbox, unless a manifest is required", error);
    return RESULT_OK;
}

static Result build_all(Build *build, Error *error)
{
    TRY(build_names(build, error));
    TRY(build_status(build, error));
    TRY(build_period(build, error));
    TRY(build_signer(build, error));
    TRY(build_transport(build, error));
    return build_limits(build, error);
}

Result feed_open(const char *path, Feed **feed, Error *error)
{
    SCOPED(feed_close) Feed *made = memory_alloc(sizeof *made);
    SCOPED(feed_yaml_close) YamlFeed *yaml = NULL;
    Build build = {.feed = made};

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
