"""What Schemathesis has to know of Streamly: who calls, and names of things that are there.

Each caller is somebody new, registered when the one before is some seconds old: among the calls are those that end a sign-in, change a
password or close an account. Half of the paths name the caller's own channel, which makes more of them lead somewhere.
"""
import itertools
import os
import secrets
import threading

import requests
import schemathesis

ORIGIN = os.environ["STREAMLY_ORIGIN"]
PASSWORD = "a password of Schemathesis"
numbers = itertools.count()
lock = threading.Lock()
caller = {"name": "nobody"}


@schemathesis.auth(refresh_interval=4)
class Caller:
    """The token of a new account, which has a channel."""

    def get(self, case, context):
        with lock:
            name = f"st{secrets.token_hex(8)}"
            body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
            answer = requests.post(f"{ORIGIN}/api/auth/register", json=body, timeout=30)
            answer.raise_for_status()
            token = answer.json()["access_token"]
            # The first call makes the channel.
            requests.get(f"{ORIGIN}/api/streams/me", headers={"Authorization": f"Bearer {token}"}, timeout=30)
            caller["name"] = name
            return token

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


# What breaks out of where it is put, if anything does: of SQL, HTML, shells, templates, paths, terminals, and of who counts letters.
HOSTILE = [
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    "\\'; SELECT pg_sleep(10); --",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "${7*7}{{7*7}}#{7*7}%s%n",
    "$(sleep 9)`sleep 9`",
    "../../../../etc/passwd",
    "a\u0000b",
    "\u202egnp.exe",
    "\r\nSet-Cookie: a=b",
    "\ufeff\u200b\u2066",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 40,
    "a" + "\u0301" * 500,
    "x" * 20_000,
]


def hostile(value):
    """The same value with every text in it replaced."""
    if isinstance(value, dict):
        return {key: hostile(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner) for inner in value]
    return HOSTILE[next(numbers) % len(HOSTILE)] if isinstance(value, str) else value


@schemathesis.hook
def map_body(context, body):
    """Every third body has such texts, whatever its fields are."""
    return hostile(body) if isinstance(body, dict) and next(numbers) % 3 == 0 else body


@schemathesis.hook
def map_query(context, query):
    """Every third query, too."""
    return hostile(query) if query and next(numbers) % 3 == 0 else query


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """The caller's own channel in every second path."""
    for name in ("room", "username", "user"):
        if path_parameters and name in path_parameters and next(numbers) % 2:
            path_parameters[name] = caller["name"]
    return path_parameters
