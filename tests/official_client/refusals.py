"""Keys, paths and bodies that the host refuses."""

from launchdarkly_api.exceptions import (
    BadRequestException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)
from launchdarkly_api.models.view_post import ViewPost

from api import READER, by_filter, by_keys

VIEW = "beta"
LINK = f"/views/{VIEW}/link/flags"


def check(api, checks):
    keys(api, checks)
    paths(api, checks)
    if api.filters:
        filters(api, checks)
    requests(api, checks)
    checks.equal("nothing was changed by that", api.linked(VIEW, "flags"), ([], 0))


def keys(api, checks):
    project = api.project
    unlink = lambda client: client.unlink_resource(project, VIEW, "flags", by_keys(["a"]))
    checks.raises("a reader unlinks", ForbiddenException, "forbidden", lambda: unlink(api.reader))
    checks.raises(
        "a reader deletes", ForbiddenException, "forbidden",
        lambda: api.reader.delete_view(project, VIEW),
    )
    checks.equal("a reader reads", api.reader.get_view(project, VIEW).key, VIEW)
    for name, key in (("no key", None), ("an unknown key", "guess"), ("a scheme", f"Bearer {READER}")):
        client = api.client(key)
        checks.raises(
            name, UnauthorizedException, "unauthorized", lambda: client.get_view(project, VIEW)
        )


def paths(api, checks):
    project, client = api.project, api.writer
    status, view = api.http("GET", "/views/%42%65ta")
    checks.equal("a percent-encoded view key", (status, view["key"]), (200, VIEW))
    for key in ("a key", "a/b", "50%", "ключ"):
        checks.raises(
            f"the client encodes {key!r}", BadRequestException, "invalid_key",
            lambda: client.get_view(project, key),
        )
    encoded = api.http("GET", "/view-associations/flags/flag%2d0001")
    checks.equal("a percent-encoded flag key", (encoded[0], encoded[1]["totalCount"]), (200, 1))
    for path in ("/views/%zz", "/views/%ff"):
        status, body = api.http("GET", path)
        checks.equal(f"the path {path}", (status, body["code"]), (400, "invalid_request"))
    status, body = api.http("GET", "/nothing")
    checks.equal("an unknown path", (status, body["code"]), (404, "not_found"))
    status, body = api.http("PUT", "/views")
    checks.equal("a wrong method", (status, body["code"]), (405, "method_not_allowed"))
    checks.raises(
        "an unknown type", NotFoundException, "not_found",
        lambda: client.link_resource(project, VIEW, "teams", by_keys(["a"])),
    )


def filters(api, checks):
    project, client = api.project, api.writer
    for name, kind, request, code in (
        ("a filter with an unsupported field", "flags", by_filter("evaluated:x"), "unsupported"),
        ("an incomplete filter", "flags", by_filter("tags:"), "invalid_filter"),
        ("an empty filter", "flags", by_filter(""), "invalid_filter"),
        ("a filter without an environment", "segments", by_filter("tags = a"), "invalid_request"),
        ("a flag's environment", "flags", by_filter("tags:a", environment="env-1"), "invalid_request"),
    ):
        for method in (client.link_resource, client.unlink_resource):
            checks.raises(
                name, BadRequestException, code, lambda: method(project, VIEW, kind, request)
            )


def requests(api, checks):
    project, client = api.project, api.writer
    checks.raises(
        "a view with two maintainers", BadRequestException, "invalid_request",
        lambda: client.create_view(
            project, ViewPost(key="x", name="x", maintainer_id="m", maintainer_team_key="t")
        ),
    )
    for name, body, headers, status, code in (
        ("no JSON", b"{", {}, 400, "invalid_request"),
        ("a misspelt field", {"keys": [], "fliter": "x"}, {}, 400, "invalid_request"),
        ("another content type", {"keys": []}, {"Content_Type": "text/plain"}, 415, "unsupported_media_type"),
        ("an invalid version", {"keys": []}, {"LD_API_Version": "gamma"}, 400, "invalid_request"),
        ("a method in a header", {"keys": []}, {"X_HTTP_Method_Override": "DELETE"}, 400, "unsupported"),
    ):
        got = api.http("POST", LINK, body, **headers)
        checks.equal(name, (got[0], got[1]["code"]), (status, code))
    for parameter, code in (
        ("dryrun=true", "unsupported"),
        ("dryRun=yes", "invalid_request"),
        ("onMissing=ignore", "unsupported"),
    ):
        status, body = api.http("POST", f"{LINK}?{parameter}", {"keys": ["a"]})
        checks.equal(f"link with {parameter}", (status, body["code"]), (400, code))
    for field in ({"archived": True}, {"generateSdkKeys": True}, {"nmae": "x"}):
        status, body = api.http("PATCH", f"/views/{VIEW}", field)
        named = next(iter(field)) in body["message"]
        checks.equal(f"a patch of {field}", (status, body["code"], named), (400, "invalid_request", True))
    status, report = api.http("POST", LINK, {"keys": []}, LD_API_Version="beta")
    checks.equal("the version beta", (status, report["successCount"]), (200, 0))
