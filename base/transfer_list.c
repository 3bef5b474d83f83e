#include <string.h>

#include "base/transfer_attempt.h"

enum { COMMAND_BYTES_MAX = 16 << 10 };

static Result take_names(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length}); /* bytes_max holds before */
    return RESULT_OK;
}

static Result read_folder(Transfer *transfer, const char *url, TransferListing listing, TextBuilder *lines,
                          Error *error)
{
    TransferRequest request = {.method = "GET",
                               .url = url,
                               .bytes_max = lines->bytes_max,
                               .sink = take_names,
                               .sink_context = lines};
    TransferAnswer answer;

    TRY(transfer_try(transfer, &request, listing, NULL, &answer, error));
    return answer.status == 200
               ? RESULT_OK
               : fail(error, ERROR_CONFIG, "%s: there is no such folder, or it is not for us to read",
                      transfer->settings.place);
}

/* SFTP gives kinds only in lines made for people; those of folders begin with d and end with the name. */
static bool is_folder(Text lines, Text name)
{
    while (lines.length > 0) {
        Text line = text_next(&lines, '\n');
        if (line.length > name.length && line.data[0] == 'd' &&
            line.data[line.length - name.length - 1] == ' ' &&
            text_equal(text_slice(line, line.length - name.length, line.length), name))
            return true;
    }
    return false;
}

Result transfer_list(Transfer *transfer, const char *url, size_t bytes_max, Arena *arena, Text *names,
                     Error *error)
{
    SCOPED(text_builder_close) TextBuilder all = text_builder(bytes_max);
    SCOPED(text_builder_close) TextBuilder lines = text_builder(bytes_max);
    SCOPED(text_builder_close) TextBuilder files = text_builder(bytes_max + 1);

    TRY(read_folder(transfer, url, LISTING_LONG, &lines, error));
    TRY(read_folder(transfer, url, LISTING_NAMES, &all, error));
    for (Text rest = text_built(&all); rest.length > 0;) {
        Text name = text_next(&rest, '\n');
        if (name.length == 0 || is_folder(text_built(&lines), name))
            continue;
        text_add(&files, name);
        text_add_char(&files, '\n');
    }
    *names = text_copy(arena, text_built(&files));
    return RESULT_OK;
}

/* The folder of a URL as the host has it, then the name, in quotes as libcurl's commands want them. */
static Result quote(Transfer *transfer, const char *folder, Text name, TextBuilder *command, Error *error)
{
    int length = 0;
    const char *path = strchr(folder + strlen("sftp://"), '/');
    char *decoded = path != NULL ? curl_easy_unescape(NULL, path, 0, &length) : NULL;

    if (decoded == NULL || memchr(decoded, '\0', (size_t)length) != NULL) {
        curl_free(decoded);
        return fail(error, ERROR_CONFIG, "%s: not an address of a folder", transfer->settings.place);
    }
    text_add_string(command, "*rm \""); /* *: a failure is no error */
    for (int part = 0; part < 2; part++) {
        Text text = part == 0 ? (Text){.data = decoded, .length = (size_t)length} : name;
        for (size_t i = 0; i < text.length; i++) {
            if (text.data[i] == '"' || text.data[i] == '\\')
                text_add_char(command, '\\');
            text_add_char(command, text.data[i]);
        }
    }
    text_add_char(command, '"');
    curl_free(decoded);
    return RESULT_OK;
}

Result transfer_remove(Transfer *transfer, const char *folder, Text name, Error *error)
{
    SCOPED(text_builder_close) TextBuilder command = text_builder(COMMAND_BYTES_MAX);
    SCOPED(arena_close) Arena *arena = arena_create(COMMAND_BYTES_MAX);
    TransferRequest request = {.method = "HEAD", .url = folder};
    TransferAnswer answer;

    if (strlen(folder) + name.length > COMMAND_BYTES_MAX / 4)
        return fail(error, ERROR_LIMIT, "%s: a path is too long", transfer->settings.place);
    TRY(quote(transfer, folder, name, &command, error));
    TRY(transfer_try(transfer, &request, LISTING_NONE, text_built(&command).data, &answer, error));
    request.url = transfer_url(arena, folder, name);
    TRY(transfer_perform(transfer, &request, &answer, error));
    return answer.status == 404 ? RESULT_OK
                                : fail(error, ERROR_REFUSED, "%s: the host does not let us delete a file",
                                       transfer->settings.place);
}
