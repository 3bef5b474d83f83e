#pragma once
/* One transfer, and what came of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/transfer.h"

enum { GOT_BYTES_MAX = 16 << 20 };

static TextBuilder got;

static inline Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)context;
    (void)error;
    text_add(&got, (Text){.data = data, .length = length});
    return RESULT_OK;
}

static inline Result fetch_with(const TransferSettings *settings, const TransferRequest *request,
                                TransferAnswer *answer, Error *error)
{
    SCOPED(transfer_close) Transfer *transfer = NULL;

    text_builder_close(&got);
    got = text_builder(GOT_BYTES_MAX);
    TRY(transfer_open(settings, &transfer, error));
    return transfer_perform(transfer, request, answer, error);
}

static inline void expect_failure(const TransferSettings *how, const TransferRequest *what, ErrorCode code,
                                  const char *message)
{
    TransferAnswer answer;
    Error error = {0};

    cr_assert_not(fetch_with(how, what, &answer, &error).ok);

    cr_expect_eq(error.code, code, "code %d", error.code);
    cr_expect_str_eq(error.message, message);
}
