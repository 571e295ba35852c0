"""The report of `make bench`: from the raw numbers to Markdown and SVG.

    python3 Benchmarks/report.py RESULTS.json --out docs/benchmarks     # README.md and the plots
    python3 Benchmarks/report.py RESULTS.json --readme                  # the three lines for the README

A ratio is Lockstep over the limit of the same run; what is reported is the median of these ratios. A row whose unit
ends in `/s` is in the plot of throughput; one in `ms` with `p50` or `p99` in its name or title is in the plot of
latency. Exits 0 whether goals are met or missed, and 2 when the results cannot be read, with all that is wrong in them.
"""
import argparse
import dataclasses
import json
import math
import pathlib
import re
import statistics
import sys

import plots
from plots import number, plain

NOTES = pathlib.Path(__file__).resolve().parent / "notes.md"
GOALS = ("ratio_min", "ratio_max", "max", "shown")
NAMES = {"mongodb": "MongoDB", "openvino": "OpenVINO", "lockstep": "Lockstep", "swift": "Swift", "python": "Python"}


@dataclasses.dataclass
class Judgement:
    """`what` is met, missed, shown or unknown; `detail` says by how much, in how many runs or why not."""
    what: str
    detail: str = ""

    def cell(self):
        mark = {"met": "✓ met", "missed": "**✗ missed**", "shown": "shown", "unknown": "**? not judged**"}[self.what]
        return f"{mark}{self.detail}"


class Row:
    def __init__(self, raw):
        self.name, self.title, self.unit = raw["name"], raw["title"], raw["unit"]
        self.what, self.better = raw.get("what", ""), raw.get("better", "higher")
        self.lockstep, self.limit, self.others = raw["lockstep"], raw.get("limit"), raw.get("others") or {}
        self.goal, self.bound = raw["goal"]["kind"], raw["goal"].get("value")
        self.ratios = ratios(self.lockstep, self.limit or [])

    @property
    def judged(self):
        """What the goal looks at, one for each run."""
        return self.lockstep if self.goal == "max" else self.ratios

    def meets(self, value):
        return value >= self.bound if self.goal == "ratio_min" else value <= self.bound

    def judgement(self):
        if self.goal == "shown":
            return Judgement("shown")
        if not self.judged:
            return Judgement("unknown", ": no numbers" if not self.lockstep else ": no limit measured")
        value = statistics.median(self.judged)
        good = sum(map(self.meets, self.judged))
        runs = f" in {good} of {len(self.judged)} runs" if 0 < good < len(self.judged) else ""
        if self.meets(value):
            return Judgement("met", f",{runs}" if runs else "")
        by = f" by {number(abs(value / self.bound - 1) * 100, 2)} %" if self.bound else ""
        return Judgement("missed", by + (f"; met{runs}" if runs else ""))

    def goal_text(self):
        if self.goal == "shown":
            return "–"
        sign = "≥" if self.goal == "ratio_min" else "≤"
        return f"{sign} {plain(self.bound)}" + {"ratio_max": " ×", "max": f" {self.unit}"}.get(self.goal, "")

    def value(self, values):
        if not values:
            return "–"
        bound = self.bound if self.goal == "max" and values is self.lockstep else None
        return f"{telling(statistics.median(values), bound)} {self.unit}"

    def ratio(self):
        if not self.ratios:
            return "–"
        return telling(statistics.median(self.ratios), self.bound if self.goal.startswith("ratio") else None)

    def spread(self, runs=None):
        """Of the ratio; of Lockstep's own numbers where there is no ratio. Says so when there were not `runs` runs."""
        values, unit = (self.ratios, "") if self.ratios else (self.lockstep, f" {self.unit}")
        if len(values) < 2:
            return "one run" if values else "–"
        other = f" ({len(values)} runs)" if runs and len(values) != runs else ""
        return f"{number(min(values))}–{number(max(values))}{unit}{other}"

    def short_verdict(self):
        """For a plot: in words, since a mark alone says little."""
        if self.goal == "shown":
            return ""
        words = {"unknown": "not judged"}
        what = self.judgement().what
        return f"goal {self.goal_text()}: {words.get(what, what)}"

    def percentile(self):
        """50 or 99 when the row is such a latency."""
        found = re.search(r"p(50|99)\b", f"{self.name} {self.title}".replace("_", " "))
        return int(found[1]) if found and self.unit == "ms" else None


def ratios(ours, theirs):
    """Run by run; a run whose limit is zero has none."""
    return [a / b for a, b in zip(ours, theirs) if b]


def telling(value, bound):
    """Three digits, and more where three would hide on which side of the bound it is."""
    for digits in range(3, 12):
        text = number(value, digits)
        shown = float(text.replace(",", ""))
        if bound is None or ((shown < bound) == (value < bound) and (shown > bound) == (value > bound)):
            break
    return text


def problems(results):
    """Everything in the results that the report cannot work with."""
    found = []

    def numbers(where, values):
        if not isinstance(values, list) or not all(finite(value) for value in values):
            found.append(f"{where}: expected a list of finite numbers")
            return 0
        return len(values)

    for key in ("date", "rows"):
        if key not in results:
            found.append(f"`{key}` is missing")
    seen = set()
    for index, row in enumerate(results.get("rows", [])):
        name = row.get("name", f"rows[{index}]")
        if name in seen:
            found.append(f"{name}: there are two rows of that name")
        seen.add(name)
        found += [f"{name}: `{key}` is missing" for key in ("name", "title", "unit", "lockstep", "goal")
                  if key not in row]
        runs = numbers(f"{name}: lockstep", row.get("lockstep", []))
        if row.get("limit") is not None and numbers(f"{name}: limit", row["limit"]) != runs:
            found.append(f"{name}: `lockstep` and `limit` differ in length")
        for other, values in (row.get("others") or {}).items():
            numbers(f"{name}: {other}", values)
        if row.get("better", "higher") not in ("higher", "lower"):
            found.append(f"{name}: `better` is neither higher nor lower")
        goal = row.get("goal", {"kind": "shown"})
        if goal.get("kind") not in GOALS:
            found.append(f"{name}: the goal's kind is none of {', '.join(GOALS)}")
        elif goal["kind"] != "shown" and not finite(goal.get("value")):
            found.append(f"{name}: the goal has no value")
    files = set()
    for series in results.get("series", []):
        name = series.get("name", "")
        if "title" not in series:
            found.append(f"series {name}: `title` is missing")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            found.append(f"series `{name}`: a name is letters, digits, - and _, since it names a file")
        if name in files:
            found.append(f"series {name}: there are two of that name")
        files.add(name)
        for line, points in series.get("lines", {}).items():
            if not all(isinstance(point, list) and len(point) == 2 and all(map(finite, point)) for point in points):
                found.append(f"series {name}: {line}: expected [x, y] of finite numbers")
    for entry in results.get("instructions", []):
        if "name" not in entry or not finite(entry.get("count")):
            found.append(f"instructions: {entry.get('name')}: no name or no count")
    return found


def finite(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def rows_of(results):
    return [Row(raw) for raw in results["rows"]]


def styles(results):
    """A style for each name: the same in every plot."""
    names = [other for raw in results["rows"] for other in raw.get("others") or {}]
    names += [line for series in results.get("series", []) for line in series.get("lines", {})]
    names = [name for name in dict.fromkeys(names) if name.lower() not in ("lockstep", plots.LIMIT)]
    known = {name: 1 + index % (plots.COLOURS - 1) for index, name in enumerate(names)}
    return lambda name: {"lockstep": 0, plots.LIMIT: plots.LIMIT}.get(name.lower(), known.get(name, 1))


# The plots

def throughput_plot(results):
    style, groups = styles(results), []
    for row in rows_of(results):
        if not row.unit.endswith("/s"):
            continue
        if not row.ratios:
            aside = f"{row.value(row.lockstep)}, no limit measured" if row.lockstep else "no numbers"
            groups.append(plots.Group(row.title, aside, row.short_verdict(), []))
            continue
        bars = []
        for name, values in {"Lockstep": row.lockstep, **row.others}.items():
            if found := ratios(values, row.limit):
                share = statistics.median(found)
                text = row.ratio() if name == "Lockstep" else number(share)
                bars.append(plots.Bar(name, style(name), share, min(found), max(found), text))
        goal = row.bound if row.goal.startswith("ratio") else None
        groups.append(plots.Group(row.title, f"limit {row.value(row.limit)}", row.short_verdict(), bars, goal))
    return plots.shares("throughput", "Throughput, as a share of the limit in the same run", groups)


def latency_plot(results):
    style, by_title = styles(results), {}
    for row in rows_of(results):
        if percentile := row.percentile():
            title = re.sub(r"[\s,:(]*\bp(50|99)\b\)?", "", row.title).strip() or row.name
            if percentile in by_title.get(title, {}):       # two rates under one title: neither may vanish
                title = row.name
            by_title.setdefault(title, {})[percentile] = row
    groups = []
    for title, rows in by_title.items():
        found = {}
        for percentile, row in rows.items():
            for name, values in {"Lockstep": row.lockstep, plots.LIMIT: row.limit or [], **row.others}.items():
                if values:
                    found.setdefault(name, {})[percentile] = statistics.median(values)
        points = [plots.Point(name, style(name), of.get(50), of.get(99)) for name, of in found.items()]
        verdict = ", ".join(f"p{percentile} {rows[percentile].short_verdict().removeprefix('goal ')}"
                            for percentile in sorted(rows) if rows[percentile].goal != "shown")
        groups.append(plots.Group(title, "", verdict, points))
    return plots.percentiles("latency", "Latency, p50 and p99", groups)


def lines_of(series):
    """Points in order of x; of several at one x, the median."""
    found = {}
    for name, points in series.get("lines", {}).items():
        at = {}
        for x, y in points:
            at.setdefault(x, []).append(y)
        found["Lockstep" if name == "lockstep" else name] = [(x, statistics.median(at[x])) for x in sorted(at)]
    return found


def series_plot(results, series):
    style = styles(results)
    drawn = [plots.Line(name, style(name), points) for name, points in lines_of(series).items()]
    return plots.lines(f"series-{series['name']}", series["title"], series.get("x_label", ""),
                       series.get("y_label", ""), drawn)


# The page

def cell(text):
    return " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def table(head, align, rows):
    lines = [head, align, *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def summary(results):
    """How many goals are met, and the name of every one that is not."""
    rows = [row for row in rows_of(results) if row.goal != "shown"]
    found = {what: [cell(row.title) for row in rows if row.judgement().what == what]
             for what in ("met", "missed", "unknown")}
    over = [f"instructions, {cell(entry['name'])}" for entry in results.get("instructions", []) if is_over(entry)]
    missed = found["missed"] + over
    bounds = sum(entry.get("bound") is not None for entry in results.get("instructions", []))
    text = f"{len(found['met']) + bounds - len(over)} of {len(rows) + bounds} goals are met."
    if missed:
        text += f" **Missed: {'; '.join(missed)}.**"
    if found["unknown"]:
        text += f" **Not judged: {'; '.join(found['unknown'])}.**"
    return text, missed


def is_over(entry):
    return entry.get("bound") is not None and entry["count"] > entry["bound"]


def machine(results):
    about = results.get("machine", {})
    parts = [about.get("cpu"), f"{about['cores']} cores" if "cores" in about else None, about.get("memory"),
             f"Linux {about['kernel']}" if "kernel" in about else None,
             f"load before {about['load_before']:.1f}" if finite(about.get("load_before")) else None]
    return ", ".join(cell(part) for part in parts if part)


def main_table(rows, runs):
    lines = []
    for row in rows:
        lines.append([cell(row.title), row.value(row.lockstep), row.value(row.limit or []), row.ratio(),
                      row.spread(runs), row.goal_text(), row.judgement().cell()])
    return table(["", "Lockstep", "limit", "ratio", "spread over the runs", "goal", "met?"],
                 ["---", "--:", "--:", "--:", "--:", "--:", "---"], lines)


def others_table(rows):
    lines = []
    for row in rows:
        for name, values in row.others.items():
            if not values or not row.lockstep:
                lines.append([cell(row.title), cell(name), row.value(values), row.value(row.lockstep), "–", "–",
                              "not measured"])
                continue
            paired = ratios(row.lockstep, values) if len(values) == len(row.lockstep) else []
            theirs = statistics.median(values)
            found = paired or ([statistics.median(row.lockstep) / theirs] if theirs else [])
            if not found:
                lines.append([cell(row.title), cell(name), row.value(values), row.value(row.lockstep), "–", "–", "–"])
                continue
            spread = f"{number(min(found))}–{number(max(found))}" if len(found) > 1 else \
                "one run" if paired else "not run by run"
            lines.append([cell(row.title), cell(name), row.value(values), row.value(row.lockstep),
                          telling(statistics.median(found), 1), spread, leads(row, found)])
    if not lines:
        return []
    return ["## Beside what one would use instead", "",
            "The ratio is Lockstep over the other, run by run; it is too close to call when the runs disagree.",
            "", *table(["", "instead", "its median", "Lockstep", "ratio", "spread", "ahead"],
                       ["---", "---", "--:", "--:", "--:", "--:", "---"], lines)]


def leads(row, found):
    if min(found) <= 1 <= max(found):
        return "too close to call"
    return "Lockstep" if (min(found) > 1) == (row.better == "higher") else "the other"


def series_section(series):
    name, drawn = f"series-{series['name']}.svg", lines_of(series)
    lines = [f"## {cell(series['title'])}", "", f"![{cell(series['title'])}]({name})", ""]
    xs = sorted({x for points in drawn.values() for x, _ in points})
    if not xs:
        return [*lines, "No numbers in these results.", ""]
    at = {line: dict(points) for line, points in drawn.items()}
    rows = [[plain(x), *(number(at[line][x]) if x in at[line] else "–" for line in drawn)] for x in xs]
    unit = f" ({cell(series['y_label'])})" if series.get("y_label") else ""
    body = table([cell(series.get("x_label", "")), *(cell(line) + unit for line in drawn)], ["--:"] * (len(drawn) + 1),
                 rows)
    if len(rows) > 24:      # the plot says it; the numbers are there for who asks
        body = ["<details><summary>The numbers</summary>", "", *body, "</details>", ""]
    return [*lines, *body]


def instructions_section(results):
    entries = results.get("instructions", [])
    if not entries:
        return []
    rows = []
    for entry in entries:
        bound = entry.get("bound")
        verdict = "shown" if bound is None else "**✗ missed**" if is_over(entry) else "✓ met"
        if is_over(entry) and bound:
            verdict += f" by {number((entry['count'] / bound - 1) * 100, 2)} %"
        rows.append([f"{cell(entry['name'])}, per {cell(entry.get('per', 'call'))}", plain(entry["count"]),
                     "–" if bound is None else f"≤ {plain(bound)}", verdict])
    return ["## Instructions", "", "Counted, not timed: the load of the machine does not move them.", "",
            *table(["", "instructions", "bound", "met?"], ["---", "--:", "--:", "---"], rows)]


def profile_section(results):
    """MongoDB's time and Lockstep's, taken apart."""
    lines = []
    for part in results.get("profile", []):
        rows = [[cell(title), *map(number, values)] for title, *values in part["rows"]]
        lines += [f"### {cell(part['title'])}", "",
                  *table(["", *map(cell, part["columns"])], ["---", *["--:"] * len(part["columns"])], rows)]
    return lines


def page(results, notes=None, raw=None, peers=None):
    """The README of the folder. `notes` is text written by hand; beside the page are `raw`, the file of the numbers,
    and `peers`, the page of `make bench-peers`."""
    rows = rows_of(results)
    text, missed = summary(results)
    versions = ", ".join(f"{NAMES.get(name, name)} {cell(version)}"
                         for name, version in results.get("versions", {}).items() if version)
    runs = results.get("runs")
    lines = ["# Benchmarks", "", text, ""]
    lines += [f"- **Date**: {cell(results['date'])}", f"- **Machine**: {machine(results) or 'not recorded'}",
              f"- **Versions**: {versions or 'not recorded'}"]
    lines += [f"- **Raw numbers**: [{raw}]({raw})"] if raw else []
    of_runs = "" if not runs else f" of {runs} runs" if runs > 1 else " of one run"
    lines += ["", "To run it again:", "", "```console", "$ make bench", "```", "", "## The table", "",
              f"Each number is the median{of_runs}, unless the spread says otherwise, taken in turn with the limit's. "
              "The ratio is Lockstep over the limit of the same run, and the median of these. The spread is the least "
              "and the most of the ratio, or of Lockstep's own number where there is no limit. Absolute numbers of a "
              "shared machine mean little; ratios carry over.", ""]
    lines += main_table(rows, runs)
    lines += [f"- **{cell(row.title)}**: {cell(row.what)}" for row in rows if row.what]
    lines += ["", "![Throughput, as a share of the limit in the same run](throughput.svg)", "",
              "![Latency, p50 and p99](latency.svg)", ""]
    lines += others_table(rows)
    lines += [f"With SuperDuperDB beside it: [{peers}]({peers}).", ""] if peers else []
    for series in results.get("series", []):
        lines += series_section(series)
    lines += instructions_section(results)
    if notes or missed:
        lines += ["## Where the distance goes", "", notes.rstrip("\n") if notes
                  else f"Not explained yet: {'; '.join(missed)}.", "", *profile_section(results)]
    return "\n".join(lines).rstrip("\n") + "\n"


def readme_lines(results):
    """The three lines that matter: throughput from end to end, latency beside the loop in pymongo, embedding."""
    rows = rows_of(results)
    named = lambda start: [row for row in rows if re.sub(r"\W|_", "-", row.name.lower()).startswith(start)]
    verdict = lambda row: f"; {row.short_verdict()}" if row.short_verdict() else ""
    lines = []

    ends = [row for row in named("end-to-end") if row.ratios]
    ends = [row for row in ends if "update" not in row.name.lower()] or ends
    lines.append("- **End to end**: " + (
        f"{ends[0].ratio()} of the limit in the same run ({ends[0].value(ends[0].lockstep)}{verdict(ends[0])})"
        if ends else "not measured"))

    halves = [row for row in rows if row.percentile() == 50 and row.lockstep]
    pymongo = lambda row: next((values for name, values in row.others.items() if "pymongo" in name.lower() and values),
                               None)
    if half := next(filter(pymongo, halves), next(iter(halves), None)):
        beside = f"the loop in pymongo {half.value(pymongo(half))}" if pymongo(half) else \
            "the loop in pymongo not measured"
        lines.append(f"- **Latency** ({half.title}): {half.value(half.lockstep)}, {beside}{verdict(half)}")
    else:
        lines.append("- **Latency**: not measured")

    embedding = [f"{row.ratio()} of the limit in the same run ({row.title}{verdict(row)})" for row in named("embedding")
                 if row.ratios]
    lines.append("- **Embedding**: " + (", ".join(embedding) or "not measured"))
    return lines


def write(results, out, notes=None, raw=None):
    """Gives the paths of what was written."""
    peers = "peers.md" if (out / "peers.md").exists() else None
    files = {"README.md": page(results, notes, raw, peers), "throughput.svg": throughput_plot(results),
             "latency.svg": latency_plot(results)}
    files |= {f"series-{series['name']}.svg": series_plot(results, series) for series in results.get("series", [])}
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
    return [out / name for name in files]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("results", type=pathlib.Path, help="the JSON of raw numbers")
    options.add_argument("--out", type=pathlib.Path, help="the folder to write")
    options.add_argument("--readme", action="store_true", help="print the three lines for the README")
    options.add_argument("--notes", type=pathlib.Path, default=NOTES, help="text about missed goals (%(default)s)")
    parser, options = options, options.parse_args()
    if not options.out and not options.readme:
        parser.error("say --out, --readme or both")
    try:
        results = json.loads(options.results.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        parser.exit(2, f"{options.results}: {error}\n")
    if found := problems(results):
        parser.exit(2, "".join(f"{options.results}: {problem}\n" for problem in found))
    if options.out:
        notes = options.notes.read_text(encoding="utf-8") if options.notes.exists() else None
        beside = options.results.resolve().parent == options.out.resolve()
        for path in write(results, options.out, notes, options.results.name if beside else None):
            print(f"wrote {path}", file=sys.stderr)
        print(summary(results)[0].replace("**", ""), file=sys.stderr)
    if options.readme:
        print("\n".join(readme_lines(results)))


if __name__ == "__main__":
    main()
