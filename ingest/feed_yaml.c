#include "ingest/feed_yaml.h"

#include "base/strict_yaml.h"

enum { STRING_MAX = 400 };

#define STRING_KEY(key, type, member)                                                                        \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, STRING_MAX)
#define STRING_MAYBE(key, type, member)                                                                      \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1, STRING_MAX)
#define MAPPING_MAYBE(key, type, member, fields)                                                             \
    CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, fields)

static const cyaml_schema_field_t transport_fields[] = {
    STRING_KEY("kind", YamlTransport, kind),
    STRING_MAYBE("folder", YamlTransport, folder),
    STRING_MAYBE("complete", YamlTransport, complete),
    STRING_MAYBE("after", YamlTransport, after),
    STRING_MAYBE("url", YamlTransport, url),
    STRING_MAYBE("user", YamlTransport, user),
    STRING_MAYBE("password_file", YamlTransport, password_file),
    STRING_MAYBE("known_hosts", YamlTransport, known_hosts),
    STRING_MAYBE("ca_file", YamlTransport, ca_file),
    STRING_MAYBE("crl_file", YamlTransport, crl_file),
    STRING_MAYBE("certificate_file", YamlTransport, certificate_file),
    STRING_MAYBE("key_file", YamlTransport, key_file),
    STRING_MAYBE("mailbox", YamlTransport, mailbox),
    STRING_MAYBE("from", YamlTransport, from),
    STRING_MAYBE("workflow", YamlTransport, workflow),
    STRING_MAYBE("shared_key_file", YamlTransport, shared_key_file),
    STRING_MAYBE("conninfo", YamlTransport, conninfo),
    STRING_MAYBE("query_file", YamlTransport, query_file),
    CYAML_FIELD_INT_PTR("stable_seconds", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlTransport,
                        stable_seconds),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t manifest_fields[] = {
    STRING_KEY("key", YamlManifest, key),
    CYAML_FIELD_BOOL("required", CYAML_FLAG_OPTIONAL, YamlManifest, required),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t expected_fields[] = {
    CYAML_FIELD_INT("by_day", CYAML_FLAG_DEFAULT, YamlExpected, by_day),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t archive_fields[] = {
    CYAML_FIELD_INT("keep_days", CYAML_FLAG_DEFAULT, YamlArchive, keep_days),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t feed_fields[] = {
    STRING_KEY("feed", YamlFeed, feed),
    STRING_KEY("source", YamlFeed, source),
    STRING_MAYBE("spec", YamlFeed, spec),
    STRING_KEY("sender", YamlFeed, sender),
    STRING_MAYBE("status", YamlFeed, status),
    STRING_KEY("file", YamlFeed, file),
    STRING_MAYBE("period", YamlFeed, period),
    STRING_MAYBE("signer", YamlFeed, signer),
    CYAML_FIELD_MAPPING("transport", CYAML_FLAG_DEFAULT, YamlFeed, transport, transport_fields),
    MAPPING_MAYBE("manifest", YamlFeed, manifest, manifest_fields),
    MAPPING_MAYBE("expected", YamlFeed, expected, expected_fields),
    MAPPING_MAYBE("archive", YamlFeed, archive, archive_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t feed_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, YamlFeed, feed_fields)};

Result feed_yaml_parse(const char *path, Text text, YamlFeed **yaml, Error *error)
{
    void *data;

    TRY(strict_yaml_load(path, text, &feed_schema, &data, error));
    *yaml = data;
    return RESULT_OK;
}

void feed_yaml_close(YamlFeed **yaml)
{
    strict_yaml_free(&feed_schema, *yaml);
    *yaml = NULL;
}
