# SPDX-License-Identifier: Apache-2.0
"""Reports written down by hand: one of a server that nobody finds fault with, and changes to it."""

import copy

NOW = "2026-11-23T14:05:09Z"
VERSIONS = ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]

# name, key exchange, authentication, cipher, MAC, strength
SUITES = {
    "TLS_AES_128_GCM_SHA256": ("any", "any", "AES-128-GCM", "AEAD", 128),
    "TLS_AES_256_GCM_SHA384": ("any", "any", "AES-256-GCM", "AEAD", 256),
    "TLS_CHACHA20_POLY1305_SHA256": ("any", "any", "CHACHA20-POLY1305", "AEAD", 256),
    "TLS_AES_128_CCM_8_SHA256": ("any", "any", "AES-128-CCM-8", "AEAD", 128),
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": ("ECDHE", "ECDSA", "AES-128-GCM", "AEAD", 128),
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": ("ECDHE", "ECDSA", "AES-256-GCM", "AEAD", 256),
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": ("ECDHE", "RSA", "AES-128-GCM", "AEAD", 128),
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": ("ECDHE", "RSA", "AES-128-CBC", "SHA1", 128),
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256": ("ECDHE", "RSA", "AES-128-CBC", "SHA256", 128),
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256": ("DHE", "RSA", "AES-128-GCM", "AEAD", 128),
    "TLS_RSA_WITH_AES_128_GCM_SHA256": ("RSA", "RSA", "AES-128-GCM", "AEAD", 128),
    "TLS_RSA_WITH_AES_128_CBC_SHA": ("RSA", "RSA", "AES-128-CBC", "SHA1", 128),
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": ("RSA", "RSA", "3DES-CBC", "SHA1", 112),
    "TLS_RSA_WITH_DES_CBC_SHA": ("RSA", "RSA", "DES-CBC", "SHA1", 56),
    "TLS_RSA_WITH_RC4_128_SHA": ("RSA", "RSA", "RC4-128", "SHA1", 128),
    "TLS_RSA_WITH_RC4_128_MD5": ("RSA", "RSA", "RC4-128", "MD5", 128),
    "TLS_RSA_WITH_NULL_SHA": ("RSA", "RSA", "NULL", "SHA1", 0),
    "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA": ("RSA", "RSA", "DES-40-CBC", "SHA1", 40),
    "TLS_DH_anon_WITH_AES_128_GCM_SHA256": ("DHE", "anon", "AES-128-GCM", "AEAD", 128),
    "TLS_DH_RSA_WITH_AES_128_GCM_SHA256": ("DH", "DH", "AES-128-GCM", "AEAD", 128),
    "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256": ("ECDH", "ECDH", "AES-128-GCM", "AEAD", 128),
}

# kind, post-quantum, field, strength
GROUPS = {
    "X25519MLKEM768": ("hybrid", True, None, 192),
    "SecP384r1MLKEM1024": ("hybrid", True, None, 256),
    "MLKEM1024": ("kem", True, None, 256),
    "x25519": ("ecdhe", False, 255, 128),
    "secp256r1": ("ecdhe", False, 256, 128),
    "secp384r1": ("ecdhe", False, 384, 192),
    "secp224r1": ("ecdhe", False, 224, 112),
    "secp192r1": ("ecdhe", False, 192, 96),
    "ffdhe2048": ("ffdhe", False, 2048, 112),
    "ffdhe3072": ("ffdhe", False, 3072, 128),
    "arbitrary_explicit_prime_curves": ("explicit", False, None, None),
}

# signature, hash
SCHEMES = {
    "ecdsa_secp256r1_sha256": ("ECDSA", "SHA256"),
    "ecdsa_secp384r1_sha384": ("ECDSA", "SHA384"),
    "rsa_pss_rsae_sha256": ("RSASSA-PSS", "SHA256"),
    "rsa_pkcs1_sha256": ("RSASSA-PKCS1-v1_5", "SHA256"),
    "rsa_pkcs1_sha224": ("RSASSA-PKCS1-v1_5", "SHA224"),
    "rsa_pkcs1_sha1": ("RSASSA-PKCS1-v1_5", "SHA1"),
    "rsa_pkcs1_md5": ("RSASSA-PKCS1-v1_5", "MD5"),
    "mldsa87": ("ML-DSA-87", "intrinsic"),
    "sm2sig_sm3": ("SM2", "SM3"),
}

# section: id -> verdict of a sound server, or (verdict, more)
FEATURES = {
    "post_quantum": {"hybrid_supported": "yes", "kem_supported": "no", "hybrid_asked_by_retry": "yes", "long_hello": "yes",
                     "hybrid_chosen_with_share": "yes", "fragmented_long_hello": "yes", "long_hello_split_segments": "yes"},
    "key_exchange": {"dh_prime": "not_applicable", "dh_value_reused": "not_applicable", "ecdh_value_reused": "no",
                     "raccoon_condition": "no", "dh_safe_prime": "not_applicable", "dh_generator": "not_applicable"},
    "extensions": {"application_layer_protocol_negotiation": "yes", "encrypt_then_mac": "not_applicable",
                   "extended_master_secret": "yes", "heartbeat": "no", "ocsp_staple": "yes", "raw_public_key": "no",
                   "renegotiation_info": "yes", "tls_compression": "no", "truncated_hmac": "no", "unsolicited_extension": "no"},
    "alpn": {}, "client_authentication": {},
    "sessions": {"early_data": "no", "psk_without_key_exchange": "no",
                 "ticket_lifetime": ("yes", {"number": 7200, "unit": "seconds"})},
    "renegotiation": {"client_initiated_renegotiation": ("no", {"number": 0, "unit": "of 10 attempts"}),
                      "insecure_renegotiation": "not_applicable"},
    "downgrade": {"fallback_scsv": "not_applicable", "downgrade_sentinel_12": "yes"},
    "intolerance": {"grease_suites": "no"},
    "behaviours": {"alpn_mismatch_refused": "yes", "random_clock": "no"},
}

counter = 0


def evidence():
    global counter
    counter += 1
    return [f"{counter:016x}"]


def fact(verdict, reason=None, **more):
    open_ = verdict not in ("yes", "no")
    return {"verdict": verdict, "reason": reason or ("some_reason" if open_ else None),
            "sentence": f"because of {reason or verdict}" if open_ or reason else None, "evidence": evidence(), **more}


def suite(version, name, order, dh_bits=None):
    kx, auth, cipher, mac, bits = SUITES[name]
    return {"version": version, "name": name, "order": order, "key_exchange": kx, "authentication": auth, "cipher": cipher,
            "mac": mac, "key_bits": bits, "strength_bits": bits, "aead": mac == "AEAD",
            "forward_secrecy": kx in ("any", "ECDHE", "DHE"), "export": "EXPORT" in name, "iana_recommended": "N", "group": None,
            "dh_bits": dh_bits, "evidence": evidence()}


def epochs_of(name, versions):
    return versions if isinstance(versions, list) else ["TLSv1.2", "TLSv1.3"]


def group(name, versions=("TLSv1.2", "TLSv1.3")):
    kind, pq, field, strength = GROUPS[name]
    versions = ["TLSv1.3"] if pq else list(versions)
    return {"name": name, "kind": kind, "post_quantum": pq, "field_bits": field, "strength_bits": strength, "versions": versions,
            "order": {}, **fact("yes")}


def scheme(name, versions=("TLSv1.2", "TLSv1.3")):
    signature, hash_ = SCHEMES[name]
    return {"name": name, "signature": signature, "hash": hash_, "versions": list(versions), "order": {}, **fact("yes")}


def feature(section, id_, verdict, **more):
    version = None if section == "behaviours" else "TLSv1.2"
    return {"id": id_, "version": version, "value": None, "number": None, "unit": None, **fact(verdict), **more}


WEAK_KEYS = ("close_primes", "compromised", "even_modulus", "exponent_invalid", "exponent_small", "predictable", "roca", "small_factor", "square_modulus")


def weak_key(id_, verdict="no"):
    return {"id": id_, **fact(verdict)}


def lint(*rules, certificate=0):
    return {"certificate": certificate, "kind": "subscriber", **fact("no" if rules else "yes"), "held": 90, "broken": len(rules), "unknown": 0,
            "not_applicable": 9, "rules": [{"id": id_, "public": public, "value": "x", **fact("no")} for id_, public in rules]}


def trusted(mozilla="yes", java="yes"):
    row = {"kind": "list", "date": "2026-07-19", "path": [], "root": None, "at": None}
    return [{"store": "system", "kind": "store", **fact("yes"), "path": []}, {"store": "mozilla", **row, **fact(mozilla)}, {"store": "java", **row, **fact(java)}]


def dns(**more):
    return {**fact("yes"), "name": "a.example", "dnssec": "secure", "why": None, "resolver": ["192.0.2.53"],
            "caa": {**fact("yes"), "records": [], "issuers": [{**fact("yes"), "issuer": "authority", "covers": "a.example"}]},
            "tlsa": {**fact("yes"), "records": [], "chains": [{**fact("yes"), "address": "192.0.2.1"}]}, "https": {**fact("no"), "records": [], "agreement": []}, **more}


def certificate(subject="CN=a.example", key="EC", bits=256, curve="secp256r1", signature="ecdsa-with-SHA256",
                not_before="2026-10-01T00:00:00Z", not_after="2026-12-29T23:59:59Z", names=("a.example",), **more):
    return {"subject": subject, "issuer": "CN=authority", "version": 3, "not_before": not_before, "not_after": not_after,
            "key": {"type": key, "bits": bits, "curve": curve}, "signature_algorithm": signature, "common_name": None,
            "dns_names": list(names), "ip_addresses": [], "is_ca": False, "key_usage": ["digitalSignature"],
            "extended_key_usage": ["serverAuth"], "policies": ["2.23.140.1.2.1"], "ocsp_urls": ["http://o.example/"],
            "crl_urls": ["http://c.example/"], "sct_count": 3, "must_staple": False, "self_signed": False, "weak_key": [weak_key(id_) for id_ in WEAK_KEYS], **more}


def authority(**more):
    return certificate("CN=authority", names=(), is_ca=True, key_usage=["keyCertSign"], extended_key_usage=["serverAuth"],
                       not_before="2020-01-01T00:00:00Z", not_after="2030-01-01T00:00:00Z", **more)


def transparency(sct="yes", chrome="yes", apple="yes"):
    return {**fact("yes"), "logs": "built-in", "scts": [{"source": "certificate", **fact(sct)}],
            "policies": [{"policy": "chrome", **fact(chrome)}, {"policy": "apple", **fact(apple)}]}


def standing(status, reason=None):
    open_ = status not in ("good", "revoked")
    return {"status": status, "reason": reason or ("some_reason" if open_ else None), "sentence": f"because of {reason or status}",
            "evidence": evidence()}


def revocation(leaf="good", above="good", staple=("good", None), kept=None, unissued=None):
    source = {"source": "staple", "url": None, **standing(*staple)}
    responder = {"source": "ocsp", "url": "http://a.example/", **standing("good"), "unissued": unissued and fact(unissued)}
    return {"must_staple_kept": kept or fact("not_applicable"),
            "certificates": [{"certificate": 0, **standing(leaf), "sources": [source] + ([responder] if unissued else [])},
                             {"certificate": 1, **standing(above), "sources": []}]}


def chain(leaf=None, above=None, **more):
    return {"served_for": [{"version": "TLSv1.3", "authentication": "EC", "sni": True}],
            "chain": [leaf or certificate(), above or authority()], "hostname": {**fact("yes"), "matched": "a.example"},
            "trust": trusted(), "lint": [lint(), lint(certificate=1)], "order": fact("yes"), "complete": fact("yes"),
            "transparency": transparency(), "missing": None, "extra": [], "valid_now": fact("yes"), "self_signed": fact("no"),
            "revocation": revocation(), "evidence": evidence(), **more}


def header(name, state="good", value="x", kind="content"):
    return {"name": name, "kind": kind, "state": state, "value": None if state == "missing" else value, "wanted": "x", "reference": None}


def cookie(name="id", secure=True, http_only=True, same_site="lax", faults=()):
    return {"name": name, "secure": secure, "http_only": http_only, "same_site": same_site, "partitioned": False, "faults": list(faults)}


def http(address="192.0.2.1", **more):
    hsts = {**fact("yes"), "value": "max-age=31536000", "max_age": 31536000, "include_subdomains": True, "preload": False, "fields": 1,
            "effective": fact("yes")}
    return {"address": address, "port": 443, **fact("yes"), "tls_version": "TLSv1.3", "method": "GET", "status": 200, "phrase": "OK",
            "redirect": None, "hsts": hsts, "headers": [header("X-Content-Type-Options")], "cookies": [cookie()], "server": None,
            "powered_by": None, "compression": {**fact("no"), "encoding": None}, "alt_svc": None,
            "https_redirect": {**fact("yes"), "location": "https://a.example/"}, **more}


def sound(versions=("TLSv1.2", "TLSv1.3"), suites=None, groups=("X25519MLKEM768", "x25519", "secp256r1", "secp384r1"),
          schemes=("ecdsa_secp256r1_sha256",), order="server", chains=None, features=None):
    """A report without findings; what is given is otherwise."""
    if suites is None:
        suites = {"TLSv1.2": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"],
                  "TLSv1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]}
    chosen = {**{section: dict(rows) for section, rows in FEATURES.items()}}
    for section, rows in (features or {}).items():
        chosen[section].update(rows)
    old = not {"TLSv1.0", "TLSv1.1", "TLSv1.2"} & set(versions)
    endpoint = {
        "address": "192.0.2.1", "port": 443, "status": "complete", "reason": None,
        "versions": [{"version": v, **fact("yes" if v in versions else "no")} for v in VERSIONS],
        "cipher_suites": [suite(v, name, i + 1) for v in versions for i, name in enumerate(suites.get(v, []))],
        "suite_enumeration": [{"version": v, "offered": 300, **fact("yes")} for v in versions],
        "suite_preference": [{"version": v, **fact(order)} for v in versions if v != "SSLv2"],
        "groups": [group(g) for g in groups],
        "signature_schemes": [scheme(s) for s in schemes],
        "certificates": chains if chains is not None else [chain()], "certificate_enumeration": fact("yes"), "anomalies": [],
    }
    for kind in ("group", "signature_scheme"):
        endpoint[f"{kind}_enumeration"] = [
            {"version": v, "offered": 60, **fact("yes" if v in versions else "not_applicable")} for v in ("TLSv1.2", "TLSv1.3")]
        endpoint[f"{kind}_preference"] = [{"version": v, **fact(order)} for v in ("TLSv1.2", "TLSv1.3") if v in versions]
    for section, rows in chosen.items():
        endpoint[section] = []
        for id_, row in rows.items():
            for one in row if isinstance(row, list) else [row]:
                verdict, more = one if isinstance(one, tuple) else (one, {})
                if section == "extensions" and old and id_ in ("extended_master_secret", "renegotiation_info"):
                    verdict = "not_applicable"
                endpoint[section].append(feature(section, id_, verdict, **more))
    return {"schema": "shakedown-report/1", "scanner": {"name": "shakedown", "version": "0.1.0", "tls_library": "-"}, "now": NOW,
            "target": {"input": "a.example", "host": "a.example", "display_host": "a.example", "port": 443, "transport": "tcp",
                       "starttls": None, "sni": "a.example"},
            "interrupted": False, "trouble": None, "endpoints": [endpoint], "http": [http()], "dns": dns(), "findings": [], "policy": None, "grade": None}


def answered(change, report=None):
    """A copy of a report whose answer to an HTTP request was given to `change`."""
    report = copy.deepcopy(report or sound())
    change(report["http"][0])
    return report


def changed(change, report=None):
    """A copy of a report whose first endpoint was given to `change`."""
    report = copy.deepcopy(report or sound())
    change(report["endpoints"][0])
    return report
