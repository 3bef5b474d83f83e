#pragma once
/* Private to cli: deliveries loaded one by one, each under its own permit. */
#include "cli/delivery.h"

/* What all loads of one call share. */
typedef struct Loading {
    const Cli *cli;
    Db *loader, *merger, *writer; /* writer: opened by the first large delivery */
    Keyring *keyring;
    PostcodeDirectory *directory;
    Work work;
    bool is_quiet; /* tells no progress */
    char quarantine[CLI_PATH_BYTES], archive[CLI_PATH_BYTES], parcels[CLI_PATH_BYTES];
} Loading;

/* Also checks that the keys may still be used today. */
Result loading_open(const Cli *cli, Loading *loading, Error *error) CHECKED;
/* One delivery from where it is; *report also says what came of it where this fails. */
Result loading_take(Loading *loading, Delivery *delivery, IngestReport *report, Error *error) CHECKED;
void loading_close(Loading *loading);
