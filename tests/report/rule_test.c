// SPDX-License-Identifier: Apache-2.0
//
// The rule language: rules held against endpoints written down by hand, and rules that cannot be meant.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report/rule.h"

#define NOW      1795442709 // 2026-11-23T14:05:09Z
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

// Single quotes stand for double ones, so that rows can be read.
static json_t *load(const char *text)
{
    char json[8192];
    assert_true(strlen(text) < sizeof json);
    snprintf(json, sizeof json, "%s", text);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    json_error_t error;
    json_t *value = json_loads(json, 0, &error);
    if (value == NULL)
        print_error("%s: %s\n", text, error.text);
    assert_non_null(value);
    return value;
}

#define VERSIONS(v10, v12, v13)                                                                                        \
    "'versions':[{'version':'SSLv2','verdict':'no','evidence':['00000000000000a0']},{'version':'SSLv3','verdict':'no'" \
    "},"                                                                                                               \
    "{'version':'TLSv1.0','verdict':'" v10 "','evidence':['00000000000000a1'],'sentence':'silence was the answer'},"   \
    "{'version':'TLSv1.1','verdict':'no'},{'version':'TLSv1.2','verdict':'" v12 "','evidence':['00000000000000a2']},"  \
    "{'version':'TLSv1.3','verdict':'" v13 "','evidence':['00000000000000a3']}]"

#define SUITE(version, order, name, cipher, fs, bits)                                                                  \
    "{'version':'" version "','order':" order ",'name':'" name "','cipher':'" cipher "','forward_secrecy':" fs         \
    ",'dh_bits':" bits ",'evidence':['00000000000000b" order "']}"
#define RC4   SUITE("TLSv1.2", "1", "TLS_RSA_WITH_RC4_128_SHA", "RC4-128", "false", "null")
#define GCM   SUITE("TLSv1.2", "2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "AES-128-GCM", "true", "null")
#define DHE   SUITE("TLSv1.2", "3", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "AES-128-GCM", "true", "1024")
#define AES13 SUITE("TLSv1.3", "1", "TLS_AES_128_GCM_SHA256", "AES-128-GCM", "true", "null")
#define WHOLE                                                                                                          \
    "'suite_enumeration':[{'version':'TLSv1.2','verdict':'yes','evidence':['00000000000000c1']},"                      \
    "{'version':'TLSv1.3','verdict':'yes','evidence':['00000000000000c2']}]"
#define CUT                                                                                                            \
    "'suite_enumeration':[{'version':'TLSv1.2','verdict':'unknown','sentence':'the server fell silent'},"              \
    "{'version':'TLSv1.3','verdict':'yes'}]"
#define PSS "{'name':'rsa_pss_rsae_sha256','versions':['TLSv1.3']}"
#define SCHEMES(version)                                                                                               \
    "'signature_scheme_enumeration':[{'version':'" version "','verdict':'yes','evidence':['00000000000000c3']}]"
#define SHA1_RULE "{'of':'signature_schemes','none':{'hash':['SHA1']}}"
#define SHA1_ROW(reason)                                                                                               \
    "'signature_schemes':[{'name':'rsa_pkcs1_sha1','hash':'SHA1','versions':['TLSv1.2'],'evidence':['00000000000000"   \
    "c4']}],'signature_scheme_enumeration':[{'version':'TLSv1.2','verdict':'unknown','reason':'" reason "'}]"
#define ORDER(who)                                                                                                     \
    "'suite_preference':[{'version':'TLSv1.2','verdict':'" who "'},{'version':'TLSv1.3','verdict':'client'}]"
#define LEAF(type, bits)                                                                                               \
    "'certificate_enumeration':{'verdict':'yes','evidence':['00000000000000d0']},'certificates':[{'served_for':[{'"    \
    "sni':"                                                                                                            \
    "true}],'hostname':{'verdict':'not_applicable','sentence':'there is no "                                           \
    "name'},'trust':[{'verdict':'no','sentence':"                                                                      \
    "'nobody knows it','evidence':['00000000000000d1']}],'evidence':['00000000000000d2'],'chain':[{'subject':'CN=a',"  \
    "'key':{'type':'" type "','bits':" bits                                                                            \
    ",'curve':null},'not_before':'2026-01-01T00:00:00Z','not_after':'2026-12-31T23:59:59Z'"                            \
    ",'dns_names':['a','*.b'],'extended_key_usage':['serverAuth','clientAuth'],'self_signed':false}]}]"

#define FEATURE(id, verdict, number)                                                                                   \
    "{'id':'" id "','version':'TLSv1.3','verdict':'" verdict "','sentence':'why','number':" number                     \
    ",'unit':'seconds','evidence':['00000000000000e1']}"

static const struct row_wanted {
    const char *name, *rule, *endpoint;
    enum ruling_verdict want;
    const char *want_detail;   // of the rows that broke it, or why it is open
    const char *want_evidence; // the first key, or NULL
} rulings[] = {
    {"none: a version is there", "{'of':'versions','none':{'version':'TLSv1.0'}}",
     "{" VERSIONS("yes", "yes", "yes") "}", RULING_FAIL, "TLSv1.0", "00000000000000a1"},
    {"none: it is not", "{'of':'versions','none':{'version':['SSLv2']}}", "{" VERSIONS("yes", "yes", "yes") "}",
     RULING_PASS, NULL, "00000000000000a0"},
    {"none: not known", "{'of':'versions','none':{'version':'TLSv1.0'}}", "{" VERSIONS("unknown", "yes", "yes") "}",
     RULING_INCOMPLETE, "silence was the answer", NULL},
    {"none: what is not known does not matter", "{'of':'versions','none':{'version':'SSLv2'}}",
     "{" VERSIONS("unknown", "yes", "yes") "}", RULING_PASS, NULL, "00000000000000a0"},
    {"none: a report without versions", "{'of':'versions','none':{'version':'SSLv2'}}", "{}", RULING_INCOMPLETE,
     "the report does not say enough to decide it", NULL},
    {"none: a row of another type", "{'of':'versions','none':{'version':'SSLv2'}}", "{'versions':[{'version':7}]}",
     RULING_INCOMPLETE, "the report does not say enough to decide it", NULL},
    {"some: there", "{'of':'versions','some':{'version':'TLSv1.3'}}", "{" VERSIONS("no", "yes", "yes") "}", RULING_PASS,
     NULL, "00000000000000a3"},
    {"some: not there", "{'of':'versions','some':{'version':'TLSv1.3'}}", "{" VERSIONS("no", "yes", "no") "}",
     RULING_FAIL, NULL, "00000000000000a3"},
    {"some: not known", "{'of':'versions','some':{'version':'TLSv1.3'}}", "{" VERSIONS("no", "yes", "unknown") "}",
     RULING_INCOMPLETE, NULL, NULL},
    {"every: allowed", "{'of':'versions','every':{'version':['TLSv1.2','TLSv1.3']}}",
     "{" VERSIONS("no", "yes", "yes") "}", RULING_PASS, NULL, "00000000000000a0"},
    {"every: one more", "{'of':'versions','every':{'version':['TLSv1.2','TLSv1.3']}}",
     "{" VERSIONS("yes", "yes", "yes") "}", RULING_FAIL, "TLSv1.0", "00000000000000a1"},
    {"every: perhaps one more", "{'of':'versions','every':{'version':['TLSv1.2','TLSv1.3']}}",
     "{" VERSIONS("unknown", "yes", "yes") "}", RULING_INCOMPLETE, "silence was the answer", NULL},

    {"suites: a bad one", "{'of':'cipher_suites','none':{'cipher':['RC4-*']}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," GCM "]," WHOLE "}", RULING_FAIL,
     "TLS_RSA_WITH_RC4_128_SHA", "00000000000000b1"},
    {"suites: a bad one, and perhaps more", "{'of':'cipher_suites','none':{'cipher':['RC4-*']}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," GCM "]," CUT "}", RULING_FAIL,
     "TLS_RSA_WITH_RC4_128_SHA", "00000000000000b1"},
    {"suites: none, all known", "{'of':'cipher_suites','none':{'cipher':['RC4-*']}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" GCM "]," WHOLE "}", RULING_PASS, NULL, "00000000000000a0"},
    {"suites: none, not all known", "{'of':'cipher_suites','none':{'cipher':['RC4-*']}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" GCM "]," CUT "}", RULING_INCOMPLETE,
     "the list of suites of TLSv1.2 is not whole: the server fell silent", NULL},
    {"suites: the list that matters is whole",
     "{'of':'cipher_suites','where':{'version':'TLSv1.3'},'every':{'name':"
     "['TLS_AES_128_GCM_SHA256']}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," AES13 "]," CUT "}", RULING_PASS, NULL,
     "00000000000000b1"},
    {"suites: a version that may be there", "{'of':'cipher_suites','none':{'cipher':['RC4-*']}}",
     "{" VERSIONS("unknown", "yes", "yes") ",'cipher_suites':[" GCM "]," WHOLE "}", RULING_INCOMPLETE,
     "whether the server has TLSv1.0 is not known", NULL},
    {"suites: of a version that is not there",
     "{'of':'cipher_suites','where':{'version':'TLSv1.3'},'every':{'name':"
     "['TLS_AES_128_GCM_SHA256']}}",
     "{" VERSIONS("no", "yes", "no") ",'cipher_suites':[" GCM "]," WHOLE "}", RULING_NOT_APPLICABLE,
     "there is nothing that it could be about", NULL},
    {"suites: a number that is not there", "{'of':'cipher_suites','every':{'dh_bits':{'min':2048}}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" GCM "]," WHOLE "}", RULING_INCOMPLETE, NULL, NULL},
    {"suites: a number", "{'of':'cipher_suites','where':{'name':'TLS_DHE_*'},'every':{'dh_bits':{'min':2048}}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" GCM "," DHE "]," WHOLE "}", RULING_FAIL,
     "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: dh bits 1024", "00000000000000b3"},

    {"order: the server puts the bad one first", "{'of':'cipher_suites','ordered':{'forward_secrecy':true}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," GCM "]," WHOLE "," ORDER("server") "}", RULING_FAIL,
     "TLS_RSA_WITH_RC4_128_SHA", "00000000000000b1"},
    {"order: the client chooses", "{'of':'cipher_suites','ordered':{'cipher':'RC4-128'}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," GCM "]," WHOLE "," ORDER("client") "}", RULING_FAIL,
     "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "00000000000000b2"},
    {"order: as it should be", "{'of':'cipher_suites','ordered':[{'cipher':'RC4-128'},{'forward_secrecy':true}]}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," GCM "]," WHOLE "," ORDER("server") "}", RULING_PASS,
     NULL, NULL},
    {"order: one class, whoever chooses", "{'of':'cipher_suites','ordered':{'forward_secrecy':true}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" GCM "," DHE "]," WHOLE "," ORDER("unknown") "}", RULING_PASS,
     NULL, NULL},
    {"order: not known", "{'of':'cipher_suites','ordered':{'forward_secrecy':true}}",
     "{" VERSIONS("no", "yes", "yes") ",'cipher_suites':[" RC4 "," GCM "]," WHOLE "," ORDER("inconsistent") "}",
     RULING_INCOMPLETE, NULL, NULL},

    {"schemes: a version that is not there needs no list", "{'of':'signature_schemes','none':{'name':'rsa_pkcs1_md5'}}",
     "{" VERSIONS("no", "no", "yes") ",'signature_schemes':[" PSS "]," SCHEMES("TLSv1.3") "}", RULING_PASS, NULL,
     "00000000000000a2"},
    {"schemes: one that is there does", "{'of':'signature_schemes','none':{'name':'rsa_pkcs1_md5'}}",
     "{" VERSIONS("no", "yes", "yes") ",'signature_schemes':[" PSS "]," SCHEMES("TLSv1.3") "}", RULING_INCOMPLETE,
     "the list for TLSv1.2 is not whole: the report gives no reason", NULL},
    {"schemes: one that may be there does", "{'of':'signature_schemes','none':{'name':'rsa_pkcs1_md5'}}",
     "{" VERSIONS("no", "unknown", "yes") ",'signature_schemes':[" PSS "]," SCHEMES("TLSv1.3") "}", RULING_INCOMPLETE,
     "the list for TLSv1.2 is not whole: the report gives no reason", NULL},
    {"schemes: one that it signed with, beside others that were not offered", SHA1_RULE,
     "{" VERSIONS("no", "yes", "no") "," SHA1_ROW("scheme_not_offered") "}", RULING_FAIL, "rsa_pkcs1_sha1",
     "00000000000000c4"},
    {"schemes: one that it says for being offered it", SHA1_RULE,
     "{" VERSIONS("no", "yes", "no") "," SHA1_ROW("ignores_offer") "}", RULING_INCOMPLETE, NULL, NULL},
    {"schemes: who chooses, where there is one version",
     "{'of':'signature_scheme_preference','every':{'verdict':'server'}}",
     "{" VERSIONS(
         "no", "yes",
         "no") ",'signature_scheme_preference':[{'version':'TLSv1.2','verdict':'server'}]," SCHEMES("TLSv1.2") "}",
     RULING_PASS, NULL, NULL},
    {"schemes: how no list was made", "{'of':'signature_scheme_enumeration','none':{'reason':'ignores_offer'}}",
     "{" VERSIONS("yes", "no", "no") ",'signature_scheme_enumeration':[]}", RULING_PASS, NULL, NULL},
    {"schemes: how a list was made that is not there",
     "{'of':'signature_scheme_enumeration','none':{'reason':'ignores_offer'}}",
     "{" VERSIONS("yes", "yes", "no") ",'signature_scheme_enumeration':[]}", RULING_INCOMPLETE,
     "the report does not say how its lists were made", NULL},

    {"feature: no", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[" FEATURE("heartbeat", "no", "null") "]}", RULING_PASS, NULL, NULL},
    {"feature: yes", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[" FEATURE("heartbeat", "yes", "null") "]}", RULING_FAIL, "heartbeat: yes", "00000000000000e1"},
    {"feature: unknown", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[" FEATURE("heartbeat", "unknown", "null") "]}", RULING_INCOMPLETE, "why", NULL},
    {"feature: not tested", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[" FEATURE("heartbeat", "not_tested", "null") "]}", RULING_INCOMPLETE, "why", NULL},
    {"feature: not applicable", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[" FEATURE("heartbeat", "not_applicable", "null") "]}", RULING_NOT_APPLICABLE, "why", NULL},
    {"feature: absent", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}", "{'extensions':[]}",
     RULING_INCOMPLETE, "the report says nothing about it", NULL},
    {"feature: nobody asked", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[],'checks':[{'id':'versions','connections':1}]}", RULING_INCOMPLETE, "the check was not selected",
     NULL},
    {"feature: somebody asked", "{'of':'extensions.heartbeat','none':{'verdict':'yes'}}",
     "{'extensions':[],'checks':[{'id':'extensions','connections':1}]}", RULING_INCOMPLETE,
     "the report says nothing about it", NULL},
    {"suites: nobody asked", "{'of':'cipher_suites','none':{'cipher':['RC4*']}}",
     "{" VERSIONS("no", "yes", "yes") ",'checks':[{'id':'versions','connections':1}]}", RULING_INCOMPLETE,
     "the check was not selected", NULL},
    {"groups: nobody asked", "{'of':'groups','none':{'name':['secp160r1']}}",
     "{" VERSIONS("no", "yes", "yes") ",'checks':[{'id':'versions','connections':1}]}", RULING_INCOMPLETE,
     "the check was not selected", NULL},
    {"chains: why a fact is open is told by the fact", "{'of':'chains','every':{'hostname':'yes'}}",
     "{'certificates':[{'chain':[],'sentence':'of the chain','hostname':{'verdict':'unknown','sentence':'no name was "
     "given'}}],"
     "'certificate_enumeration':{'verdict':'yes'}}",
     RULING_INCOMPLETE, "no name was given", NULL},
    {"feature: an older report", "{'of':'sessions.early_data','none':{'verdict':'yes'}}", "{}", RULING_INCOMPLETE,
     "the report says nothing about it", NULL},
    {"feature: a value with which something is wrong", "{'of':'key_exchange.dh_safe_prime','none':{'verdict':'no'}}",
     "{'key_exchange':[{'id':'dh_safe_prime','version':'TLSv1.2','verdict':'no','value':'of no known group',"
     "'reason':'composite','sentence':'the number is no prime at all'}]}",
     RULING_FAIL, "dh safe prime: of no known group; the number is no prime at all", NULL},
    {"feature: a number", "{'of':'sessions.ticket_lifetime','every':{'number':{'max':604800}}}",
     "{'sessions':[" FEATURE("ticket_lifetime", "yes", "1209600") "]}", RULING_FAIL, "ticket lifetime: 1209600 seconds",
     "00000000000000e1"},
    {"feature: there is nothing that it could be of", "{'of':'key_exchange.dh_safe_prime','none':{'verdict':'no'}}",
     "{'key_exchange':[" FEATURE("dh_prime", "not_applicable", "null") "]}", RULING_NOT_APPLICABLE, "why", NULL},
    {"feature: whether there is something that it could be of is not known",
     "{'of':'key_exchange.dh_safe_prime','none':{'verdict':'no'}}",
     "{'key_exchange':[" FEATURE("dh_prime", "unknown", "null") "]}", RULING_INCOMPLETE, "why", NULL},
    {"feature: there is something, and an older report does not tell it",
     "{'of':'key_exchange.dh_safe_prime','none':{'verdict':'no'}}",
     "{'key_exchange':[" FEATURE("dh_prime", "yes", "2048") "]}", RULING_INCOMPLETE, "the report says nothing about it",
     NULL},
    {"feature: no session is resumed without a key exchange where none is resumed",
     "{'of':'sessions.psk_without_key_exchange','none':{'verdict':'yes'}}",
     "{'sessions':[{'id':'psk_resumption','version':'TLSv1.3','verdict':'no'}]}", RULING_NOT_APPLICABLE,
     "psk_resumption: no", NULL},
    {"feature: no tickets in one version, and in the other it is not known",
     "{'of':'sessions.ticket_lifetime','every':{'number':{'max':604800}}}",
     "{'sessions':[{'id':'ticket_resumption','version':'TLSv1.2','verdict':'no'},"
     "{'id':'psk_resumption','version':'TLSv1.3','verdict':'unknown','sentence':'none came so far'}]}",
     RULING_INCOMPLETE, "none came so far", NULL},
    {"feature: what one version lacks does not hide behind the other",
     "{'of':'sessions.ticket_lifetime','every':{'number':{'max':604800}}}",
     "{'sessions':[{'id':'ticket_lifetime','version':'TLSv1.2','verdict':'yes','number':300},"
     "{'id':'psk_resumption','version':'TLSv1.3','verdict':'unknown','sentence':'none came so far'}]}",
     RULING_INCOMPLETE, "none came so far", NULL},
    {"feature: of the one version that a rule is about",
     "{'of':'sessions.ticket_lifetime','where':{'version':'TLSv1.2'},'every':{'number':{'max':604800}}}",
     "{'sessions':[{'id':'ticket_lifetime','version':'TLSv1.2','verdict':'yes','number':300},"
     "{'id':'psk_resumption','version':'TLSv1.3','verdict':'unknown','sentence':'none came so far'}]}",
     RULING_PASS, NULL, NULL},
    {"feature: all of a section", "{'of':'intolerance.*','none':{'verdict':'yes'}}",
     "{'intolerance':[" FEATURE("grease_suites", "no", "null") "," FEATURE("many_suites", "yes", "340") "]}",
     RULING_FAIL, "many suites: 340 seconds", "00000000000000e1"},

    {"leaf: a short key", "{'of':'leaves','every':{'key_bits':{'min':2048}}}", "{" LEAF("RSA", "1024") "}", RULING_FAIL,
     "CN=a: key bits 1024", "00000000000000d2"},
    {"leaf: strength", "{'of':'leaves','every':{'strength_bits':{'min':112}}}", "{" LEAF("EC", "256") "}", RULING_PASS,
     NULL, "00000000000000d0"},
    {"leaf: days, both ends included", "{'of':'leaves','every':{'validity_days':{'max':364}}}",
     "{" LEAF("RSA", "2048") "}", RULING_FAIL, "CN=a: validity days 365", "00000000000000d2"},
    {"leaf: only those of a kind", "{'of':'leaves','where':{'key_type':'RSA'},'every':{'key_bits':{'min':2048}}}",
     "{" LEAF("EC", "256") "}", RULING_NOT_APPLICABLE, NULL, NULL},
    {"leaf: one of two cases",
     "{'of':'leaves','every':[{'key_type':'RSA','key_bits':{'min':2048}},{'key_type':'EC','key_bits':{'min':256}}]}",
     "{" LEAF("EC", "256") "}", RULING_PASS, NULL, NULL},
    {"leaf: issued in a time",
     "{'of':'leaves','where':{'not_before':{'from':'2026-03-15'}},'every':{'validity_days':"
     "{'max':200}}}",
     "{" LEAF("RSA", "2048") "}", RULING_NOT_APPLICABLE, NULL, NULL},
    {"leaf: all of a list", "{'of':'leaves','every':{'extended_key_usage':{'all':['serverAuth']}}}",
     "{" LEAF("RSA", "2048") "}", RULING_PASS, NULL, NULL},
    {"leaf: none of a list", "{'of':'leaves','every':{'extended_key_usage':{'none':['clientAuth']}}}",
     "{" LEAF("RSA", "2048") "}", RULING_FAIL, "CN=a: extended key usage serverAuth, clientAuth", NULL},
    {"leaf: only some of a list", "{'of':'leaves','every':{'extended_key_usage':{'only':['serverAuth']}}}",
     "{" LEAF("RSA", "2048") "}", RULING_FAIL, NULL, NULL},
    {"leaf: how many of a list", "{'of':'leaves','every':{'dns_names':{'min':3}}}", "{" LEAF("RSA", "2048") "}",
     RULING_FAIL, NULL, NULL},
    {"leaf: a word that must not be", "{'of':'leaves','every':{'key_type':{'none':['DSA']}}}",
     "{" LEAF("RSA", "2048") "}", RULING_PASS, NULL, NULL},
    {"leaf: a key of no known type", "{'of':'leaves','every':{'key_bits':{'min':2048}}}", "{" LEAF("1.2.3", "null") "}",
     RULING_INCOMPLETE, NULL, NULL},
    {"leaf: no list", "{'of':'leaves','every':{'key_bits':{'min':2048}}}", "{}", RULING_INCOMPLETE,
     "the report does not say which certificates there are", NULL},
    {"leaf: a server without", "{'of':'leaves','every':{'key_bits':{'min':2048}}}",
     "{'certificate_enumeration':{'verdict':'no','sentence':'there is none'},'certificates':[]}", RULING_NOT_APPLICABLE,
     "there is none", NULL},
    {"chain: a fact with its own evidence", "{'of':'chains','none':{'trust':'no'}}", "{" LEAF("RSA", "2048") "}",
     RULING_FAIL, "nobody knows it", "00000000000000d1"},
    {"chain: a fact that is of nothing", "{'of':'chains','every':{'hostname':'yes'}}", "{" LEAF("RSA", "2048") "}",
     RULING_NOT_APPLICABLE, NULL, NULL},

    {"when: it does not apply",
     "{'of':'extensions.heartbeat','none':{'verdict':'yes'},'when':{'of':'versions','some':{'version':'TLSv1.3'}}}",
     "{" VERSIONS("no", "yes", "no") ",'extensions':[" FEATURE("heartbeat", "yes", "null") "]}", RULING_NOT_APPLICABLE,
     "the condition under which the rule applies is not met", NULL},
    {"when: nobody knows, and it is broken",
     "{'of':'extensions.heartbeat','none':{'verdict':'yes'},'when':{'of':'versions','some':{'version':'TLSv1.3'}}}",
     "{" VERSIONS("no", "yes", "unknown") ",'extensions':[" FEATURE("heartbeat", "yes", "null") "]}", RULING_INCOMPLETE,
     NULL, NULL},
    {"when: nobody knows, and it is met",
     "{'of':'extensions.heartbeat','none':{'verdict':'yes'},'when':{'of':'versions','some':{'version':'TLSv1.3'}}}",
     "{" VERSIONS("no", "yes", "unknown") ",'extensions':[" FEATURE("heartbeat", "no", "null") "]}", RULING_PASS, NULL,
     NULL},
    {"not in force yet", "{'of':'versions','none':{'version':'TLSv1.0'},'from':'2030-01-01'}",
     "{" VERSIONS("yes", "yes", "yes") "}", RULING_NOT_APPLICABLE, "the rule is not in force at this date", NULL},
    {"no longer in force", "{'of':'versions','none':{'version':'TLSv1.0'},'until':'2026-11-23'}",
     "{" VERSIONS("yes", "yes", "yes") "}", RULING_NOT_APPLICABLE, "the rule is not in force at this date", NULL},
    {"in force", "{'of':'versions','none':{'version':'TLSv1.0'},'from':'2026-11-23','until':'2026-11-24'}",
     "{" VERSIONS("yes", "yes", "yes") "}", RULING_FAIL, NULL, NULL},
};

static void test_rulings(void **state)
{
    static const char *const mine[] = {NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(rulings); i++) {
        const struct row_wanted *row = &rulings[i];
        struct arena memory = {0};
        struct complaint complaint = {0};
        struct source source = {"rule", ""};
        json_t *rule_json = load(row->rule), *endpoint = load(row->endpoint), *report = load("{'target':{'sni':'a'}}");
        struct rule rule;
        struct ruling ruling;
        if (!rule_read(&memory, &source, NULL, rule_json, mine, &rule, &complaint))
            print_error("%s: %s\n", row->name, complaint.text);
        assert_string_equal(complaint.text, "");
        struct scene scene = {report, endpoint, NOW, &memory};
        rule_judge(&rule, &scene, &ruling);
        const char *detail = ruling.verdict == RULING_FAIL ? ruling_show(&rule, &ruling, &memory) : ruling.detail;
        if (ruling.verdict != row->want || (row->want_detail != NULL && detail == NULL))
            print_error("%s: %s, %s\n", row->name, ruling_name(ruling.verdict), detail == NULL ? "-" : detail);
        assert_int_equal(ruling.verdict, row->want);
        if (row->want_detail != NULL)
            assert_string_equal(detail, row->want_detail);
        if (row->want_evidence != NULL) {
            assert_true(ruling.evidence_count != 0);
            assert_string_equal(ruling.evidence[0], row->want_evidence);
        }
        json_decref(rule_json);
        json_decref(endpoint);
        json_decref(report);
        arena_release(&memory);
    }
}

static const struct {
    const char *rule, *want;
} mistakes[] = {
    {"7", "policy.json:1: a rule is an object"},
    {"{}", "policy.json:1: the key \"of\" is missing: what the rule is about"},
    {"{'of':'suites','none':{}}", "policy.json:1: of: there is no list 'suites' that a rule can be about"},
    {"{'of':'extensions','none':{'verdict':'yes'}}", "policy.json:1: of: 'extensions' needs an id: \"extensions.ID\""},
    {"{'of':'versions.x','none':{'version':'SSLv2'}}", "policy.json:1: of: 'versions' takes no id"},
    {"{'of':'extensions.hartbeat','none':{'verdict':'yes'}}",
     "policy.json:1: of: there is no 'hartbeat' in 'extensions'"},
    {"{'of':'versions'}", "policy.json:1: one of the keys every, none, some and ordered is missing"},
    {"{'of':'versions','none':{'version':'SSLv2'},'some':{'version':'SSLv3'}}",
     "policy.json:1: some: a rule has one of every, none, some and ordered, and this one has 'none' too"},
    {"{'of':'versions','evry':{'version':'SSLv2'}}", "policy.json:1: evry: this key has no meaning here"},
    {"{'of':'versions',\n'none':{\n'version':'SSLv4'}}", "policy.json:3: none.version: there is no version 'SSLv4'"},
    {"{'of':'cipher_suites',\n'every':{'name':[\n'TLS_AES_128_GCM_SHA256',\n'TLS_AES_129_GCM_SHA256']}}",
     "policy.json:4: every.name[1]: there is no cipher suite 'TLS_AES_129_GCM_SHA256'"},
    {"{'of':'cipher_suites','every':{'name':['TLS_FOO_*']}}",
     "policy.json:1: every.name[0]: there is no cipher suite 'TLS_FOO_*'"},
    {"{'of':'cipher_suites','every':{'name':7}}", "policy.json:1: every.name: this takes a cipher suite"},
    {"{'of':'cipher_suites','every':{'nome':'x'}}",
     "policy.json:1: every.nome: cipher_suites have no property of that name"},
    {"{'of':'cipher_suites','every':{'name':{'all':['x']}}}",
     "policy.json:1: every.name: 'name' takes a word, a list of words or {\"none\": [...]}"},
    {"{'of':'cipher_suites','every':{'key_bits':128}}",
     "policy.json:1: every.key_bits: 'key_bits' is a number: this takes {\"min\": N}, {\"max\": N} or both"},
    {"{'of':'cipher_suites','every':{'key_bits':{'least':1}}}",
     "policy.json:1: every.key_bits.least: this key has no meaning here"},
    {"{'of':'cipher_suites','every':{'key_bits':{'min':'1'}}}",
     "policy.json:1: every.key_bits: min and max are whole numbers"},
    {"{'of':'cipher_suites','none':{'key_bits':{'min':9,'max':1}}}",
     "policy.json:1: none.key_bits: no number is at least 'min' and at most 'max'"},
    {"{'of':'cipher_suites','none':{'cipher':[]}}", "policy.json:1: none.cipher: the list is empty"},
    {"{'of':'leaves','none':{'names':{'min':1},'dns_names':{'only':[]}}}",
     "policy.json:1: none.dns_names.only: the list is empty"},
    {"{'of':'leaves','none':{'not_before':{'from':'2026-02-01','before':'2026-01-01'}}}",
     "policy.json:1: none.not_before: no time is 'from' this one on and 'before' that one"},
    {"{'of':'leaves','every':{'is_ca':false},'from':'2026-01-01','until':'2026-01-01'}",
     "policy.json:1: the rule is never in force: 'until' is not after 'from'"},
    {"{'of':'cipher_suites','every':{'aead':'yes'}}", "policy.json:1: every.aead: 'aead' is true or false"},
    {"{'of':'cipher_suites','every':[]}", "policy.json:1: every: the list is empty"},
    {"{'of':'cipher_suites','every':[{'aead':true},\n7]}",
     "policy.json:2: every[1]: this takes an object of properties and what they have to be"},
    {"{'of':'groups','ordered':{'name':'x25519'}}", "policy.json:1: only cipher_suites have an order to judge"},
    {"{'of':'leaves','every':{'not_before':'2026-01-01'}}", "policy.json:1: every.not_before: 'not_before' is a time: "
                                                            "this takes {\"from\": DATE}, {\"before\": DATE} or both"},
    {"{'of':'leaves','every':{'not_before':{'from':'soon'}}}",
     "policy.json:1: every.not_before.from: this takes a date (\"2026-03-15\") or a time (\"2026-03-15T00:00:00Z\")"},
    {"{'of':'leaves','every':{'is_ca':false},\n'from':'2026-02-30'}",
     "policy.json:2: from: this takes a date (\"2026-03-15\") or a time (\"2026-03-15T00:00:00Z\")"},
    {"{'of':'leaves','every':{'is_ca':false},'when':7}", "policy.json:1: when: this takes an object like a rule"},
    {"{'of':'leaves','every':{'is_ca':false},'when':{'of':'versions','some':{'version':'TLSv1'}}}",
     "policy.json:1: when.some.version: there is no version 'TLSv1'"},
};

static void test_mistakes(void **state)
{
    static const char *const mine[] = {NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct arena memory = {0};
        struct complaint complaint = {0};
        char text[1024];
        snprintf(text, sizeof text, "%s", mistakes[i].rule);
        for (char *c = text; *c != '\0'; c++)
            if (*c == '\'')
                *c = '"';
        struct source source = {"policy.json", text};
        struct rule rule;
        json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_false(rule_read(&memory, &source, NULL, json, mine, &rule, &complaint));
        assert_string_equal(complaint.text, mistakes[i].want);
        json_decref(json);
        arena_release(&memory);
    }
}

static void test_places(void **state)
{
    static const char text[] = "\n{\"a\": [1,\n {\"b\\\"\": \"}]\\\\\", \"c\":\n [[], {}]}],\n\"d\": null}";
    static const struct place a = {NULL, "a", 0}, second = {&a, NULL, 1}, c = {&second, "c", 0}, inner = {&c, NULL, 1},
                              d = {NULL, "d", 0}, none = {&second, "x", 0}, wrong = {&d, NULL, 0};
    static const struct {
        const struct place *place;
        unsigned want;
    } rows[] = {{NULL, 2}, {&a, 2}, {&second, 3}, {&c, 4}, {&inner, 4}, {&d, 5}, {&none, 3}, {&wrong, 5}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(place_line(text, rows[i].place), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rulings),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
