// SPDX-License-Identifier: Apache-2.0
//
// What checks find. A fact is a verdict with its reason and its evidence; a struct of typed rows
// for each check. report/ turns all of it into the JSON tree, in one place.
#ifndef CHECK_FACT_H
#define CHECK_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/certificate.h"
#include "wire/lint.h"
#include "wire/names.h"
#include "wire/registry.h"
#include "wire/trust.h"

enum verdict { VERDICT_UNKNOWN, VERDICT_YES, VERDICT_NO, VERDICT_NOT_APPLICABLE, VERDICT_NOT_TESTED };

// Probe keys, in the order asked.
struct evidence {
    const uint64_t *key;
    size_t count;
};

struct fact {
    enum verdict verdict;
    const char *reason;   // stable code; NULL for a plain yes or no
    const char *sentence; // the reason for people; NULL with reason
    struct evidence evidence;
};

struct version_fact {
    uint16_t version; // SSL2 to TLS13, or a TLS 1.3 draft
    struct fact fact;
};

struct suite_fact {
    uint16_t version;
    uint32_t code;    // a row of the registry always
    unsigned order;   // 1: the server's first choice; 0: order not known (SSLv2, inconsistent)
    uint16_t group;   // seen with it in HelloRetryRequest or ServerKeyExchange; 0: none
    uint16_t dh_bits; // of a DHE prime; 0: none
    struct evidence evidence;
};

// Whether the list of one version's suites is whole: yes, or unknown and why.
struct enumeration_fact {
    uint16_t version;
    unsigned offered; // code points asked about
    struct fact fact;
};

enum preference {
    PREFERENCE_UNKNOWN,
    PREFERENCE_SERVER,
    PREFERENCE_CLIENT,
    PREFERENCE_SERVER_CHACHA_BY_CLIENT,
    PREFERENCE_SINGLE,
    PREFERENCE_INCONSISTENT
};

struct preference_fact {
    uint16_t version;
    enum preference preference;
    const char *reason, *sentence; // where not server, client or single
    struct evidence evidence;
};

// Something the server did that no TLS server should, or that a reader of the report must know:
// "suite_not_offered", "suite_repeated", "long_list_refused", "mixed_backends", "pushed_back",
// "needs_sni", "certificate_differs", ... One row per code.
struct anomaly_fact {
    const char *code, *sentence;
    struct evidence evidence;
};

// A group or signature scheme that was accepted.
struct group_fact {
    uint16_t code;
    uint16_t version; // TLS12 stands for every version up to it, or TLS13
    unsigned order;   // 1: the server's first choice; 0: not known
    struct evidence evidence;
};

struct scheme_fact {
    uint16_t code;
    uint16_t version; // TLS12 or TLS13
    unsigned order;
    struct evidence evidence;
};

// A list found by removal: whether it is whole, and who chooses.
enum list_kind { LIST_GROUPS, LIST_SIGNATURE_SCHEMES };
struct list_fact {
    enum list_kind kind;
    uint16_t version;
    unsigned offered;     // code points asked about
    struct fact complete; // unknown "ignores_offer": the server takes any list, the rows prove nothing
    struct preference_fact preference;
};

// One thing that a server has, does or tolerates, or not; a row of one of the report's lists.
enum feature_section {
    FEATURE_POST_QUANTUM,          // post_quantum[]
    FEATURE_KEY_EXCHANGE,          // key_exchange[]: finite-field DH, reuse of values
    FEATURE_EXTENSION,             // extensions[]
    FEATURE_ALPN,                  // alpn[]: one row for each protocol asked, in the server's order where it has one
    FEATURE_CLIENT_AUTHENTICATION, // client_authentication[]
    FEATURE_SESSION,               // sessions[]
    FEATURE_RENEGOTIATION,         // renegotiation[]
    FEATURE_DOWNGRADE,             // downgrade[]
    FEATURE_INTOLERANCE,           // intolerance[]: yes means that the server cannot bear it
    FEATURE_OTHER,                 // behaviours[]: clock in the random, SNI behaviour, cookies, ...
};
#define FEATURE_SECTIONS 10

struct feature_fact {
    enum feature_section section;
    const char *id;   // stable, snake_case: "extended_master_secret", "h2", "tls_version_0x0304"
    uint16_t version; // the version it was seen or asked in; 0: of no particular one
    struct fact fact;
    const char *value; // escaped text beside the verdict ("modp2048 (RFC 3526)"), or NULL
    bool has_number;
    int64_t number;   // bits, seconds, octets, attempts: `unit` says which
    const char *unit; // "bits", "seconds", "octets", "of 3 attempts"; NULL without number
};

// For what a chain was served.
struct served_for {
    uint16_t version;
    const char *authentication; // key type of the leaf: "RSA", "EC", ...
    bool sni;
};

// What a store or a list of roots says of a chain.
struct trust_fact {
    const char *store; // "system", what was given, or the id of a list: "mozilla"
    const char *date;  // of a list; NULL: a store
    struct fact fact;
    struct strings path; // subjects from leaf to root, as far as it was built
    const char *root;    // SHA-256 of the root that it ends in, in hex, or NULL
    const char *at;      // subject of the certificate that breaks a rule, or NULL
};

// A certificate that was not sent, and where it was had.
struct fetched_fact {
    const struct certificate *certificate;
    const char *url;
};

struct chain_fact {
    const struct served_for *served_for;
    size_t served_count;
    const struct certificate *chain; // [0] is the leaf, as sent
    size_t count;
    struct fact hostname; // reason from names.h; not_applicable without a name to compare
    const char *matched;
    const struct trust_fact *trust; // [0] is the store's, the others are of lists
    size_t trust_count;
    struct fact in_order;           // each certificate issued by the next
    struct fact complete;           // leads to a self-signed one or a trusted root as sent (missing intermediates: no)
    const char *missing_issuer;     // subject of the first issuer that is not sent and not in the store
    struct fact repairable;         // what is missing can be fetched from where the last certificate says (AIA)
    struct strings issuer_urls;     // ... which is here
    const struct certificate *last; // of the path as it was sent
    const struct fetched_fact *fetched; // what came from there
    size_t fetched_count;
    const struct trust_fact *repaired; // rows as in `trust`, with what was fetched; empty where nothing is repaired
    size_t repaired_count;
    struct strings extra;           // subjects of certificates that the path does not need
    struct fact valid_now;          // all dates hold at `now`
    struct fact self_signed;        // the leaf is
    const struct lint_result *lint; // of each certificate; NULL: not asked
    struct evidence evidence;
    const struct weak_keys *weak_keys; // one for each certificate (weak_keys.h), or NULL
};

struct http_fact;

struct facts {
    const struct version_fact *versions;
    size_t version_count;
    const struct suite_fact *suites;
    size_t suite_count;
    const struct enumeration_fact *enumerations;
    size_t enumeration_count;
    const struct preference_fact *preferences;
    size_t preference_count;
    const struct anomaly_fact *anomalies;
    size_t anomaly_count;
    const struct chain_fact *chains;
    size_t chain_count;
    const struct group_fact *groups;
    size_t group_count;
    const struct scheme_fact *schemes;
    size_t scheme_count;
    const struct list_fact *lists;
    size_t list_count;
    const struct feature_fact *const *features; // each where it was made: there are many, and they would be moved often
    size_t feature_count;
    bool farm;                    // servers of different configuration answer, as `versions` found (farm.h)
    const struct http_fact *http; // check/http.h; NULL: the check did not run to its end
    struct fact certificates;     // whether every chain was found: yes, no (there is none), unknown and why
    const struct chain_revocation *revocations;   // revocation_facts.h; one for each chain, or NULL: as `dns`
    const struct dns_facts *dns;                  // dns_facts.h; NULL: the check did not run to its end
    const struct transparency_fact *transparency; // transparency.h, one for each chain; NULL: likewise
    const struct connection_fact *connection;     // connect.h; NULL: likewise
};

struct arena;

// Adds a key unless it is there already. Evidence is short: the copy is cheap.
void evidence_add(struct arena *arena, struct evidence *evidence, uint64_t key);
void evidence_join(struct arena *arena, struct evidence *evidence, struct evidence more); // all of its keys

// A fact without evidence yet.
struct fact fact_of(enum verdict verdict);
struct fact fact_because(enum verdict verdict, const char *reason, const char *sentence);

// Yes where all are; else the first no, for what is wrong comes before what is not known, or the first that is not yes.
// Evidence is the caller's to add.
struct fact fact_all(const struct fact *const *needed, size_t count);

// Copies into an arena, from scratch memory to the host's facts.
struct evidence evidence_keep(struct arena *arena, struct evidence evidence);
struct fact fact_keep(struct arena *arena, struct fact fact);

// One more row; the rows before are copied, for anomalies are few.
void anomaly_add(struct arena *arena, struct facts *facts, const char *code, const char *sentence,
                 struct evidence evidence);

// One more row of each kind; rows before are copied. Everything that a row points to must live in
// the arena already, or for ever.
void feature_add(struct arena *arena, struct facts *facts, const struct feature_fact *feature);
void feature_keep(struct arena *arena, struct facts *facts, struct feature_fact feature); // from scratch memory
void group_add(struct arena *arena, struct facts *facts, const struct group_fact *group);
void scheme_add(struct arena *arena, struct facts *facts, const struct scheme_fact *scheme);
void list_add(struct arena *arena, struct facts *facts, const struct list_fact *list);

const char *feature_section_name(enum feature_section section); // "post_quantum", ...: keys of the report
const char *verdict_name(enum verdict verdict);                 // "yes", ...
const char *preference_name(enum preference preference);        // "server", ...

#endif
