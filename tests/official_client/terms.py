"""Replacements, dry runs, entity tags and the feed, which the clients do not have."""

from launchdarkly_api.exceptions import ApiException
from launchdarkly_api.models.view_patch import ViewPatch
from launchdarkly_api.models.view_post import ViewPost

from api import READER, by_keys, counts

VIEW = "terms"
PATH = f"/views/{VIEW}"
LINK = f"{PATH}/link/flags"


def check(api, checks):
    api.writer.create_view(api.project, ViewPost(key=VIEW, name="Terms"))
    begin = revision(api)
    replacements(api, checks)
    rehearsals(api, checks)
    missing_links(api, checks)
    entity_tags(api, checks)
    changes(api, checks, begin)


def headers(api, method, path, body=None, **headers):
    status, got, answer = api.request(method, f"/api/v2/projects/{api.project}{path}", body, **headers)
    return status, got["ETag"], answer


def tag(api):
    return headers(api, "GET", PATH)[1]


def revision(api):
    return int(tag(api).strip('"').split("-")[0])


def replacements(api, checks):
    def replace(keys):
        status, report = api.http("PUT", LINK, {"keys": keys, "comment": "replaced"})
        gone = [of["resourceKey"] for of in report["unlinkedResources"]]
        return status, report["linkedCount"], report["unchangedCount"], report["failureCount"], gone

    checks.equal("replace nothing", replace(["a", "b"]), (200, 2, 0, 0, []))
    checks.equal("replace", replace(["c", "b", "not a key"]), (200, 1, 1, 1, ["a"]))
    checks.equal("the links after that", api.linked(VIEW, "flags"), (["b", "c"], 2))
    status, body = api.http("PUT", LINK, {"keys": []}, key=READER)
    checks.equal("a reader replaces", (status, body["code"]), (403, "forbidden"))


def rehearsals(api, checks):
    before, view = tag(api), api.reader.get_view(api.project, VIEW)
    for method, body, expected in (
        ("POST", {"keys": ["d", "b"]}, (2, 0)),
        ("DELETE", {"keys": ["b", "d"]}, (1, 1)),
        # Unlinked resources also count.
        ("PUT", {"keys": ["d"]}, (3, 0)),
    ):
        status, report = api.http(method, f"{LINK}?dryRun=true", body)
        got = (report["successCount"], report["failureCount"])
        checks.equal(f"dry run of a {method} of links", (status, got), (200, expected))
    status, shown = api.http("PATCH", f"{PATH}?dryRun=true", {"name": "Other"})
    checks.equal("dry run of an update", (status, shown["name"]), (200, "Other"))
    status, shown = api.http("POST", "/views?dryRun=true", {"key": "dry-run", "name": "R"})
    checks.equal("dry run of a creation", (status // 100, shown["key"]), (2, "dry-run"))
    status, shown = api.http("DELETE", f"{PATH}?dryRun=true")
    checks.equal("dry run of a deletion", (status, shown["unlinkedCount"]["flags"]), (200, 2))
    checks.equal("no link changed", api.linked(VIEW, "flags"), (["b", "c"], 2))
    checks.equal("nothing else changed", (tag(api), api.reader.get_view(api.project, VIEW)), (before, view))
    checks.equal("no view was created", api.http("GET", "/views/dry-run")[0], 404)


def missing_links(api, checks):
    before = tag(api)
    for choice, expected in (("ignore", (1, 0)), ("fail", (0, 1))):
        report = api.http("DELETE", f"{LINK}?onMissing={choice}", {"keys": ["nowhere"]})[1]
        got = (report["successCount"], report["failureCount"])
        checks.equal(f"unlink a missing link, onMissing={choice}", got, expected)
    checks.equal("that changes nothing", tag(api), before)


def entity_tags(api, checks):
    project, client = api.project, api.writer
    old = tag(api)
    status, new, _ = headers(api, "POST", LINK, {"keys": ["d"]}, If_Match=old)
    checks.equal("link at the entity tag", (status, new), (200, tag(api)))
    checks.equal("the tag changed", new != old, True)
    refused = lambda name, call: checks.raises(
        f"{name} at an old tag", ApiException, "precondition_failed", call
    )
    at = {"If-Match": old}
    link = lambda at: client.link_resource(project, VIEW, "flags", by_keys(["e"]), _headers=at)
    refused("link", lambda: link(at))
    refused("unlink", lambda: client.unlink_resource(project, VIEW, "flags", by_keys(["b"]), _headers=at))
    refused("update", lambda: client.update_view(project, VIEW, ViewPatch(name="Late"), _headers=at))
    refused("delete", lambda: client.delete_view(project, VIEW, _headers=at))
    status, _, body = headers(api, "PUT", LINK, {"keys": []}, If_Match=old)
    checks.equal("replace at an old tag", (status, body["code"]), (412, "precondition_failed"))
    checks.equal("nothing changed", (tag(api), api.linked(VIEW, "flags")[1]), (new, 3))
    checks.equal("the client links at the new tag", counts(link({"If-Match": new})), (1, 0))
    checks.equal("and at any", counts(link({"If-Match": "*"})), (1, 0))
    status, _, body = headers(api, "POST", LINK, {"keys": ["f"]}, If_Match=f"{old}, {new}")
    checks.equal("several entity tags", (status, body["code"]), (400, "invalid_request"))


def changes(api, checks, begin):
    """The changes of this module, page by page, without dry runs and refused requests."""
    position, items = begin, []
    while True:
        path = f"/api/v2/changes?after={position}&limit=2"
        status, _, page = api.request("GET", path, key=READER)
        checks.equal(f"a page of changes after {len(items)}", status, 200)
        if not page["items"]:
            break
        items += page["items"]
        checks.equal("its position", page["position"], items[-1]["position"])
        position = page["position"]
    checks.equal("the feed stays at its end", page["position"], position)
    newest = revision(api)
    checks.equal("which is the newest change", int(position.split("-")[1]), newest)
    checks.equal("no gaps", [item["revision"] for item in items], list(range(begin + 1, newest + 1)))
    names = lambda of: "".join(name["resourceKey"] for name in of)
    done = [(names(item["linked"]), names(item["unlinked"])) for item in items]
    checks.equal("the changes", done, [("ab", ""), ("c", "a"), ("d", ""), ("e", "")])
    of = {(item["kind"], item["projectKey"], item["viewKey"]) for item in items}
    checks.equal("their project and view", of, {("linksChanged", api.project, VIEW)})
    checks.equal("and why", [item.get("comment") for item in items], ["replaced", "replaced", None, None])
    for query, key, expected in (
        (f"after={newest + 1}", READER, (400, "invalid_request")),
        (f"afer={position}", READER, (400, "invalid_request")),
        (f"after={'0' * 32}-1-{'0' * 32}", READER, (409, "changes_diverged")),
        ("limit=0", READER, (400, "invalid_request")),
        ("after=0", None, (401, "unauthorized")),
    ):
        status, _, body = api.request("GET", f"/api/v2/changes?{query}", key=key)
        checks.equal(f"changes with {query}", (status, body["code"]), expected)
