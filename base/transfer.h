#pragma once
/*
 * Requests to other hosts by libcurl: HTTPS and SFTP, one after the other over one connection.
 * The host's certificate (TLS 1.2 or later) or host key is always verified, nothing is followed to another
 * place, proxies and settings of the environment do not count, and every wait and size has a limit.
 * A request is tried again when the connection fails or the host is busy, as long as that cannot give the
 * sink a byte twice: what broke off goes on behind the last byte only if the file is proven to be the same.
 * Messages name the place and the rule; never a URL, a header or what a host says.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

typedef struct Transfer Transfer;

typedef struct TransferSettings {
    const char *place;        /* for messages: what this host is called here */
    const char *trust_file;   /* HTTPS: PEM, the only authorities; NULL: those of the system */
    const char *revoked_file; /* HTTPS: PEM, lists of certificates taken back; NULL: not asked */
    const char *certificate_file, *key_file; /* HTTPS: ours, PEM, both or neither; the key is for us alone */
    const char *user, *private_key_file;     /* SFTP */
    const char *known_hosts_file;            /* SFTP: the only hosts, by their keys */
    unsigned tries;                          /* of a request, 0: 3 */
    unsigned wait_ms;                        /* before the second, then twice as long each time; 0: 500 */
    unsigned connect_seconds;                /* 0: 30 */
    unsigned stall_seconds;                  /* slower than 64 bytes a second for so long ends it; 0: 60 */
    unsigned request_seconds;                /* a whole try; 0: no limit */
} TransferSettings;

typedef struct TransferHeader {
    const char *name, *value;
} TransferHeader;

typedef Result (*TransferSink)(void *context, const void *data, size_t length, Error *error);

typedef struct TransferRequest {
    const char *method; /* GET, HEAD, PUT, POST; SFTP knows GET and HEAD */
    const char *url;    /* https:// or sftp:// */
    const TransferHeader *headers;
    size_t header_count;
    /* Called before each try, to add "Name: value" that counts once; NULL: nothing to add. */
    Result (*sign)(void *context, TextBuilder *header, Error *error);
    void *sign_context;
    Text body;          /* PUT and POST */
    uint64_t bytes_max; /* of the answer's body; past it ERROR_LIMIT */
    bool may_go_on;     /* what broke off is asked for from there */
    uint64_t offset;    /* where to begin; above 0 the file must be the one of this validator still */
    const char *validator;
    TransferSink sink; /* the body of an answer 200 or 206; of others it is passed over */
    void *sink_context;
} TransferRequest;

typedef struct TransferAnswer {
    int status;        /* as in HTTP; SFTP: 200, 403, 404 */
    uint64_t given;    /* bytes to the sink, over all tries */
    int64_t size;      /* of the whole file, -1 when not said */
    int64_t changed;   /* seconds since 1970, -1 when not said */
    unsigned tries;    /* made */
    bool is_transient; /* the request failed in a way that a later try may not */
} TransferAnswer;

/* ERROR_CONFIG when a file is missing or others may read our key. */
Result transfer_open(const TransferSettings *settings, Transfer **transfer, Error *error) CHECKED;
/*
 * Any status but a redirection is an answer, also the last one of a host that stays busy.
 * answer   filled in also on failure
 * Errors   ERROR_SYSTEM no whole answer; ERROR_REFUSED not the host it should be, or it refuses us by key;
 *          ERROR_INPUT the file changed on the way; ERROR_LIMIT; what the sink returns
 */
Result transfer_perform(Transfer *transfer, const TransferRequest *request, TransferAnswer *answer,
                        Error *error) CHECKED;
/* Of the last answer: its value, or the empty text; names in any case. Valid until the next request. */
Text transfer_header(const Transfer *transfer, const char *name);
/* What proves later that a file is the one of the last answer; empty when the host says nothing that does. */
Text transfer_validator(const Transfer *transfer);
/* The names in a folder over SFTP (its URL ends with a slash), one a line; folders are left out. */
Result transfer_list(Transfer *transfer, const char *url, size_t bytes_max, Arena *arena, Text *names,
                     Error *error) CHECKED;
/* Takes a file away over SFTP; that none is there is no error. folder: its URL, with a slash at its end. */
Result transfer_remove(Transfer *transfer, const char *folder, Text name, Error *error) CHECKED;
/* "base/name" with the name escaped as one segment. */
char *transfer_url(Arena *arena, const char *base, Text name);
void transfer_close(Transfer **transfer);
