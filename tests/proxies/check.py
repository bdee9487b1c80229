"""Unlinks from a host through a proxy: check.py NAME URL."""

import json
import sys
import urllib.error
import urllib.request

KEY = "the-writer-key"
NAME, URL = sys.argv[1:]
VIEWS = "/api/v2/projects/default/views"
passed = 0


def call(method, path, body=None, **headers):
    """The status, the headers and the body of an answer."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"Authorization": KEY, "LD-API-Version": "beta"}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.headers, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        # A refusal by the proxy itself is not JSON.
        told = error.headers.get_content_type() == "application/json"
        return error.code, error.headers, json.loads(error.read()) if told else None


def equal(what, got, expected):
    global passed
    if got != expected:
        raise SystemExit(f"{NAME}: {what}: expected {expected!r}, got {got!r}")
    passed += 1


def counts(answer):
    status, _, report = answer
    return status, report.get("successCount"), report.get("failureCount")


view = f"{NAME}-view"
path = f"{VIEWS}/{view}"
link = f"{path}/link/flags"
equal("create a view", call("POST", VIEWS, {"key": view, "name": NAME})[0], 200)
equal("link", counts(call("POST", link, {"keys": ["checkout-v2"]})), (200, 1, 0))
keys = {"keys": ["checkout-v2", "no-such-flag"], "comment": ""}
answer = call("DELETE", link, keys)
equal("unlink", counts(answer), (200, 1, 1))
equal("the one that failed", answer[2]["failedResources"][0]["code"], "not_linked")

# More than 1 MiB in the request, and more in the answer.
many = [f"a-flag-with-a-rather-long-key-{number:06}" for number in range(60_000)]
equal("link many", counts(call("POST", link, {"keys": many})), (200, 60_000, 0))
others = [f"{key}-" for key in many]
equal("unlink many", counts(call("DELETE", link, {"keys": others})), (200, 0, 60_000))
too_many = {"keys": [], "comment": "x" * (17 << 20)}
equal("more than the host takes", call("POST", link, too_many)[0], 413)

status, headers, _ = call("GET", path)
tag = headers["ETag"]
equal("the entity tag", (status, tag.strip('"').replace("-", "").isalnum()), (200, True))
equal("a known entity tag", call("GET", path, If_None_Match=tag)[0], 304)
equal("a change at the tag", call("PATCH", path, {"name": "new"}, If_Match=tag)[0], 200)
equal("a change at an old one", call("PATCH", path, {"name": "old"}, If_Match=tag)[0], 412)
equal("a path as it was sent", call("GET", f"{VIEWS}/{view[:-1]}%77")[0], 200)
equal("a slash that is part of a key", call("GET", f"{VIEWS}/a%2Fb")[2]["code"], "invalid_key")
equal("an answer without a body", call("DELETE", path)[0], 204)
for number in range(50):
    equal(f"request {number} on kept connections", call("GET", VIEWS)[0], 200)
print(f"{NAME}: {passed} checks passed")
