#pragma once
/* A source spec as checked: docs/architecture.md says what each key means. Private to ingest. */
#include "ingest/codes.h"
#include "ingest/ingest.h"
#include "ingest/reader.h"
#include "ingest/shape.h"

enum {
    SPEC_COLUMNS_MAX = 256,
    SPEC_PAYLOAD_MAX = 56, /* with the columns that every record has, one COPY holds no more */
    SPEC_KEY_PARTS_MAX = 8,
    SPEC_RULES_MAX = 32,
    SPEC_EXCLUDES_MAX = 8,
    SPEC_KEPT_MAX = 8,
    SPEC_LISTS_MAX = 64,
    SPEC_LIMITS_MAX = 32,
    SPEC_REFERENCES_MAX = 8,
    SPEC_REFERENCE_COLUMNS_MAX = 4,
    SPEC_PROTECTIONS_MAX = 4,
    SPEC_BYTES_MAX = 1 << 20,
    SPEC_NONE = -1, /* where a column's index may be absent */
};

typedef enum SpecUse {
    SPEC_IDENTIFIER,
    SPEC_DEMOGRAPHIC,
    SPEC_DIMENSION,
    SPEC_MEASURE,
    SPEC_DATE,
    SPEC_TIME,
    SPEC_CODE,
    SPEC_TEXT,
    SPEC_PRESENCE,
    SPEC_IGNORED,
    SPEC_USE_COUNT
} SpecUse;

extern const char *const SPEC_USE_NAMES[SPEC_USE_COUNT];

typedef enum SpecType {
    SPEC_STRING,
    SPEC_DAY,
    SPEC_TIME_OF_DAY,
    SPEC_INTEGER,
    SPEC_DECIMAL,
    SPEC_BOOLEAN,
    SPEC_TYPE_COUNT
} SpecType;

extern const char *const SPEC_TYPE_NAMES[SPEC_TYPE_COUNT]; /* as ingest.source_column has them */
extern const char *const SPEC_TYPE_SQL[SPEC_TYPE_COUNT];
extern const ValueType SPEC_TYPE_VALUES[SPEC_TYPE_COUNT];

typedef struct SpecColumn {
    Text name;   /* in the file's header */
    Text stored; /* in the database; empty when it is not stored */
    SpecUse use;
    SpecType type;       /* of what is stored */
    IdentityField field; /* identifiers and demographics */
    int issuer;          /* column of a local id's issuer, or SPEC_NONE */
    Text issuer_fixed, scheme;
    Text foreign_space; /* of a foreign pseudonym: "ISSUER/scheme/space" */
    bool is_digest;     /* of a foreign pseudonym: of 64 hex digits, as its scheme makes them */
    int list;           /* of spec->lists, or SPEC_NONE */
    Text shape_text;
    Shape shape;      /* where shape_text is not empty */
    bool is_snomed;   /* in place of list and shape */
    int64_t min, max; /* of measures; hundredths for decimals */
    bool is_required, rejects_invalid;
    Text meaning; /* for people to read; empty: not said */
} SpecColumn;

/* Either not_before or required_with is a column, the other SPEC_NONE. */
typedef struct SpecRule {
    Text name;
    int column, not_before;
    int required_with; /* where this column has a value, `column` has one too */
    Text equals;       /* only where it has this value; empty: any */
} SpecRule;

/* Rows with this value are never stored; with any other than those kept, they are quarantined. */
typedef struct SpecExclude {
    int column;
    Text equals, kept[SPEC_KEPT_MAX];
    size_t kept_count;
} SpecExclude;

/* Net change: the newest word on a record counts, and may be that it goes. SPEC_NONE where the mode is
 * another. */
typedef struct SpecChange {
    int operation, date, time;
    Text remove; /* the operation that takes a record away */
} SpecChange;

/* Bulk replacement: what a delivery says of a group and its days takes the place of all that was said before.
 */
typedef struct SpecReplaces {
    int group, from, to;
    int until; /* the day a row's event ends on, empty while it goes on; SPEC_NONE: events are of one day */
} SpecReplaces;

/* Past what a measure of a whole delivery is told, held for a second person, or refuses it. NAN: never. */
typedef struct SpecLimit {
    Text measure; /* as schema/070_quality.sql names it */
    Text place;   /* the column as the file has it, the reference's name; or empty */
    bool is_rows; /* a number of rows, else percent */
    double warn, hold, refuse;
} SpecLimit;

/* What these columns say must be among what those of another source say, or name a record of it. */
#define SPEC_KEY_PREFIX "key_of_" /* no other stored column begins so */
typedef struct SpecReference {
    Text name, source;
    bool is_by_key; /* the columns are the other's record key, in its order; `to` is nothing */
    Text stored;    /* by key: the column that holds it */
    int columns[SPEC_REFERENCE_COLUMNS_MAX];
    Text to[SPEC_REFERENCE_COLUMNS_MAX]; /* as the other source stores them */
    size_t column_count;
} SpecReference;

typedef enum SpecDateFormat { SPEC_ISO, SPEC_COMPACT, SPEC_BRITISH } SpecDateFormat;

struct IngestSpec {
    Arena *arena; /* owns all below */
    const char *path;
    Text text;
    Hash hash; /* of text and code lists */
    char source[GOVERNANCE_NAME_BYTES];
    Text publisher, layout_note; /* empty when absent */
    bool is_confirmed;           /* the layout is known to be the publisher's */
    Text title, subject, role, update, effective_from,
        effective_to; /* role, effective_to: empty when absent */
    int version;
    bool is_once_a_delivery; /* no delivery names a person twice */
    ReaderFormat format;
    bool ignores_extra;
    SpecDateFormat date_format;
    SpecColumn *columns;
    size_t column_count, payload_count;
    int controller, event_date, period_date, valid_from, valid_to, withheld;
    SpecExclude excludes[SPEC_EXCLUDES_MAX];
    size_t exclude_count;
    int key[SPEC_KEY_PARTS_MAX];
    size_t key_count;
    SpecChange change;
    SpecReplaces replaces;
    Text crosswalk_issuer; /* who alone may send it; empty: no cross-walk */
    SpecRule rules[SPEC_RULES_MAX];
    size_t rule_count;
    int64_t rejects_max;
    double rejects_percent_max;
    CodeList *lists;
    size_t list_count;
    SpecLimit limits[SPEC_LIMITS_MAX];
    size_t limit_count;
    SpecReference references[SPEC_REFERENCES_MAX];
    size_t reference_count, key_reference_count;
    Text
        protected_by[SPEC_PROTECTIONS_MAX]; /* what tells that a file was cut at a row's end; none: nothing */
    size_t protection_count;
    int cost; /* the column that each row's cost stands in, or SPEC_NONE */
};

bool spec_column_is_stored(const SpecColumn *column);
bool spec_column_identifies(const SpecColumn *column);
bool spec_field_is_foreign(IdentityField field);
/* Parses by the spec's date format. */
bool spec_date(const IngestSpec *spec, Text text, Date *date);
/* Index of the column with this header name, or SPEC_NONE. */
int spec_find(const IngestSpec *spec, Text name);
