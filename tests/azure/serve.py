"""Azurite on a loopback port: prints its port, then obeys `create CONTAINER` and `fetch CONTAINER FOLDER`.

Ends when its stdin closes. The account and its key are those that Azurite documents for everybody.
"""

import base64
import email.utils
import hashlib
import hmac
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2021-12-02"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(port, method, path, query):
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": VERSION}
    told = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    resource = f"/{ACCOUNT}/{ACCOUNT}{path}" + "".join(f"\n{name}:{value}" for name, value in sorted(query.items()))
    signed = hmac.new(base64.b64decode(KEY), f"{method}\n{chr(10) * 11}{told}{resource}".encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signed.digest()).decode()}"
    url = f"http://127.0.0.1:{port}/{ACCOUNT}{path}"
    if query:
        url += "?" + urllib.parse.urlencode(query)
    call = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(call) as answer:
        return answer.read()


def names(port, container):
    listed = request(port, "GET", f"/{container}", {"comp": "list", "restype": "container"}).decode()
    assert "<NextMarker/>" in listed or "<NextMarker></NextMarker>" in listed, "more than one page of blobs"
    return re.findall(r"<Name>([^<]*)</Name>", listed)


def obey(port, command, container, *rest):
    if command == "create":
        request(port, "PUT", f"/{container}", {"restype": "container"})
    elif command == "fetch":
        for name in names(port, container):
            path = pathlib.Path(rest[0]) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(request(port, "GET", f"/{container}/{urllib.parse.quote(name)}", {}))


def wait_until_it_answers(port, server):
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("azurite ended")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("azurite does not answer")


with tempfile.TemporaryDirectory() as folder:
    port = free_port()
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", folder]
    server = subprocess.Popen(
        ["node", sys.argv[1], "--blobHost", "127.0.0.1", "--blobPort", str(port), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(port, server)
        print(port, flush=True)
        for line in sys.stdin:
            obey(port, *line.split())
            print("done", flush=True)
    finally:
        server.kill()
        server.wait()
