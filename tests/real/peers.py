# SPDX-License-Identifier: Apache-2.0
"""Peers that are no TLS server, or a bad one, and a scripted SSLv2 server. Each talk is called with
one accepted connection and its Peer, in a thread of its own."""

import os
import ssl
import struct
import time

from servers import reset

SSL2_KINDS = {
    "SSL_CK_RC4_128_WITH_MD5": 0x010080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5": 0x020080,
    "SSL_CK_RC2_128_CBC_WITH_MD5": 0x030080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5": 0x040080,
    "SSL_CK_IDEA_128_CBC_WITH_MD5": 0x050080, "SSL_CK_DES_64_CBC_WITH_MD5": 0x060040,
    "SSL_CK_DES_192_EDE3_CBC_WITH_MD5": 0x0700C0,
}


def record(kind, body, version=0x0303):
    return struct.pack(">BHH", kind, version, len(body)) + body


def handshake(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def server_hello(suite=0x002F, version=0x0303):
    return handshake(2, struct.pack(">H", version) + bytes(range(32)) + b"\0" + struct.pack(">H", suite) + b"\0")


def alert(description, level=2, version=0x0303):
    return record(21, bytes([level, description]), version)


def first_octets(connection):
    """The scanner's first flight, or as much of it as one read gives."""
    return connection.recv(65536)


def linger(connection):
    """Until the scanner goes."""
    while connection.recv(65536):
        pass


def http(connection, peer):
    first_octets(connection)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: test\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
                       b"<html>The plain HTTP request was sent to HTTPS port</html>")


def smtp(connection, peer):
    connection.sendall(b"220 mail.example ESMTP ready\r\n")
    first_octets(connection)
    connection.sendall(b"500 5.5.2 Error: bad syntax\r\n")
    linger(connection)


def ssh(connection, peer):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    linger(connection)


def silent(connection, peer):
    linger(connection)


def closing(connection, peer):
    first_octets(connection)


def closing_at_once(connection, peer):
    pass


def resetting(connection, peer):
    first_octets(connection)
    reset(connection)


def octet_a_second(connection, peer):
    """A valid ServerHello that takes more than a minute to arrive."""
    first_octets(connection)
    for octet in record(22, server_hello()):
        if peer.ending:
            return
        connection.sendall(bytes([octet]))
        time.sleep(1)


def endless_warnings(connection, peer):
    first_octets(connection)
    flood(connection, peer, alert(112, level=1) * 1000)


def endless_record(connection, peer):
    """Handshake records without end, whose message says it is longer than any ServerHello."""
    first_octets(connection)
    connection.sendall(record(22, b"\x02\xff\xff\xff"))
    flood(connection, peer, record(22, b"A" * 16384))


def huge_certificate(connection, peer):
    """A good ServerHello, then a Certificate message of 16 MiB."""
    first_octets(connection)
    connection.sendall(record(22, server_hello()) + record(22, b"\x0b\xff\xff\xff\xff\xff\xfc"))
    flood(connection, peer, record(22, b"\0" * 16384))


def flood(connection, peer, octets):
    while not peer.ending:
        connection.sendall(octets)


def random_octets(connection, peer):
    first_octets(connection)
    connection.sendall(os.urandom(4096))


def not_offered(connection, peer):
    """Chooses a suite that no registry has, so that nobody has offered it."""
    first_octets(connection)
    connection.sendall(record(22, server_hello(suite=0xC0FE)))
    linger(connection)


def garbage_in_tls(connection, peer):
    """A record of TLS with a handshake message that is none."""
    first_octets(connection)
    connection.sendall(record(22, handshake(2, b"\xff" * 200)))
    linger(connection)


def ssl2(certificate_file, kinds, refusal):
    """An SSLv2 server: answers a CLIENT-HELLO with a SERVER-HELLO that lists its kinds, and every
    other hello with the given refusal."""
    with open(certificate_file) as file:
        certificate = ssl.PEM_cert_to_DER_cert(file.read())
    specs = b"".join(code.to_bytes(3, "big") for code in kinds)

    def talk(connection, peer):
        hello = first_octets(connection)
        if len(hello) > 4 and hello[0] & 0x80 and hello[2] == 1 and hello[3:5] == b"\0\x02":
            body = (b"\x04\x00\x01\x00\x02" + struct.pack(">HHH", len(certificate), len(specs), 16) + certificate + specs + bytes(16))
            connection.sendall(struct.pack(">H", 0x8000 | len(body)) + body)
            linger(connection)
        else:
            connection.sendall(refusal)
    return talk
