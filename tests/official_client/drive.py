"""Drives a host with the installed version of the official client: drive.py URL VERSION."""

import importlib.metadata
import sys

import kinds
import links
import lists
import refusals
import views
from api import Api
from checks import Checks


def main():
    url, version = sys.argv[1:]
    checks = Checks(f"launchdarkly-api {version}")
    checks.equal("the installed version", importlib.metadata.version("launchdarkly-api"), version)
    # A project of its own, so that all versions can use one store.
    api = Api(url, project="client-" + version.replace(".", "-"), version=version)
    for module in (views, links, lists, kinds, refusals):
        module.check(api, checks)
    checks.finish()


main()
