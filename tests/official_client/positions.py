"""What a client of several hosts keeps: the position of the last answer, for its next request."""

HEADER = "X-Viewlink-Position"


class Positions:
    def __init__(self):
        self.last = None

    def ask(self, url):
        """The URL of a request that is to show what the last answer showed."""
        if self.last is None:
            return url
        return f"{url}{'&' if '?' in url else '?'}atLeast={self.last}"

    def note(self, headers):
        """Keeps the position of an answer; those that are refused early have none."""
        self.last = headers.get(HEADER) or self.last

    def follow(self, client):
        """Lets all requests of an official client do that."""
        send = client.rest_client.request

        def request(method, url, *rest, **named):
            response = send(method, self.ask(url), *rest, **named)
            self.note(response.headers)
            return response

        client.rest_client.request = request
