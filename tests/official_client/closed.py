"""A host that links only registered resources."""

from launchdarkly_api.models.view_post import ViewPost

from api import by_filter, by_keys, by_segments, codes, counts

VIEW = "payments"


def check(api, checks):
    project, client = api.project, api.writer
    client.create_view(project, ViewPost(key=VIEW, name="Payments"))
    link = lambda kind, request: client.link_resource_with_http_info(project, VIEW, kind, request)

    answer = link("flags", by_keys(["nobody", "checkout"]))
    checks.equal("closed: link a flag that is not registered", counts(answer.data), (1, 1))
    checks.equal("closed: why it fails", codes(answer), ["unknown_resource"])
    checks.equal("closed: which one fails", answer.data.failed_resources[0].resource_key, "nobody")
    checks.equal("closed: the other one is linked", api.linked(VIEW, "flags"), (["checkout"], 1))
    if api.filters:
        report = link("flags", by_filter("tags:payments")).data
        checks.equal("closed: link by a filter", counts(report), (2, 0))
    answer = link("segments", by_segments(("env-2", "crew"), ("env-1", "crew")))
    failed = answer.data.failed_resources[0]
    checks.equal("closed: link a segment of another environment", counts(answer.data), (1, 1))
    checks.equal(
        "closed: the segment that failed", (failed.environment_id, failed.resource_key, codes(answer)),
        ("env-2", "crew", ["unknown_resource"]),
    )
    for kind in ("aiConfigs", "metrics"):
        report = api.http("POST", f"/views/{VIEW}/link/{kind}", {"keys": ["nobody"]})[1]
        code = report["failedResources"][0]["code"]
        checks.equal(f"closed: link {kind}", (report["successCount"], code), (0, "unknown_resource"))

    body = {"keys": ["theme", "nobody"]}
    report = api.http("PUT", f"/views/{VIEW}/link/flags", body)[1]
    got = (report["linkedCount"], report["failureCount"], report["failedResources"][0]["code"])
    checks.equal("closed: replace", got, (1, 1, "unknown_resource"))
    checks.equal("closed: what is linked then", api.linked(VIEW, "flags"), (["theme"], 1))
    # Any link can be removed, also one of an unregistered resource.
    answer = client.unlink_resource_with_http_info(project, VIEW, "flags", by_keys(["nobody", "theme"]))
    checks.equal("closed: unlink", (counts(answer.data), codes(answer)), ((1, 1), ["not_linked"]))
