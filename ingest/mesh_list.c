/* The list of a mailbox's messages, page by page. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ingest/mesh_private.h"

enum { PAGES_MAX = 10000, PAGE_BYTES_MAX = 16 << 20 };

static Result keep_page(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length}); /* bytes_max holds before */
    return RESULT_OK;
}

static Result fail_page(const Mesh *mesh, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: MESH's list of messages is not as specified", mesh->place);
}

static Result each_of_page(Mesh *mesh, const json_t *messages, MeshEach each, void *context, Error *error)
{
    if (!json_is_array(messages))
        return fail_page(mesh, error);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const char *id = json_string_value(json_array_get(messages, i));
        if (id == NULL || !mesh_is_id(text_from(id)))
            return fail_page(mesh, error);
        TRY(each(context, id, error));
    }
    return RESULT_OK;
}

/* A next page is of our own inbox, and not the one we have; path[0] is NUL when there is none. */
static Result take_next(const Mesh *mesh, const json_t *links, char path[MESH_URL_BYTES], Error *error)
{
    const char *next = json_string_value(json_object_get(links, "next"));
    char inbox[MESH_URL_BYTES];
    int length = snprintf(inbox, sizeof inbox, "/messageexchange/%s/inbox?", mesh->mailbox);

    if (next == NULL) {
        path[0] = '\0';
        return RESULT_OK;
    }
    if (strncmp(next, inbox, (size_t)length) != 0 || strlen(next) >= MESH_URL_BYTES ||
        strcspn(next, " \t\r\n#") != strlen(next) || strcmp(next, path) == 0)
        return fail_page(mesh, error);
    (void)snprintf(path, MESH_URL_BYTES, "%s", next);
    return RESULT_OK;
}

static void json_close(json_t **json)
{
    json_decref(*json);
}

static Result read_page(Mesh *mesh, char path[MESH_URL_BYTES], MeshEach each, void *context, Error *error)
{
    SCOPED(text_builder_close) TextBuilder page = text_builder(PAGE_BYTES_MAX);
    SCOPED(json_close) json_t *json = NULL;
    MeshCall call = {
        .method = "GET", .path = path, .bytes_max = PAGE_BYTES_MAX, .sink = keep_page, .sink_context = &page};
    TransferAnswer answer = {0};

    for (unsigned try = 1;; try++) {
        page.length = 0; /* what a broken answer brought counts for nothing */
        Result done = mesh_call(mesh, &call, &answer, error);
        if (done.ok)
            break;
        if (!answer.is_transient || try == MESH_TRIES)
            return done;
        mesh_pause(mesh->wait_ms << try);
    }
    if (answer.status != MESH_OK)
        return mesh_fail_status(mesh, answer.status, "the list of messages", error);
    json = json_loadb(page.data != NULL ? page.data : "", page.length, 0, NULL);
    if (json == NULL)
        return fail_page(mesh, error);
    TRY(each_of_page(mesh, json_object_get(json, "messages"), each, context, error));
    return take_next(mesh, json_object_get(json, "links"), path, error);
}

Result mesh_list(Mesh *mesh, MeshEach each, void *context, Error *error)
{
    char path[MESH_URL_BYTES];

    (void)snprintf(path, sizeof path, "/messageexchange/%s/inbox?max_results=%u%s%s", mesh->mailbox,
                   mesh->page, mesh->workflow != NULL ? "&workflow_filter=" : "",
                   mesh->workflow != NULL ? mesh->workflow : "");
    /* A page of a filtered list may be empty although more follow. */
    for (int page = 0; path[0] != '\0'; page++) {
        if (page == PAGES_MAX)
            return fail(error, ERROR_LIMIT, "%s: MESH's list of messages does not end", mesh->place);
        TRY(read_page(mesh, path, each, context, error));
    }
    return RESULT_OK;
}
