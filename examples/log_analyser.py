"""Reads a web server's access log and prints what an administrator wants to know.

Usage: log_analyser FILE
"""

import sys


class Route:
    """What is counted for one path."""

    def __init__(self, path):
        self.path = path
        self.hits = 0
        self.errors = 0
        self.sizes = []

    def add(self, status, size):
        self.hits += 1
        if status >= 400:
            self.errors += 1
        self.sizes.append(size)

    def percentile(self, percent):
        sizes = sorted(self.sizes)
        return sizes[min(len(sizes) - 1, len(sizes) * percent // 100)]


def parse(line):
    """host, hour, method, path, status, size — or None for a malformed line."""
    try:
        host, rest = line.split(" ", 1)
        before, request, after = rest.split('"')
        hour = int(before.split(":")[1])
        method, path, _ = request.split(" ")
        status, size = after.split()
        return host, hour, method, path, int(status), int(size)
    except ValueError:
        return None


def normalise(path):
    """`/api/v1/items/17` counts as `/api/v1/items/*`."""
    head, _, last = path.rpartition("/")
    return f"{head}/*" if last.isdigit() else path


def analyse(file):
    routes = {}
    hosts = {}
    statuses = {}
    hours = [0] * 24
    total_bytes = 0
    malformed = 0
    for line in file:
        record = parse(line)
        if record is None:
            malformed += 1
            continue
        host, hour, method, path, status, size = record
        path = normalise(path)
        route = routes.get(path)
        if route is None:
            route = routes[path] = Route(path)
        route.add(status, size)
        hosts[host] = hosts.get(host, 0) + 1
        statuses[status] = statuses.get(status, 0) + 1
        hours[hour] += 1
        total_bytes += size
    return routes, hosts, statuses, hours, total_bytes, malformed


def human(n):
    """A byte count for people."""
    amount = float(n)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def report(routes, hosts, statuses, hours, total_bytes, malformed):
    requests = sum(statuses.values())
    print(f"{requests:,} requests from {len(hosts):,} hosts, {human(total_bytes)} sent, {malformed} malformed lines\n")

    print(f"{'path':<24}{'hits':>9}{'share':>8}{'errors':>8}{'median':>10}{'p99':>10}")
    for route in sorted(routes.values(), key=lambda route: (-route.hits, route.path))[:10]:
        share = 100 * route.hits / requests
        print(
            f"{route.path:<24}{route.hits:>9,}{share:>7.1f}%{route.errors:>8,}"
            f"{human(route.percentile(50)):>10}{human(route.percentile(99)):>10}"
        )

    print("\nstatus")
    for status, count in sorted(statuses.items()):
        print(f"  {status}  {count:>8,}  {'#' * (count * 60 // requests)}")

    print("\nbusiest hosts")
    for host, count in sorted(hosts.items(), key=lambda item: (-item[1], item[0]))[:5]:
        print(f"  {host:<16}{count:>6}")

    busiest = max(range(24), key=lambda hour: hours[hour])
    print(f"\nbusiest hour: {busiest:02}:00 with {hours[busiest]:,} requests")


def main():
    if len(sys.argv) != 2:
        print("usage: log_analyser FILE", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1]) as file:
            results = analyse(file)
    except OSError as error:
        print(f"log_analyser: {error}", file=sys.stderr)
        return 1
    report(*results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
