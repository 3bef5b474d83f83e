#include "ingest/fetch.h"

/* By FeedTransport. */
static const FetchKind *const kinds[] = {
    [FEED_FOLDER] = &FETCH_FOLDER, [FEED_SFTP] = &FETCH_SFTP, [FEED_HTTPS] = &FETCH_HTTPS,
    [FEED_MESH] = &FETCH_MESH,     [FEED_POSTGRESQL] = NULL,
};

Result fetch_kind(const Feed *feed, const FetchKind **kind, Error *error)
{
    *kind = kinds[feed->transport];
    if (*kind == NULL)
        return fail(error, ERROR_CONFIG, "%s: this program has no transport of that kind", feed->path);
    return RESULT_OK;
}
