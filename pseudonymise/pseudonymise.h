#pragma once
/*
 * Turns identifiers into keyed tokens while the row is in memory. The only
 * maker of TokenisedRow, and the only module that sees keys. It knows no
 * database, so that a key holder can work offline.
 *
 * Token    inner = HMAC-SHA-256(regional key of the identifier kind, domain || length || value), first
 *          16 bytes; outer = AES-256 of that one block under the hub's key of (space, version).
 *          Stored: outer + version.
 * Subject  the identity bundle of one source; subject_id = first 8 bytes, digest = first 16 bytes of an inner
 *          keyed hash over (source, every normalised identity field), under an outer layer of the hub's that
 *          does not rotate. Record keys likewise.
 * Rule     docs/decisions/tokens.md
 */
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/value.h"

enum { TOKEN_BYTES = 16 };

typedef struct Token {
    uint8_t bytes[TOKEN_BYTES];
    bool is_set;
} Token;

/* What an identifying column means. Order is part of the subject's digest: append only. */
typedef enum IdentityField {
    IDENTITY_NHS_NUMBER,
    IDENTITY_SUPERSEDED_NHS_NUMBER,
    IDENTITY_LOCAL_ID,
    IDENTITY_LOCAL_ID_ISSUER,
    IDENTITY_UPRN,
    IDENTITY_POSTCODE,
    IDENTITY_BIRTH_DATE, /* CCYY-MM-DD after the reader's date format was applied */
    IDENTITY_SEX,        /* 1, 2, 9, X and the older 0; M, F, MALE, FEMALE are mapped */
    IDENTITY_FAMILY_NAME,
    IDENTITY_GIVEN_NAME,
    IDENTITY_ADDRESS,
    IDENTITY_FOREIGN_PSEUDONYM, /* somebody else's token for a person, in the space that they made it for */
    IDENTITY_FOREIGN_PSEUDONYM_TO, /* a cross-walk's other side: the same person in another of their spaces */
    IDENTITY_FIELD_COUNT
} IdentityField;

extern const char
    *const IDENTITY_FIELD_NAMES[IDENTITY_FIELD_COUNT]; /* "nhs_number", ... as source specs write them */

/* Identifying fields of one row as read: views into the batch, which the caller wipes. */
typedef struct RawIdentity {
    Text fields[IDENTITY_FIELD_COUNT]; /* empty: absent */
    bool is_withheld;                  /* identity withheld: the row gets no subject */
    Date event_date;                   /* for age in days; DATE_NONE: none */
    /*
     * Not empty: the NHS number is a number of this other scheme, which the caller has checked. Its token is
     * of the same kind, but with the scheme's name in front: it never equals that of an NHS number.
     */
    Text nhs_scheme;
    /* Of a foreign pseudonym: who made it, how and for what, as one text; equal values of two spaces give two
     * tokens. Without it the pseudonym has no token. */
    Text foreign_space, foreign_space_to;
} RawIdentity;

typedef enum IdentifierState { IDENTIFIER_ABSENT, IDENTIFIER_VALID, IDENTIFIER_INVALID } IdentifierState;

/* NHS number: 10 digits after spaces and hyphens go, modulus 11, ten equal digits refused (NHS Data
 * Dictionary). */
IdentifierState pseudonymise_nhs_number(Text text, char digits[11]);
/* UPRN: 1 to 12 digits, leading zeros dropped. */
IdentifierState pseudonymise_uprn(Text text, char digits[13]);
/* Postcode: upper case, one space before the last three characters, outward/inward shape checked. */
IdentifierState pseudonymise_postcode(Text text, char out[9]);

/* ---- digests of OpenPseudonymiser: what `scheme: openpseudonymiser` of a foreign pseudonym is ---- */

#define OPENPSEUDONYMISER_SCHEME "openpseudonymiser"

enum { OPENPSEUDONYMISER_FIELDS_MAX = 16 };

typedef struct OpenPseudonymiserField {
    Text name, value; /* the name says its place, and whether blanks go */
} OpenPseudonymiserField;

/*
 * SHA-256, in lower-case hex, of the values in alphabetical order of their names, then the salt. Blanks go
 * out of a field that is called NHSNumber, no other is touched (its FAQ and integration guide 2.0.2b). It
 * has no key: who has the salt can try all numbers. ERROR_CONFIG where upper and lower case of the names
 * would decide their order, on which implementations differ.
 */
Result openpseudonymiser_digest(const OpenPseudonymiserField *fields, size_t count, Text salt,
                                char digest[HASH_TEXT_BYTES], Error *error) CHECKED;
/* 64 hex digits in lower case: nothing that a person's number, name or date is. */
bool openpseudonymiser_is_digest(Text text);

/* ---- keys ---- */

typedef struct Keyring Keyring;

typedef struct KeyringEntry {
    char name[32]; /* "regional", "subjects", "hub", "quarantine", "encodings" */
    int version;
    char created[DATE_TEXT_BYTES], not_after[DATE_TEXT_BYTES]; /* the latter empty: none is set */
    bool is_current;
} KeyringEntry; /* created: day the file was last changed */

/* Makes folder (0700) and its key files (0600), all or nothing. ERROR_CONFIG when one is there already.
 * region: folder of another hub's regional key, which is copied with its last day; all other keys are this
 * hub's own. NULL: a region of its own. */
Result keyring_create(const char *folder, const char *region, Error *error) CHECKED;
/* Refuses files of another owner, wider modes, symbolic links, wrong lengths and all-zero keys. */
Result keyring_open(const char *folder, Keyring **keyring, Error *error) CHECKED;
/* A new version of the hub key; older ones stay readable. */
Result keyring_rotate(const char *folder, int *version, Error *error) CHECKED;
Result keyring_list(const char *folder, KeyringEntry *entries, size_t entries_max, size_t *count,
                    Error *error) CHECKED;
/* A provider's: the regional key and what parcels are sealed to. ERROR_CONFIG when the folder holds a hub
 * key or the subjects' key. What is tokenised under it has the inner layer alone, which parcels take and
 * nothing stores. */
Result keyring_open_provider(const char *folder, Keyring **keyring, Error *error) CHECKED;
int keyring_hub_version(const Keyring *keyring); /* 0: a provider's */
/* The last day on which rows may be pseudonymised under the key; hub_version 0: the regional key. Earlier or
 * later than the one before. Opening and rotating go on behind it. */
Result keyring_expire(const char *folder, int hub_version, Date not_after, Error *error) CHECKED;
/* The earlier of those of the regional and the current hub key; DATE_NONE: none is set. */
Date keyring_not_after(const Keyring *keyring);
/* ERROR_CONFIG behind the last day of the regional or the current hub key. */
Result keyring_check_day(const Keyring *keyring, Date today, Error *error) CHECKED;
/* A new pair that stored encodings are sealed to; what older ones seal stays readable until they are
 * destroyed. */
Result keyring_rotate_encodings(const char *folder, int *version, Error *error) CHECKED;
/* Overwrites and removes an older pair: nobody can read what is sealed to it any more. */
Result keyring_destroy_encodings(const char *folder, int version, Error *error) CHECKED;
/* Overwrites and removes an older hub version. The caller has made sure that nothing is held under it. */
Result keyring_destroy(const char *folder, int hub_version, Error *error) CHECKED;
void keyring_close(Keyring **keyring);

/* ---- key ceremony: the roots in three shares, any two of which restore them; one tells nothing ---- */

enum { KEYRING_SHARES = 3, KEYRING_SHARES_NEEDED = 2, KEYRING_CEREMONY_BYTES = 33 };

/*
 * Splits the regional root and every hub root. places: a file to be made (0600), or a folder to make
 * "cinque-key-share-N" in; three folders, none the keyring's. What was written is read back and each pair of
 * shares tried; on failure none is left. ceremony: what tells this one's shares from another's, in hex.
 */
Result keyring_split(const char *folder, const char *const places[KEYRING_SHARES],
                     char ceremony[KEYRING_CEREMONY_BYTES], Error *error) CHECKED;

typedef struct KeyringRestored {
    int written, kept; /* roots; kept: was there already, and equal */
    bool has_new_quarantine,
        has_new_encodings; /* a pair was made, since there was none: a ceremony holds neither */
} KeyringRestored;

/* Makes the folder, or fills in what is missing in it. ERROR_CONFIG before anything is written when a root is
 * there already and differs; ERROR_INPUT when shares are damaged, of two ceremonies, or one is given twice.
 */
Result keyring_restore(const char *folder, const char *const paths[KEYRING_SHARES_NEEDED],
                       KeyringRestored *restored, Error *error) CHECKED;

/*
 * ---- oblivious tokens: provider and key holder make them together, neither can alone (RFC 9497, VOPRF) ----
 *
 * The provider blinds its values into a request, the key holder evaluates that into an answer without seeing
 * them, the provider finalises it into tokens, which the hub takes as foreign pseudonyms. All by files; every
 * file made is new, 0600, whole or not there. docs/decisions/oblivious-tokens.md
 */
#define OBLIVIOUS_SCHEME "voprf-p256-sha256" /* of the foreign pseudonyms */

enum { OBLIVIOUS_PUBLIC_BYTES = 67, OBLIVIOUS_VALUES_MAX = 1000000 };

typedef struct ObliviousReport {
    int64_t values, valid; /* lines; of those the ones that tokens are made of */
} ObliviousReport;

/* The key holder's root, 32 bytes. Each space has a key of its own, derived from it. */
Result oblivious_key_create(const char *path, Error *error) CHECKED;
/* In hex: what providers check answers against; to be given them by another way than the answers. */
Result oblivious_key_public(const char *path, const char *space, char out[OBLIVIOUS_PUBLIC_BYTES],
                            Error *error) CHECKED;

typedef struct ObliviousBlinding {
    const char *values;           /* the kind, nhs_number or uprn, then one value a line */
    const char *space;            /* what the tokens are for */
    const char *secret, *request; /* to be made; the secret stays with the provider until it has its tokens */
} ObliviousBlinding;
Result oblivious_blind(const ObliviousBlinding *of, ObliviousReport *report, Error *error) CHECKED;

typedef struct ObliviousEvaluation {
    const char *request, *key, *space; /* each use is written down in KEY.log before there is an answer */
    int64_t values_max;                /* ERROR_REFUSED for more */
    const char *answer;                /* to be made */
} ObliviousEvaluation;
Result oblivious_evaluate(const ObliviousEvaluation *of, ObliviousReport *report, Error *error) CHECKED;

typedef struct ObliviousFinalising {
    const char *values, *secret, *request, *answer;
    const char *public_key; /* as oblivious_key_public tells it */
    const char *tokens; /* to be made: "pseudonym", then a line for each value, empty for an invalid one */
} ObliviousFinalising;
/* ERROR_INPUT when a proof does not hold, or the values are not those of the request. */
Result oblivious_finalise(const ObliviousFinalising *of, ObliviousReport *report, Error *error) CHECKED;

/* ---- the regional key for a provider that pseudonymises at source; it makes no token of the hub's ---- */

/* A provider's X25519 public key as a PEM file held it when it was read. fingerprint: its SHA-256 in hex,
 * which both sides compare and one approves. */
typedef struct ProviderKey {
    uint8_t bytes[32];
    char fingerprint[HASH_TEXT_BYTES];
} ProviderKey;
Result keyring_provider_key(const char *public_pem, ProviderKey *key, Error *error) CHECKED;
/* A new file that the provider's private key alone opens: the regional root and its last day. ERROR_CONFIG
 * behind that day. */
Result keyring_seal_for(const Keyring *keyring, const ProviderKey *key, const char *path, Error *error)
    CHECKED;
/* The provider's side: a new folder (0700) with the regional key alone. private_pem: a PEM file without
 * passphrase, of the caller's own and mode 0600. */
Result keyring_unseal(const char *path, const char *private_pem, const char *folder, Error *error) CHECKED;

/* ---- tokens ---- */

typedef enum TokenKind {
    TOKEN_NHS_NUMBER,
    TOKEN_LOCAL_ID,
    TOKEN_UPRN,
    TOKEN_FOREIGN, /* a pseudonym that somebody else made */
    TOKEN_ADDRESS, /* an address in normal form, inside its postcode */
    TOKEN_KIND_COUNT
} TokenKind;

typedef struct Tokeniser Tokeniser;

#define PSEUDONYMISER_SPACE "linkage" /* of the tokens in a TokenisedRow */

/* space: names the purpose of the tokens, such as "linkage"; tokens of two spaces cannot be joined. */
Result tokeniser_create(const Keyring *keyring, const char *space, Tokeniser **tokeniser, Error *error)
    CHECKED;
void tokeniser_close(Tokeniser **tokeniser);
/*
 * Already normalised value; issuer: who gave a TOKEN_LOCAL_ID; the space of a TOKEN_FOREIGN; the postcode of
 * a TOKEN_ADDRESS; the scheme of a TOKEN_NHS_NUMBER that is no NHS number; else empty. *token is made by the
 * next tokeniser_finish at the latest, with the others added since the last, and must live until then.
 * ERROR_INPUT when value, or the issuer of a local id, a foreign pseudonym or an address, is empty.
 */
Result tokeniser_add(Tokeniser *tokeniser, TokenKind kind, Text issuer, Text value, Token *token,
                     Error *error) CHECKED;
Result tokeniser_finish(Tokeniser *tokeniser, Error *error) CHECKED;
/* In place of finishing: what was added and not yet made stays unset. */
void tokeniser_forget(Tokeniser *tokeniser);
/* Takes a token of an older hub version to the current one, without the identifier. */
Result tokeniser_rotate(Tokeniser *tokeniser, int from_version, Token *token, Error *error) CHECKED;

/* How often which key was used: what the access log says of a run. */
typedef struct KeyUse {
    int hub_version;                 /* the current one, which outer is under */
    int64_t inner[TOKEN_KIND_COUNT]; /* of the regional key, as are these three: */
    int64_t subject, record, encoding;
    int64_t outer, older;         /* older: tokens opened under an older hub version */
    int64_t locked;               /* under the subjects' key: subjects and record keys */
    int encodings_version;        /* the newest that stored encodings were opened under */
    int64_t opened, opened_older; /* parts of encodings */
} KeyUse;

enum { KEY_USE_BYTES = 544 };

KeyUse tokeniser_use(const Tokeniser *tokeniser);
/* "keys hub-2.outer=5 regional.nhs_number=4 regional.uprn=1 regional.subject=9 subjects.outer=9"; what was
 * not used is left out. */
Text key_use_text(const KeyUse *use, char out[KEY_USE_BYTES]);
/* Where there is no access log: the time and the words as a line of KEY_PATH.log, durable when it returns. */
Result key_use_write_down(const char *key_path, Text words, Error *error) CHECKED;

/* ---- rows ---- */

typedef struct Subject {
    int64_t subject_id;
    uint8_t digest[16];
    int key_version;
    Token nhs, superseded_nhs, local_id, uprn; /* local_id: only with its issuer */
    Token foreign, foreign_to;                 /* only with their spaces */
    Token address;                             /* only with its postcode */
    IdentifierState nhs_state;
    int birth_year, birth_month;       /* 0: unknown */
    char sex;                          /* '1', '2', '9', 'X', 0: unknown */
    char lsoa_2011[10], lsoa_2021[10]; /* empty: unknown */
} Subject;

typedef struct PostcodeDirectory PostcodeDirectory;
/* CSV: postcode,lsoa_code_2011,lsoa_code_2021. edition: names it in loads, such as "2026-05". */
Result postcode_directory_open(const char *path, const char *edition, PostcodeDirectory **directory,
                               Error *error) CHECKED;
const char *postcode_directory_edition(const PostcodeDirectory *directory);
void postcode_directory_close(PostcodeDirectory **directory);

typedef struct Pseudonymiser Pseudonymiser;
typedef struct TokenisedRow TokenisedRow;

typedef struct PseudonymiserOptions {
    const char *source;                 /* source's name: part of the subject's digest */
    const PostcodeDirectory *directory; /* NULL: no small areas derived */
    size_t seen_max;                    /* subjects surely remembered as sent; 0: 1 << 20 (16 MiB) */
    const char *const *refers_to;       /* sources whose records' keys its rows refer by; views */
    size_t refers_to_count;             /* at most PSEUDONYMISER_REFERENCES_MAX */
    bool encodes;                       /* a new subject gets an encoding beside its tokens */
} PseudonymiserOptions;

enum { PSEUDONYMISER_REFERENCES_MAX = 8 };

/* Keys of records, their parts joined by 0x1F; empty where there is none. */
typedef struct RawKeys {
    Text own;
    const Text *references; /* as many as the pseudonymiser has sources to refer to */
} RawKeys;

/* ERROR_CONFIG behind the last day of a key. */
Result pseudonymiser_create(const Keyring *keyring, const PseudonymiserOptions *options,
                            Pseudonymiser **pseudonymiser, Error *error) CHECKED;
void pseudonymiser_close(Pseudonymiser **pseudonymiser);
KeyUse pseudonymiser_use(const Pseudonymiser *pseudonymiser); /* of NULL: none */

/* A row as read: views, which are copied. */
typedef struct RawRow {
    uint64_t line; /* the caller's */
    const RawIdentity *identity;
    RawKeys keys;
    const Value *payload; /* typed values without identifiers, no arrays; packed ones are bytes here */
    size_t payload_count;
} RawRow;

/*
 * Makes the rows that ingest's store accepts, and no others are. Keyed hashes of many rows at once cost a
 * fraction of so many one by one: rows are given one at a time, and wait until they are asked for.
 * Scheme and space of a row's identity must live until then. At most PSEUDONYMISE_ROWS wait. A reference
 * becomes what the same key is as the other source's own; of a withheld row it becomes nothing, since the
 * other record may say who it is.
 */
enum { PSEUDONYMISE_ROWS = 32 };
void pseudonymise_add(Pseudonymiser *pseudonymiser, const RawRow *row);
bool pseudonymise_is_full(const Pseudonymiser *pseudonymiser);
/*
 * In place of making the rows that wait, counts their subjects, each once, for the encodings that are made
 * later (encoder_observe). Only of a pseudonymiser that encodes, before its first row is made. No identifier
 * is left, also on failure.
 */
Result pseudonymise_observe(Pseudonymiser *pseudonymiser, Error *error) CHECKED;
/* *count rows in the order given, as pseudonymise_row; no identifier is left, also on failure. */
Result pseudonymise_rows(Pseudonymiser *pseudonymiser, size_t *count, Error *error) CHECKED;
/* Lives until the next row is added. */
const TokenisedRow *pseudonymise_row(const Pseudonymiser *pseudonymiser, size_t index);

/* NULL: no subject (withheld, or nothing identifying; sex and issuer alone are not). Tokens, month of
 * birth and small areas are filled in for new subjects only. */
const Subject *tokenised_row_subject(const TokenisedRow *row);
/* false: made before by this pseudonymiser. A row made counts as sent, so ingest asks for none that it may
 * drop. */
bool tokenised_row_subject_is_new(const TokenisedRow *row);
bool tokenised_row_record_key(const TokenisedRow *row, int64_t *record_key); /* false: none */
/* index: of the sources referred to; false: to nothing */
bool tokenised_row_reference(const TokenisedRow *row, size_t index, int64_t *record_key);
/* Of an infant at the event the first day of the age's band: 0, 7, 28, 91 or 183, up to day 365. -1: older or
 * unknown. Never exact: beside the event's date that would be the birth date. */
int tokenised_row_age_days(const TokenisedRow *row);
const Value *tokenised_row_payload(const TokenisedRow *row, size_t *count);
uint64_t tokenised_row_line(const TokenisedRow *row);
/* Of a new subject, as bytes that linkage reads alone; empty: none is made, or too little is known of it. */
Text tokenised_row_encoding(const TokenisedRow *row);
/* As encoder_reference, of the subjects encoded so far; *length 0 where none is. encoding: holds
 * ENCODING_BYTES_MAX. */
Result pseudonymiser_reference(Pseudonymiser *pseudonymiser, uint8_t *encoding, size_t *length, Error *error)
    CHECKED;

/* ---- encodings: how like two people's fields are, without the fields. docs/linkage.md ---- */

typedef enum EncodingKind {
    ENCODING_GIVEN_NAME,
    ENCODING_FAMILY_NAME,
    ENCODING_BIRTH_DATE,
    ENCODING_SEX,
    ENCODING_POSTCODE,
    ENCODING_ADDRESS,
    ENCODING_TEXT, /* anything else that is compared by its letters */
    ENCODING_KIND_COUNT
} EncodingKind;

extern const char *const ENCODING_KIND_NAMES[ENCODING_KIND_COUNT]; /* "given_name", ... */

enum { ENCODING_FIELDS_MAX = 12, ENCODING_BLOCKS_MAX = 64, ENCODING_BYTES_MAX = 32768 };

/*
 * Hardening. By blocks: a record has one set of filters for each of its block tokens, salted with what the
 * token stands for, so that only records that share a token can be compared at all.
 */
typedef struct EncodingOptions {
    const char *purpose; /* part of every key: encodings of two purposes cannot be compared */
    int key_version;     /* 1 to 65535; part of every key and of every encoding */
    const EncodingKind *kinds;
    size_t field_count;
    bool by_blocks;
    int filter_bits;        /* of a field, 32 to 256, a power of two; 0: 128 before folds */
    int folds;              /* XOR folds: filters are made of filter_bits << folds bits, at most 256 */
    int block_max;          /* records of a block; 0: the root of a fiftieth of those observed, 10 to 100 */
    int flips_per_thousand; /* of the bits, by a keyed stream of the whole record's own; at most 250 */
} EncodingOptions;

typedef struct Encoder Encoder;

/* ERROR_CONFIG: a count, size or version out of range. Two kinds may be equal. */
Result encoder_create(const Keyring *keyring, const EncodingOptions *options, Encoder **encoder, Error *error)
    CHECKED;
/* Under a key drawn now that nothing keeps: for trials. */
Result encoder_create_ephemeral(const EncodingOptions *options, Encoder **encoder, Error *error) CHECKED;
void encoder_close(Encoder **encoder); /* wipes */
/*
 * A pass over the records before the first is encoded, optional. Tokens of blocks that hold more than
 * block_max of them are then left out of encodings, and by blocks an encoding says of names and dates whether
 * each is common, middling or rare (three classes, no count), which is all that linkage can know of it. The
 * class is unknown where fewer than 1024 values of its field were observed, and, unless it is common, where
 * fewer than 4096 were. Without the pass all tokens are written and every class is unknown.
 */
Result encoder_observe(Encoder *encoder, const Text *fields, Error *error) CHECKED;
/*
 * The encoding of a record, as bytes that linkage reads alone. fields: as the options' kinds; empty: absent,
 * which linkage takes as no evidence. encoding: holds ENCODING_BYTES_MAX.
 */
Result encoder_encode(Encoder *encoder, const Text *fields, uint8_t *encoding, size_t *length, Error *error)
    CHECKED;
/*
 * A sample of the values met, for how often fields agree by chance: each is the encoding of one field of one
 * record, in an order of its own and under a salt that no record has, so it leads to nobody. At most
 * ENCODING_REFERENCES for a field; each call gives one more, *length 0 at the end.
 */
Result encoder_reference(Encoder *encoder, uint8_t *encoding, size_t *length, Error *error) CHECKED;
enum { ENCODING_REFERENCES = 10000 };

/*
 * ---- stored encodings: a load seals them, linkage alone opens them ----
 *
 * As an archive is sealed: X25519 of a key drawn for the load to the newest public half in the keyring, HKDF,
 * AES-256-GCM. Whoever seals cannot open later. What is sealed is as long for everybody; load, subject and
 * part are authenticated with it. docs/decisions/stored-encodings.md
 */
typedef enum StoredPart { STORED_HEAD, STORED_FILTERS, STORED_REFERENCE } StoredPart;
enum { STORED_HEADER_BYTES = 41, STORED_BYTES_MAX = ENCODING_BYTES_MAX + 32 };

typedef struct EncodingSealer EncodingSealer;
/* ERROR_CONFIG: the keyring has no key for it. */
Result encoding_sealer_create(const Keyring *keyring, int64_t load_id, EncodingSealer **sealer, Error *error)
    CHECKED;
void encoding_sealer_close(EncodingSealer **sealer);
/* To be kept beside what is sealed: without both nothing of the load opens. */
int encoding_sealer_version(const EncodingSealer *sealer);
Text encoding_sealer_header(const EncodingSealer *sealer);
/* *head and *filters live until the next call. ERROR_INPUT: no encoding. */
Result encoding_seal(EncodingSealer *sealer, int64_t subject_id, Text encoding, Text *head, Text *filters,
                     Error *error) CHECKED;
/* Of nobody. */
Result encoding_seal_reference(EncodingSealer *sealer, Text encoding, Text *sealed, Error *error) CHECKED;

typedef struct StoredLoad {
    int64_t load_id;
    int key_version;
    Text header;
} StoredLoad;

typedef struct StoredPlace {
    int64_t load_id, subject_id; /* subject 0 of a reference */
    StoredPart part;
} StoredPlace;

typedef struct EncodingOpener EncodingOpener;
/* Reads nothing of the keyring but the private halves that loads are sealed to, each when it is first
 * needed. */
EncodingOpener *encoding_opener_create(const char *keyring_folder);
void encoding_opener_close(EncodingOpener **opener); /* wipes */
/* What was opened, or tried to, since it was made. */
KeyUse encoding_opener_use(const EncodingOpener *opener);
/* ERROR_CONFIG: its key version is not there. */
Result encoding_opener_add(EncodingOpener *opener, const StoredLoad *load, Error *error) CHECKED;
/* plain: holds ENCODING_BYTES_MAX. ERROR_INPUT: changed, in another's place, or of a load not added. */
Result encoding_open(EncodingOpener *opener, const StoredPlace *place, Text sealed, char *plain,
                     size_t *length, Error *error) CHECKED;

/* ---- sealed quarantine: lines that only the holder of the private key can read ---- */

typedef struct Seal Seal;
/* X25519 to the keyring's quarantine public key, HKDF-SHA-256, AES-256-GCM frames. Truncation is detected.
 * of: whose lines they are ("load 7"), part of the file's key, so that it opens as nothing else. */
Result seal_create(const Keyring *keyring, const char *path, const char *of, Seal **seal, Error *error)
    CHECKED;
Result seal_line(Seal *seal, uint64_t line_number, Text line, Error *error) CHECKED;
Result seal_finish(Seal **seal, Error *error) CHECKED; /* fsync */
void seal_abandon(Seal **seal);                        /* removes the file; for SCOPED */
/* Each line is authenticated before it is given; that the file is whole is known only when seal_read
 * succeeds. */
typedef Result (*SealEach)(void *context, uint64_t line_number, Text line, Error *error);
typedef struct SealOpener SealOpener;
Result seal_read(const SealOpener *opener, const char *path, SealEach each, void *context, Error *error)
    CHECKED;

/* ---- sealed archive: a delivery in blocks, which the private key opens, and until it is loaded an opening
 * ---- */

typedef struct SealArchive {
    const char *path;
    const char *of;           /* "delivery 7": part of the file's key, so that it opens as nothing else */
    const char *opening_path; /* the file's key under the keyring's own; without this file, or by another
                                 keyring, only the private key opens it */
} SealArchive;
/* As seal_create; then seal_line, seal_finish, seal_abandon. An opening is not removed by seal_abandon. */
Result seal_create_archive(const Keyring *keyring, const SealArchive *archive, Seal **seal, Error *error)
    CHECKED;

struct SealOpener {
    const char *of;               /* as it was sealed; NULL: nothing was said */
    const char *private_key_path; /* or, NULL: */
    const char *private_pem_path; /* or, NULL: */
    const Keyring *keyring;
    const char *opening_path;
};
typedef struct SealReader SealReader;
Result seal_open(const SealOpener *opener, const char *path, SealReader **reader, Error *error) CHECKED;
/* *line is authenticated, and lives until the next call. *at_end: the file was whole. */
Result seal_next(SealReader *reader, uint64_t *number, Text *line, bool *at_end, Error *error) CHECKED;
void seal_reader_close(SealReader **reader);

/*
 * ---- parcels: a delivery pseudonymised where it arose ----
 *
 * Rows with the inner layer of their tokens, in one file, compressed, sealed to the hub as lines are to the
 * quarantine and signed by the provider (Ed25519). docs/decisions/parcels.md
 */
enum { PARCEL_NAME_BYTES = 64, PARCEL_EDITION_BYTES = 33, PARCEL_PRINT_BYTES = HASH_TEXT_BYTES };

/* What a parcel says it is, in front of all rows. */
typedef struct ParcelLabel {
    char source[PARCEL_NAME_BYTES], sender[PARCEL_NAME_BYTES];
    char edition[PARCEL_EDITION_BYTES]; /* of the postcode directory that small areas are of; empty: none */
    int spec_version;
    Hash spec;
    Month period;
    bool has_encodings; /* but of whom too little is known */
} ParcelLabel;

/* The hub's: a folder (0700) with parcel.private, parcel.public and SENDER.pem of each provider; the pair is
 * made with the folder. */
Result parcel_keys_create(const char *folder, Error *error) CHECKED;
/* SHA-256 of the public key in hex, of the hub's folder or a provider's: for people to compare. */
Result parcel_keys_print(const char *folder, char print[PARCEL_PRINT_BYTES], Error *error) CHECKED;

typedef struct ParcelOptions {
    const char *path;       /* to be made */
    const char *sign_key;   /* PEM of the provider's Ed25519 private key */
    const Keyring *keyring; /* keyring_open_provider */
    ParcelLabel label;
} ParcelOptions;

typedef struct Parcel Parcel;
Result parcel_create(const ParcelOptions *options, Parcel **parcel, Error *error) CHECKED;
/* ERROR_CONFIG for a row whose tokens have the outer layer: those never leave the hub. */
Result parcel_row(Parcel *parcel, const TokenisedRow *row, Error *error) CHECKED;
/* What the caller says besides rows, at most PARCEL_NOTE_BYTES. */
enum { PARCEL_NOTE_BYTES = 64 << 10 };
Result parcel_note(Parcel *parcel, Text note, Error *error) CHECKED;
/* summary: the caller's last word, such as counts. Signs, synchronises; the file has its name only now. */
Result parcel_finish(Parcel **parcel, Text summary, Error *error) CHECKED;
void parcel_abandon(Parcel **parcel); /* removes the file; for SCOPED */

/* By what the file begins with. */
Result parcel_is(const char *path, bool *is_parcel, Error *error) CHECKED;

typedef struct ParcelOpener {
    const char *path;
    const char *keys_folder; /* the hub's, as parcel_keys_create makes it */
    const char *sender;      /* whose signature it must bear: a file's name without its ending */
    const Keyring *keyring;  /* under whose regional key it must be made */
    const ValueType *types;  /* of the payload; views */
    size_t type_count, reference_count;
} ParcelOpener;

typedef struct ParcelReader ParcelReader;
/* ERROR_INPUT: no parcel of a known version, damaged, sealed to another key, under another regional key. */
Result parcel_open(const ParcelOpener *opener, ParcelReader **reader, Error *error) CHECKED;
const ParcelLabel *parcel_label(const ParcelReader *reader);

typedef enum ParcelKind { PARCEL_ROW, PARCEL_NOTE, PARCEL_SUMMARY } ParcelKind;
/*
 * text: of a note and of the summary, which is the last: it comes only when the file was whole and the
 * sender's. Until then nothing that was read counts. Valid until the next call.
 */
Result parcel_next(ParcelReader *reader, ParcelKind *kind, Text *text, Error *error) CHECKED;
/* The row that was read as pseudonymise_row would give it, with the outer layer; with its encoding only where
 * the pseudonymiser makes them too. ERROR_INPUT: a subject that no row before has introduced, or an encoding
 * that the pseudonymiser could not have made. Valid until the next parcel_next. */
Result pseudonymise_parcel_row(Pseudonymiser *pseudonymiser, ParcelReader *reader, const TokenisedRow **row,
                               Error *error) CHECKED;
/* The same of what pseudonymiser_reference gave the provider, which came as a note. ERROR_INPUT: it is none,
 * or one more than ENCODING_REFERENCES. */
Result pseudonymise_parcel_reference(const Pseudonymiser *pseudonymiser, ParcelReader *reader, Text encoding,
                                     Error *error) CHECKED;
bool parcel_digest(const ParcelReader *reader, Hash *digest); /* of the file, once the summary was read */
void parcel_close(ParcelReader **reader);
