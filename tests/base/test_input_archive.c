#include "tests/base/packed.h"

TestSuite(input_archive, .fini = workbench_clear);

enum { FILE_BYTES = 16384 };

static const char hello[] = "hello hello hello hello\n";
static const size_t hello_length = sizeof hello - 1;

/* ---- archives as libarchive writes them ---- */

typedef struct Entry {
    const char *name;
    unsigned type;
    const char *content;
    const char *link; /* a hard one */
    size_t length;    /* 0: that of the text */
} Entry;

static void write_entry(struct archive *writer, const Entry *given)
{
    struct archive_entry *entry = archive_entry_new();
    size_t length = given->length;

    if (length == 0 && given->content != NULL)
        length = strlen(given->content);
    archive_entry_set_pathname(entry, given->name);
    archive_entry_set_filetype(entry, given->type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)length);
    if (given->type == AE_IFLNK)
        archive_entry_set_symlink(entry, "elsewhere");
    if (given->link != NULL)
        archive_entry_set_hardlink(entry, given->link);
    cr_assert_eq(archive_write_header(writer, entry), ARCHIVE_OK, "%s", archive_error_string(writer));
    if (length > 0)
        cr_assert_eq(archive_write_data(writer, given->content, length), (la_ssize_t)length);
    archive_entry_free(entry);
}

static size_t pack(int (*format)(struct archive *), const char *options, const Entry *entries, size_t count,
                   void *out, size_t capacity)
{
    struct archive *writer = archive_write_new();
    size_t used = 0;

    cr_assert_eq(format(writer), ARCHIVE_OK);
    cr_assert_eq(archive_write_set_options(writer, options), ARCHIVE_OK);
    cr_assert_eq(archive_write_set_bytes_per_block(writer, 512), ARCHIVE_OK);
    cr_assert_eq(archive_write_set_bytes_in_last_block(writer, 1), ARCHIVE_OK);
    cr_assert_eq(archive_write_open_memory(writer, out, capacity, &used), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        write_entry(writer, &entries[i]);
    cr_assert_eq(archive_write_close(writer), ARCHIVE_OK);
    archive_write_free(writer);
    return used;
}

static const Entry one[] = {{"extract.csv", AE_IFREG, hello, NULL, 0}};
static const Entry in_folder[] = {{"2026-09", AE_IFDIR, NULL, NULL, 0},
                                  {"2026-09/extract.csv", AE_IFREG, hello, NULL, 0},
                                  {"empty", AE_IFDIR, NULL, NULL, 0}};
static const Entry three[] = {{"a.csv", AE_IFREG, hello, NULL, 0},
                              {"folder", AE_IFDIR, NULL, NULL, 0},
                              {"b.csv", AE_IFREG, "b", NULL, 0},
                              {"c.csv", AE_IFREG, NULL, NULL, 0}};
static const Entry none[] = {{"folder", AE_IFDIR, NULL, NULL, 0}};

#define PACK(format, options, entries, out)                                                                  \
    pack(archive_write_set_format_##format, options, entries, sizeof(entries) / sizeof *(entries), out,      \
         sizeof(out))

/* ---- zip files byte by byte ---- */

typedef struct Zip {
    unsigned flags, method, central_method_bytes; /* as in APPNOTE 4.4 */
    uint32_t checksum_more;                       /* added to the checksum of the directory */
    const char *front, *between, *behind;         /* bytes that belong nowhere */
    unsigned entries_more;                        /* added to the number of entries */
    const char *comment;
} Zip;

static size_t put_number(unsigned char *out, size_t at, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[at + i] = i < 8 ? (unsigned char)(number >> 8 * i) : 0;
    return at + bytes;
}

static size_t put_text(unsigned char *out, size_t at, const char *text)
{
    if (text == NULL)
        return at;
    memcpy(out + at, text, strlen(text));
    return at + strlen(text);
}

/* Flags to extra length: what both headers have. */
static size_t put_common(unsigned char *out, size_t at, const Zip *zip, uint32_t checksum)
{
    at = put_number(out, at, 20, 2);
    at = put_number(out, at, zip->flags, 2);
    at = put_number(out, at, zip->method, 2);
    at = put_number(out, at, 0, 4);
    at = put_number(out, at, checksum, 4);
    at = put_number(out, at, hello_length, 4);
    at = put_number(out, at, hello_length, 4);
    at = put_number(out, at, 5, 2);
    return put_number(out, at, 0, 2);
}

/* One stored file "a.csv". */
static size_t build_zip(const Zip *zip, unsigned char *out)
{
    uint32_t checksum = (uint32_t)crc32(0, (const unsigned char *)hello, (uInt)hello_length);
    size_t at = put_text(out, 0, "PK\3\4");

    at = put_common(out, at, zip, checksum);
    at = put_text(out, at, "a.csv");
    at = put_text(out, at, hello);
    at = put_text(out, at, zip->between);
    size_t directory = at;
    at = put_text(out, at, "PK\1\2");
    at = put_number(out, at, 20, 2);
    at = put_common(out, at, zip, checksum + zip->checksum_more);
    at = put_number(out, at, 0, 14); /* comment, disk, attributes, offset */
    at = put_text(out, at, "a.csv");
    size_t bytes = at - directory;
    at = put_text(out, at, "PK\5\6");
    at = put_number(out, at, 0, 4);
    at = put_number(out, at, 1 + zip->entries_more, 2);
    at = put_number(out, at, 1 + zip->entries_more, 2);
    at = put_number(out, at, bytes, 4);
    at = put_number(out, at, directory, 4);
    at = put_number(out, at, zip->comment != NULL ? strlen(zip->comment) : 0, 2);
    at = put_text(out, at, zip->comment);
    return put_text(out, at, zip->behind);
}

static const char *put_zip(Zip zip)
{
    unsigned char file[1000];

    return put(file, build_zip(&zip, file));
}

/* ---- zip ---- */

Test(input_archive, the_one_file_of_a_zip_comes_and_its_digest_is_of_the_zip)
{
    static unsigned char file[FILE_BYTES];
    SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
    Error error = {0};
    Hash digest;
    size_t length = PACK(zip, NULL, one, file);

    expect_content(put(file, length), hello, hello_length);
    cr_assert(read_whole(packed_path, NULL, 4096, &content, &digest, &error).ok);
    Hash expected = hash_of(file, length);
    cr_expect_eq(memcmp(&digest, &expected, sizeof digest), 0);

    expect_content(put(file, PACK(zip, "zip:compression=store", one, file)), hello, hello_length);
    expect_content(put(file, PACK(zip, "zip:zip64", one, file)), hello, hello_length);
    expect_content(put(file, PACK(zip, NULL, in_folder, file)), hello, hello_length);
    expect_content(put_zip((Zip){.flags = 0}), hello, hello_length);
    expect_content(put_zip((Zip){.comment = "of the sender"}), hello, hello_length);
}

Test(input_archive, another_number_of_files_than_one_is_refused_and_told)
{
    static unsigned char file[FILE_BYTES];

    expect_failure(put(file, PACK(zip, NULL, three, file)), NULL, ERROR_INPUT,
                   "the zip file holds 3 files: exactly one is read");
    expect_failure(put(file, PACK(zip, "zip:compression=store", three, file)), NULL, ERROR_INPUT,
                   "the zip file holds 3 files: exactly one is read");
    expect_failure(put(file, PACK(zip, NULL, none, file)), NULL, ERROR_INPUT,
                   "the zip file holds 0 files: exactly one is read");
    expect_failure(put("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22), NULL, ERROR_INPUT,
                   "the zip file holds 0 files: exactly one is read");
    expect_failure(put(file, PACK(pax_restricted, NULL, three, file)), NULL, ERROR_INPUT,
                   "the tar file holds 3 files: exactly one is read");
    expect_failure(put(file, PACK(ustar, NULL, none, file)), NULL, ERROR_INPUT,
                   "the tar file holds 0 files: exactly one is read");
}

Test(input_archive, a_zip_cut_anywhere_is_an_error)
{
    static unsigned char file[FILE_BYTES];

    expect_every_cut_found(file, PACK(zip, NULL, one, file), 4);
    expect_every_cut_found(file, PACK(zip, "zip:compression=store", one, file), 4);
    expect_every_cut_found(file, PACK(zip, "zip:zip64", one, file), 4);
    expect_every_cut_found(file, build_zip(&(Zip){.comment = "of the sender"}, file), 4);
}

Test(input_archive, every_damaged_bit_of_a_zip_is_found_or_does_not_matter)
{
    static unsigned char file[FILE_BYTES];

    expect_every_flip_found(file, PACK(zip, NULL, one, file), 4, hello, hello_length);
    /* the same records with other fields: each byte, not each bit */
    expect_flips_found(file, PACK(zip, "zip:compression=store", one, file), 4, 7, hello, hello_length);
    expect_flips_found(file, PACK(zip, "zip:zip64", one, file), 4, 7, hello, hello_length);
    expect_flips_found(file, build_zip(&(Zip){.flags = 0}, file), 4, 7, hello, hello_length);
}

/* The switch: check_zip_entry. Methods 14 and 98 are LZMA and PPMd. */
Test(input_archive, an_encrypted_zip_and_unknown_methods_are_refused)
{
    expect_failure(put_zip((Zip){.flags = 1}), NULL, ERROR_INPUT, "the zip file is encrypted");
    expect_failure(put_zip((Zip){.flags = 0x41}), NULL, ERROR_INPUT, "the zip file is encrypted");
    expect_failure(put_zip((Zip){.method = 99, .flags = 1}), NULL, ERROR_INPUT, "the zip file is encrypted");
    expect_failure(put_zip((Zip){.method = 14}), NULL, ERROR_INPUT,
                   "the zip file is packed by method 14: only 0 and 8 are read");
    expect_failure(put_zip((Zip){.method = 98}), NULL, ERROR_INPUT,
                   "the zip file is packed by method 98: only 0 and 8 are read");
}

/* The switch: input_archive_end.c; libarchive stops in front of the directory. */
Test(input_archive, a_directory_that_says_otherwise_is_an_error)
{
    expect_failure(put_zip((Zip){.checksum_more = 1}), NULL, ERROR_INPUT, "the zip file is damaged or cut");
    expect_failure(put_zip((Zip){.entries_more = 1}), NULL, ERROR_INPUT, "the zip file is damaged or cut");
    expect_failure(put_zip((Zip){.between = "between"}), NULL, ERROR_INPUT, "the zip file is damaged or cut");
    expect_failure(put_zip((Zip){.behind = "behind"}), NULL, ERROR_INPUT,
                   "bytes behind the end of the zip file");
}

Test(input_archive, an_archive_inside_an_archive_is_refused_and_a_packed_file_is_not)
{
    static unsigned char inner[FILE_BYTES], file[2 * FILE_BYTES];
    Entry packed[] = {{"inner", AE_IFREG, (const char *)inner, NULL, 0}};

    packed->length = PACK(ustar, NULL, one, inner);
    expect_failure(put(file, PACK(zip, NULL, packed, file)), NULL, ERROR_INPUT,
                   "a tar file inside a zip file is not read");
    packed->length = PACK(zip, NULL, one, inner);
    expect_failure(put(file, PACK(ustar, NULL, packed, file)), NULL, ERROR_INPUT,
                   "a zip file inside a tar file is not read");
    packed->length = gzip(hello, hello_length, inner, sizeof inner);
    expect_content(put(file, PACK(zip, NULL, packed, file)), hello, hello_length);
    packed->length -= 1;
    expect_failure(put(file, PACK(zip, NULL, packed, file)), NULL, ERROR_INPUT, "gzip member ends early");
}

/* The switches: ratio_max and bytes_max in input_layer_count. */
Test(input_archive, has_the_limits_of_every_format)
{
    static char zeros[40 * SAMPLE_BYTES + 1];
    static unsigned char file[SAMPLE_BYTES];
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    memset(zeros, '0', sizeof zeros - 1);
    const Entry bomb[] = {{"bomb.csv", AE_IFREG, zeros, NULL, 0}};
    size_t length = PACK(zip, NULL, bomb, file);

    expect_failure(put(file, length), NULL, ERROR_LIMIT, "grows more than 200-fold when decompressed");
    limits.ratio_max = 1e9;
    limits.bytes_max = 39 * SAMPLE_BYTES;
    expect_failure(packed_path, &limits, ERROR_LIMIT, "holds more than the 39000000 bytes allowed");
}

/* ---- tar ---- */

Test(input_archive, the_one_file_of_a_tar_comes_also_packed)
{
    static unsigned char file[FILE_BYTES], packed[FILE_BYTES];

    expect_content(put(file, PACK(ustar, NULL, one, file)), hello, hello_length);
    expect_content(put(file, PACK(gnutar, NULL, one, file)), hello, hello_length);
    expect_content(put(file, PACK(pax, NULL, in_folder, file)), hello, hello_length);

    size_t length = PACK(ustar, NULL, in_folder, file);
    expect_content(put(packed, gzip(file, length, packed, sizeof packed)), hello, hello_length);
    expect_content(put(packed, compress_frame(file, length, 10, packed, sizeof packed)), hello, hello_length);
}

Test(input_archive, a_tar_cut_anywhere_is_an_error)
{
    static unsigned char file[FILE_BYTES];

    expect_cuts_found(file, PACK(ustar, NULL, one, file), 512, 11, 512);
    expect_cuts_found(file, PACK(ustar, NULL, in_folder, file), 512, 11, 512);
}

Test(input_archive, bytes_behind_the_end_of_a_tar_are_an_error_but_zeros)
{
    static unsigned char file[FILE_BYTES];
    size_t length = PACK(ustar, NULL, one, file);

    memset(file + length, 0, 1024);
    expect_content(put(file, length + 1024), hello, hello_length);
    file[length + 600] = 'x';
    expect_failure(put(file, length + 1024), NULL, ERROR_INPUT, "bytes behind the end of the tar file");
    expect_failure(put(file, length + 3), NULL, ERROR_INPUT, "bytes behind the end of the tar file");
}

Test(input_archive, what_is_neither_file_nor_folder_is_refused)
{
    static unsigned char file[FILE_BYTES];
    static const char rule[] =
        "the tar file holds a link, a device or a sparse file: only files and folders are read";
    const Entry symbolic[] = {{"extract.csv", AE_IFREG, hello, NULL, 0},
                              {"link.csv", AE_IFLNK, NULL, NULL, 0}};
    const Entry hard[] = {{"extract.csv", AE_IFREG, hello, NULL, 0},
                          {"link.csv", AE_IFREG, NULL, "extract.csv", 0}};
    const Entry device[] = {{"pipe", AE_IFIFO, NULL, NULL, 0}};

    expect_failure(put(file, PACK(ustar, NULL, symbolic, file)), NULL, ERROR_INPUT, rule);
    expect_failure(put(file, PACK(ustar, NULL, hard, file)), NULL, ERROR_INPUT, rule);
    expect_failure(put(file, PACK(ustar, NULL, device, file)), NULL, ERROR_INPUT, rule);
}

/* A text that only looks like one: the header's sum decides. */
Test(input_archive, a_text_with_the_magic_of_a_tar_is_plain)
{
    char text[600];

    memset(text, 'x', sizeof text);
    memcpy(text + 257, "ustar", 5);

    expect_content(put(text, sizeof text), text, sizeof text);
}
