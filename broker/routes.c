#include <string.h>

#include "broker/broker_private.h"

/* The whole service. */
static const Route routes[] = {
    {"GET", "/status", handle_status, ROUTE_OPEN},
    {"GET", "/catalogue", handle_catalogue, ROUTE_PLAIN},
    {"GET", "/queries", handle_query_list, ROUTE_PLAIN},
    {"POST", "/queries", handle_query_submit, ROUTE_PLAIN},
    {"POST", "/queries/check", handle_query_check, ROUTE_PLAIN},
    {"POST", "/queries/explain", handle_query_explain, ROUTE_PLAIN},
    {"GET", "/queries/#", handle_query_show, ROUTE_PLAIN},
    {"POST", "/queries/#/approve", handle_query_approve, ROUTE_PLAIN},
    {"POST", "/queries/#/run", handle_query_run, ROUTE_LONG},
    {"GET", "/loads/held", handle_load_list, ROUTE_PLAIN},
    {"POST", "/loads/#/release", handle_load_release, ROUTE_PLAIN},
    {"POST", "/loads/#/refuse", handle_load_refuse, ROUTE_PLAIN},
    {"POST", "/keys/approve", handle_key_approve, ROUTE_PLAIN},
    {"POST", "/rules/approve", handle_rules_approve, ROUTE_PLAIN},
    {"POST", "/deliveries/#/approve", handle_archive_approve, ROUTE_PLAIN},
    {"POST", "/loads/#/quarantine/approve", handle_quarantine_approve, ROUTE_PLAIN},
    {"GET", "/audit", handle_audit_list, ROUTE_PLAIN},
    {"POST", "/audit/verify", handle_audit_verify, ROUTE_PLAIN},
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
