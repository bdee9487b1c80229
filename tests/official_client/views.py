"""Views: create, get, update, delete."""

from launchdarkly_api.exceptions import ApiException, BadRequestException, NotFoundException
from launchdarkly_api.models.view_patch import ViewPatch
from launchdarkly_api.models.view_post import ViewPost


def check(api, checks):
    project, client = api.project, api.writer
    checks.raises(
        "a missing project", NotFoundException, "unknown_project",
        lambda: client.get_views(project),
    )
    post = ViewPost(
        key="Checkout", name="Checkout team", description="what it is for", tags=["b", "a"],
        maintainer_id="member-1",
    )
    made = client.create_view(project, post)
    checks.equal("create returns the view", made.key, "checkout")
    checks.equal("fields of a new view", (made.version, made.tags, made.deleted), (1, ["a", "b"], False))
    checks.equal("account and project of a view", (made.account_id, made.project_key), ("acme", project))
    checks.equal("times are milliseconds", made.created_at == made.updated_at > 10**12, True)
    checks.equal("get returns the same", client.get_view(project, "checkout"), made)
    checks.equal("an upper-case key", client.get_view(project, "CheckOut"), made)
    checks.raises(
        "create it again", ApiException, "view_exists",
        lambda: client.create_view(project, ViewPost(key="CHECKOUT", name="again")),
    )
    member = made.maintainer.maintainer_member
    checks.equal(
        "the maintainer, unasked, from the file of members",
        (made.maintainer.kind, member.id, member.email, member.role),
        ("member", "member-1", "ada@example.com", "writer"),
    )
    expanded = client.get_view(project, "checkout", expand=["maintainer", "flagsSummary"])
    checks.equal("the same, with expand", expanded.maintainer, made.maintainer)
    checks.equal("a summary, with expand", expanded.flags_summary.count, 0)

    changed = client.update_view(project, "CHECKOUT", ViewPatch(name="Pay", tags=[]))
    checks.equal("update returns the view", (changed.name, changed.tags, changed.version), ("Pay", [], 2))
    checks.equal("and leaves the rest", changed.description, "what it is for")
    checks.equal("it is changed", client.get_view(project, "checkout"), changed)
    patched = client.update_view(project, "checkout", ViewPatch(maintainer_team_key="payments"))
    team = patched.maintainer.maintainer_team
    checks.equal("a team that is not in the file of members", (team.id, team.key, team.name), ("payments", "payments", ""))
    client.update_view(project, "checkout", ViewPatch(maintainer_id=""))
    cleared = client.get_view(project, "checkout", expand=["maintainer"])
    checks.equal("an empty maintainer clears it", cleared.maintainer, None)

    gone = client.delete_view_with_http_info(project, "checkout")
    checks.equal("delete is a 204", (gone.status_code, gone.data), (204, None))
    for name, call in (
        ("get", lambda: client.get_view(project, "checkout")),
        ("update", lambda: client.update_view(project, "checkout", ViewPatch(name="x"))),
        ("delete", lambda: client.delete_view(project, "checkout")),
    ):
        checks.raises(f"{name} an unknown view", NotFoundException, "unknown_view", call)
    checks.raises(
        "an invalid view key", BadRequestException, "invalid_key",
        lambda: client.create_view(project, ViewPost(key="not a key", name="x")),
    )
    checks.raises(
        "an invalid expansion", BadRequestException, "invalid_request",
        lambda: client.get_views(project, expand=["everything"]),
    )
