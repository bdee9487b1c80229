"""Uses of the registry: filters, segments by id, resources by name."""

from launchdarkly_api.models.view_post import ViewPost

from api import by_filter, by_keys, by_segments, codes, counts

VIEW = "payments"


def check(api, checks):
    api.writer.create_view(api.project, ViewPost(key=VIEW, name="Payments"))
    if api.filters:
        flags(api, checks)
        lists(api, checks)
        unlink(api, checks)
        segments(api, checks)
    segment_ids(api, checks)


def link(api, kind, request):
    return counts(api.writer.link_resource(api.project, VIEW, kind, request))


def keys(api, kind="flags", **query):
    return api.linked(VIEW, kind, **query)[0]


def flags(api, checks):
    checks.equal("link by two tags", link(api, "flags", by_filter("tags:payments+web")), (1, 0))
    checks.equal("the flag that has both", keys(api), ["checkout"])
    checks.equal("link by a query", link(api, "flags", by_filter("query:DARK MODE")), (1, 0))
    checks.equal("the flag of that name", keys(api), ["checkout", "theme"])
    request = by_keys(["unregistered", "checkout"], filter="tags:payments")
    checks.equal("link keys and what a filter finds", link(api, "flags", request), (3, 0))
    checks.equal(
        "each of them once", sorted(keys(api)), ["checkout", "refund", "theme", "unregistered"]
    )
    checks.equal("link by an attribute", link(api, "flags", by_filter("status:active")), (1, 0))
    checks.equal("by one that no flag has", link(api, "flags", by_filter("targeting:on")), (0, 0))
    checks.equal("a filter that finds nothing", link(api, "flags", by_filter("tags:none")), (0, 0))


def lists(api, checks):
    by_name = ["refund", "checkout", "theme", "unregistered"]
    checks.equal("resources by name", keys(api, sort="name"), by_name)
    checks.equal("a page of them", keys(api, sort="name", limit=2, offset=1), by_name[1:3])
    linked = lambda **query: api.linked(VIEW, "flags", **query)
    checks.equal("a query of names", linked(query="ZEBRA"), (["checkout"], 1))
    checks.equal("a query of keys", linked(query="fun"), (["refund"], 1))
    checks.equal("a filter", linked(filter="tags:payments", sort="name"), (["refund", "checkout"], 2))
    checks.equal("the number of all that it finds", linked(filter="tags:payments", limit=1)[1], 2)
    checks.equal(
        "a filter and a query", linked(filter="tags:payments", query="apple"), (["refund"], 1)
    )
    checks.equal("a filter that finds no linked flag", linked(filter="archived:true"), ([], 0))
    page = api.reader.get_linked_resources(api.project, VIEW, "flags", filter="tags:payments", limit=1)
    checks.equal("the next page has the filter", "filter=tags%3Apayments" in page.links.next.href, True)


def unlink(api, checks):
    unlink = lambda kind, request: api.writer.unlink_resource(api.project, VIEW, kind, request)
    report = unlink("flags", by_filter("tags:payments"))
    checks.equal("unlink by a filter", counts(report), (2, 0))
    checks.equal("the others stay", sorted(keys(api)), ["theme", "unregistered"])
    report = unlink("flags", by_keys(["checkout", "unregistered"], filter="query:dark"))
    checks.equal("unlink keys and what a filter finds", counts(report), (2, 1))
    checks.equal("the one that was not linked", report.failed_resources[0].resource_key, "checkout")
    checks.equal("none is left", keys(api), [])


def segments(api, checks):
    names = lambda: [
        (item.environment_id, item.resource_key)
        for item in api.reader.get_linked_resources(api.project, VIEW, "segments").items
    ]
    internal = by_filter('tags anyOf ["internal", "staff"]', environment="env-1")
    checks.equal("link segments by a filter", link(api, "segments", internal), (2, 0))
    checks.equal("of that environment", sorted(names()), [("env-1", "beta"), ("env-1", "crew")])
    request = by_segments(("env-2", "other"), filter='query = "beta"', environment_id="env-2")
    checks.equal("link named segments and what a filter finds", link(api, "segments", request), (2, 0))
    checks.equal("both", sorted(names())[2:], [("env-2", "beta"), ("env-2", "other")])
    checks.equal(
        "a filter of linked segments", sorted(keys(api, "segments", filter='tags anyOf ["internal"]')),
        ["beta", "beta"],
    )
    synced = keys(api, "segments", filter="external exists true")
    checks.equal("linked segments by an attribute", synced, ["crew"])
    none = keys(api, "segments", filter="type equals rule-based")
    checks.equal("linked segments by one that none has", none, [])
    report = api.writer.unlink_resource(api.project, VIEW, "segments", internal)
    checks.equal("unlink segments by a filter", counts(report), (2, 0))
    checks.equal("those of the other environment stay", {of for of, _ in names()}, {"env-2"})
    named = by_segments(("env-2", "beta"), ("env-2", "other"))
    checks.equal(
        "and are sorted by name",
        counts(api.writer.unlink_resource(api.project, VIEW, "segments", named)), (2, 0),
    )


def segment_ids(api, checks):
    project, client = api.project, api.writer
    request = by_keys(["61f3b0c2", "99999999", "61f3b0c3"])
    answer = client.link_resource_with_http_info(project, VIEW, "segments", request)
    checks.equal("link segments by id", counts(answer.data), (2, 1))
    failed = answer.data.failed_resources[0]
    checks.equal(
        "the invalid id", (failed.resource_key, failed.environment_id, codes(answer)),
        ("99999999", None, ["unknown_resource"]),
    )
    items = client.get_linked_resources(project, VIEW, "segments", sort="name").items
    checks.equal(
        "they have their keys", [(item.environment_id, item.resource_key) for item in items],
        [("env-1", "beta"), ("env-1", "crew")],
    )
    views = lambda key: client.get_linked_views(project, "segments", key, environment_id="env-1")
    checks.equal("the views of a segment by id", [view.key for view in views("61f3b0c2").items], [VIEW])
    request = by_keys(["61f3b0c2", "61f3b0c2", "61f3b0c4"])
    answer = client.unlink_resource_with_http_info(project, VIEW, "segments", request)
    checks.equal("unlink segments by id", counts(answer.data), (1, 2))
    names = [(of.environment_id, of.resource_key) for of in answer.data.failed_resources]
    checks.equal("failures are named by key", names, [("env-1", "beta"), ("env-2", "beta")])
    checks.equal("each with its code", codes(answer), ["repeated", "not_linked"])
    checks.equal("the other one stays", keys(api, "segments"), ["crew"])
