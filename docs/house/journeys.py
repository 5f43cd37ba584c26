#!/usr/bin/env python3
"""Follows a message, and the opening of a stream, through the code: which files are entered, and how often the method changes.

    docs/house/journeys.py [COMMIT] [--list]

In a temporary copy of COMMIT (HEAD by default) it puts a probe at the entry of every method and constructor (lambdas, local functions and properties
are not counted), runs that gateway with the embedded log and presence, and makes each journey several times. The shortest run counts, since timers
interrupt the others. Needs git, the .NET SDK and a machine where the ports are free.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid

RUNS = 25
SECRET = "a secret for journeys that is long enough"
PROBE = """namespace RigKafka;

internal static class Journey
{
    private static readonly Lock Gate = new();
    private static readonly FileStream? Trace = Environment.GetEnvironmentVariable("JOURNEY") is { Length: > 0 } path ? new(path, FileMode.Append, FileAccess.Write, FileShare.Read, 0) : null;

    public static void Enter(string place)
    {
        lock (Gate)
        {
            Trace?.Write(System.Text.Encoding.UTF8.GetBytes(place + "\\n"));
        }
    }
}
"""
MODIFIERS = r"(?:public|private|protected|internal|static|override|virtual|async|sealed|unsafe|new)"
MEMBER = re.compile(rf"^( +)((?:{MODIFIERS} )+)([\w<>?\[\],.() ]+ )?(\w+)(?:<[\w, ]+>)?\(", re.M)
TYPE = re.compile(r"\b(?:class|record|struct|interface|enum|delegate)\b")


def skip_text(code, at):
    """The end of the string or character that begins at this place."""
    if code[at] == "'":
        return code.index("'", at + (3 if code[at + 1] == "\\" else 2)) + 1
    start = re.compile(r'(\$*)(@?)(\$*)("+)').match(code, at)
    holes, verbatim, quotes = len(start[1]) + len(start[3]), start[2] == "@", start[4]
    if len(quotes) in (2, 4, 5) and not verbatim and len(quotes) == 2:
        return start.end()
    raw = len(quotes) >= 3
    close, at = (quotes if raw else '"'), at + len(start[0]) - (0 if raw else len(quotes) - 1)
    while True:
        if code.startswith(close, at) and not (verbatim and code.startswith('""', at)):
            return at + len(close)
        if verbatim and code.startswith('""', at):
            at += 2
        elif not raw and not verbatim and code[at] == "\\":
            at += 2
        elif holes and not raw and code.startswith("{{", at):
            at += 2
        elif holes and code.startswith("{" * (holes if raw else 1), at):
            at = skip_until(code, at + (holes if raw else 1), "}") + (holes if raw else 1)
        else:
            at += 1


def skip_until(code, at, ends):
    """The next of these characters that is outside of brackets, texts and comments."""
    depth = 0
    while True:
        if depth == 0 and code[at] in ends:
            return at
        if code.startswith("//", at):
            at = code.index("\n", at)
        elif re.compile(r"""'|[$@]*\"""").match(code, at):
            at = skip_text(code, at)
        else:
            depth += (code[at] in "([{") - (code[at] in ")]}")
            at += 1


def with_probes(code, file):
    """The code with a probe at the entry of every method."""
    edits, nested = [], [m.start() for m in re.finditer(r"^    [^\n]*\b(?:class|record|struct) \w+[^\n;]*\n    \{", code, re.M)]
    for member in MEMBER.finditer(code):
        indent, returned, name = len(member[1]), (member[3] or "").strip(), member[4]
        is_nested = any(at < member.start() < code.find("\n    }", at) for at in nested)
        if TYPE.search(member[2] + returned) or indent != (8 if is_nested else 4):
            continue
        at = skip_until(code, member.end(), ")") + 1
        at = skip_until(code, at, "{;=")
        probe = f' Journey.Enter("{file}:{name}");'
        if code[at] == "{":
            edits.append((at + 1, at + 1, probe))
        elif code.startswith("=>", at):
            end = skip_until(code, at + 2, ";")
            is_void = returned in ("", "void") or ("async" in member[2] and returned in ("Task", "ValueTask")) or code[at + 2:].lstrip().startswith("throw ")
            edits.append((at, at + 2, "{" + probe + ("" if is_void else " return")))
            edits.append((end, end + 1, "; }"))
    for start, end, text in sorted(edits, reverse=True):
        code = code[:start] + text + code[end:]
    return code


def build(commit, folder):
    top = subprocess.run(["git", "rev-parse", "--show-toplevel"], check=True, capture_output=True, text=True).stdout.strip()
    archive = subprocess.run(["git", "-C", top, "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    gateway = os.path.join(folder, "Gateway")
    for place, _, files in os.walk(gateway):
        for file in (os.path.join(place, name) for name in files if name.endswith(".cs") and name != "Program.cs"):
            with open(file, encoding="utf-8") as source:
                code = source.read()
            with open(file, "w", encoding="utf-8") as source:
                source.write(with_probes(code, os.path.relpath(file, gateway)))
    with open(os.path.join(gateway, "Journey.cs"), "w", encoding="utf-8") as source:
        source.write(PROBE)
    out = os.path.join(folder, "out")
    built = subprocess.run(["dotnet", "build", gateway, "-c", "Release", "-o", out, "--nologo", "-v", "q", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false"], capture_output=True, text=True)
    if built.returncode != 0:
        sys.exit(built.stdout[-4000:])
    return os.path.join(out, "Gateway.dll")


def token(user):
    encode = lambda part: base64.urlsafe_b64encode(part).rstrip(b"=")
    claims = {"user": user, "roles": [], "jti": str(uuid.uuid4()), "iat": int(time.time()), "exp": int(time.time()) + 3600}
    text = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps(claims).encode())
    return (text + b"." + encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())).decode()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def read_until(connection, text):
    got = b""
    while text not in got:
        part = connection.recv(65536)
        if not part:
            sys.exit(f"the connection ended: {got!r}")
        got += part


def open_stream(port, user):
    """A stream that has said who is there: the first difference is the user itself."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=20)
    stream.sendall(f"GET /socket/sse?users[]={user}&token={token(user)} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nUser-Agent: journeys\r\n\r\n".encode())
    read_until(stream, b"presence_diff")
    return stream


def publish(port, user, stream):
    body = json.dumps({"user": user, "text": "Hi"})
    with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
        caller.sendall(f"POST /v1/messages HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        read_until(caller, b" 202 ")
    read_until(stream, b"event: message")


def shortest(trace, journey):
    """The places of the run that passed the fewest, without what timers did before it."""
    runs = []
    for number in range(RUNS):
        time.sleep(0.1)
        before = os.path.getsize(trace)
        after = journey(number)
        time.sleep(0.03)
        with open(trace, encoding="utf-8") as file:
            file.seek(before)
            runs.append(file.read().split())
        after()
    return min(runs[5:], key=len)


def show(name, places, is_listed):
    hops = sum(one != other for one, other in zip(places, places[1:]))
    files = {place.split(":")[0] for place in places}
    print(f"{name}: {len(files)} files, {hops} hops, {len({file.split('/')[0] for file in files})} folders")
    if is_listed:
        print("".join(f"    {place}\n" for place in places), end="")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("commit", nargs="?", default="HEAD")
    options.add_argument("--list", action="store_true", help="prints each method that is entered")
    chosen = options.parse_args()
    folder = tempfile.mkdtemp(prefix="journeys-")
    try:
        gateway = build(chosen.commit, folder)
        trace, sockets, api = os.path.join(folder, "trace"), free_port(), free_port()
        settings = {"JOURNEY": trace, "JWT_SECRET_KEY": SECRET, "LISTEN_ADDRESS": "127.0.0.1", "INBOUND_PORT": str(sockets), "API_PORT": str(api),
                    "PRESENCE_ENABLED": "true", "DELIVERY_LOOPS": "1", "HEARTBEAT_INTERVAL_MS": "3600000"}
        node = subprocess.Popen(["dotnet", gateway], env=os.environ | settings, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            for _ in range(200):
                time.sleep(0.1)
                if socket.socket().connect_ex(("127.0.0.1", sockets)) == 0:
                    break
            listener = open_stream(sockets, "alice")

            def post(_):
                publish(api, "alice", listener)
                return lambda: None

            def enter(number):
                stream = open_stream(sockets, f"user{number}")

                def leave():
                    stream.close()
                    time.sleep(0.4)
                return leave

            show("POST to one SSE socket, embedded log", shortest(trace, post), chosen.list)
            show("opening one SSE stream, presence on", shortest(trace, enter), chosen.list)
        finally:
            node.terminate()
            node.wait(30)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
