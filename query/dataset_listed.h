#pragma once
/* Private to query: the posting lists of a release, out of its blocks. */
#include "query/dataset_fetch.h"

/* Where the lists of a source are, if it is listed; from here on the dataset shows how long they are. */
Result listed_find(DatasetHold *hold, Db *reader, uint16_t source, Error *error) CHECKED;
/* The lists that an answer wants; those that are not there yet are brought together. */
Result listed_fetch(DatasetHold *hold, Db *reader, const PostingWant *want, Error *error) CHECKED;
