# SPDX-License-Identifier: Apache-2.0
"""Server programs on loopback: free ports, start, wait until it listens, count, end.

A Shop is one run's temporary folder with everything that was started in it. It ends only what it
started itself, by process id. Ports come from below the kernel's ephemeral range, so that no
outgoing connection of a scan can sit on the port that the next server was promised. Whether a
program listens is read from /proc/net/tcp: no connection of ours reaches the server before the
scan's first one.
"""

import os
import random
import selectors
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

START_SECONDS = 30


class Missing(Exception):
    """A program is not installed; the text names the package."""


class Trouble(Exception):
    """A server did not come up, or a tool failed; the text says what it printed."""


PACKAGE_OF = {
    "openssl": "openssl", "nginx": "nginx-light", "gnutls-serv": "gnutls-bin", "gnutls-cli": "gnutls-bin",
    "bssl-tool": "android-boringssl",
    "selfserv": "libnss3-tools", "certutil": "libnss3-tools", "pk12util": "libnss3-tools",
    "java": "openjdk-17-jdk-headless", "javac": "openjdk-17-jdk-headless", "go": "golang-go",
    "nsd": "nsd", "ldns-keygen": "ldnsutils", "ldns-signzone": "ldnsutils", "dig": "bind9-dnsutils", "delv": "bind9-dnsutils",
    "lighttpd": "lighttpd", "nmap": "nmap", "sslscan": "sslscan",
}


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Missing(f"{name} is not installed: apt-get install {PACKAGE_OF.get(name, name)}")
    return found


def listens(port):
    """Whether any socket of this machine listens on the port."""
    wanted = f"{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                for line in lines:
                    field = line.split()
                    if field[3] == "0A" and field[1].endswith(":" + wanted):
                        return True
        except OSError:
            pass
    return False


class Shop:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="shakedown-real-")
        self.lock = threading.Lock()
        self.ports = set()
        self.running = []
        self.built = {}
        self.counter = 0

    def port(self):
        with self.lock:
            while True:
                port = random.randrange(20000, 32000)
                if port in self.ports or listens(port):
                    continue
                with socket.socket() as probe:
                    try:
                        probe.bind(("127.0.0.1", port))
                    except OSError:
                        continue
                self.ports.add(port)
                return port

    def room(self, name):
        """A new folder."""
        with self.lock:
            self.counter += 1
            path = os.path.join(self.folder, f"{self.counter:03}-{name}")
        os.mkdir(path)
        return path

    def once(self, key, make):
        """What make() returns, made by the first who asks for it."""
        with self.lock:
            cell = self.built.setdefault(key, {"lock": threading.Lock()})
        with cell["lock"]:
            if "failure" in cell:
                raise cell["failure"]
            if "value" not in cell:
                try:
                    cell["value"] = make()
                except (Missing, Trouble) as failure:
                    cell["failure"] = failure
                    raise
            return cell["value"]

    def tool(self, *command, folder=None, text=None):
        """Runs a program to its end; its output."""
        done = subprocess.run([program(command[0]), *command[1:]], cwd=folder or self.folder, input=text,
                              capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL if text is None else None)
        if done.returncode != 0:
            raise Trouble(f"{' '.join(command[:3])}: {(done.stderr or done.stdout).strip()[-600:]}")
        return done.stdout

    def start(self, command, port, folder=None, environment=None):
        """Starts a server program that will listen on port."""
        folder = folder or self.room(os.path.basename(command[0]))
        log = open(os.path.join(folder, "output"), "wb")
        child = subprocess.Popen([program(command[0]), *command[1:]], cwd=folder, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=subprocess.STDOUT,
                                 env={**os.environ, **(environment or {})})
        log.close()
        server = Process(child, port, folder)
        with self.lock:
            self.running.append(server)
        limit = time.monotonic() + START_SECONDS
        while not listens(port):
            if child.poll() is not None:
                raise Trouble(f"{command[0]} ended with status {child.returncode}: {server.output()[-600:]}")
            if time.monotonic() > limit:
                raise Trouble(f"{command[0]} does not listen after {START_SECONDS} s: {server.output()[-600:]}")
            time.sleep(0.02)
        return server

    def adopt(self, server):
        with self.lock:
            self.running.append(server)
        return server

    def close(self):
        for server in reversed(self.running):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Process:
    def __init__(self, child, port, folder):
        self.child, self.port, self.folder = child, port, folder

    def output(self):
        try:
            with open(os.path.join(self.folder, "output"), errors="replace") as log:
                return log.read().strip()
        except OSError:
            return ""

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(2)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def reset(connection):
    """Ends a connection with RST."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    connection.close()


class Listener:
    """A listening socket of ours with a thread, which counts what it accepts."""

    def __init__(self, port, name):
        self.port, self.connections, self.ending = port, 0, False
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(128)
        self.socket.settimeout(0.2)
        self.thread = threading.Thread(target=self.loop, name=name, daemon=True)
        self.thread.start()

    def loop(self):
        while not self.ending:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            self.serve(connection)

    def stop(self):
        self.ending = True
        self.thread.join(2)
        self.socket.close()


class Relay(Listener):
    """Stands in front of a server, passes octets both ways and counts connections. Given a limit,
    it hands on only so many octets of each answer and then closes (the flight is cut there)."""

    def __init__(self, port, behind, limit=None):
        self.behind, self.limit = behind, limit
        super().__init__(port, f"relay-{port}")

    def serve(self, client):
        threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        client.settimeout(10)
        try:
            server = socket.create_connection(("127.0.0.1", self.behind), 10)
        except OSError:
            reset(client)
            return
        try:
            self.pump(client, server)
            client.close()
            server.close()
        except OSError:
            reset(client)
            reset(server)

    def pump(self, client, server):
        left = self.limit
        watch = selectors.DefaultSelector()
        watch.register(client, selectors.EVENT_READ, server)
        watch.register(server, selectors.EVENT_READ, client)
        open_sides = 2
        try:
            while open_sides and not self.ending:
                for key, _ in watch.select(1):
                    octets = key.fileobj.recv(65536)
                    if not octets:
                        watch.unregister(key.fileobj)
                        key.data.shutdown(socket.SHUT_WR)
                        open_sides -= 1
                        # The scanner went: what the server would still say interests nobody.
                        if key.fileobj is client:
                            return
                        continue
                    if key.fileobj is server and left is not None:
                        octets, left = octets[:left], left - len(octets[:left])
                        key.data.sendall(octets)
                        if left == 0:
                            return
                        continue
                    key.data.sendall(octets)
        finally:
            watch.close()


class Peer(Listener):
    """A scripted server: talk(connection) is called for each connection, in a thread of its own."""

    def __init__(self, port, talk):
        self.talk = talk
        super().__init__(port, f"peer-{port}")

    def serve(self, connection):
        threading.Thread(target=self.run, args=(connection,), daemon=True).start()

    def run(self, connection):
        try:
            connection.settimeout(60)
            self.talk(connection, self)
        except OSError:
            pass
        finally:
            connection.close()
