#pragma once
/* Private to base/input*.c: how gpg is called, and what it says on its status descriptor (GnuPG,
 * doc/DETAILS). */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { GPG_ARGUMENTS_MAX = 32, GPG_LINE_BYTES = 1024, GPG_FOLDER_BYTES_MAX = 88 };

/* What gpg says about one message. */
typedef struct GpgStatus {
    char line[GPG_LINE_BYTES]; /* the one being read; what is longer is cut */
    size_t length;
    const char *signer; /* whose signature is looked for; may be NULL */
    bool is_opened, is_unchanged, is_failed, has_key;
    bool has_good_signature; /* by the signer, and in force */
    bool is_signer;          /* the signature being told of is by them */
    char made[64];           /* fingerprint of a key made or taken in */
} GpgStatus;

typedef struct GpgCall {
    const char *arguments[GPG_ARGUMENTS_MAX]; /* ends with NULL */
    char folder[PATH_MAX];
} GpgCall;

/* Those of every call, then `more` up to a NULL. ERROR_CONFIG when there is no such folder, or its path is
 * too long for the socket of gpg's agent. */
Result gpg_prepare(const char *folder, const char *const *more, GpgCall *call, Error *error) CHECKED;
void gpg_status_take(GpgStatus *status, const char *bytes, size_t length);
/* Runs it to its end over some input. ERROR_SYSTEM unless it succeeds. */
Result gpg_run(const char *folder, const char *const *more, Text input, TextBuilder *output,
               GpgStatus *status, Error *error) CHECKED;
