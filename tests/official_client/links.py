"""Flags: link, unlink, and the outcome of each key."""

from launchdarkly_api.exceptions import NotFoundException
from launchdarkly_api.models.view_post import ViewPost

from api import by_keys, codes, counts

VIEW = "my-view"


def check(api, checks):
    project, client = api.project, api.writer
    client.create_view(project, ViewPost(key=VIEW, name="My view"))
    link = lambda keys, view=VIEW: client.link_resource(project, view, "flags", by_keys(keys))
    unlink = lambda keys, view=VIEW: client.unlink_resource(project, view, "flags", by_keys(keys))

    checks.equal("link", counts(link(["checkout-v2", "search-v3"])), (2, 0))
    checks.equal("they are linked", api.linked(VIEW, "flags"), (["checkout-v2", "search-v3"], 2))
    checks.equal("link again", counts(link(["checkout-v2"], view="MY-VIEW")), (1, 0))
    partial_failure(api, checks)

    checks.equal("no keys", counts(unlink([])), (0, 0))
    checks.equal("no keys to link", counts(link([])), (0, 0))
    link(["again"])
    report = unlink(["again", "again", "again"])
    checks.equal("repeated keys", counts(report), (1, 2))
    checks.equal("each of them", {of.resource_key for of in report.failed_resources}, {"again"})
    checks.raises(
        "link to an unknown view", NotFoundException, "unknown_view",
        lambda: link(["a"], view="nowhere"),
    )
    checks.raises(
        "unlink from an unknown view", NotFoundException, "unknown_view",
        lambda: unlink(["a"], view="nowhere"),
    )

    many = [f"flag-{number:04}" for number in range(5_000)]
    checks.equal("link 5,000 keys", counts(link(many)), (5_000, 0))
    checks.equal("all of them are there", api.linked(VIEW, "flags", limit=1)[1], 5_001)
    half = [key for pair in zip(many[::2], (f"other-{key}" for key in many[::2])) for key in pair]
    report = unlink(half)
    checks.equal("unlink 5,000 keys", counts(report), (2_500, 2_500))
    failed = [of.resource_key for of in report.failed_resources]
    checks.equal("failures come in request order", failed, half[1::2])
    checks.equal("the other half stays", api.linked(VIEW, "flags", limit=1000, offset=1)[0], many[1:2000:2])
    views_of = client.get_linked_views(project, "flags", "flag-0001")
    checks.equal("the views of a flag", [view.key for view in views_of.items], [VIEW])
    checks.equal("the views of an unlinked flag", client.get_linked_views(project, "flags", many[0]).total_count, 0)


def partial_failure(api, checks):
    """One key succeeds, the others fail, and the call is a 200."""
    keys = ["checkout-v2", "no-such-flag", "not a key", "checkout-v2"]
    answer = api.writer.unlink_resource_with_http_info(api.project, VIEW, "flags", by_keys(keys))
    checks.equal("a partial failure is a 200", answer.status_code, 200)
    checks.equal("its counts", counts(answer.data), (1, 3))
    failed = answer.data.failed_resources
    checks.equal("its keys", [of.resource_key for of in failed], keys[1:])
    checks.equal("their type", {of.resource_type for of in failed}, {"flag"})
    checks.equal("a message each", all(of.error_message for of in failed), True)
    checks.equal("a code each", codes(answer), ["not_linked", "invalid_key", "repeated"])
    checks.equal("the others are unlinked", api.linked(VIEW, "flags"), (["search-v3"], 1))
