#pragma once
/*
 * Builds releases, and answers approved cohort queries over them with
 * disclosure-controlled tables. Raw counts live in a private CountTable; only
 * disclosure control makes a ReleasedTable, the one thing that can be printed.
 */
#include <stdint.h>

#include "base/db.h"
#include "base/table.h"
#include "governance/governance.h"

/* ---- releases (role cinque_releaser) ---- */

typedef struct ReleaseWanted {
    Month month;
    const char *purpose;
    const char *at_least; /* "provisional", "final" or "year_end": deliveries less settled are left out */
    const char *known_at; /* CCYY-MM-DD: only what was held at the end of that day; NULL: what is held */
} ReleaseWanted;

typedef struct ReleaseReport {
    int64_t release_id;
    int64_t people, opted_out, rows, rows_unlinked, rows_without_agreement, rows_practice_rejected;
    Hash content;
    int64_t elapsed_us;
} ReleaseReport;

/* Copies the report of the newest linkage, which must be written: linkage_report_keep. Object of the permit:
 * the month, CCYY-MM; its detail "status=final" or "status=year_end", of provisional none, and behind it
 * "known=CCYY-MM-DD" where that is asked for. Fails closed without a fresh opt-out list.
 */
Result query_release_build(Db *releaser, const GovernancePermit *permit, const ReleaseWanted *wanted,
                           ReleaseReport *report, Error *error) CHECKED;
/* source, month, status, senders, rows: of what it asks a more settled status than was delivered */
Result query_release_unsettled(Db *releaser, int64_t release_id, Table **table, Error *error) CHECKED;
/* source, sender, month, practice, people, published: the practices it leaves out, and by which lists */
Result query_release_practices(Db *releaser, int64_t release_id, Table **table, Error *error) CHECKED;
/* Object: the release's number. A retired release is refused, never answered differently. */
Result query_release_retire(Db *releaser, const GovernancePermit *permit, int64_t release_id, Error *error)
    CHECKED;
/* release, month, purpose, at least (status), state, people, built, content hash */
Result query_release_list(Db *releaser, Table **table, Error *error) CHECKED;
/*
 * Hashes a release's content again, also a retired one's: ERROR_DATABASE when it is not what was published,
 * ERROR_CONFIG when there is no such release.
 */
Result query_release_verify(Db *releaser, int64_t release_id, Error *error) CHECKED;
/* The newest release of a purpose, of what was known at a day or, DATE_NONE, is held; ERROR_REFUSED when it
 * is retired or there is none. */
Result query_release_newest(Db *reader, const char *purpose, Date known_at, int64_t *release_id, Error *error)
    CHECKED;
/* Drops what the process keeps of releases that are no longer live, also when none is to be asked any more;
 * of those that a query still runs on, with its end. */
Result query_forget_retired(Db *reader, Error *error) CHECKED;

/* ---- the catalogue: what a query may name; no data of anybody ---- */

typedef struct CatalogueWanted {
    const Text *sources; /* granted: what is not among them does not exist */
    size_t source_count;
    int64_t release_id; /* what is held is of this one */
    const char *source; /* NULL: all sources; "person": what is known of everybody; "published": populations
                           and prices */
    const char *column; /* NULL: the source's columns */
    bool by_month;      /* what is held of the source, month by month, in place of its columns */
    int64_t people_min; /* of the project's policy: of fewer rows no share is said */
} CatalogueWanted;

/* One line a source, column, code or month. ERROR_INPUT for a word that is unknown, with the nearest. */
Result query_catalogue(Db *reader, const CatalogueWanted *wanted, Table **table, Error *error) CHECKED;

/* ---- queries ---- */

typedef struct Query Query;

typedef struct QueryFiles {
    /* Where `codes NAME from "FILE"` is looked up; only plain relative names below it. */
    const char *codes_folder;
} QueryFiles;

/* A plain relative name of ASCII, no part of it hidden or above: the folder is all that a query can read. */
bool query_is_code_file(Text name);

/*
 * Parses, resolves against the built-in and registered catalogue, and pins code lists into the canonical
 * text, so that the text alone is the whole query. Errors: "FILE:LINE:COLUMN: rule; did you mean WORD?" and a
 * caret line. reader: role cinque_query (catalogue).
 */
Result query_open(Db *reader, const char *file_name, Text text, const QueryFiles *files, Query **query,
                  Error *error) CHECKED;
/* From a canonical text; needs no files. */
Result query_open_canonical(Db *reader, Text canonical, Query **query, Error *error) CHECKED;
/* UTF-8, without NUL and not too long; else "FILE:LINE:COLUMN: rule". */
Result query_check_text(const char *file_name, Text text, Error *error) CHECKED;
/* One layout, comments kept; reads no catalogue, so it also lays out what would not be accepted. */
Result query_format(const char *file_name, Text text, Arena *arena, Text *formatted, Error *error) CHECKED;
void query_close(Query **query);
Text query_canonical(const Query *query); /* layout and comments do not change it */
Hash query_content(const Query *query);
Text query_title(const Query *query);
Text query_project(const Query *query);
Date query_known_at(
    const Query *query); /* the releases it runs on: of what was known then; DATE_NONE: others */
size_t query_source_count(const Query *query);
Text query_source(const Query *query, size_t index); /* sources it reads */
/* Fails with the place in the query: puts where it names its project, says what was to be known when, or has
 * the table of this number from 0, before a failure's message; and ERROR_REFUSED, where it first reads a
 * source that is not granted. */
Result query_refuse_project(const Query *query, Error *error) CHECKED;
Result query_refuse_known(const Query *query, Error *error) CHECKED;
Result query_refuse_table(const Query *query, size_t index, Error *error) CHECKED;
Result query_refuse_source(const Query *query, size_t index, Error *error) CHECKED;

/*
 * Chooses one of the values of `parameter NAME in (...)`, as text without quotes. ERROR_INPUT for another
 * value, with the place and the values there are.
 */
Result query_set(Query *query, Text name, Text value, Error *error) CHECKED;
/* ERROR_INPUT where a parameter of several values is not set: query_run refuses it too. */
Result query_check_set(const Query *query, Error *error) CHECKED;
/* `area="Ashford" since=2026-01-01` of each parameter; empty without any. Lives as long as the query. */
Text query_settings(const Query *query);

/* What it would do, in words; of the catalogue alone, no data touched. Lives as long as the query. */
Result query_explain(const Query *query, Text *explained, Error *error) CHECKED;

/*
 * Rows and memory that it would take over a release, and warnings about tables that are too fine, by lines;
 * of sizes alone, no data of anybody read. release_id 0: there is none. Lives as long as the query.
 */
Result query_check(Db *reader, const Query *query, int64_t release_id, const GovernancePolicy *policy,
                   Text *said, Error *error) CHECKED;

typedef struct ReleasedTable ReleasedTable;

typedef struct QueryRun {
    int64_t release_id;
    const GovernancePolicy *policy; /* the project's */
} QueryRun;

enum {
    QUERY_TABLES_MAX = 16,
    QUERY_CELLS_MAX = 100000
}; /* cells: of all tables, margins and rates included */

/*
 * Object of the permit: the query's number. reader: role cinque_query. tables[0..*table_count-1] are the
 * caller's. Same query, same release, same versions of the populations that its rates are per, same
 * answer.
 */
Result query_run(Db *reader, const GovernancePermit *permit, const Query *query, const QueryRun *run,
                 ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error) CHECKED;
void released_table_close(ReleasedTable **table);
int64_t released_table_cells(const ReleasedTable *table);
int64_t released_table_suppressed(const ReleasedTable *table); /* primary and complementary */
/* The table, its disclosure record (policy, rules, cells hidden), its sources' coverage and the report of
 * their linkage. */
void released_table_print(const ReleasedTable *table, TableFormat format, FILE *out);
/* Canonical bytes (JSON) that are kept and hashed. */
Text released_table_canonical(const ReleasedTable *table);

/*
 * ---- dummy data: made up for a query's own words, so that it can be tried without a database or a right to
 * anything. Nobody's: what is made comes from the specs, the query and a seed. Its tables say so in their
 * title, in each line and in JSON. ----
 */

enum { DUMMY_TEXT_BYTES_MAX = 64 };

/* A text of a form that begins so, another for another number; 0: `begins` itself if it is of the form.
 * False: none begins so. */
typedef bool DummyTextOf(const void *form, Text begins, uint64_t number, char text[DUMMY_TEXT_BYTES_MAX],
                         size_t *length);

typedef struct DummyColumn {
    Text name, type; /* as stored; date, integer, decimal, boolean or text */
    Text terminology;
    bool is_required;
    double lowest, highest; /* of numbers */
    const Text *codes;      /* of its list, or some of its form; without either any text will do */
    size_t code_count;
    const void *form; /* of text without a list: what text_of takes; else NULL */
    DummyTextOf *text_of;
} DummyColumn;

/* What a spec says of a source, as far as a query can name it; not of those that are no part of a release. */
typedef struct DummySource {
    Text name, event_date; /* event_date: the stored column; empty: it has none */
    bool is_household, is_death;
    bool is_replaced; /* deliveries of later months replace its rows */
    const DummyColumn *columns;
    size_t column_count;
} DummySource;

/* As query_open, of these sources by name; they outlive the query. */
Result query_open_dummy(const DummySource *sources, size_t source_count, const char *file_name, Text text,
                        const QueryFiles *files, Query **query, Error *error) CHECKED;

enum { DUMMY_PEOPLE_MIN = 20, DUMMY_PEOPLE_MAX = 5000 };

typedef struct DummyWanted {
    int64_t people;
    uint64_t seed;      /* the same one, and the same month: the same bytes */
    Month month;        /* the release's that is played, of a query that does not say `as at` */
    const char *folder; /* that is there: the data go into it as CSV; NULL: nowhere */
} DummyWanted;

typedef struct DummyAnswer {
    ReleasedTable *tables[QUERY_TABLES_MAX];
    size_t table_count;
    Table *definitions; /* what, people who have it, who have it not, of whom it is not known */
    size_t unmet;       /* definitions that nobody has */
} DummyAnswer;

/*
 * Makes people and records among which each named condition, the cohort and each measure have people on both
 * sides where that can be found, and runs the query over them by the engine and the disclosure control that
 * query_run has. sources: those the query was opened with.
 */
Result query_dummy(const Query *query, const DummySource *sources, const DummyWanted *wanted,
                   DummyAnswer *answer, Error *error) CHECKED;
void dummy_answer_close(DummyAnswer *answer); /* for SCOPED */
/* Each line says that it is of nobody, also one that is copied out alone. In CSV one that begins with # is a
 * comment, any other a row. */
void dummy_text_print(Text text, TableFormat format, FILE *out);
