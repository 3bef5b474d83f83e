/* How a feed's deliveries come: which settings each kind of transport needs and may have. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ingest/feed_build.h"

enum { STABLE_SECONDS_DEFAULT = 10, STABLE_SECONDS_MAX = 3600 };

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

/* A setting is called as the member that holds it. */
#define MEMBER(name) #name, offsetof(YamlTransport, name)

static const struct {
    const char *name;
    size_t offset; /* of a pointer, NULL where the key is absent */
} keys[SETTING_COUNT] = {
    [FOLDER] = {MEMBER(folder)},
    [COMPLETE] = {MEMBER(complete)},
    [STABLE] = {MEMBER(stable_seconds)},
    [AFTER] = {MEMBER(after)},
    [URL] = {MEMBER(url)},
    [USER] = {MEMBER(user)},
    [PASSWORD] = {MEMBER(password_file)},
    [KNOWN_HOSTS] = {MEMBER(known_hosts)},
    [CA] = {MEMBER(ca_file)},
    [CRL] = {MEMBER(crl_file)},
    [CERTIFICATE] = {MEMBER(certificate_file)},
    [KEY] = {MEMBER(key_file)},
    [MAILBOX] = {MEMBER(mailbox)},
    [FROM] = {MEMBER(from)},
    [WORKFLOW] = {MEMBER(workflow)},
    [SHARED_KEY] = {MEMBER(shared_key_file)},
    [CONNINFO] = {MEMBER(conninfo)},
    [QUERY] = {MEMBER(query_file)},
};

static unsigned settings_given(const YamlTransport *yaml)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        const void *value;
        memcpy(&value, (const char *)yaml + keys[i].offset, sizeof value);
        bits |= value != NULL ? BIT(i) : 0;
    }
    return bits;
}

static Result check_settings(FeedBuild *build, Error *error)
{
    const YamlTransport *yaml = &build->yaml->transport;
    FeedTransport kind = build->feed->transport;
    unsigned given = settings_given(yaml);
    char rule[80];

    unsigned lacking = kinds[kind].needs & ~given, foreign = given & ~(kinds[kind].needs | kinds[kind].may);
    if ((lacking | foreign) != 0) {
        int first = __builtin_ctz(lacking | foreign);
        snprintf(rule, sizeof rule, "kind %s %s %s", kinds[kind].kind,
                 (foreign & BIT(first)) != 0 ? "has no" : "needs", keys[first].name);
        return feed_fail(build, "transport", rule, error);
    }
    if (((given & BIT(CERTIFICATE)) != 0) != ((given & BIT(KEY)) != 0) && kind != FEED_SFTP)
        return feed_fail(build, "transport", "certificate_file and key_file belong together", error);
    if (kinds[kind].scheme != NULL && strncmp(yaml->url, kinds[kind].scheme, strlen(kinds[kind].scheme)) != 0)
        return feed_fail(build, "transport", "url does not begin as the kind's do", error);
    /* what stands in front of @ could be a password */
    if (yaml->url != NULL && strpbrk(yaml->url, "@?#") != NULL)
        return feed_fail(build, "transport", "url: no user, no password, no query", error);
    if (kind == FEED_POSTGRESQL &&
        (build->feed->period_from != FEED_PERIOD_GIVEN || strpbrk(build->feed->file, "*{") != NULL))
        return feed_fail(
            build, "transport",
            "kind postgresql has no files: period is given, and file a name that deliveries go by", error);
    if (yaml->conninfo != NULL && strcasestr(yaml->conninfo, "password") != NULL)
        return feed_fail(build, "transport",
                         "conninfo: a password stands in a file of its own (password_file)", error);
    return RESULT_OK;
}

static Result build_complete(FeedBuild *build, Error *error)
{
    static const char *const names[] = {
        [FEED_STABLE] = "stable", [FEED_DONE] = "done", [FEED_MESH_CLIENT] = "mesh_client"};
    const YamlTransport *yaml = &build->yaml->transport;
    FeedSettings *settings = &build->feed->settings;
    size_t i = 0;

    settings->stable_seconds = yaml->stable_seconds != NULL ? *yaml->stable_seconds : STABLE_SECONDS_DEFAULT;
    if (settings->stable_seconds < 1 || settings->stable_seconds > STABLE_SECONDS_MAX)
        return feed_fail(build, "transport", "stable_seconds: 1 to 3600", error);
    while (yaml->complete != NULL && i < sizeof names / sizeof *names &&
           strcmp(yaml->complete, names[i]) != 0)
        i++;
    if (i == sizeof names / sizeof *names)
        return feed_fail(build, "transport", "complete: stable, done or mesh_client", error);
    settings->complete = (FeedComplete)i;
    if (yaml->after != NULL && strcmp(yaml->after, "keep") != 0 && strcmp(yaml->after, "delete") != 0)
        return feed_fail(build, "transport", "after: keep or delete", error);
    settings->deletes = yaml->after != NULL && yaml->after[0] == 'd';
    return RESULT_OK;
}

Result feed_build_transport(FeedBuild *build, Error *error)
{
    const YamlTransport *yaml = &build->yaml->transport;
    size_t i = 0;

    while (i < sizeof kinds / sizeof *kinds && strcmp(yaml->kind, kinds[i].kind) != 0)
        i++;
    if (i == sizeof kinds / sizeof *kinds)
        return feed_fail(build, "transport", "kind: folder, sftp, https, mesh or postgresql", error);
    build->feed->transport = (FeedTransport)i;
    TRY(check_settings(build, error));
    build->feed->settings = (FeedSettings){
        .folder = feed_keep_path(build, yaml->folder),
        .url = feed_keep(build, yaml->url),
        .user = feed_keep(build, yaml->user),
        .password_file = feed_keep_path(build, yaml->password_file),
        .known_hosts = feed_keep_path(build, yaml->known_hosts),
        .ca_file = feed_keep_path(build, yaml->ca_file),
        .crl_file = feed_keep_path(build, yaml->crl_file),
        .certificate_file = feed_keep_path(build, yaml->certificate_file),
        .key_file = feed_keep_path(build, yaml->key_file),
        .mailbox = feed_keep(build, yaml->mailbox),
        .from = feed_keep(build, yaml->from),
        .workflow = feed_keep(build, yaml->workflow),
        .shared_key_file = feed_keep_path(build, yaml->shared_key_file),
        .conninfo = feed_keep(build, yaml->conninfo),
        .query_file = feed_keep_path(build, yaml->query_file),
    };
    return build_complete(build, error);
}
