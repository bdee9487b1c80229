"""Drives hosts with the installed version of the official client: drive.py OPEN CLOSED VERSION.

OPEN and CLOSED are the URLs of two hosts; CLOSED links registered resources only. Both have
registered the resources of the project `registry-VERSION`. With `-` for CLOSED, OPEN is several
hosts that share a log: each request asks for the position of the last answer.
"""

import functools
import importlib.metadata
import sys

import closed
import elsewhere
import kinds
import links
import lists
import refusals
import registered
import terms
import views
from api import Api
from checks import Checks
from positions import Positions


def main():
    open_url, closed_url, version = sys.argv[1:]
    checks = Checks(f"launchdarkly-api {version}")
    checks.equal("the installed version", importlib.metadata.version("launchdarkly-api"), version)
    # Separate projects, so that all versions can use one store.
    name = version.replace(".", "-")
    positions = Positions() if closed_url == "-" else None
    on = functools.partial(Api, version=version, positions=positions)
    api = on(open_url, project=f"client-{name}")
    for module in (views, links, lists, kinds, refusals, terms, elsewhere):
        module.check(api, checks)
    registered.check(on(open_url, project=f"registry-{name}"), checks)
    if closed_url != "-":
        closed.check(on(closed_url, project=f"registry-{name}"), checks)
    checks.finish()


main()
