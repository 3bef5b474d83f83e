#pragma once
/*
 * Whose rows of a delivery may be stored, where each row says whose it is and the sender does not answer for
 * all of them. Private to ingest.
 */
#include "ingest/store.h"

typedef struct Controllers Controllers;

/* *controllers stays NULL where the sender answers for every row: then all are taken. */
Result controllers_open(Db *loader, const StoreLoad *load, int64_t load_id, Controllers **controllers,
                        Error *error) CHECKED;
bool controllers_allow(const Controllers *controllers, Text code);
/* Counts a row that was not allowed. */
void controllers_refuse(Controllers *controllers, Text code);
/* Beside the load, by code where it is a registered organisation's: another could be anything. In the
 * transaction that the rows are stored in. */
Result controllers_keep(const Controllers *controllers, Db *loader, const StoreLoad *load, int64_t load_id,
                        Error *error) CHECKED;
void controllers_close(Controllers **controllers);
