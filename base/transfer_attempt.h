#pragma once
/* Private to base/transfer*.c: one host, and the try of a request that is under way. */
#include <curl/curl.h>

#include "base/transfer.h"

enum { TRANSFER_HEADER_BYTES_MAX = 64 << 10, TRANSFER_OTHER_BYTES_MAX = 1 << 20 };

struct Transfer {
    CURL *curl;
    TransferSettings settings; /* with the defaults in place; strings are owned below */
    Arena *arena;
    TextBuilder headers;   /* of the last answer, a line each */
    TextBuilder validator; /* of the last answer */
    TextBuilder wanted;    /* of what a broken transfer goes on with */
};

/* A folder over SFTP: names alone, or as `ls -l` shows them. */
typedef enum TransferListing { LISTING_NONE, LISTING_NAMES, LISTING_LONG } TransferListing;

typedef struct Attempt {
    Transfer *transfer;
    const TransferRequest *request;
    TransferAnswer *answer;
    const char *validator; /* of what is asked for from a place behind its beginning */
    TransferListing listing;
    const char *command; /* SFTP: to do before; NULL */
    bool is_sftp;
    bool is_sent;      /* curl has begun to send the request */
    bool is_seen;      /* what the answer says has been looked at */
    uint64_t from, at; /* in the file: where this try began, where its next byte belongs */
    uint64_t passed;   /* bytes of a body that nobody takes */
    Result failed;     /* ok unless we ended it ourselves; then *error says why */
    Error *error;
} Attempt;

/* transfer.c: with all its tries. */
Result transfer_try(Transfer *transfer, const TransferRequest *request, TransferListing listing,
                    const char *command, TransferAnswer *answer, Error *error) CHECKED;
/* transfer_options.c: the handle is told everything anew for each try. *list is freed after the try. */
Result attempt_prepare(Attempt *attempt, struct curl_slist **list, Error *error) CHECKED;
/* transfer_answer.c: callbacks of curl, whose contexts are the Attempt. */
int attempt_begin(void *context, char *to, char *from, int to_port, int from_port);
size_t attempt_take_header(char *data, size_t size, size_t count, void *context);
size_t attempt_take_body(char *data, size_t size, size_t count, void *context);
/* The status, size and time of change; whether it goes on where it should. Of an answer without body too. */
Result attempt_see(Attempt *attempt, Error *error) CHECKED;
/* Why curl ended, for people. */
Result attempt_fail(const Attempt *attempt, CURLcode code, Error *error) CHECKED;
