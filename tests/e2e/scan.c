/*
 * scan [--keys] PATTERNS PATH...: does any planted identifier occur in these files or folders?
 *
 * PATTERNS holds one identifier a line. Each is looked for in clear, reversed, as big- and little-endian
 * 64-bit integer when it is a number, and as unkeyed MD5, SHA-1 and SHA-256, raw and in hex of both cases.
 * With --keys each line is a key of 32 bytes in hex: looked for raw, its first half, in hex, in base64, and
 * as the two pads of HMAC. Prints "FILE: identifier N, form" for each hit, never the identifier, and exits 1
 * when there was one.
 */
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"

/* A pattern is found by its first six bytes. */
enum { KEY_BYTES = 32, PATTERN_BYTES_MIN = 6, BUCKET_BITS = 18, BUCKETS = 1 << BUCKET_BITS };

typedef struct Pattern {
    const unsigned char *bytes;
    size_t length;
    size_t identifier;
    const char *form;
    struct Pattern *next;
} Pattern;

static Pattern *buckets[BUCKETS];
static size_t pattern_count, hit_count, file_count;
static Arena *arena;

static unsigned bucket_of(const unsigned char *bytes)
{
    uint64_t first = 0;

    memcpy(&first, bytes, PATTERN_BYTES_MIN);
    return (unsigned)(first * UINT64_C(0x9E3779B97F4A7C15) >> (64 - BUCKET_BITS));
}

static void add(size_t identifier, const char *form, const void *bytes, size_t length)
{
    if (length < PATTERN_BYTES_MIN)
        return;
    Pattern *pattern = arena_alloc(arena, sizeof *pattern);
    Text copy = text_copy(arena, (Text){.data = bytes, .length = length});
    *pattern = (Pattern){
        .bytes = (const unsigned char *)copy.data, .length = length, .identifier = identifier, .form = form};
    Pattern **bucket = &buckets[bucket_of(pattern->bytes)];
    pattern->next = *bucket;
    *bucket = pattern;
    pattern_count++;
}

static void add_digest(size_t identifier, const char *name, const char *const forms[3], Text text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    char lower[2 * EVP_MAX_MD_SIZE + 1], upper[2 * EVP_MAX_MD_SIZE + 1];

    if (!EVP_Digest(text.data, text.length, digest, &length, EVP_get_digestbyname(name), NULL)) {
        fprintf(stderr, "scan: no %s here\n", name);
        exit(2);
    }
    for (unsigned at = 0; at < length; at++) {
        snprintf(lower + 2 * at, 3, "%02x", digest[at]);
        snprintf(upper + 2 * at, 3, "%02X", digest[at]);
    }
    add(identifier, forms[0], digest, length);
    add(identifier, forms[1], lower, 2 * (size_t)length);
    add(identifier, forms[2], upper, 2 * (size_t)length);
}

static void add_integer(size_t identifier, Text text)
{
    int64_t value;
    unsigned char big[8], little[8];

    if (!text_to_int64(text, &value) || value < 1000000000)
        return;
    for (int at = 0; at < 8; at++) {
        little[at] = (unsigned char)((uint64_t)value >> (8 * at));
        big[7 - at] = little[at];
    }
    add(identifier, "big-endian integer", big, 8);
    add(identifier, "little-endian integer", little, 8);
}

static void add_identifier(size_t identifier, Text text)
{
    static const char *const md5[] = {"raw MD5", "MD5 in hex", "MD5 in upper-case hex"};
    static const char *const sha1[] = {"raw SHA-1", "SHA-1 in hex", "SHA-1 in upper-case hex"};
    static const char *const sha256[] = {"raw SHA-256", "SHA-256 in hex", "SHA-256 in upper-case hex"};
    char *reversed = arena_alloc(arena, text.length + 1);

    for (size_t at = 0; at < text.length; at++)
        reversed[at] = text.data[text.length - 1 - at];
    add(identifier, "in clear", text.data, text.length);
    add(identifier, "reversed", reversed, text.length);
    add_integer(identifier, text);
    add_digest(identifier, "MD5", md5, text);
    add_digest(identifier, "SHA1", sha1, text);
    add_digest(identifier, "SHA256", sha256, text);
}

static void add_padded(size_t identifier, const char *form, Text key, unsigned char pad)
{
    unsigned char padded[KEY_BYTES];

    for (size_t at = 0; at < KEY_BYTES; at++)
        padded[at] = (unsigned char)key.data[at] ^ pad;
    add(identifier, form, padded, KEY_BYTES);
}

/* A key of 32 bytes, given in hex. HMAC's two pads are of RFC 2104. */
static void add_key(size_t identifier, Text hex)
{
    Hash bytes;
    char upper[2 * KEY_BYTES], encoded[2 * KEY_BYTES];

    if (!hash_parse(hex, &bytes)) {
        fprintf(stderr, "scan: key %zu is not of 64 hex digits\n", identifier);
        exit(2);
    }
    const Text key = {.data = (const char *)bytes.bytes, .length = KEY_BYTES};
    for (size_t at = 0; at < sizeof upper; at++)
        upper[at] = (char)toupper((unsigned char)hex.data[at]);
    int length = EVP_EncodeBlock((unsigned char *)encoded, bytes.bytes, KEY_BYTES);
    add(identifier, "key", key.data, key.length);
    add(identifier, "first half of the key", key.data, key.length / 2);
    add(identifier, "key in hex", hex.data, hex.length);
    add(identifier, "key in upper-case hex", upper, sizeof upper);
    add(identifier, "key in base64", encoded, (size_t)length - 2);
    add_padded(identifier, "inner pad of HMAC", key, 0x36);
    add_padded(identifier, "outer pad of HMAC", key, 0x5c);
}

static void scan_bytes(const char *path, const unsigned char *bytes, size_t length)
{
    for (size_t at = 0; at + PATTERN_BYTES_MIN <= length; at++) {
        for (const Pattern *pattern = buckets[bucket_of(bytes + at)]; pattern; pattern = pattern->next) {
            if (pattern->length > length - at || memcmp(bytes + at, pattern->bytes, pattern->length) != 0)
                continue;
            if (hit_count++ < 40)
                printf("%s: identifier %zu, %s\n", path, pattern->identifier, pattern->form);
        }
    }
}

static int scan_file(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)walk;
    if (type != FTW_F || !S_ISREG(status->st_mode) || status->st_size == 0)
        return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0; /* it went away meanwhile */
    size_t length = (size_t)status->st_size;
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED) {
        perror(path);
        exit(2);
    }
    file_count++;
    scan_bytes(path, bytes, length);
    munmap(bytes, length);
    return 0;
}

static size_t read_patterns(const char *path, void (*add_line)(size_t identifier, Text text))
{
    char line[512];
    size_t count = 0;
    FILE *file = fopen(path, "r");

    if (!file) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0])
            add_line(++count, text_from(line));
    }
    fclose(file);
    return count;
}

int main(int argc, char **argv)
{
    bool are_keys = argc > 1 && strcmp(argv[1], "--keys") == 0;

    argc -= are_keys;
    argv += are_keys;
    if (argc < 3) {
        fprintf(stderr, "usage: scan [--keys] PATTERNS PATH...\n");
        return 2;
    }
    arena = arena_create((size_t)64 << 20);
    size_t identifiers = read_patterns(argv[1], are_keys ? add_key : add_identifier);
    if (identifiers == 0) {
        fprintf(stderr, "scan: no identifiers to look for\n");
        return 2;
    }
    for (int at = 2; at < argc; at++)
        if (nftw(argv[at], scan_file, 64, FTW_PHYS) != 0)
            perror(argv[at]);
    printf("%zu identifiers in %zu forms, %zu files, %zu hits\n", identifiers, pattern_count, file_count,
           hit_count);
    arena_close(&arena);
    return hit_count ? 1 : 0;
}
