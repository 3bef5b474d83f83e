#include "pseudonymise/draft.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

enum { INFANT_DAYS = 366, INFANT_BANDS = 5, TEXT_FIRST_BYTES = 1536 };

static KeyMessage open_key(const char *source)
{
    KeyMessage made = {.message = message_open("cinque/record/v1")};

    message_add_field(&made.message, text_from(source));
    made.prefix_length = made.message.length;
    return made;
}

Draft draft_open(const PseudonymiserOptions *options)
{
    Draft draft = {.bundle = bundle_open(options->source)};

    draft.keys[draft.key_count++] = open_key(options->source);
    for (size_t i = 0; i < options->refers_to_count; i++)
        draft.keys[draft.key_count++] = open_key(options->refers_to[i]);
    if (options->encodes)
        draft.row.encoding = memory_alloc(ENCODING_BYTES_MAX);
    return draft;
}

/* Neonatal counts need bands of an infant's first year. The exact age beside the date of the event, which is
 * stored, would be the birth date again. */
static int infant_age_band(Date birth, Date event)
{
    static const int first_days[INFANT_BANDS] = {0, 7, 28, 91, 183};
    int band = 0;

    if (birth == DATE_NONE || event == DATE_NONE || event < birth)
        return -1;
    int64_t days = (int64_t)event - birth;
    if (days >= INFANT_DAYS)
        return -1;
    for (int i = 0; i < INFANT_BANDS && first_days[i] <= days; i++)
        band = first_days[i];
    return band;
}

static bool is_view(const Value *value)
{
    bool has_bytes = value->type == VALUE_TEXT || value->type == VALUE_BYTES || value->type == VALUE_PACKED;

    return has_bytes && !value->is_null;
}

/* Grown memory is not moved but wiped: a payload is about somebody too. */
static void *grow(void *old, size_t old_bytes, size_t bytes)
{
    if (old != NULL)
        secret_wipe(old, old_bytes);
    memory_free(old);
    return memory_alloc(bytes);
}

static void make_room(Draft *draft, size_t count, size_t text_bytes)
{
    if (count > draft->values_max) {
        draft->values = grow(draft->values, draft->values_max * sizeof(Value), count * sizeof(Value));
        draft->values_max = count;
    }
    if (text_bytes > draft->text_max) {
        size_t bytes = text_bytes < TEXT_FIRST_BYTES ? TEXT_FIRST_BYTES : 2 * text_bytes;
        draft->text = grow(draft->text, draft->text_max, bytes);
        draft->text_max = bytes;
    }
}

static void copy_payload(Draft *draft, const Value *payload, size_t count)
{
    size_t text_bytes = 0;

    for (size_t i = 0; i < count; i++)
        text_bytes += is_view(&payload[i]) ? payload[i].text.length : 0;
    make_room(draft, count, text_bytes);
    char *at = draft->text;
    for (size_t i = 0; i < count; i++) {
        draft->values[i] = payload[i];
        if (!is_view(&payload[i]) || payload[i].text.length == 0)
            continue;
        memcpy(at, payload[i].text.data, payload[i].text.length);
        draft->values[i].text.data = at;
        at += payload[i].text.length;
    }
}

static void add_key(Draft *draft, size_t index, Text text)
{
    draft->row.keys[index] = (HashedKey){.is_set = text.length > 0};
    if (text.length > 0)
        message_add_field(&draft->keys[index].message, text);
}

static void add_keys(Draft *draft, RawKeys keys, bool is_withheld)
{
    add_key(draft, 0, keys.own);
    for (size_t i = 1; i < draft->key_count; i++)
        add_key(draft, i, is_withheld ? TEXT("") : keys.references[i - 1]);
}

void draft_fill(Draft *draft, const RawRow *raw)
{
    TokenisedRow *row = &draft->row;

    row->line = raw->line;
    row->age_days = -1;
    row->has_subject = row->subject_is_new = false;
    row->encoding_length = 0;
    if (!raw->identity->is_withheld) {
        bundle_fill(&draft->bundle, raw->identity);
        row->age_days = infant_age_band(draft->bundle.birth_date, raw->identity->event_date);
        row->has_subject = bundle_has_identity(&draft->bundle);
    }
    add_keys(draft, raw->keys, raw->identity->is_withheld);
    copy_payload(draft, raw->payload, raw->payload_count);
    row->payload = draft->values;
    row->payload_count = raw->payload_count;
    row->reference_count = draft->key_count - 1;
}

const Message *draft_subject(const Draft *draft)
{
    return draft->row.has_subject ? &draft->bundle.message : NULL;
}

const Message *draft_key(const Draft *draft, size_t index)
{
    return draft->row.keys[index].is_set ? &draft->keys[index].message : NULL;
}

void draft_wipe(Draft *draft)
{
    bundle_wipe(&draft->bundle);
    for (size_t i = 0; i < draft->key_count; i++)
        message_rewind(&draft->keys[i].message, draft->keys[i].prefix_length);
}

void draft_close(Draft *draft)
{
    bundle_close(&draft->bundle);
    for (size_t i = 0; i < draft->key_count; i++)
        message_close(&draft->keys[i].message);
    if (draft->values != NULL)
        secret_wipe(draft->values, draft->values_max * sizeof(Value));
    if (draft->text != NULL)
        secret_wipe(draft->text, draft->text_max);
    if (draft->row.encoding != NULL)
        secret_wipe(draft->row.encoding, ENCODING_BYTES_MAX);
    memory_free(draft->values);
    memory_free(draft->text);
    memory_free(draft->row.encoding);
    secret_wipe(draft, sizeof *draft);
}
