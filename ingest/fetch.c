#include "ingest/fetch.h"

/* By FeedTransport. */
static const FetchKind *const kinds[] = {
    [FEED_FOLDER] = &FETCH_FOLDER,         [FEED_SFTP] = &FETCH_SFTP,
    [FEED_HTTPS] = &FETCH_HTTPS,           [FEED_MESH] = &FETCH_MESH,
    [FEED_POSTGRESQL] = &FETCH_POSTGRESQL,
};

Result fetch_kind(const Feed *feed, const FetchKind **kind, Error *error)
{
    *kind = kinds[feed->transport];
    (void)error;
    return RESULT_OK;
}
