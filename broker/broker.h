#pragma once
/*
 * The one door for people: HTTP with JSON on a unix socket, where the kernel
 * vouches for the caller. Each request gets a permit before its work and has
 * its result in the log before its body is sent.
 */
#include "base/error.h"

typedef struct Broker Broker;

typedef struct BrokerOptions {
    const char *socket_path;    /* made with mode 0666; a stale one is replaced */
    const char *lock_path;      /* holds the process id, locked while the broker lives: one broker a folder */
    const char *scratch_folder; /* for the code lists of one request, in a folder of its own */
    const char *checkpoint_path;   /* governance_checkpoint */
    const char *governor_conninfo; /* role cinque_governor */
    const char *query_conninfo;    /* role cinque_query */
} BrokerOptions;

/* Serves from a thread of its own, and runs queries one after the other in a second, until broker_stop.
 * Errors: ERROR_CONFIG when another broker holds the lock. */
Result broker_start(const BrokerOptions *options, Broker **broker, Error *error) CHECKED;
/* Finishes the request in hand, refuses new ones, removes the socket. Accepts a pointer to NULL. */
void broker_stop(Broker **broker);
