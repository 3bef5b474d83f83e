/*
 * Deliveries over HTTPS. A URL that ends with a slash answers with the names of its files, one a line; any
 * other is one file. Read only. A password, where there is one, goes into the header alone (RFC 7617).
 */
#include <string.h>

#include <openssl/evp.h>

#include "ingest/fetch_remote.h"

enum { PAIR_BYTES_MAX = 5 << 10 };

static Result read_names(Remote *remote, Text *names, Error *error)
{
    const char *url = remote->feed->settings.url, *name = strrchr(url, '/') + 1;
    bool is_found = true;

    if (*name != '\0') { /* one file; its folder is the base */
        *names = text_copy(remote->arena, text_from(name));
        return RESULT_OK;
    }
    TRY(remote_read(remote, url, REMOTE_LIST_BYTES_MAX, remote->arena, names, &is_found, error));
    if (!is_found || !text_starts_with(transfer_header(remote->transfer, "content-type"), TEXT("text/plain")))
        return fail(error, ERROR_CONFIG, "feed %s: url does not answer with names as text/plain",
                    remote->feed->name);
    return RESULT_OK;
}

static Result add_password(void *context, TextBuilder *header, Error *error)
{
    const Remote *remote = context;
    SCOPED(text_builder_close) TextBuilder pair = text_builder(PAIR_BYTES_MAX); /* wiped, as header is */
    unsigned char encoded[(PAIR_BYTES_MAX + 2) / 3 * 4 + 1];
    (void)error;

    text_add_format(&pair, "%s:", remote->feed->settings.user);
    text_add(&pair,
             (Text){.data = (const char *)secret_bytes(remote->password), .length = remote->password_length});
    int length = EVP_EncodeBlock(encoded, (const unsigned char *)pair.data, (int)pair.length);
    text_add_string(header, "Authorization: Basic ");
    text_add(header, (Text){.data = (const char *)encoded, .length = (size_t)length});
    secret_wipe(encoded, sizeof encoded);
    return RESULT_OK;
}

static const RemoteKind HTTPS = {.names = read_names, .sign = add_password};

static Result check_feed(const Feed *feed, Error *error)
{
    const FeedSettings *given = &feed->settings;
    Text url = text_from(given->url);

    if (!text_starts_with(url, TEXT("https://")) || memchr(url.data + 8, '/', url.length - 8) == NULL ||
        strcspn(given->url, "?#@") != url.length || strchr(strrchr(given->url, '/'), '%') != NULL)
        return fail(error, ERROR_CONFIG,
                    "feed %s: url is https://HOST/PATH, without a user, ? or #, and no %% in the file's name",
                    feed->name);
    if ((given->user == NULL) != (given->password_file == NULL))
        return fail(error, ERROR_CONFIG, "feed %s: user and password_file go together", feed->name);
    if (given->user != NULL && (strlen(given->user) > 256 || strchr(given->user, ':') != NULL))
        return fail(error, ERROR_CONFIG, "feed %s: user is too long, or holds a colon", feed->name);
    return RESULT_OK;
}

static Result open_https(const Feed *feed, void **state, Error *error)
{
    const FeedSettings *given = &feed->settings;
    TransferSettings settings = {.place = feed->name,
                                 .trust_file = given->ca_file,
                                 .revoked_file = given->crl_file,
                                 .certificate_file = given->certificate_file,
                                 .key_file = given->key_file};
    Remote *remote = NULL;

    TRY(check_feed(feed, error));
    TRY(remote_open(feed, &HTTPS, &settings, &remote, error));
    *state = remote;
    if (given->password_file == NULL)
        return RESULT_OK;
    Result read = feed_secret(given->password_file, &remote->password, &remote->password_length, error);
    if (!read.ok)
        remote_close(state);
    return read;
}

const FetchKind FETCH_HTTPS = {.name = "https",
                               .open = open_https,
                               .list = remote_list,
                               .get = remote_get,
                               .companion = remote_companion,
                               .acknowledge = remote_acknowledge,
                               .close = remote_close};
