"""The official client, and plain HTTP for answers that it cannot parse."""

import functools
import json
import urllib.error
import urllib.request

import launchdarkly_api
from launchdarkly_api.models.view_link_request import ViewLinkRequest
from launchdarkly_api.models.view_link_request_keys import ViewLinkRequestKeys
from launchdarkly_api.models.view_link_request_segment_identifier import (
    ViewLinkRequestSegmentIdentifier,
)
from launchdarkly_api.models.view_link_request_segment_identifiers import (
    ViewLinkRequestSegmentIdentifiers,
)

try:
    from launchdarkly_api.models.view_link_request_filter import ViewLinkRequestFilter
except ModuleNotFoundError:  # before version 22 the client knows no filters of resources
    ViewLinkRequestFilter = None

WRITER = "the-writer-key"
READER = "the-reader-key"


class Api:
    def __init__(self, url, project, version, positions=None):
        """With positions each request shows what the last answer showed, whichever host it gets to."""
        self.url = url
        self.positions = positions
        self.project = project
        self.major = int(version.split(".")[0])
        # Whether the client can filter resources.
        self.filters = ViewLinkRequestFilter is not None
        self.writer = self.client(WRITER)
        self.reader = self.client(READER)

    def api_client(self, key):
        """The client for an API key, for all groups of operations."""
        configuration = launchdarkly_api.Configuration(host=self.url)
        if key is not None:
            configuration.api_key["ApiKey"] = key
        client = launchdarkly_api.ApiClient(configuration)
        if self.positions is not None:
            self.positions.follow(client)
        return client

    def client(self, key):
        """The client's operations on views, for an API key."""
        client = self.api_client(key)
        if hasattr(launchdarkly_api, "ViewsApi"):
            return launchdarkly_api.ViewsApi(client)
        return Beta(launchdarkly_api.ViewsBetaApi(client))

    def http(self, method, path, body=None, key=WRITER, **headers):
        """Plain HTTP below the project: the status and the body as JSON."""
        path = f"/api/v2/projects/{self.project}{path}"
        status, _, answer = self.request(method, path, body, key, **headers)
        return status, answer

    def request(self, method, path, body=None, key=WRITER, **headers):
        """Plain HTTP: the status, the headers and the body as JSON."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            headers["Authorization"] = key
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = self.url + path
        url = url if self.positions is None else self.positions.ask(url)
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            response = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            if self.positions is not None:
                self.positions.note(response.headers)
            return response.status, response.headers, json.loads(response.read() or b"null")

    def linked(self, view, kind, **parameters):
        """The keys that are linked to a view, by link time, and their total number."""
        page = self.reader.get_linked_resources(self.project, view, kind, **parameters)
        return [item.resource_key for item in page.items], page.total_count


class Beta:
    """The operations up to version 24, which need a parameter for the beta API."""

    def __init__(self, operations):
        self.operations = operations

    def __getattr__(self, name):
        return functools.partial(getattr(self.operations, name), "beta")


def by_keys(keys, **filter):
    return ViewLinkRequest(ViewLinkRequestKeys(keys=keys, **filter))


def by_filter(text, environment=None):
    return ViewLinkRequest(ViewLinkRequestFilter(filter=text, environment_id=environment))


def by_segments(*names, **filter):
    identifiers = [
        ViewLinkRequestSegmentIdentifier(environment_id=environment, segment_key=key)
        for environment, key in names
    ]
    request = ViewLinkRequestSegmentIdentifiers(segment_identifiers=identifiers, **filter)
    return ViewLinkRequest(request)


def counts(report):
    return report.success_count, report.failure_count


def codes(answer):
    """The code of each failed resource, which the client keeps only in the raw body."""
    return [failed["code"] for failed in json.loads(answer.raw_data)["failedResources"]]
