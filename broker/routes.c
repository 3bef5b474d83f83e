#include <string.h>

#include "broker/broker_private.h"

/* The whole service. */
static const Route routes[] = {
    {"GET", "/status", handle_status, true},
    {"GET", "/catalogue", handle_catalogue, false},
    {"GET", "/queries", handle_query_list, false},
    {"POST", "/queries", handle_query_submit, false},
    {"POST", "/queries/check", handle_query_check, false},
    {"POST", "/queries/explain", handle_query_explain, false},
    {"GET", "/queries/#", handle_query_show, false},
    {"POST", "/queries/#/approve", handle_query_approve, false},
    {"POST", "/queries/#/run", handle_query_run, false},
    {"GET", "/loads/held", handle_load_list, false},
    {"POST", "/loads/#/release", handle_load_release, false},
    {"POST", "/loads/#/refuse", handle_load_refuse, false},
    {"POST", "/keys/approve", handle_key_approve, false},
    {"GET", "/audit", handle_audit_list, false},
    {"POST", "/audit/verify", handle_audit_verify, false},
};

static bool path_matches(const char *pattern, const char *path, int64_t *number)
{
    Text left = text_from(pattern), given = text_from(path);

    *number = 0;
    while (left.length > 0 && given.length > 0) {
        Text expected = text_next(&left, '/'), part = text_next(&given, '/');
        if (text_equal(expected, TEXT("#"))) {
            if (!text_to_int64(part, number) || *number < 1)
                return false;
        } else if (!text_equal(expected, part)) {
            return false;
        }
    }
    return left.length == 0 && given.length == 0;
}

const Route *route_find(const char *method, const char *path, int64_t *number, unsigned *status)
{
    *status = MHD_HTTP_NOT_FOUND;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!path_matches(routes[i].pattern, path, number))
            continue;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
        *status = MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    return NULL;
}
