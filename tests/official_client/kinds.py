"""Segments, AI configs and metrics."""

from launchdarkly_api.exceptions import BadRequestException

from api import by_keys, by_segments, codes, counts

VIEW = "alpha"


def check(api, checks):
    segments(api, checks)
    # Version 22 refuses an AI config in an answer. Versions 22 and later refuse a metric.
    told = by_client if api.major != 22 else plainly
    told(api, checks, "aiConfigs", "aiConfig")
    told = by_client if api.major < 22 else plainly
    told(api, checks, "metrics", "metric")


def segments(api, checks):
    project, client = api.project, api.writer
    request = by_segments(("env-1", "beta-users"), ("env-2", "beta-users"), ("env-1", "not a key"))
    report = client.link_resource(project, VIEW, "segments", request)
    checks.equal("link segments by environment and key", counts(report), (2, 1))
    failed = report.failed_resources[0]
    checks.equal(
        "the segment that failed", (failed.resource_type, failed.environment_id, failed.resource_key),
        ("segment", "env-1", "not a key"),
    )
    page = client.get_linked_resources(project, VIEW, "segments")
    names = [(item.environment_id, item.resource_key) for item in page.items]
    checks.equal("they are linked", names, [("env-1", "beta-users"), ("env-2", "beta-users")])
    views = client.get_linked_views(project, "segments", "beta-users", environment_id="env-2")
    checks.equal("the views of a segment", [view.key for view in views.items], [VIEW])
    checks.raises(
        "the views of a segment of no environment", BadRequestException, "invalid_request",
        lambda: client.get_linked_views(project, "segments", "beta-users"),
    )
    answer = client.link_resource_with_http_info(project, VIEW, "segments", by_keys(["5f1c0de"]))
    checks.equal("an unregistered id", counts(answer.data), (0, 1))
    checks.equal("its code", codes(answer), ["unknown_resource"])
    report = client.unlink_resource(project, VIEW, "segments", by_segments(("env-1", "beta-users")))
    checks.equal("unlink a segment", counts(report), (1, 0))
    checks.equal("only that one", api.linked(VIEW, "segments"), (["beta-users"], 1))
    checks.raises(
        "flags by environment", BadRequestException, "invalid_request",
        lambda: client.link_resource(project, VIEW, "flags", by_segments(("env-1", "x"))),
    )


def by_client(api, checks, kind, singular):
    project, client = api.project, api.writer
    report = client.link_resource(project, VIEW, kind, by_keys(["bot", "-"]))
    checks.equal(f"link {kind}", counts(report), (1, 1))
    checks.equal(f"{kind} that failed", report.failed_resources[0].resource_type, singular)
    checks.equal(f"linked {kind}", api.linked(VIEW, kind), (["bot"], 1))
    views = client.get_linked_views(project, kind, "bot")
    checks.equal(f"the views of {kind}", [view.key for view in views.items], [VIEW])
    report = client.unlink_resource(project, VIEW, kind, by_keys(["bot", "bot-2"]))
    checks.equal(f"unlink {kind}", counts(report), (1, 1))
    checks.equal(f"no {kind} are left", api.linked(VIEW, kind), ([], 0))


def plainly(api, checks, kind, singular):
    """Types that the client refuses in answers, over plain HTTP."""
    link, linked = f"/views/{VIEW}/link/{kind}", f"/views/{VIEW}/linked/{kind}"
    status, report = api.http("POST", link, {"keys": ["one", "-"]})
    checks.equal(f"link {kind}", (status, report["successCount"], report["failureCount"]), (200, 1, 1))
    failed = report["failedResources"][0]
    checks.equal(f"{kind} that failed", (failed["resourceType"], failed["code"]), (singular, "invalid_key"))
    status, page = api.http("GET", linked)
    items = [(item["resourceType"], item["resourceKey"]) for item in page["items"]]
    checks.equal(f"linked {kind}", (status, items), (200, [(singular, "one")]))
    status, views = api.http("GET", f"/view-associations/{kind}/one")
    checks.equal(f"the views of {kind}", (status, [view["key"] for view in views["items"]]), (200, [VIEW]))
    status, report = api.http("DELETE", link, {"keys": ["one", "two"]})
    code = report["failedResources"][0]["code"]
    checks.equal(f"unlink {kind}", (status, report["successCount"], code), (200, 1, "not_linked"))
    checks.equal(f"no {kind} are left", api.http("GET", linked)[1]["totalCount"], 0)
