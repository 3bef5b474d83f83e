/* What a run used its keys for, as the access log has it: counts, never a value. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pseudonymise/pseudonymise.h"

enum { NAME_BYTES = 32 };

static const char *const kind_names[TOKEN_KIND_COUNT] = {
    [TOKEN_NHS_NUMBER] = "regional.nhs_number",
    [TOKEN_LOCAL_ID] = "regional.local_id",
    [TOKEN_UPRN] = "regional.uprn",
    [TOKEN_FOREIGN] = "regional.foreign",
    [TOKEN_ADDRESS] = "regional.address",
};

static void add(char out[KEY_USE_BYTES], const char *name, int64_t count)
{
    size_t length = strlen(out);

    if (count == 0)
        return;
    int written = snprintf(out + length, KEY_USE_BYTES - length, " %s=%" PRId64, name, count);
    assert(written > 0 && (size_t)written < KEY_USE_BYTES - length);
    (void)written;
}

Text key_use_text(const KeyUse *use, char out[KEY_USE_BYTES])
{
    char name[NAME_BYTES];

    (void)snprintf(out, KEY_USE_BYTES, "keys");
    (void)snprintf(name, sizeof name, "hub-%d.outer", use->hub_version);
    add(out, name, use->outer);
    add(out, "hub-older.outer", use->older);
    for (TokenKind kind = 0; kind < TOKEN_KIND_COUNT; kind++)
        add(out, kind_names[kind], use->inner[kind]);
    add(out, "regional.subject", use->subject);
    add(out, "regional.record", use->record);
    add(out, "regional.encoding", use->encoding);
    add(out, "subjects.outer", use->locked);
    (void)snprintf(name, sizeof name, "encodings-%d.opened", use->encodings_version);
    add(out, name, use->opened);
    add(out, "encodings-older.opened", use->opened_older);
    return text_from(out);
}
