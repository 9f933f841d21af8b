"""Generates trees, runs real commands in them, and judges what they print: an implementation of the rules for paths,
records and lines of docs/config.md that shares nothing with the server's.

    output_oracle.py SEED TREES COMMANDS

Prints a JSON object per line: one for a tree, then one for each command that ran in it. Where the generator knows which
entries a command names without reading its output, it also checks the rules themselves, and ends with status 1 if they
disagree."""

import collections
import itertools
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile

END = "\x01end\x01"


def make_tree(rng, home):
    """Creates directories and files below home/site. Base names are unique, so that no two paths mean the same."""
    stems = ["app", "index", "notes", "a b", "it's", "été", "x-1", "UPPER", "data.tar", "#tag", "semi;colon", "q\"uote"]
    count = itertools.count()

    def name(suffix=""):
        return f"{rng.choice(stems)}{next(count)}{suffix}"

    site = os.path.join(home, "site")
    os.makedirs(site)
    folders = [site]
    for _ in range(rng.randint(2, 5)):
        folder = os.path.join(rng.choice(folders), name())
        os.mkdir(folder)
        folders.append(folder)
    for _ in range(rng.randint(4, 12)):
        path = os.path.join(rng.choice(folders), name(rng.choice([".md", ".txt", ".css"])))
        with open(path, "w") as file:
            file.write("word\n" * rng.randint(0, 400))
        stamp = 1_400_000_000 + rng.randint(0, 100_000_000)
        os.utime(path, (stamp, stamp))
    if rng.random() < 0.5:
        file = rng.choice(files_below(site))
        os.symlink(os.path.basename(file), os.path.join(os.path.dirname(file), name("-link")))
    if rng.random() < 0.3:
        with open(os.path.join(site, "." + name()), "w") as file:
            file.write("hidden\n")
    with open(os.path.join(home, "outside"), "w") as file:
        file.write("x\n")
    return folders


def below(folder):
    """All paths below a folder, without the folder."""
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            yield os.path.join(place, name)


def files_below(folder):
    return [path for path in below(folder) if os.path.isfile(path) and not os.path.islink(path)]


def commands(rng, site, folder):
    """Pairs of a command, which runs in `site`, and the set of paths that it names; None if only the rules say."""
    relative = os.path.relpath(folder, site)
    quoted = shlex.quote(relative)
    inside = list(below(folder))
    files = files_below(folder)
    shown = [os.path.join(folder, name) for name in os.listdir(folder) if not name.startswith(".")]
    everything = [path for path in inside if "/." not in path[len(folder):]]
    here = [] if folder == site else [folder]
    text = [path for path in files if os.path.getsize(path) > 0 and not os.path.basename(path).startswith(".")]
    yield f"find {quoted} -type f", files
    yield f"find {quoted} -mindepth 1", inside
    yield f"find {quoted}", inside + here
    yield f"find {quoted} -name '*.md'", [path for path in inside if path.endswith(".md")]
    yield f"cd {quoted} && find . -type f", files if folder == site else None
    yield f"find {shlex.quote(folder)} -type f", files
    yield f"find ~/site/{quoted} -type f | sort -r", files
    yield f"find {quoted} -type f -ls", files
    yield f"find {quoted} -mindepth 1 -printf '%s %p\\n'", inside
    yield f"find {quoted} -type f | head -n -1", None
    yield f"ls {quoted}", shown
    yield f"ls -1 {quoted}", shown
    yield f"ls -C --quoting-style=shell-escape {quoted}", shown
    yield f"ls -l {quoted}", shown
    yield f"ls -la --quoting-style=shell-escape {quoted}", [os.path.join(folder, name) for name in os.listdir(folder)]
    yield f"ls -lF --quoting-style=shell-escape {quoted}", shown
    yield f"ls -R --quoting-style=shell-escape {quoted}", everything
    yield f"ls -lR {quoted}", everything
    yield f"cd {quoted}; ls", shown
    yield f"grep -rl word {quoted} --exclude='.*'", text
    yield f"grep -rn word {quoted} | head -n 40", []
    yield f"wc -c {' '.join(shlex.quote(os.path.relpath(path, site)) for path in files)} 2>/dev/null", files
    yield f"du -a {quoted}", inside + here
    yield f"stat --format '%n' {quoted}/*", shown or []
    yield f"ls -d {quoted}/* {quoted}/*", shown
    yield f"find . -type f; find {quoted} -type f", files_below(site)
    yield "echo nothing at all; cat ~/outside", []
    yield "ls ~ /etc/passwd /tmp/nowhere", None
    yield "for i in 1 2 3; do echo line $i; done; echo; echo total 12; echo '7 total'", []


def run(home, site, lines):
    script = "".join(f"({line}) 2>&1; printf '{END}'\n" for line in lines)
    environment = {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "COLUMNS": "80"}
    ran = subprocess.run(["bash", "-c", script], cwd=site, env=environment, stdout=subprocess.PIPE, check=False)
    return ran.stdout.decode().split(END)[:-1]


# The rules.

ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescape(text):
    octets = re.sub(
        r"\\([0-7]{1,3}|.)",
        lambda found: chr(int(found[1], 8)) if found[1][0] in "01234567" else ESCAPES.get(found[1], found[1]),
        text.encode("utf-8", "surrogateescape").decode("latin-1"),
    )
    return octets.encode("latin-1").decode("utf-8", "surrogateescape")


def unquote(text):
    plain, rest = "", text
    while rest:
        for pattern, read in (
            (r"\$'((?:[^'\\]|\\.)*)'", unescape),
            (r"'([^']*)'", str),
            (r'"((?:[^"\\]|\\.)*)"', lambda part: re.sub(r'\\([\\"$`])', r"\1", part)),
            (r"\\(.)", str),
            (r"([^'\"\\])", str),
        ):
            found = re.match(pattern, rest, re.S)
            if found:
                plain, rest = plain + read(found[1]), rest[found.end():]
                break
        else:
            return None
    return plain


def split(text, separators):
    """Parts between separators outside quotes."""
    token = r"\$'(?:[^'\\]|\\.)*'|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|[^" + separators + r"]"
    return [found[0] for found in re.finditer(f"(?:{token})+", text, re.S)]


class Reader:
    def __init__(self, home, kinds, cwd, command):
        self.home, self.kinds = home, kinds
        self.bases = [cwd]
        for word in split(command, r"\s;|&()"):
            name = self.resolve(unquote(word) if unquote(word) is not None else word, cwd)
            if name is not None and kinds[name] == "d":
                self.bases.append(os.path.join(home, name))
        self.heading = None

    def resolve(self, path, base):
        if not path:
            return None
        if path == "~" or path.startswith("~/"):
            path = self.home + path[1:]
        path = os.path.normpath(os.path.join(base, path))
        if path == self.home:
            return ""
        name = path[len(self.home) + 1:]
        return name if path.startswith(self.home + "/") and name in self.kinds else None

    def lookup(self, path):
        bases = ([self.heading] if self.heading else []) + self.bases
        return next((name for base in bases if (name := self.resolve(path, base)) is not None), None)

    def name(self, text):
        forms = [text]
        if " -> " in text:
            return self.lookup(text) if self.lookup(text) is not None else self.name(text.split(" -> ")[0])
        forms += [unquote(text) if re.search(r"['\"\\]", text) else None, unescape(text) if "\\" in text else None]
        if len(text) > 1 and text[-1] in "*@|=":
            forms += [text[:-1], unquote(text[:-1])]
        return next((name for form in forms if form is not None and (name := self.lookup(form)) is not None), None)

    def names(self, text):
        """A list, empty for "." and ".."; None if the text is no path."""
        if re.fullmatch(r"\.\.?/*", text):
            return []
        name = self.name(text)
        return None if name is None else [name]

    def line(self, line):
        """The names in a line; None if it is none that counts."""
        text = line.strip(" \t\r\v\f")
        if not text or re.fullmatch(r"total\s+\S+|\d+\s+total", text):
            return None
        whole = self.names(line) if self.names(line) is not None else self.names(text)
        if whole is not None:
            return whole
        if text.endswith(":"):
            before, self.heading = self.heading, None
            name = self.name(text[:-1])
            if name is not None and self.kinds[name] == "d":
                self.heading = os.path.join(self.home, name)
                return None
            self.heading = before
        for fields in (text.split(), split(text, r"\s")):
            found = [self.names(field) for field in fields]
            if None not in found:
                return list(itertools.chain(*found))
        for count in range(min(len(text.split()), 16), 0, -1):
            found = self.names(re.search(r"(?:\S+\s+){%d}\S+$" % (count - 1), text)[0])
            if found is not None:
                return found
        return []

    def lines(self, output):
        read = ((line, self.line(line)) for line in output.split("\n"))
        return [(line, names) for line, names in read if names is not None]


def has_cover(records, lines, allows_extra):
    """Whether each record has a line of its own, and each line with names a record: tries all ways."""

    def fits(record, line):
        text, names = line
        return (not record["path"] or record["path"] in names) and record["text"] in text

    def assign(rest, free):
        if not rest:
            return allows_extra or not any(lines[i][1] for i in free)
        return any(fits(rest[0], lines[i]) and assign(rest[1:], free - {i}) for i in free)

    return assign(records, frozenset(range(len(lines))))


def main(seed, trees, count):
    rng = random.Random(seed)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="tellina.oracle-") as folder:
        for number in range(trees):
            home = os.path.join(folder, f"home{number}")
            site = os.path.join(home, "site")
            folders = make_tree(rng, home)
            kinds = {os.path.relpath(path, home): "d" if os.path.isdir(path) and not os.path.islink(path) else "f" for path in below(home)}
            kinds[""] = "d"
            print(json.dumps({"home": home, "names": kinds}))
            target = rng.choice(folders)
            answer = sorted(os.path.relpath(path, home) for path in rng.choice([files_below(target), list(below(target))]))
            chosen = [pair for place in (target, target, rng.choice(folders)) for pair in commands(rng, site, place)]
            chosen = rng.sample(chosen, count)
            for (command, truth), output in zip(chosen, run(home, site, [command for command, _ in chosen])):
                lines = Reader(home, kinds, site, command).lines(output)
                found = [name for _, names in lines for name in names]
                if truth is not None:
                    named = {os.path.relpath(path, home) for path in truth}
                    if set(found) - {"site"} != named - {"site"}:
                        print(f"{command!r} names {sorted(named)}, the rules read {found} in {output!r}", file=sys.stderr)
                        wrong += 1
                rows = output.split("\n")[:-1]
                kept = [row.strip() for row in rows if row.strip()]
                sample = [{"path": names[0] if names and rng.random() < 0.8 else "", "text": rng.choice([line[:3], line.strip()[-2:], ""])} for line, names in rng.sample(lines, min(len(lines), rng.randint(0, 5)))]
                other = rng.choice([kept, kept[::-1], sorted(kept), sorted(set(kept)), kept[1:], kept + kept[:1]])
                allows_extra = rng.random() < 0.5
                small = lines if len(lines) <= 7 else lines[:7]
                cut = "\n".join(line for line, _ in small) + "\n"
                relines = Reader(home, kinds, site, command).lines(cut)
                print(json.dumps({
                    "command": command, "output": output,
                    "answer": answer, "found": found,
                    "is_search": set(found) - {"site"} == set(answer),
                    "ordered": rng.choice([found, found[::-1], answer]),
                    "lines": other,
                    "exact": kept == other,
                    "unordered": collections.Counter(kept) == collections.Counter(other),
                    "set": set(kept) == set(other),
                    "cut": cut,
                    "records": sample, "allows_extra": allows_extra, "is_covered": has_cover(sample, relines, allows_extra),
                }))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4])))
