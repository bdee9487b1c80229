#!/usr/bin/env bash
# guess: PostgreSQL makes concurrent commits share one flush of its log. A NOTIFY to a channel that nobody
# listens to is some memory and nothing more, so 16 clients that each insert a row and notify commit as often as
# 16 clients that insert a row only: at least 80 % of it. Two databases of one server do not know of each other.
