#pragma once
/* Private to cli: requests to cinqued over its unix socket. People's verbs have no other way in. */
#include <jansson.h>

#include "cli/cli.h"

/*
 * path with its query arguments already escaped; body NULL: none. *answer is the caller's to release by
 * client_release. An error that the broker answers comes back with its own code and message.
 */
Result client_call(const Cli *cli, const char *method, const char *path, const json_t *body, json_t **answer,
                   Error *error) CHECKED;
void client_release(json_t **answer); /* for SCOPED; accepts a pointer to NULL */
/* name=value, escaped, behind "?" or "&"; nothing for NULL. */
Text client_argument(Arena *arena, Text path, const char *name, const char *value);
