#include <signal.h>
#include <sys/resource.h>

#include "tests/base/enveloped.h"

TestSuite(input_openpgp, .init = make_keys, .fini = enveloped_clear, .timeout = 120);

static const char hello[] = "hello hello hello";

static void expect_hello(const TextBuilder *message)
{
    expect_content(put_message(message), hello, sizeof hello - 1);
}

Test(input_openpgp, comes_decrypted_and_its_digest_is_of_what_was_delivered)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
    static unsigned char sample[SAMPLE_BYTES];
    Error error = {0};
    Hash digest;
    fill_sample(sample, sizeof sample);
    encrypt(sample, sizeof sample, &message);

    expect_content(put_message(&message), sample, sizeof sample);
    cr_assert(read_whole(packed_path, NULL, 4096, &content, &digest, &error).ok, "%s", error.message);

    Hash expected = hash_of(message.data, message.length);
    cr_expect_eq(memcmp(&digest, &expected, sizeof digest), 0);
}

Test(input_openpgp, nothing_at_all_may_be_encrypted)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt("", 0, &message);

    expect_content(put_message(&message), "", 0);
}

Test(input_openpgp, may_come_as_text)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    const char *const arguments[] = {"--armor", "--comment", "x", "--recipient", key_name, "--encrypt", NULL};
    gpg(arguments, hello, sizeof hello - 1, &message);

    cr_assert(text_starts_with(text_built(&message), TEXT("-----BEGIN PGP MESSAGE-----")));
    expect_hello(&message);
    text_add_string(&message, "\r\n \n");
    expect_hello(&message);
    text_add_string(&message, "x");
    expect_failure(put_message(&message), NULL, ERROR_INPUT,
                   "armoured message is damaged, or something follows it");
}

/* The switch: the check of ARMOUR_BEHIND in read_armour. */
Test(input_openpgp, as_text_a_cut_anywhere_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    const char *const arguments[] = {"--armor", "--recipient", key_name, "--encrypt", NULL};
    gpg(arguments, hello, sizeof hello - 1, &message);

    for (size_t cut = 28; cut < message.length - 2; cut += 9)
        expect_failure(put(message.data, cut), NULL, ERROR_INPUT, "armoured message ends early");
}

Test(input_openpgp, may_hold_a_packed_file_and_be_packed)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    unsigned char packed[200], around[1000], again[1100];
    size_t length = gzip(hello, sizeof hello - 1, packed, sizeof packed);

    encrypt(packed, length, &message);
    expect_hello(&message);
    length = gzip(message.data, message.length, around, sizeof around);
    expect_failure(put(around, length), NULL, ERROR_LIMIT, "packed more than 2 times over");

    message.length = 0;
    encrypt(hello, sizeof hello - 1, &message);
    length = compress_frame(message.data, message.length, 10, again, sizeof again);
    expect_content(put(again, length), hello, sizeof hello - 1);
}

/* The switch: packets_are_whole. */
Test(input_openpgp, a_cut_anywhere_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);

    for (size_t cut = 16; cut < message.length; cut += cut < 110 ? 13 : 1)
        expect_failure(put(message.data, cut), NULL, ERROR_INPUT, "OpenPGP message ends early");
}

/* The switch: has_data in packets_take; gpg passes a second message over. */
Test(input_openpgp, bytes_behind_the_message_are_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);
    size_t length = message.length;

    text_add_string(&message, "\n");
    expect_failure(put_message(&message), NULL, ERROR_INPUT, "bytes behind the OpenPGP message");
    message.length = length;
    encrypt(hello, sizeof hello - 1, &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT, "bytes behind the OpenPGP message");
}

/* The switches: is_unchanged and is_failed in finish. */
Test(input_openpgp, a_damaged_bit_is_found)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);

    for (size_t bit = 12 * 8; bit < message.length * 8; bit += bit < 94 * 8 ? 83 : 13) {
        SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
        Error error = {0};
        Hash digest;
        message.data[bit / 8] ^= (char)(1 << bit % 8);
        Result result = read_whole(put_message(&message), NULL, 4096, &content, &digest, &error);
        cr_expect_not(result.ok, "bit %zu", bit);
        cr_expect(error.code == ERROR_INPUT || error.code == ERROR_CONFIG, "bit %zu: %s", bit, error.message);
        message.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    expect_hello(&message);
}

Test(input_openpgp, a_message_to_another_key_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);

    make_folder("others");
    make_key("others");

    expect_failure(put_message(&message), NULL, ERROR_CONFIG, "no key for deliveries opens it");
}

Test(input_openpgp, without_keys_a_message_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);
    input_use_keys(NULL);

    expect_failure(put_message(&message), NULL, ERROR_CONFIG,
                   "encrypted, and there is no key for deliveries");
}

Test(input_openpgp, a_message_under_a_passphrase_is_refused_by_name)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    const char *const arguments[] = {"--passphrase", "x", "--s2k-count", "65536", "--symmetric", NULL};
    const char *const both[] = {"--passphrase", "x",         "--symmetric", "--recipient",
                                key_name,       "--encrypt", NULL};
    const char *rule = "an OpenPGP message under a passphrase; ask for one to the key for deliveries";

    gpg(arguments, hello, sizeof hello - 1, &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT, rule);
    message.length = 0;
    gpg(both, hello, sizeof hello - 1, &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT, rule);
}

/* RFC 9580, 5.7: tag 9 has no modification detection. The switch: PACKETS_UNPROTECTED. */
Test(input_openpgp, a_message_whose_changes_would_not_show_is_refused)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);
    size_t data_at = 2 + (unsigned char)message.data[1];
    cr_assert_eq((unsigned char)message.data[data_at], 0xC0 | 18);
    message.data[data_at] = (char)(0xC0 | 9);

    expect_failure(put_message(&message), NULL, ERROR_INPUT,
                   "an OpenPGP message without modification detection, so it could have been changed");
}

/* ---- signatures ---- */

static void sign_and_encrypt(const char *signer, TextBuilder *message)
{
    const char *const arguments[] = {"--local-user", signer,      "--sign", "--recipient",
                                     key_name,       "--encrypt", NULL};

    message->length = 0;
    gpg(arguments, hello, sizeof hello - 1, message);
}

/* The switch: has_good_signature in finish. */
Test(input_openpgp, the_signature_that_is_demanded_must_be_there_and_the_senders)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    char sender[INPUT_FINGERPRINT_BYTES], rule[128];
    make_key("sender");
    memcpy(sender, key_name, sizeof sender);
    make_key("somebody");
    keys_used.signer = sender;
    input_use_keys(&keys_used);
    snprintf(rule, sizeof rule, "not signed by key %s, as is demanded", sender);

    sign_and_encrypt(sender, &message);
    expect_hello(&message);
    sign_and_encrypt("somebody", &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT, rule);
    message.length = 0;
    encrypt(hello, sizeof hello - 1, &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT, rule);
    expect_failure(put(hello, sizeof hello), NULL, ERROR_INPUT,
                   "not signed, and its sender's signature is demanded");
}

Test(input_openpgp, a_signature_that_nobody_asked_for_may_be_of_an_unknown_key)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder nothing = text_builder(1000);
    char sender[INPUT_FINGERPRINT_BYTES], recipient[INPUT_FINGERPRINT_BYTES];
    memcpy(recipient, key_name, sizeof recipient);
    make_key("sender");
    memcpy(sender, key_name, sizeof sender);
    memcpy(key_name, recipient, sizeof recipient);
    sign_and_encrypt(sender, &message);
    const char *const forget[] = {"--yes", "--delete-secret-and-public-key", sender, NULL};
    gpg(forget, "", 0, &nothing);

    expect_hello(&message);
    keys_used.signer = sender;
    input_use_keys(&keys_used);
    Error error = {0};
    Hash digest;
    cr_expect_not(read_whole(packed_path, NULL, 4096, &nothing, &digest, &error).ok);
    cr_expect_not_null(strstr(error.message, "not signed by key"), "%s", error.message);
}

/* ---- limits ---- */

/* The switch: is_unpacking of INPUT_OPENPGP. gpg compresses 40 MB of zeros to some kB. */
Test(input_openpgp, has_the_limits_of_every_format)
{
    static unsigned char zeros[40 * SAMPLE_BYTES];
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    const char *const arguments[] = {"--compress-level", "9", "--recipient", key_name, "--encrypt", NULL};
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    gpg(arguments, zeros, sizeof zeros, &message);

    expect_failure(put_message(&message), NULL, ERROR_LIMIT, "grows more than 200-fold when decompressed");
    limits.bytes_max = 1000;
    expect_failure(packed_path, &limits, ERROR_LIMIT, "holds more than the 1000 bytes allowed");
}

/* ---- the child ---- */

static pid_t child_of_ours(void)
{
    char path[64], text[64] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");

    cr_assert_not_null(file);
    cr_assert_not_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    return (pid_t)strtol(text, NULL, 10);
}

static Input *open_large(size_t bytes)
{
    static unsigned char sample[64 * SAMPLE_BYTES];
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    Input *input = NULL;
    Error error = {0};

    fill_sample(sample, bytes);
    encrypt(sample, bytes, &message);
    memset(sample, 0, sizeof sample);
    cr_assert(input_open(put_message(&message), NULL, &input, &error).ok, "%s", error.message);
    return input;
}

/* The switch: INPUT_CHILD_KILLED in finish. */
Test(input_openpgp, a_killed_gpg_is_an_error_and_no_end)
{
    SCOPED(input_close) Input *input = open_large(4 * SAMPLE_BYTES);
    char buffer[4096];
    size_t length = 1;
    Error error = {0};

    cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok, "%s", error.message);
    cr_assert_eq(kill(child_of_ours(), SIGKILL), 0);
    while (length > 0 && input_read(input, buffer, sizeof buffer, &length, &error).ok)
        continue;

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_not_null(strstr(error.message, ": gpg was killed while it opened the file"), "%s",
                       error.message);
}

static bool may_be_open(const char *target)
{
    return strncmp(target, "socket:", 7) == 0 || strncmp(target, "/dev/null", 9) == 0 ||
           strncmp(target, keys_path, strlen(keys_path)) == 0;
}

static void expect_no_other_file_open(pid_t child)
{
    char path[64], entry_path[PATH_MAX], target[PATH_MAX];
    struct dirent *entry;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)child);
    DIR *folder = opendir(path);

    cr_assert_not_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        (void)snprintf(entry_path, sizeof entry_path, "%s/%s", path, entry->d_name);
        ssize_t length = readlink(entry_path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        cr_expect(length < 0 || may_be_open(target), "%s", target);
    }
    (void)closedir(folder);
}

static long peak_kib(pid_t process)
{
    char path[64], line[256];
    long kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");

    cr_assert_not_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    (void)fclose(file);
    return kib;
}

/* 60 MB, of which neither we nor gpg may hold more than a little, nor write any to a file. */
Test(input_openpgp, a_large_file_takes_little_memory_and_no_file)
{
    SCOPED(input_close) Input *input = open_large(60 * SAMPLE_BYTES);
    static char buffer[65536];
    size_t length = 1, total = 0;
    long before = peak_kib(getpid()), of_child = 0;
    pid_t child = child_of_ours();
    Error error = {0};

    while (length > 0) {
        cr_assert(input_read(input, buffer, sizeof buffer, &length, &error).ok, "%s", error.message);
        total += length;
        if (total >= 30 * (size_t)SAMPLE_BYTES && of_child == 0) {
            of_child = peak_kib(child);
            expect_no_other_file_open(child);
        }
    }

    cr_expect_eq(total, 60 * (size_t)SAMPLE_BYTES);
    cr_expect_lt(peak_kib(getpid()) - before, 4096);
    cr_expect(of_child > 0 && of_child < 32768, "%ld KiB", of_child);
}

Test(input_openpgp, closing_before_the_end_leaves_no_process)
{
    Input *input = open_large(4 * SAMPLE_BYTES);
    pid_t child = child_of_ours();

    input_close(&input);

    cr_expect_eq(kill(child, 0), -1);
    cr_expect_eq(errno, ESRCH);
}

Test(input_openpgp, a_folder_that_gpgs_agent_cannot_be_reached_in_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    encrypt(hello, sizeof hello - 1, &message);
    keys_used.folder = "/nowhere";
    input_use_keys(&keys_used);
    Error error = {0};
    Input *input = NULL;

    cr_expect_not(input_open(put_message(&message), NULL, &input, &error).ok);
    cr_expect_str_eq(error.message, "/nowhere: No such file or directory");
}

/* Windows-1252 text may start with the first byte of a session key, UTF-8 text with that of a newer one. */
Test(input_openpgp, text_that_starts_alike_is_plain)
{
    static const char *const texts[] = {"\x84quoted\x93 text in a first line\r\n",
                                        "\xC3\x84nderung;Datum;Nummer;Name\r\n",
                                        "\xC1lvaro,Madrid,1,2,3,4,5,6\n"};

    for (size_t i = 0; i < 3; i++)
        expect_content(put(texts[i], strlen(texts[i])), texts[i], strlen(texts[i]));
}
