"""Projects, flags and segments, with the operations of the client that do not concern views."""

import launchdarkly_api
from launchdarkly_api.exceptions import ApiException, NotFoundException
from launchdarkly_api.models.feature_flag_body import FeatureFlagBody
from launchdarkly_api.models.segment_body import SegmentBody

from api import WRITER

ENVIRONMENT = "env-1"


def check(api, checks):
    clients = [
        getattr(launchdarkly_api, name)(api.api_client(WRITER))
        for name in ("ProjectsApi", "FeatureFlagsApi", "SegmentsApi")
    ]
    projects(api, checks, clients[0])
    flags(api, checks, clients[1])
    segments(api, checks, clients[2])


def projects(api, checks, client):
    status, put = api.http("PUT", "", {"name": "Client", "requireViewAssociationForNewFlags": False})
    checks.equal("put a project", (status, put["name"]), (200, "Client"))
    found = client.get_project(api.project)
    checks.equal("get it", (found.key, found.name, found.tags), (api.project, "Client", []))
    checks.raises(
        "get a missing project", NotFoundException, "unknown_project",
        lambda: client.get_project("none"),
    )


def flags(api, checks, client):
    body = FeatureFlagBody(key="made", name="Made", tags=["b", "a"], temporary=True)
    made = client.post_feature_flag(api.project, body)
    checks.equal("create a flag", (made.key, made.name, made.tags), ("made", "Made", ["a", "b"]))
    checks.raises(
        "create it again", ApiException, "already_registered",
        lambda: client.post_feature_flag(api.project, body),
    )
    found = client.get_feature_flag(api.project, "made")
    checks.equal("get it", (found.temporary, found.archived, found.variations), (True, False, []))
    page = client.get_feature_flags(api.project, filter="tags:a+b", limit=1)
    checks.equal("list flags by tags", ([of.key for of in page.items], page.total_count), (["made"], 1))
    # The client's request body has no views; the path is the same with views.
    body = {"key": "made-in-view", "viewKeys": ["alpha"]}
    status, _, _ = api.request("POST", f"/api/v2/flags/{api.project}", body)
    views = api.reader.get_linked_views(api.project, "flags", "made-in-view")
    checks.equal("create one in a view", (status, [view.key for view in views.items]), (201, ["alpha"]))
    for key in ("made", "made-in-view"):
        client.delete_feature_flag(api.project, key)
    views = api.reader.get_linked_views(api.project, "flags", "made-in-view")
    checks.equal("delete them", views.total_count, 0)
    checks.raises(
        "get a deleted flag", NotFoundException, "unknown_resource",
        lambda: client.get_feature_flag(api.project, "made"),
    )


def segments(api, checks, client):
    body = SegmentBody(key="made", name="Made", tags=["a"], unbounded=True)
    made = client.post_segment(api.project, ENVIRONMENT, body)
    checks.equal("create a segment", (made.key, made.tags, made.unbounded), ("made", ["a"], True))
    found = client.get_segment(api.project, ENVIRONMENT, "made")
    checks.equal("get it", (found.name, found.rules, found.deleted), ("Made", [], False))
    page = client.get_segments(api.project, ENVIRONMENT, filter='tags anyOf ["a"]')
    checks.equal("list segments by tags", [of.key for of in page.items], ["made"])
    client.delete_segment(api.project, ENVIRONMENT, "made")
    checks.equal("delete it", client.get_segments(api.project, ENVIRONMENT).total_count, 0)
