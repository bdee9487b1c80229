"""Counts successful checks, and stops at the first failure."""

import json


class Checks:
    def __init__(self, subject):
        self.subject = subject
        self.passed = 0

    def fail(self, name, detail):
        raise SystemExit(f"{self.subject}: failed: {name}: {detail}")

    def equal(self, name, got, expected):
        if got != expected:
            self.fail(name, f"expected {expected!r}, got {got!r}")
        self.passed += 1

    def raises(self, name, exception, code, call):
        """Expects the client's own exception, and in its body the code and a message."""
        try:
            got = call()
        except exception as raised:
            body = json.loads(raised.body)
            self.equal(name, body.get("code"), code)
            self.equal(f"{name}, with a message", bool(body.get("message")), True)
        except Exception as other:  # whatever else is raised is what failed
            self.fail(name, f"expected {exception.__name__}, got {other!r}")
        else:
            self.fail(name, f"expected {exception.__name__}, got {got!r}")

    def finish(self):
        print(f"{self.subject}: {self.passed} checks passed")
