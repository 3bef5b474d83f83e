#pragma once
/* Histories with likeness on: encodings come with loads, as the loader keeps them. */
#include "tests/linkage/alike.h"
#include "tests/linkage/history.h"

/* Like the loader: whom a load that came since the last look names and who has no encoding gets one, of that
 * load. Who has no number is somebody all the same: a superseded one says who. */
static const char encoding_sql[] =
    "SET ROLE cinque_owner;"
    "UPDATE ingest.source SET update_mode = 'replace_by_period' WHERE name IN ('care', 'death');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " SELECT source_id, 1, sha256(''), '', '2000-01-01' FROM ingest.source WHERE name IN ('care', 'death');"
    "RESET ROLE;"
    "SELECT bench.source('care'); SELECT bench.source('death'); SELECT bench.allow('list', 'care', 'death');"
    "CREATE TABLE bench.looked (load_id int4); INSERT INTO bench.looked VALUES (0);"
    "CREATE FUNCTION bench.unencoded() RETURNS TABLE (subject_id int8, load_id int4, person int8) LANGUAGE "
    "plpgsql AS $$ DECLARE held ingest.source; BEGIN"
    "  INSERT INTO subjects.encoding_seal SELECT l.load_id, 1, decode(repeat('00', 41), 'hex')"
    "    FROM ingest.load AS l WHERE l.load_id > (SELECT k.load_id FROM bench.looked AS k)"
    "   ON CONFLICT DO NOTHING;"
    "  FOR held IN SELECT s.* FROM ingest.source AS s WHERE ingest.is_encoded(s.source_id) LOOP"
    "    RETURN QUERY EXECUTE format('SELECT r.subject_id, min(r.load_id), coalesce(min(get_byte("
    "coalesce(s.nhs_token, s.superseded_nhs_token), 0)), 999)::int8 FROM records.%I AS r JOIN ingest.load AS"
    " l USING (load_id) JOIN subjects.subject AS s USING (subject_id) WHERE l.state = ''published'' AND"
    " l.load_id > (SELECT k.load_id FROM bench.looked AS k) AND NOT EXISTS (SELECT FROM subjects.encoding"
    " AS e WHERE e.subject_id = r.subject_id) GROUP BY 1', held.name);"
    "  END LOOP;"
    "  UPDATE bench.looked SET load_id = coalesce((SELECT max(l.load_id) FROM ingest.load AS l), 0); END $$;"
    "CREATE FUNCTION bench.encode_at(load int4, id int8, opened bytea, of_filters bytea) RETURNS void"
    " LANGUAGE sql AS $$"
    "  INSERT INTO subjects.encoding SELECT id, s.source_id, load, bench.seal(load, id, 0, opened)"
    "    FROM subjects.subject AS s WHERE s.subject_id = id;"
    "  INSERT INTO subjects.encoding_filter VALUES (id, bench.seal(load, id, 1, of_filters)) $$;"
    "CREATE FUNCTION bench.delivery(source text) RETURNS void LANGUAGE sql AS $$"
    "  SELECT bench.load(source, 'sender0', 240 + (SELECT count(*) FROM ingest.load)::int4);"
    "  INSERT INTO subjects.encoding_seal SELECT max(load_id), 1, decode(repeat('00', 41), 'hex') FROM "
    "ingest.load ON CONFLICT DO NOTHING $$;"
    "CREATE FUNCTION bench.come(id int8, source text, number text) RETURNS void LANGUAGE plpgsql AS $$"
    "DECLARE load int4 := (SELECT max(load_id) FROM ingest.load); BEGIN"
    "  INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_token,"
    "         nhs_state)"
    "  SELECT id, s.source_id, bench.token('digest' || id), load, 1, bench.token(number), 1"
    "    FROM ingest.source AS s WHERE s.name = source ON CONFLICT (subject_id) DO NOTHING;"
    "  EXECUTE format('INSERT INTO records.%I (load_id, subject_id) VALUES ($1, $2)', source) USING load, id;"
    "END $$;";

/* All of them alike. */
static inline void history_encode_all(Bench *bench, int64_t load_id, int64_t from, int64_t to,
                                      const Alike *person)
{
    static const DbStatement add = {
        .name = "bench encode",
        .sql = "SELECT count(*) FROM (SELECT bench.encode_at($1, id, $4, $5)"
               " FROM generate_series($2, $3) AS id) AS t",
        .parameters = {VALUE_INT4, VALUE_INT8, VALUE_INT8, VALUE_BYTES, VALUE_BYTES},
        .columns = {VALUE_INT8}};
    uint8_t encoding[ALIKE_ENCODING];
    size_t head, length = alike_write(person, encoding, &head);
    const Value values[] = {value_int4(load_id), value_int8(from), value_int8(to),
                            value_bytes(encoding, head), value_bytes(encoding + head, length - head)};
    int64_t encoded;
    Error error = {0};

    cr_assert(db_run_int8(bench->owner, &add, values, &encoded, NULL, &error).ok, "%s", error.message);
}

static inline void history_encode(Bench *bench, int64_t load_id, const Alike *person)
{
    history_encode_all(bench, load_id, person->subject_id, person->subject_id, person);
}

static inline History history_open_alike(uint64_t seed, unsigned events)
{
    History history = history_open(seed, events);

    history_tell(&history, alike_sql);
    history_tell(&history, encoding_sql);
    return history;
}

static inline bool history_is_encoded(const Alike *person)
{
    bool is_encoded = false;

    for (int i = 0; i < ALIKE_TOKENS; i++)
        is_encoded = is_encoded || person->tokens[i] != 0;
    return is_encoded;
}

static inline void history_encode_newest(Bench *bench, const Alike *people, size_t count)
{
    char newest[BENCH_TEXT_BYTES];
    int64_t load_id;

    bench_text(bench, "SELECT max(load_id)::text FROM ingest.load", newest);
    cr_assert(text_to_int64(text_from(newest), &load_id));
    for (size_t i = 0; i < count; i++)
        if (history_is_encoded(&people[i]))
            history_encode(bench, load_id, &people[i]);
}

/* One delivery, of the first one's source; who has no token has no encoding. */
static inline void history_come(History *history, const Alike *people, size_t count)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(HISTORY_SQL_BYTES);

    text_add_format(&sql, "SELECT bench.delivery('%s');", people[0].source);
    for (size_t i = 0; i < count; i++) {
        text_add_format(&sql, "SELECT bench.come(%" PRId64 ", '%s', ", people[i].subject_id,
                        people[i].source);
        if (people[i].number != NULL)
            text_add_format(&sql, "'%s');", people[i].number);
        else
            text_add_string(&sql, "NULL);");
    }
    history_tell(history, text_built(&sql).data);
    history_encode_newest(&history->narrow, people, count);
    history_encode_newest(&history->whole, people, count);
}
