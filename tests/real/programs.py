# SPDX-License-Identifier: Apache-2.0
"""How each server program is started. A starter takes the Bench (shop, certificates) and returns
the started server; what it is configured with is the scenario's truth (scenarios.py)."""

import os
import shutil
import subprocess

from servers import Missing, Trouble, program

HERE = os.path.dirname(os.path.abspath(__file__))


class Bench:
    def __init__(self, shop, certificates):
        self.shop, self.certificates = shop, certificates

    def leaf(self, kind, *arguments):
        return self.certificates.leaf(kind, *arguments)


def openssl(*options, leaves=("RSA",), subject=None):
    """openssl s_server. Its first certificate is -cert, the second -dcert; it has no third."""
    def start(bench):
        port = bench.shop.port()
        command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-quiet"]
        for kind, prefix in zip(leaves, ("", "d")):
            leaf = bench.leaf(kind, *(() if subject is None else ("DNS:localhost,IP:127.0.0.1", subject)))
            command += [f"-{prefix}cert", leaf.certificate, f"-{prefix}key", leaf.key,
                        f"-{prefix}cert_chain", bench.certificates.middle_file]
        if not leaves:
            command += ["-nocert"]
        return bench.shop.start(command + list(options), port)
    return start


def gnutls(priority, *options, leaves=("RSA",)):
    def start(bench):
        port = bench.shop.port()
        command = ["gnutls-serv", "--port", str(port), "--http", "--quiet", "--priority", priority, *options]
        for kind in leaves:
            leaf = bench.leaf(kind)
            command += ["--x509certfile", leaf.chain, "--x509keyfile", leaf.key]
        return bench.shop.start(command, port)
    return start


def nginx(*servers, top="", listen=""):
    """servers: the bodies of server blocks, each a tuple of text and pair(...); listen: more words of `listen`."""
    def start(bench):
        port = bench.shop.port()
        folder = bench.shop.room("nginx")
        blocks = "".join(f"server {{ listen 127.0.0.1:{port} ssl{listen}%s; {fill(bench, body)} }}\n" % (" default_server" if i == 0 else "")
                         for i, body in enumerate(servers))
        paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = (f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;\n"
                         f"events {{ worker_connections 256; }}\n"
                         f"http {{ access_log off; {paths} {top}\n{blocks} }}\n")
        with open(os.path.join(folder, "conf"), "w") as file:
            file.write(configuration)
        return bench.shop.start(["nginx", "-p", folder, "-e", f"{folder}/error", "-c", f"{folder}/conf"], port, folder)
    return start


def pair(kind, name=None):
    """nginx directives for one certificate; kept as a marker until the leaf exists."""
    return ("pair", kind, name)


def fill(bench, body):
    text = ""
    for part in body:
        if isinstance(part, tuple):
            leaf = named_leaf(bench, part[1], part[2])
            text += f"ssl_certificate {leaf.chain}; ssl_certificate_key {leaf.key}; "
        else:
            text += part
    return text


def named_leaf(bench, kind, name):
    return bench.leaf(kind) if name is None else bench.leaf(kind, f"DNS:{name}", f"/O=Shakedown Test/CN={name}")


def lighttpd(module, leaf_kind="RSA", extra=""):
    def start(bench):
        folder_of_modules = next((path for path in ("/usr/lib/lighttpd", "/usr/libexec/lighttpd") if os.path.isdir(path)), "")
        if not os.path.exists(f"{folder_of_modules}/{module}.so"):
            package = "lighttpd" if not folder_of_modules else "lighttpd-mod-" + module.removeprefix("mod_")
            raise Missing(f"{package} is not installed: apt-get install {package}")
        port, leaf = bench.shop.port(), bench.leaf(leaf_kind)
        folder = bench.shop.room(module)
        with open(os.path.join(folder, "conf"), "w") as file:
            file.write(f'server.document-root = "{folder}"\nserver.bind = "127.0.0.1"\nserver.port = {port}\n'
                       f'server.errorlog = "{folder}/error"\nserver.modules = ("{module}")\n'
                       f'ssl.engine = "enable"\nssl.pemfile = "{leaf.chain}"\nssl.privkey = "{leaf.key}"\n{extra}\n'.
                       replace("{root}", bench.certificates.root_file))
        return bench.shop.start(["lighttpd", "-D", "-f", f"{folder}/conf"], port, folder)
    return start


def nss(versions, suites, *options, leaves=("RSA",)):
    """selfserv of NSS; suites by number, the server's order is NSS's own."""
    def start(bench):
        shop = bench.shop
        database = shop.room("nssdb")
        shop.tool("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
        shop.tool("certutil", "-A", "-d", f"sql:{database}", "-n", "middle", "-t", ",,", "-i", bench.certificates.middle_file)
        command = ["selfserv", "-d", f"sql:{database}"]
        for kind in leaves:
            leaf, file = bench.leaf(kind), os.path.join(database, kind + ".p12")
            shop.tool("openssl", "pkcs12", "-export", "-in", leaf.certificate, "-inkey", leaf.key, "-name", kind,
                      "-passout", "pass:test", "-out", file)
            shop.tool("pk12util", "-i", file, "-d", f"sql:{database}", "-W", "test")
            command += ["-e" if kind == "EC" else "-n", kind]
        port = shop.port()
        command += ["-p", str(port), "-V", versions, *options]
        if suites:
            command += ["-c", "".join(f":{code:04X}" for code in suites)]
        return shop.start(command, port)
    return start


def java(versions, suites, *options, leaves=("RSA", "EC")):
    """The JSSE server of Server.java, with every algorithm restriction lifted."""
    def start(bench):
        shop = bench.shop

        def compile_once():
            folder = shop.room("java")
            shop.tool("javac", "-d", folder, os.path.join(HERE, "Server.java"))
            with open(os.path.join(folder, "security"), "w") as file:
                file.write("jdk.tls.disabledAlgorithms=\njdk.tls.legacyAlgorithms=\njdk.certpath.disabledAlgorithms=\n"
                           "jdk.disabled.namedCurves=\n")
            return folder
        program("java")
        folder = shop.once("java", compile_once)
        port = shop.port()
        return shop.start(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
                           f"-Djava.security.properties={folder}/security", *options, "-cp", folder, "Server",
                           str(port), ",".join(versions), ",".join(suites),
                           *(part for kind in leaves for part in key_files(bench, kind))], port)
    return start


def key_files(bench, kind):
    leaf = bench.leaf(kind)
    der = leaf.key + ".der"
    if not os.path.exists(der):
        bench.shop.tool("openssl", "pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", leaf.key, "-out", der)
    return kind, der, leaf.chain


def go(lowest, highest, suites=(), leaves=("RSA", "EC")):
    """The crypto/tls server of server.go."""
    def start(bench):
        shop = bench.shop

        def build_once():
            program("go")
            folder = shop.room("go")
            shutil.copy(os.path.join(HERE, "server.go"), folder)
            cache = {"GOCACHE": os.path.join(folder, "cache"), "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
            binary = os.path.join(folder, "server")
            build(shop, ["go", "build", "-o", binary, "server.go"], folder, cache)
            return binary
        binary = shop.once("go", build_once)
        port = shop.port()
        pairs = [f"{leaf.chain},{leaf.key}" for leaf in (bench.leaf(kind) for kind in leaves)]
        return shop.start([binary, f"127.0.0.1:{port}", f"{lowest:#06x}", f"{highest:#06x}",
                           ",".join(f"{code:#06x}" for code in suites) or "-", *pairs], port)
    return start


def build(shop, command, folder, environment):
    done = subprocess.run([program(command[0]), *command[1:]], cwd=folder, capture_output=True, text=True,
                          timeout=200, env={**os.environ, **environment})
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)}: {done.stderr[-600:]}")
