#include "ingest/header.h"

#include <inttypes.h>

static Result find_column(const IngestSpec *spec, const char *path, const ReaderRecord *header, size_t column,
                          size_t *field, Error *error)
{
    Names names = {.format = &spec->format};
    size_t seen = 0;

    for (size_t i = 0; i < header->field_count; i++)
        if (names_find(&names, text_trim(header->fields[i])) == (int)column) {
            *field = i;
            seen++;
        }
    if (seen == 1)
        return RESULT_OK;
    if (seen == 0 && header->field_count == 1 && spec->column_count > 1)
        return fail(error, ERROR_INPUT,
                    "%s line %" PRIu64
                    ": column %.*s is missing, and under the spec's delimiter there is one "
                    "column alone: has the file another delimiter?",
                    path, header->line, TEXT_ARG(spec->columns[column].name));
    return fail(error, ERROR_INPUT,
                "%s line %" PRIu64 ": column %.*s is %s (cinque source diff compares file and spec)", path,
                header->line, TEXT_ARG(spec->columns[column].name), seen == 0 ? "missing" : "there twice");
}

/* By its number alone: where a header lost its line end, values of a row stand behind the names. */
static Result check_extra(const IngestSpec *spec, const char *path, const ReaderRecord *header, Error *error)
{
    Names names = {.format = &spec->format};

    for (size_t i = 0; i < header->field_count && !spec->ignores_extra; i++) {
        Text name = text_trim(header->fields[i]);
        if (names_find(&names, name) == SPEC_NONE)
            return fail(error, ERROR_INPUT,
                        "%s line %" PRIu64
                        ": column %zu is not in the spec (cinque source diff compares file and spec)",
                        path, header->line, i + 1);
    }
    return RESULT_OK;
}

Result header_check(const char *path, const ReaderRecord *header, Error *error)
{
    bool is_no_text = header->fault == READER_NUL || header->fault == READER_NOT_UTF8 ||
                      header->fault == READER_NOT_UTF16 || header->fault == READER_UNDEFINED_BYTE;

    if (header->fault == READER_GOOD)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the header: %s%s", path, header->line,
                READER_FAULT_TEXTS[header->fault],
                is_no_text ? ": another encoding than the spec's? cinque source new tells which" : "");
}

Result header_match(const IngestSpec *spec, const char *path, const ReaderRecord *header, size_t *fields,
                    Error *error)
{
    for (size_t i = 0; header == NULL && i < spec->column_count; i++)
        fields[i] = i;
    if (header == NULL)
        return RESULT_OK;
    TRY(header_check(path, header, error));
    for (size_t i = 0; i < spec->column_count; i++)
        TRY(find_column(spec, path, header, i, &fields[i], error));
    return check_extra(spec, path, header, error);
}

Names header_names(const IngestSpec *spec, const ReaderRecord *header)
{
    Names names = {.format = &spec->format};

    for (size_t i = 0; i < header->field_count; i++)
        (void)names_find(&names, text_trim(header->fields[i]));
    return names;
}
