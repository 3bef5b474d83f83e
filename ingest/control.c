#include "ingest/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <expat.h>

#include "ingest/fetch_remote.h"

enum { CONTROL_BYTES_MAX = 64 * 1024, DEPTH_MAX = 8 };

typedef enum Field { NOTHING, STATUS, LOCAL_ID } Field;

typedef struct Control {
    XML_Parser parser;
    int depth;
    bool in_record; /* StatusRecord */
    Field field;
    char status[16], local_id[FETCH_NAME_BYTES];
    size_t length; /* of the field so far */
} Control;

static void stop(Control *control)
{
    XML_StopParser(control->parser, XML_FALSE);
}

/* No document type, so no entity is ever expanded. */
static void on_doctype(void *context, const char *name, const char *system, const char *public_id,
                       int has_subset)
{
    (void)name;
    (void)system;
    (void)public_id;
    (void)has_subset;
    stop(context);
}

static void on_start(void *context, const char *name, const char **attributes)
{
    Control *control = context;

    (void)attributes;
    if (++control->depth > DEPTH_MAX)
        stop(control);
    control->length = 0;
    control->field = NOTHING;
    if (control->depth == 2 && strcmp(name, "StatusRecord") == 0)
        control->in_record = true;
    else if (control->depth == 2 && strcmp(name, "LocalId") == 0)
        control->field = LOCAL_ID;
    else if (control->depth == 3 && control->in_record && strcmp(name, "Status") == 0)
        control->field = STATUS;
}

static void on_text(void *context, const char *text, int length)
{
    Control *control = context;
    char *out = control->field == STATUS ? control->status : control->local_id;
    size_t capacity = control->field == STATUS ? sizeof control->status : sizeof control->local_id;

    if (control->field == NOTHING)
        return;
    if (control->length + (size_t)length >= capacity) {
        stop(control);
        return;
    }
    memcpy(out + control->length, text, (size_t)length);
    control->length += (size_t)length;
    out[control->length] = '\0';
}

static void on_end(void *context, const char *name)
{
    Control *control = context;

    (void)name;
    control->field = NOTHING;
    if (control->depth-- == 2)
        control->in_record = false;
}

static bool parse(const char *bytes, size_t length, Control *control)
{
    control->parser = XML_ParserCreate(NULL);
    if (control->parser == NULL)
        return false;
    XML_SetUserData(control->parser, control);
    XML_SetElementHandler(control->parser, on_start, on_end);
    XML_SetCharacterDataHandler(control->parser, on_text);
    XML_SetStartDoctypeDeclHandler(control->parser, on_doctype);
    bool is_whole = XML_Parse(control->parser, bytes, (int)length, 1) == XML_STATUS_OK;
    XML_ParserFree(control->parser);
    return is_whole;
}

static ssize_t read_all(int folder, const char *path, char bytes[CONTROL_BYTES_MAX + 1])
{
    int file = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, bytes, CONTROL_BYTES_MAX + 1);

    if (file >= 0)
        (void)close(file);
    return got;
}

Result control_read(int folder, const char *path, char name[FETCH_NAME_BYTES], bool *is_success, Error *error)
{
    char bytes[CONTROL_BYTES_MAX + 1];
    Control control = {0};
    ssize_t got = read_all(folder, path, bytes);

    *is_success = false;
    if (got < 0 && errno == ENOENT)
        return RESULT_OK;
    if (got < 0)
        return fail_errno(error, "%s: cannot be read", path);
    if (got > CONTROL_BYTES_MAX || !parse(bytes, (size_t)got, &control))
        return fail(error, ERROR_INPUT, "%s: not the control file of a MESH client", path);
    *is_success = strcmp(control.status, "SUCCESS") == 0;
    if (fetch_is_name(text_from(control.local_id)) && strchr(control.local_id, '\\') == NULL)
        snprintf(name, FETCH_NAME_BYTES, "%s", control.local_id);
    return RESULT_OK;
}
