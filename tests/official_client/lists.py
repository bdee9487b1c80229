"""Lists: order, pages, summaries, and invalid requests."""

from launchdarkly_api.exceptions import BadRequestException
from launchdarkly_api.models.view_post import ViewPost


def check(api, checks):
    project, client = api.project, api.writer
    for key, name, tag in (("alpha", "Zoo", "red"), ("beta", "Bar", "blue")):
        client.create_view(project, ViewPost(key=key, name=name, tags=[tag, "new"]))
    keys = lambda **query: [view.key for view in client.get_views(project, **query).items]
    checks.equal("views by key", keys(), ["alpha", "beta", "my-view"])
    checks.equal("views by key, explicitly", keys(sort="key"), ["alpha", "beta", "my-view"])
    checks.equal("views by name", keys(sort="name"), ["beta", "my-view", "alpha"])
    checks.equal("views by their last change", keys(sort="updatedAt")[0], "my-view")
    checks.equal("a page", keys(limit=1, offset=1), ["beta"])
    checks.equal("a page after the end", keys(offset=3), [])
    page = client.get_views(project, limit=2)
    checks.equal("the number of all", (len(page.items), page.total_count), (2, 3))
    checks.equal("the next page", page.links.next.href.endswith("limit=2&offset=2"), True)

    summaries = ["flagsSummary", "segmentsSummary", "metricsSummary", "aiConfigsSummary"]
    view = client.get_views(project, expand=summaries + ["resourceSummary"]).items[2]
    checks.equal("a count of each type", view.flags_summary.count, 2_501)
    checks.equal("and of all", view.resource_summary.total_count, 2_501)
    checks.equal("none unasked", client.get_views(project).items[2].flags_summary, None)

    linked = lambda **query: api.linked("my-view", "flags", **query)
    checks.equal("20 by default", len(linked()[0]), 20)
    checks.equal("resources by link time", linked(sort="linkedAt", limit=2)[0], ["search-v3", "flag-0001"])
    checks.equal(
        "unregistered resources, by key", linked(sort="name", limit=2)[0], ["flag-0001", "flag-0003"]
    )
    filters = (
        ("a filter with a comma too many", {"filter": "tags:a,"}, "invalid_filter"),
        ("a filter with an unknown field", {"filter": "tag:a"}, "invalid_filter"),
        ("a filter with an unsupported field", {"filter": "evaluated:x"}, "unsupported"),
    )
    for name, query, code in (
        ("a sort of views", {"sort": "key"}, "invalid_request"),
        ("a limit that is too large", {"limit": 1001}, "invalid_request"),
        ("a negative offset", {"offset": -1}, "invalid_request"),
        *(filters if api.filters else ()),
    ):
        checks.raises(f"{name} of resources", BadRequestException, code, lambda: linked(**query))
    filters_of_views(keys, checks)
    status, body = api.http("GET", "/view-associations/flags/flag-0001?filter=name%3Dx")
    checks.equal("a filter of a flag's views", (status, body["code"]), (400, "unsupported"))


def filters_of_views(keys, checks):
    for text, found in (
        ('name equals "Bar"', ["beta"]),
        ('name notEquals "Bar"', ["alpha", "my-view"]),
        ('tag anyOf ["red", "blue"]', ["alpha", "beta"]),
        ('tag equals "new", name contains "oo"', ["alpha"]),
        ('key startsWith "AL"', ["alpha"]),
        ("isPayloadView = true", []),
    ):
        checks.equal(f"views whose {text}", keys(filter=text), found)
    checks.equal("filtered views by name", keys(filter='tag equals "new"', sort="name"), ["beta", "alpha"])
    for text in ('name equals "Bar', "name", "colour = red", "tag anyOf []"):
        checks.raises(
            f"the filter of views {text}", BadRequestException, "invalid_filter",
            lambda: keys(filter=text),
        )
