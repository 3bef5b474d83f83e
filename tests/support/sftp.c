#include "tests/support/sftp.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WITH_SERVER 1 /* Debian's library has the server's half; its header wants to be asked */
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <libssh/sftp.h>

enum { POLL_MS = 50, HANDLES_MAX = 16 };

/* What a handle of ours is of: a file, or the folder being read. */
typedef struct Opened {
    size_t file;
    bool is_folder, is_read;
} Opened;

struct TestSftp {
    pthread_t thread;
    pthread_mutex_t lock;
    ssh_bind bind;
    ssh_key client;
    SftpFile files[SFTP_FILES_MAX];
    size_t file_count;
    size_t cut_bytes, given;
    const char *cut_name;
    Text replacement;
    bool is_cutting, is_ending, is_read_only, is_holding;
    int connections, requests, held_request;
    Opened opened[HANDLES_MAX]; /* of the connection there is */
    size_t opened_count;
};

/* libssh2 1.10 forgets the packets of a connection that breaks off: not ours to free. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libssh2.so\n";
}

static void require(bool is_true, const char *what)
{
    if (is_true)
        return;
    (void)fprintf(stderr, "sftp host of the test: %s\n", what);
    abort();
}

/* ---- keys ---- */

static ssh_key make_key(const char *folder, const char *name, char path[256])
{
    ssh_key key = NULL;

    (void)snprintf(path, 256, "%s/%s", folder, name);
    require(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK, "no key");
    require(ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK, "key not written");
    require(chmod(path, 0600) == 0, "mode of the key");
    return key;
}

static void write_hosts(const char *folder, const char *name, int port, ssh_key key, char path[256])
{
    char *public_key = NULL;

    (void)snprintf(path, 256, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    require(file != NULL, "known hosts");
    if (key != NULL) {
        require(ssh_pki_export_pubkey_base64(key, &public_key) == SSH_OK, "public key");
        (void)fprintf(file, "[127.0.0.1]:%d ssh-ed25519 %s\n", port, public_key);
        ssh_string_free_char(public_key);
    }
    require(fclose(file) == 0, "known hosts");
}

/* ---- one session ---- */

/* libssh would have a server use callbacks; messages, which it keeps, need no loop of events. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static bool is_let_in(const TestSftp *sftp, ssh_message message)
{
    return ssh_message_type(message) == SSH_REQUEST_AUTH &&
           ssh_message_subtype(message) == SSH_AUTH_METHOD_PUBLICKEY &&
           ssh_key_cmp(ssh_message_auth_pubkey(message), sftp->client, SSH_KEY_CMP_PUBLIC) == 0;
}

static bool authenticate(const TestSftp *sftp, ssh_session session)
{
    for (;;) {
        ssh_message message = ssh_message_get(session);
        bool is_in = false;
        if (message == NULL)
            return false;
        if (ssh_message_type(message) == SSH_REQUEST_AUTH)
            ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PUBLICKEY);
        if (!is_let_in(sftp, message)) {
            ssh_message_reply_default(message);
        } else if (ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_NONE) {
            ssh_message_auth_reply_pk_ok_simple(message);
        } else {
            is_in = ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_VALID;
            ssh_message_auth_reply_success(message, 0);
        }
        ssh_message_free(message);
        if (is_in)
            return true;
    }
}

static ssh_channel wait_for_channel(ssh_session session)
{
    ssh_channel channel = NULL;

    for (;;) {
        ssh_message message = ssh_message_get(session);
        bool is_sftp = false;
        if (message == NULL)
            return NULL;
        if (ssh_message_type(message) == SSH_REQUEST_CHANNEL_OPEN &&
            ssh_message_subtype(message) == SSH_CHANNEL_SESSION) {
            channel = ssh_message_channel_request_open_reply_accept(message);
        } else if (ssh_message_type(message) == SSH_REQUEST_CHANNEL &&
                   ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_SUBSYSTEM &&
                   strcmp(ssh_message_channel_request_subsystem(message), "sftp") == 0) {
            ssh_message_channel_request_reply_success(message);
            is_sftp = channel != NULL;
        } else {
            ssh_message_reply_default(message);
        }
        ssh_message_free(message);
        if (is_sftp)
            return channel;
    }
}

/* ---- what the host serves ---- */

static size_t find(const TestSftp *sftp, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    for (size_t i = 0; i < sftp->file_count; i++)
        if (strcmp(sftp->files[i].name, name) == 0)
            return i;
    return SFTP_FILES_MAX;
}

static struct sftp_attributes_struct attributes_of(const SftpFile *file)
{
    return (struct sftp_attributes_struct){.flags = SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_PERMISSIONS |
                                                    SSH_FILEXFER_ATTR_ACMODTIME,
                                           .size = file->content.length,
                                           .permissions = file->is_folder ? 040755 : 0100644,
                                           .atime = file->changed,
                                           .mtime = file->changed};
}

static void reply_open(TestSftp *sftp, sftp_client_message message, bool is_folder)
{
    size_t file = is_folder ? 0 : find(sftp, sftp_client_message_get_filename(message));

    if (file == SFTP_FILES_MAX) {
        sftp_reply_status(message, SSH_FX_NO_SUCH_FILE, "no such file");
        return;
    }
    require(sftp->opened_count < HANDLES_MAX, "too many handles");
    Opened *opened = &sftp->opened[sftp->opened_count++];
    *opened = (Opened){.file = file, .is_folder = is_folder};
    ssh_string handle = sftp_handle_alloc(message->sftp, opened);
    sftp_reply_handle(message, handle);
    ssh_string_free(handle);
}

static void reply_folder(TestSftp *sftp, sftp_client_message message, Opened *opened)
{
    if (opened->is_read || sftp->file_count == 0) {
        sftp_reply_status(message, SSH_FX_EOF, "end");
        return;
    }
    opened->is_read = true;
    for (size_t i = 0; i < sftp->file_count; i++) {
        struct sftp_attributes_struct attributes = attributes_of(&sftp->files[i]);
        char line[256];
        (void)snprintf(line, sizeof line, "%srwxr-xr-x 1 a b %zu Nov 22 07:00 %s",
                       sftp->files[i].is_folder ? "d" : "-", sftp->files[i].content.length,
                       sftp->files[i].name);
        sftp_reply_names_add(message, sftp->files[i].name, line, &attributes);
    }
    sftp_reply_names(message);
}

/* false: the connection is to end here. */
static bool reply_read(TestSftp *sftp, sftp_client_message message, const Opened *opened)
{
    const SftpFile *file = &sftp->files[opened->file];
    size_t length = message->len; /* never less, as OpenSSH: libssh2 1.10 takes a short read for an error */

    if (message->offset >= file->content.length) {
        sftp_reply_status(message, SSH_FX_EOF, "end");
        return true;
    }
    if (length > file->content.length - message->offset)
        length = file->content.length - (size_t)message->offset;
    if (sftp->is_cutting && sftp->given >= sftp->cut_bytes) {
        sftp->is_cutting = false;
        if (sftp->replacement.length > 0)
            sftp->files[find(sftp, sftp->cut_name)].content = sftp->replacement;
        return false;
    }
    sftp->given += length;
    sftp_reply_data(message, file->content.data + message->offset, (int)length);
    return true;
}

static void reply_stat(TestSftp *sftp, sftp_client_message message, size_t file)
{
    if (file == SFTP_FILES_MAX) {
        sftp_reply_status(message, SSH_FX_NO_SUCH_FILE, "no such file");
        return;
    }
    struct sftp_attributes_struct attributes = attributes_of(&sftp->files[file]);
    sftp_reply_attr(message, &attributes);
}

static void reply_remove(TestSftp *sftp, sftp_client_message message)
{
    size_t file = find(sftp, sftp_client_message_get_filename(message));

    if (sftp->is_read_only || file == SFTP_FILES_MAX) {
        sftp_reply_status(message, SSH_FX_PERMISSION_DENIED, "no");
        return;
    }
    sftp->files[file] = sftp->files[--sftp->file_count];
    sftp_reply_status(message, SSH_FX_OK, "");
}

static bool reply(TestSftp *sftp, sftp_client_message message)
{
    static Opened none;
    Opened *opened = message->handle != NULL ? sftp_handle(message->sftp, message->handle) : &none;

    if (opened == NULL)
        return sftp_reply_status(message, SSH_FX_INVALID_HANDLE, "no such handle") == 0;
    switch (sftp_client_message_get_type(message)) {
    case SFTP_REALPATH:
        return sftp_reply_name(message, "/", NULL) == 0;
    case SFTP_OPENDIR:
    case SFTP_OPEN:
        reply_open(sftp, message, sftp_client_message_get_type(message) == SFTP_OPENDIR);
        return true;
    case SFTP_READDIR:
        reply_folder(sftp, message, opened);
        return true;
    case SFTP_READ:
        return reply_read(sftp, message, opened);
    case SFTP_STAT:
    case SFTP_LSTAT:
        reply_stat(sftp, message, find(sftp, sftp_client_message_get_filename(message)));
        return true;
    case SFTP_FSTAT:
        reply_stat(sftp, message, opened->file);
        return true;
    case SFTP_REMOVE:
        reply_remove(sftp, message);
        return true;
    case SFTP_CLOSE:
        sftp_handle_remove(message->sftp, opened);
        return sftp_reply_status(message, SSH_FX_OK, "") == 0;
    default:
        return sftp_reply_status(message, SSH_FX_OP_UNSUPPORTED, "not here") == 0;
    }
}

/* Ends the connection behind what was sent: closed with requests unread, the kernel would take that back. */
static void break_off(ssh_session session)
{
    struct pollfd wanted = {.fd = ssh_get_fd(session), .events = POLLIN};
    char unread[4096];

    (void)shutdown(wanted.fd, SHUT_WR);
    while (poll(&wanted, 1, 20 * POLL_MS) > 0 && read(wanted.fd, unread, sizeof unread) > 0)
        ;
    ssh_silent_disconnect(session);
}

/* What the client wants is read and forgotten until it is gone. */
static void hold(TestSftp *sftp, ssh_session session)
{
    struct pollfd wanted = {.fd = ssh_get_fd(session), .events = POLLIN};
    char unread[4096];
    bool is_there = true;

    __atomic_store_n(&sftp->is_holding, true, __ATOMIC_RELEASE);
    while (is_there && !__atomic_load_n(&sftp->is_ending, __ATOMIC_ACQUIRE))
        if (poll(&wanted, 1, POLL_MS) > 0)
            is_there = read(wanted.fd, unread, sizeof unread) > 0;
    __atomic_store_n(&sftp->is_holding, false, __ATOMIC_RELEASE);
}

static void serve_files(TestSftp *sftp, ssh_session session, ssh_channel channel)
{
    sftp_session files = sftp_server_new(session, channel);
    bool goes_on = files != NULL && sftp_server_init(files) == 0;

    while (goes_on) {
        sftp_client_message message = sftp_get_client_message(files);
        if (message == NULL)
            break;
        (void)pthread_mutex_lock(&sftp->lock);
        bool is_held = ++sftp->requests == sftp->held_request;
        goes_on = !is_held && reply(sftp, message);
        (void)pthread_mutex_unlock(&sftp->lock);
        sftp_client_message_free(message);
        if (is_held)
            hold(sftp, session);
    }
    if (!goes_on)
        break_off(session);
    if (files != NULL)
        sftp_server_free(files);
}

static void serve(TestSftp *sftp)
{
    ssh_session session = ssh_new();

    if (ssh_bind_accept(sftp->bind, session) == SSH_OK) {
        (void)pthread_mutex_lock(&sftp->lock);
        sftp->connections++;
        sftp->given = 0;
        sftp->opened_count = 0;
        (void)pthread_mutex_unlock(&sftp->lock);
        ssh_channel channel = NULL;
        if (ssh_handle_key_exchange(session) == SSH_OK && authenticate(sftp, session))
            channel = wait_for_channel(session);
        if (channel != NULL)
            serve_files(sftp, session, channel);
        ssh_disconnect(session);
    }
    ssh_free(session);
}

static void *listen_on(void *context)
{
    TestSftp *sftp = context;
    struct pollfd wanted = {.fd = ssh_bind_get_fd(sftp->bind), .events = POLLIN};

    while (!__atomic_load_n(&sftp->is_ending, __ATOMIC_ACQUIRE))
        if (poll(&wanted, 1, POLL_MS) > 0)
            serve(sftp);
    return NULL;
}

/* ---- for the test ---- */

static int bound_port(ssh_bind bind)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    require(getsockname(ssh_bind_get_fd(bind), (struct sockaddr *)&address, &length) == 0, "no port");
    return ntohs(address.sin_port);
}

TestSftp *test_sftp_start(const char *folder, SftpPlace *place)
{
    TestSftp *sftp = memory_alloc(sizeof *sftp);
    char host_path[256];
    unsigned any_port = 0;

    ssh_key host = make_key(folder, "host_key", host_path);
    sftp->client = make_key(folder, "client_key", place->client_key);
    ssh_key stranger = make_key(folder, "stranger_key", place->stranger_key);
    (void)pthread_mutex_init(&sftp->lock, NULL);
    sftp->bind = ssh_bind_new();
    bool has_config = false;
    ssh_bind_options_set(sftp->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &has_config);
    ssh_bind_options_set(sftp->bind, SSH_BIND_OPTIONS_BINDADDR, "127.0.0.1");
    ssh_bind_options_set(sftp->bind, SSH_BIND_OPTIONS_BINDPORT, &any_port);
    ssh_bind_options_set(sftp->bind, SSH_BIND_OPTIONS_IMPORT_KEY, host);
    require(ssh_bind_listen(sftp->bind) == SSH_OK, ssh_get_error(sftp->bind));
    int port = bound_port(sftp->bind);
    (void)snprintf(place->url, sizeof place->url, "sftp://127.0.0.1:%d/in/", port);
    write_hosts(folder, "known_hosts", port, host, place->known_hosts);
    write_hosts(folder, "other_hosts", port, stranger, place->other_hosts);
    write_hosts(folder, "no_hosts", port, NULL, place->no_hosts);
    ssh_key_free(stranger);
    require(pthread_create(&sftp->thread, NULL, listen_on, sftp) == 0, "no thread");
    return sftp;
}

static void put(TestSftp *sftp, SftpFile file)
{
    (void)pthread_mutex_lock(&sftp->lock);
    size_t place = find(sftp, file.name);
    if (place == SFTP_FILES_MAX) {
        require(sftp->file_count < SFTP_FILES_MAX, "too many files");
        place = sftp->file_count++;
    }
    sftp->files[place] = file;
    (void)pthread_mutex_unlock(&sftp->lock);
}

void test_sftp_put(TestSftp *sftp, const char *name, Text content, uint32_t changed)
{
    put(sftp, (SftpFile){.name = name, .content = content, .changed = changed});
}

void test_sftp_put_folder(TestSftp *sftp, const char *name)
{
    put(sftp, (SftpFile){.name = name, .is_folder = true});
}

void test_sftp_cut(TestSftp *sftp, size_t bytes, const char *name, Text replacement)
{
    (void)pthread_mutex_lock(&sftp->lock);
    sftp->is_cutting = true;
    sftp->cut_bytes = bytes;
    sftp->cut_name = name;
    sftp->replacement = replacement;
    (void)pthread_mutex_unlock(&sftp->lock);
}

void test_sftp_forbid_removal(TestSftp *sftp)
{
    (void)pthread_mutex_lock(&sftp->lock);
    sftp->is_read_only = true;
    (void)pthread_mutex_unlock(&sftp->lock);
}

void test_sftp_hold(TestSftp *sftp, int request)
{
    (void)pthread_mutex_lock(&sftp->lock);
    sftp->requests = 0;
    sftp->held_request = request;
    (void)pthread_mutex_unlock(&sftp->lock);
}

bool test_sftp_is_holding(TestSftp *sftp)
{
    return __atomic_load_n(&sftp->is_holding, __ATOMIC_ACQUIRE);
}

int test_sftp_requests(TestSftp *sftp)
{
    (void)pthread_mutex_lock(&sftp->lock);
    int requests = sftp->requests;
    (void)pthread_mutex_unlock(&sftp->lock);
    return requests;
}

bool test_sftp_has(TestSftp *sftp, const char *name)
{
    (void)pthread_mutex_lock(&sftp->lock);
    bool is_there = find(sftp, name) != SFTP_FILES_MAX;
    (void)pthread_mutex_unlock(&sftp->lock);
    return is_there;
}

int test_sftp_connections(TestSftp *sftp)
{
    (void)pthread_mutex_lock(&sftp->lock);
    int connections = sftp->connections;
    (void)pthread_mutex_unlock(&sftp->lock);
    return connections;
}

void test_sftp_stop(TestSftp **sftp)
{
    if (*sftp == NULL)
        return;
    __atomic_store_n(&(*sftp)->is_ending, true, __ATOMIC_RELEASE);
    (void)pthread_join((*sftp)->thread, NULL);
    ssh_bind_free((*sftp)->bind);
    ssh_key_free((*sftp)->client);
    (void)pthread_mutex_destroy(&(*sftp)->lock);
    memory_free(*sftp);
    *sftp = NULL;
}
