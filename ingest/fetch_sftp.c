/* Deliveries in a folder over SFTP: by key, from a host whose own key stands in the feed's file. Read only.
 */
#include "ingest/fetch_remote.h"

static Result read_names(Remote *remote, Text *names, Error *error)
{
    return transfer_list(remote->transfer, remote->base, REMOTE_LIST_BYTES_MAX, remote->arena, names, error);
}

static const RemoteKind SFTP = {.names = read_names, .waits = true};

static Result open_sftp(const Feed *feed, void **state, Error *error)
{
    const FeedSettings *given = &feed->settings;
    Text url = text_from(given->url);
    TransferSettings settings = {.place = feed->name,
                                 .user = given->user,
                                 .private_key_file = given->key_file,
                                 .known_hosts_file = given->known_hosts};
    Remote *remote = NULL;

    if (!text_starts_with(url, TEXT("sftp://")) || url.data[url.length - 1] != '/')
        return fail(error, ERROR_CONFIG, "feed %s: url is sftp://HOST/FOLDER/ with a slash at its end",
                    feed->name);
    if (given->user == NULL || given->key_file == NULL || given->known_hosts == NULL)
        return fail(error, ERROR_CONFIG, "feed %s: SFTP wants user, key_file and known_hosts", feed->name);
    if (given->password_file != NULL)
        return fail(error, ERROR_CONFIG, "feed %s: SFTP is by key, not by password", feed->name);
    if (given->complete == FEED_MESH_CLIENT)
        return fail(error, ERROR_CONFIG, "feed %s: complete: stable or done", feed->name);
    TRY(remote_open(feed, &SFTP, &settings, &remote, error));
    *state = remote;
    return RESULT_OK;
}

const FetchKind FETCH_SFTP = {.name = "sftp",
                              .open = open_sftp,
                              .list = remote_list,
                              .get = remote_get,
                              .companion = remote_companion,
                              .acknowledge = remote_acknowledge,
                              .close = remote_close};
