#include "ingest/feed_yaml.h"

#include "ingest/yaml_fields.h"

static const cyaml_schema_field_t transport_fields[] = {
    YAML_STRING("kind", YamlTransport, kind),
    YAML_STRING_MAYBE("folder", YamlTransport, folder),
    YAML_STRING_MAYBE("complete", YamlTransport, complete),
    YAML_STRING_MAYBE("after", YamlTransport, after),
    YAML_STRING_MAYBE("url", YamlTransport, url),
    YAML_STRING_MAYBE("user", YamlTransport, user),
    YAML_STRING_MAYBE("password_file", YamlTransport, password_file),
    YAML_STRING_MAYBE("known_hosts", YamlTransport, known_hosts),
    YAML_STRING_MAYBE("ca_file", YamlTransport, ca_file),
    YAML_STRING_MAYBE("crl_file", YamlTransport, crl_file),
    YAML_STRING_MAYBE("certificate_file", YamlTransport, certificate_file),
    YAML_STRING_MAYBE("key_file", YamlTransport, key_file),
    YAML_STRING_MAYBE("mailbox", YamlTransport, mailbox),
    YAML_STRING_MAYBE("from", YamlTransport, from),
    YAML_STRING_MAYBE("workflow", YamlTransport, workflow),
    YAML_STRING_MAYBE("shared_key_file", YamlTransport, shared_key_file),
    YAML_STRING_MAYBE("conninfo", YamlTransport, conninfo),
    YAML_STRING_MAYBE("query_file", YamlTransport, query_file),
    CYAML_FIELD_INT_PTR("stable_seconds", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, YamlTransport,
                        stable_seconds),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t manifest_fields[] = {
    YAML_STRING("key", YamlManifest, key),
    YAML_FLAG_MAYBE("required", YamlManifest, required),
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
    YAML_STRING("feed", YamlFeed, feed),
    YAML_STRING("source", YamlFeed, source),
    YAML_STRING_MAYBE("spec", YamlFeed, spec),
    YAML_STRING("sender", YamlFeed, sender),
    YAML_STRING_MAYBE("status", YamlFeed, status),
    YAML_STRING("file", YamlFeed, file),
    YAML_STRING_MAYBE("period", YamlFeed, period),
    YAML_STRING_MAYBE("signer", YamlFeed, signer),
    CYAML_FIELD_MAPPING("transport", CYAML_FLAG_DEFAULT, YamlFeed, transport, transport_fields),
    YAML_MAPPING_MAYBE("manifest", YamlFeed, manifest, manifest_fields),
    YAML_MAPPING_MAYBE("expected", YamlFeed, expected, expected_fields),
    YAML_MAPPING_MAYBE("archive", YamlFeed, archive, archive_fields),
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
