# SPDX-License-Identifier: Apache-2.0
"""Certificates for the servers of this folder, made anew for each run by openssl(1).

One root, one intermediate below it, and leaves of every key type under the intermediate, so that a
complete chain is leaf and intermediate. The leaves name localhost, 127.0.0.1 and *.shakedown.test.
"""

import hashlib
import os
import ssl

NAMES = "DNS:localhost,DNS:*.shakedown.test,IP:127.0.0.1"
CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"

KEYS = {
    "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "RSA-PSS": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "EC": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "Ed25519": ["-algorithm", "ED25519"],
    "Ed448": ["-algorithm", "ED448"],
}


class Leaf:
    def __init__(self, maker, name, kind, names, subject, key_file=None):
        self.kind = kind
        base = os.path.join(maker.folder, name)
        self.certificate, self.key, self.chain, self.both = (base + s for s in (".pem", ".key", ".chain", ".both"))
        if kind == "DSA":
            maker.shop.tool("openssl", "genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024",
                            "-pkeyopt", "dsa_paramgen_q_bits:160", "-out", base + ".dsa")
            maker.shop.tool("openssl", "genpkey", "-paramfile", base + ".dsa", "-out", self.key)
        elif key_file:
            self.key = key_file
        else:
            maker.shop.tool("openssl", "genpkey", *KEYS[kind], "-out", self.key)
        usage = "digitalSignature,keyEncipherment" if kind == "RSA" else "digitalSignature"
        maker.sign(self.key, subject, self.certificate, maker.middle,
                   f"basicConstraints=CA:FALSE\nkeyUsage={usage}\nextendedKeyUsage=serverAuth\nsubjectAltName={names}\n")
        with open(self.certificate) as text:
            leaf = text.read()
        with open(maker.middle[0]) as text:
            middle = text.read()
        with open(self.key) as text:
            key = text.read()
        write(self.chain, leaf + middle)
        write(self.both, key + leaf + middle)
        self.fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf)).hexdigest()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


class Maker:
    """Makes a leaf when it is first asked for."""

    def __init__(self, shop):
        self.shop = shop
        self.folder = shop.room("certificates")
        self.serial = 0
        self.root = self.authority("root", "/O=Shakedown Test/CN=Test Root", None)
        self.middle = self.authority("middle", "/O=Shakedown Test/CN=Test Intermediate", self.root)
        self.root_file, self.middle_file = self.root[0], self.middle[0]

    def authority(self, name, subject, issuer):
        certificate, key = os.path.join(self.folder, name + ".pem"), os.path.join(self.folder, name + ".key")
        self.shop.tool("openssl", "genpkey", *KEYS["EC"], "-out", key)
        self.sign(key, subject, certificate, issuer, CA_EXTENSIONS)
        return certificate, key

    def sign(self, key, subject, certificate, issuer, extensions):
        with self.shop.lock:
            self.serial += 1
            serial = self.serial
        write(certificate + ".ext", extensions)
        request = self.shop.tool("openssl", "req", "-new", "-utf8", "-multivalue-rdn", "-key", key, "-subj", subject)
        signer = ["-CA", issuer[0], "-CAkey", issuer[1]] if issuer else ["-signkey", key]
        self.shop.tool("openssl", "x509", "-req", "-sha256", "-days", "30", "-set_serial", str(serial),
                       "-extfile", certificate + ".ext", "-out", certificate, *signer, text=request)

    def leaf(self, kind, names=NAMES, subject=None):
        # A subject for each kind: NSS gives certificates of one subject one nickname.
        subject = subject or f"/O=Shakedown Test/OU={kind}/CN=localhost"

        def make():
            return Leaf(self, f"leaf-{kind}-{hashlib.sha256((names + subject).encode()).hexdigest()[:8]}", kind, names, subject)
        return self.shop.once(("leaf", kind, names, subject), make)
