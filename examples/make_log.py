"""Writes a web server's access log (Common Log Format) of a given size, the same one each time.

Usage: make_log FILE MEGABYTES
"""

import sys

PATHS = [
    "/", "/index.html", "/login", "/logout", "/search", "/cart", "/checkout", "/api/v1/items", "/api/v1/users",
    "/api/v1/orders", "/static/app.js", "/static/app.css", "/static/logo.svg", "/robots.txt", "/favicon.ico",
]
METHODS = ["GET", "GET", "GET", "GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD"]
STATUSES = [200, 200, 200, 200, 200, 200, 200, 304, 301, 404, 404, 403, 500, 503]


class Random:
    """A small linear congruential generator: the log is the same on every machine."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) % 2147483648
        return (self.state >> 8) % n


def log_line(random, second):
    host = f"10.{random.below(4)}.{random.below(16)}.{random.below(250)}"
    path = PATHS[min(random.below(len(PATHS)), random.below(len(PATHS)))]
    if path.startswith("/api/"):
        path += f"/{random.below(500)}"
    hours, rest = divmod(second, 3600)
    minutes, seconds = divmod(rest, 60)
    status = STATUSES[random.below(len(STATUSES))]
    size = 0 if status == 304 else 200 + random.below(20000)
    method = METHODS[random.below(len(METHODS))]
    return f'{host} - - [21/Nov/2026:{hours:02}:{minutes:02}:{seconds:02} +0000] "{method} {path} HTTP/1.1" {status} {size}\n'


def main():
    if len(sys.argv) != 3:
        print("usage: make_log FILE MEGABYTES", file=sys.stderr)
        return 2
    target = int(sys.argv[2]) * 1_000_000
    random = Random(2026)
    written = 0
    count = 0
    with open(sys.argv[1], "w") as log:
        while written < target:
            line = log_line(random, count // 3 % 86400)
            log.write(line)
            written += len(line)
            count += 1
    print(f"{count} lines, {written} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
