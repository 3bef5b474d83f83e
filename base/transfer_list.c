#include <string.h>

#include "base/transfer_attempt.h"

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

    TRY(transfer_try(transfer, &request, listing, &answer, error));
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
