"""What style.py and lines.py know about the source tree."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ("ir", "passes", "emitters", "compiler")


def tracked_files():
    """Every file that git knows or would add; without git, every file outside build folders."""
    try:
        listed = subprocess.run(
            ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            check=True, capture_output=True, text=True).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [p for p in ROOT.rglob("*") if "build" not in p.relative_to(ROOT).parts]
    return sorted(p for p in paths if p.is_file())


def without_comments_and_strings(text):
    """C++ text with comments and literals blanked out, line breaks kept."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return token.sub(lambda match: " " + "\n" * match.group().count("\n"), text)


def function_lengths(text):
    """[(first line, lines)] of the function bodies of a C++ file, signature included.

    A brace opens a function when a parameter list stands before it and all braces around it belong
    to namespaces, classes or extern "C".
    """
    code = without_comments_and_strings(text)
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group().count("\n"), code,
                  flags=re.M)
    scope = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()=]*$")
    lengths, around, begin, in_function = [], [], 0, None
    for at, character in enumerate(code):
        if character == "{":
            head = code[begin:at]
            if in_function is None and ")" in head and not scope.search(head):
                in_function = len(around)
                start = begin + len(head) - len(head.lstrip())
            around.append(character)
            begin = at + 1
        elif character == "}":
            if around:
                around.pop()
            if in_function is not None and len(around) == in_function:
                first = code.count("\n", 0, start) + 1
                lengths.append((first, code.count("\n", 0, at) + 2 - first))
                in_function = None
            begin = at + 1
        elif character == ";" and in_function is None:
            begin = at + 1
    return lengths
