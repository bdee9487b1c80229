#!/usr/bin/env bash
# guess: Where the connection ends after a request and before its answer, clients go by RFC 9110, 9.2.2. A DELETE may be
# sent a second time by libraries, where the connection had been used before; a PATCH or POST never is, and nothing is
# on a new connection. Where the client's own time runs out while the server works, nothing is sent again: the call
# fails after that time. Command-line tools send again only where they are told to (--retry, --tries).
# Doubts: curl on a connection that was used before; wget.
