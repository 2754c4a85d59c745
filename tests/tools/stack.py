#!/usr/bin/env python3
"""stack.py FUNCTION FILE.ci …: the most bytes of stack that FUNCTION and what it calls take, by GCC's own
count of each frame and its call graph (-fcallgraph-info=su), and the calls that take them. Fails where a
frame has no bound, or where functions call each other in a circle."""
import functools
import re
import sys


def read(paths):
    """(bytes of each function's frame, what each calls) by GCC's titles."""
    frames, calls = {}, {}
    for path in paths:
        text = open(path, encoding="utf-8").read()
        for title, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]*)"', text):
            size = re.search(r"(\d+) bytes \((static|dynamic,bounded|dynamic)\)", label)
            if size and size[2] == "dynamic":
                sys.exit(f"{title}: a frame without a bound")
            if size:
                frames[title] = int(size[1])
        for caller, callee in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            calls.setdefault(caller, set()).add(callee)
    return frames, calls


def deepest(function, frames, calls):
    """(bytes, chain of calls); of the compiler's and the C library's functions nothing is known: 0."""
    open_calls = []

    @functools.cache
    def walk(name):
        if name in open_calls:
            sys.exit(f"recursion: {name}")
        open_calls.append(name)
        below = max((walk(callee) for callee in sorted(calls.get(name, ()))), default=(0, ()))
        open_calls.pop()
        return frames.get(name, 0) + below[0], (name,) + below[1]

    return walk(function)


if __name__ == "__main__":
    size, chain = deepest(sys.argv[1], *read(sys.argv[2:]))
    print(size, " > ".join(name.split(":")[-1] for name in chain))
