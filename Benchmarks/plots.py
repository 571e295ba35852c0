"""SVG plots for the report, written by hand: text stays text, light and dark, never by colour alone.

Three kinds: `shares` (bars beside a limit of 1), `percentiles` (p50 and p99 on one line) and `lines`. Each takes plain
values and gives the SVG as a string; the same values give the same bytes.
"""
import dataclasses
import decimal
import math
import re
from xml.sax.saxutils import escape, quoteattr

WIDTH = 760
MARGIN = 16
FONT = 12
LIMIT = "limit"         # the class of what is measured beside; a Lockstep series has 0, the others 1, 2, 3 …
COLOURS = 4
DASHES = {0: "", 1: "7 4", 2: "2 3", 3: "10 3 2 3", LIMIT: "4 2"}

# Over a background of its own: a page's theme and the system's may differ, and an image sees only the system's.
LIGHT = {"back": "#ffffff", "ink": "#1f2328", "muted": "#59636e", "grid": "#d1d9e0",
         0: "#0969da", 1: "#bc4c00", 2: "#1a7f37", 3: "#8250df", LIMIT: "#6e7781"}
DARK = {"back": "#0d1117", "ink": "#e6edf3", "muted": "#9198a1", "grid": "#30363d",
        0: "#4493f8", 1: "#f0883e", 2: "#3fb950", 3: "#ab7df8", LIMIT: "#9198a1"}


def number(value, digits=3):
    """With thousands separators and so many significant digits: 12345.6 is `12,300`."""
    exact = decimal.Decimal(repr(float(value)))
    if not exact:
        return "0"
    for _ in range(2):      # twice: 9.996 is 10.00 after the first, and one digit too long
        exact = exact.quantize(decimal.Decimal(1).scaleb(exact.adjusted() - digits + 1), decimal.ROUND_HALF_UP)
    return f"{exact:,f}"


def plain(value):
    """With thousands separators, as it was given: for goals, sizes and counts."""
    text = f"{decimal.Decimal(repr(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclasses.dataclass
class Bar:
    """A share of the limit; `low` and `high` are the least and the most of the runs, `text` is the share as written."""
    name: str
    style: int
    share: float
    low: float
    high: float
    text: str


@dataclasses.dataclass
class Group:
    """What belongs under one heading: bars or points, and the verdict in words."""
    title: str
    aside: str
    verdict: str
    items: list
    goal: float | None = None


@dataclasses.dataclass
class Point:
    """A latency in ms: one of the two may be missing."""
    name: str
    style: int | str
    p50: float | None
    p99: float | None


@dataclasses.dataclass
class Line:
    name: str
    style: int | str
    points: list


def shares(name, title, groups):
    """Horizontal bars: each a share of its limit, a line at 1, a tick at the goal."""
    bars = [bar for group in groups for bar in group.items]
    described = [f"{group.title}: " + (", ".join(f"{bar.name} {bar.text}" for bar in group.items) or "none")
                 + (f"; {group.verdict}" if group.verdict else "") for group in groups]
    sheet = Sheet(name, title, "Shares of the limit measured in the same run. " + sentences(described))
    if not bars:
        return sheet.nothing("no rate was measured beside a limit")
    ticks = ticks_to(max([1.1, *(bar.high for bar in bars), *(group.goal or 0 for group in groups)]))
    left, right = 190, 670
    at = scale(0, ticks[-1], left, right)
    sheet.down(28)
    top = sheet.y
    sheet.down(8)
    marks = []
    for group in groups:
        sheet.heading(group)
        for bar in group.items:
            tall = 16 if bar.style == 0 else 10
            middle = sheet.y + 11
            sheet.text(left - 10, middle + 4, bar.name, "muted" if bar.style else "ink strong", "end", left - 34)
            sheet.box(left, middle - tall / 2, at(bar.share) - left, tall, bar.style)
            if bar.low < bar.high:
                marks.append(("whisker", [(at(bar.low), middle), (at(bar.high), middle)]))
                for end in (at(bar.low), at(bar.high)):
                    marks.append(("whisker", [(end, middle - 4), (end, middle + 4)]))
            if bar.style == 0 and group.goal is not None:
                marks.append(("goal", [(at(group.goal), middle - 13), (at(group.goal), middle + 13)]))
            sheet.text(WIDTH - MARGIN, middle + 4, bar.text, "muted" if bar.style else "ink strong", "end")
            sheet.down(26 if bar.style == 0 else 18)
        sheet.down(10)
    sheet.axis(top, sheet.y, [(at(tick), plain(tick), tick == 1) for tick in ticks])
    if 1 not in ticks:
        sheet.axis(top, sheet.y, [(at(1), "1", True)])
    for kind, points in marks:
        sheet.stroke(kind, points)
    sheet.down(18)
    x = sheet.key(MARGIN, "edge", "the limit, 1")
    x = sheet.key(x, "goal", "goal of the row")
    sheet.key(x, "whisker", "least and most of the runs")
    return sheet.svg()


def percentiles(name, title, groups):
    """One line for each of those compared: a disc at p50, a diamond at p99."""
    def said(point):
        return " and ".join(f"{label} {number(value)} ms" for label, value in (("p50", point.p50), ("p99", point.p99))
                            if value is not None)
    described = [f"{group.title}: " + ", ".join(f"{point.name} {said(point)}" for point in group.items)
                 + (f"; {group.verdict}" if group.verdict else "") for group in groups]
    sheet = Sheet(name, title, "Milliseconds; less is better. " + sentences(described))
    values = [value for group in groups for point in group.items for value in (point.p50, point.p99)
              if value is not None]
    if not values:
        return sheet.nothing("no latency was measured")
    left, right = 206, 590
    logarithmic = min(values) > 0 and max(values) / min(values) > 20
    if logarithmic:
        first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        ticks = [10.0 ** power for power in range(first, last + 1)]
        log = scale(first, last, left, right)
        at = lambda value: log(math.log10(value))
    else:
        ticks = ticks_to(max(values))
        at = scale(0, ticks[-1], left, right)
    sheet.down(28)
    top = sheet.y
    sheet.down(8)
    marks = []
    for group in groups:
        sheet.heading(group)
        for point in group.items:
            middle = sheet.y + 10
            words = "ink strong" if point.style == 0 else "muted"
            sheet.text(left - 16, middle + 4, point.name, words, "end", left - 40)
            marks.append((point, middle))
            sheet.text(WIDTH - MARGIN, middle + 4,
                       " / ".join("–" if value is None else number(value) for value in (point.p50, point.p99)) + " ms",
                       words, "end")
            sheet.down(21)
        sheet.down(10)
    sheet.axis(top, sheet.y, [(at(tick), plain(round(tick, 9)), False) for tick in ticks])
    sheet.text(MARGIN, top - 6, "milliseconds", "muted")
    for point, middle in marks:
        if point.p50 is not None and point.p99 is not None:
            sheet.stroke(f"l{point.style}", [(at(point.p50), middle), (at(point.p99), middle)])
        if point.p99 is not None:
            sheet.mark("diamond", at(point.p99), middle, point.style, hollow=True)
        if point.p50 is not None:
            sheet.mark("disc", at(point.p50), middle, point.style)
    sheet.down(18)
    x = sheet.key(MARGIN, "disc", "p50, half are faster")
    x = sheet.key(x, "diamond", "p99, one in a hundred is slower")
    if logarithmic:
        sheet.text(x, sheet.y + 4, "each step is ten times the last", "muted")
    return sheet.svg()


def lines(name, title, x_label, y_label, drawn):
    """Lines over numbers: each with a dash, a mark and its name at its end; y begins at zero."""
    drawn = [line for line in drawn if line.points]
    described = [f"{line.name}: " + ", ".join(f"{number(y)} at {plain(x)}" for x, y in thinned(line.points))
                 for line in drawn]
    sheet = Sheet(name, title, f"{y_label} over {x_label}. " + sentences(described))
    if not drawn:
        return sheet.nothing("no numbers in these results")
    xs = sorted({x for line in drawn for x, _ in line.points})
    ys = [y for line in drawn for _, y in line.points]
    y_ticks = ticks_to(max(ys), min(0, min(ys)))
    names = max(wide(line.name) for line in drawn)
    left, right = MARGIN + 12 + max(wide(plain(tick)) for tick in y_ticks), WIDTH - MARGIN - 14 - min(170, names)
    top, bottom = sheet.y + 34, sheet.y + 274
    sheet.text(MARGIN, sheet.y + 14, y_label, "muted")
    down = scale(y_ticks[0], y_ticks[-1], bottom, top)
    for tick in y_ticks:
        sheet.stroke("edge" if tick == 0 else "grid", [(left, down(tick)), (right, down(tick))])
        sheet.text(left - 8, down(tick) + 4, plain(tick), "muted", "end")

    # Doublings get equal room: 1, 4, 16 and 64 would else lie on top of each other.
    logarithmic = len(xs) > 2 and xs[0] > 0 and xs[-1] / xs[0] >= 16
    if logarithmic:
        log = scale(math.log(xs[0]), math.log(xs[-1]), left + 10, right - 10)
        across = lambda x: log(math.log(x))
    else:
        across = scale(min(0, xs[0]) if xs[0] < xs[-1] / 2 else xs[0], xs[-1], left + 10, right - 10)
    taken = -math.inf
    for x in xs if len(xs) <= 8 else [x for x in ticks_to(xs[-1], min(0, xs[0])) if xs[0] <= x <= xs[-1]]:
        half = wide(plain(x)) / 2
        sheet.stroke("grid", [(across(x), bottom), (across(x), bottom + 4)])
        if across(x) - half > taken + 6:
            sheet.text(across(x), bottom + 18, plain(x), "muted", "middle")
            taken = across(x) + half
    note = " (equal steps are equal factors)" if logarithmic else ""
    sheet.text((left + right) / 2, bottom + 38, x_label + note, "muted", "middle", right - left)

    for line in sorted(drawn, key=lambda line: line.style == 0):     # Lockstep on top
        spots = [(across(x), down(y)) for x, y in line.points]
        sheet.stroke(f"l{line.style}", spots)
        if len(spots) <= 20:
            for spot in spots:
                sheet.mark(shape(line.style), *spot, line.style)
        if len(drawn) == 1 and len(spots) <= 8:
            for index, ((x, y), (_, value)) in enumerate(zip(spots, line.points)):
                beside = [spots[at][1] for at in (index - 1, index + 1) if 0 <= at < len(spots)]
                valley = any(other < y - 20 for other in beside) and y + 22 < bottom       # else the line crosses it
                edge = "start" if x < left + 40 else "end" if x > right - 40 else "middle"
                sheet.text(x, y + 20 if valley else y - 10, number(value), "ink", edge)
    last = -math.inf
    for line in sorted(drawn, key=lambda line: (down(line.points[-1][1]), line.name)):
        x, y = across(line.points[-1][0]), down(line.points[-1][1])
        last = max(y, last + 16)
        if abs(last - y) > 4 or x < right - 12:
            sheet.stroke("lead", [(x + 6, y), (right + 4, last)])
        sheet.text(right + 8, last + 4, line.name, "ink strong" if line.style == 0 else "ink",
                   room=WIDTH - MARGIN - right - 8)
    sheet.y = max(bottom + 44, last)
    return sheet.svg()


def sentences(parts):
    return "".join(f"{part}. " for part in parts).strip()


def thinned(points, most=12):
    """The first, the last and some between: a description is read aloud."""
    step = max(1, math.ceil((len(points) - 1) / (most - 1)))
    return points if len(points) <= most else [*points[:-1:step], points[-1]]


def scale(low, high, start, end):
    return lambda value: start + (end - start) * ((value - low) / (high - low) if high > low else 0.5)


def ticks_to(high, low=0):
    """Round numbers from at most `low` to at least `high`, about five."""
    reach = max(high - low, 1e-9)
    size = 10.0 ** math.floor(math.log10(reach / 5))
    step = next(size * by for by in (1, 2, 2.5, 5, 10) if size * by * 5 >= reach * 0.999)
    found = [round(step * i, 10) for i in range(math.floor(low / step), math.ceil(round(high / step, 6)) + 1)]
    return [int(tick) if tick == int(tick) else tick for tick in (found if len(found) > 1 else [0, 1])]


def wide(text):
    """Pixels, rather too many: which font it will be is not known here."""
    return len(text) * FONT * 0.6


def shape(style):
    return {0: "disc", 1: "square", 2: "triangle", 3: "diamond", LIMIT: "cross"}[style]


def cut(text, room):
    most = int(room / (FONT * 0.6))
    return text if len(text) <= most else text[:max(1, most - 1)].rstrip() + "…"


class Sheet:
    """Elements from top to bottom; `y` is where the next one begins."""

    def __init__(self, name, title, description):
        self.name, self.title, self.description = name, title, description
        self.elements, self.y = [], MARGIN
        self.text(MARGIN, self.y + 10, title, "title", room=(WIDTH - 2 * MARGIN) * FONT / 15)
        self.down(22)

    def down(self, pixels):
        self.y += pixels

    def add(self, tag, content=None, **attributes):
        inside = "".join(f" {key.replace('_', '-')}={quoteattr(short(value))}" for key, value in attributes.items())
        self.elements.append(f"<{tag}{inside}/>" if content is None else f"<{tag}{inside}>{content}</{tag}>")

    def text(self, x, y, text, kind, anchor="start", room=math.inf):
        shown = text if room == math.inf else cut(text, room)
        full = f"<title>{escape(text)}</title>" if shown != text else ""
        self.add("text", full + escape(shown), **{"class": kind}, x=x, y=y, text_anchor=anchor)

    def heading(self, group):
        """The title, what is beside it, and at the right end the verdict."""
        verdict = cut(group.verdict, 400)
        room = WIDTH - 2 * MARGIN - wide(verdict) - 16
        title = cut(group.title, room)
        words = f'<tspan class="ink strong">{escape(title)}</tspan>'
        if group.aside and wide(title) + wide(group.aside) + 20 <= room:
            words += f'<tspan class="muted" dx="12">{escape(group.aside)}</tspan>'
        self.add("text", words, x=MARGIN, y=self.y + 12)
        if verdict:
            kind = "ink" if re.fullmatch(r"[^:]*: met(, [^:]*: met)*", verdict) else "ink strong"
            self.text(WIDTH - MARGIN, self.y + 12, verdict, kind, "end")
        self.down(20)

    def box(self, x, y, width, height, style):
        self.add("rect", **{"class": f"f{style}"}, x=x, y=y, width=max(1, width), height=height)
        if style:
            self.add("rect", x=x, y=y, width=max(1, width), height=height, fill=f"url(#{self.name}-p{style})")

    def stroke(self, kind, points):
        path = "M" + "L".join(f"{short(x)} {short(y)}" for x, y in points)
        if kind in ("whisker", "goal"):
            self.add("path", **{"class": "halo"}, d=path)
        self.add("path", **{"class": kind}, d=path)

    def mark(self, shape, x, y, style, hollow=False):
        kind = {"class": f"{'h' if hollow else 'm'}{style}"}
        if shape == "disc":
            self.add("circle", **kind, cx=x, cy=y, r=5)
        elif shape == "square":
            self.add("rect", **kind, x=x - 4.5, y=y - 4.5, width=9, height=9)
        else:
            d = {"triangle": "m0 -6l6 10.5h-12z", "diamond": "m0 -6.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z",
                 "cross": "m-5 -2h3v-3h4v3h3v4h-3v3h-4v-3h-3z"}[shape]
            self.add("path", **kind, d=f"M{short(x)} {short(y)}{d}")

    def axis(self, top, bottom, ticks):
        """Lines from top to bottom with their numbers above; those marked stand out."""
        for x, label, strong in ticks:
            self.elements.insert(0, f'<path class="{"edge" if strong else "grid"}" d="M{short(x)} {short(top)}'
                                    f'V{short(bottom)}"/>')
            self.text(x, top - 6, label, "ink strong" if strong else "muted", "middle")

    def key(self, x, what, words):
        if what in ("disc", "diamond"):
            self.mark(what, x + 7, self.y, 0, hollow=what == "diamond")
        elif what == "whisker":
            self.stroke(what, [(x, self.y), (x + 14, self.y)])
            for end in (x, x + 14):
                self.stroke(what, [(end, self.y - 4), (end, self.y + 4)])
        else:
            self.stroke(what, [(x + 7, self.y - 7), (x + 7, self.y + 7)])
        self.text(x + 22, self.y + 4, words, "muted")
        return x + 22 + wide(words) + 22

    def nothing(self, words):
        self.text(MARGIN, self.y + 24, words, "muted")
        self.down(30)
        return self.svg()

    def svg(self):
        height = short(self.y + MARGIN)
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{self.name}-title {self.name}-desc">')
        return "\n".join([
            head, f'<title id="{self.name}-title">{escape(self.title)}</title>',
            f'<desc id="{self.name}-desc">{escape(self.description)}</desc>',
            f"<style>\n{STYLE}\n</style>", f"<defs>{patterns(self.name)}</defs>",
            f'<rect class="back" width="{WIDTH}" height="{height}" rx="6"/>', *self.elements, "</svg>", ""])


def short(value):
    """A coordinate to a tenth of a pixel, so that noise does not reach the diff."""
    return value if isinstance(value, str) else f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def patterns(name):
    """What tells bars apart without colour: strokes one way, dots, strokes the other way."""
    drawn = {1: '<path class="hatch" d="M-2 2L2 -2M0 8L8 0M6 10L10 6"/>',
             2: '<circle class="dot" cx="4" cy="4" r="1.7"/>',
             3: '<path class="hatch" d="M-2 6L2 10M0 0L8 8M6 -2L10 2"/>'}
    return "".join(f'<pattern id="{name}-p{style}" width="8" height="8" patternUnits="userSpaceOnUse">{shape}</pattern>'
                   for style, shape in drawn.items())


def rules(colours):
    of = colours
    found = [f".back,.halo{{fill:{of['back']}}} text,.halo,.hatch{{stroke:{of['back']}}} .dot{{fill:{of['back']}}}",
             f".ink,.title{{fill:{of['ink']}}} .muted{{fill:{of['muted']}}}",
             f".grid{{stroke:{of['grid']}}} .edge,.lead{{stroke:{of['muted']}}} .whisker,.goal{{stroke:{of['ink']}}}"]
    for style in (*range(COLOURS), LIMIT):
        found.append(f".f{style},.m{style}{{fill:{of[style]}}} .l{style},.h{style}{{stroke:{of[style]}}} "
                     f".m{style}{{stroke:{of['back']}}} .h{style}{{fill:{of['back']}}}")
    return "\n".join(found)


STYLE = "\n".join([
    f"text{{font:{FONT}px system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}}",
    "text{stroke-width:4;stroke-linejoin:round;paint-order:stroke}",      # so that no line runs through it
    ".title{font-size:15px;font-weight:600} .strong{font-weight:600}",
    "path{fill:none;stroke-width:1} .edge{stroke-width:1.5} .lead{stroke-dasharray:1 2}",
    ".halo{stroke-width:4} .whisker{stroke-width:1.5} .goal{stroke-width:2.5} .hatch{stroke-width:2}",
    *(f".l{style}{{stroke-width:2.5;stroke-dasharray:{dash or 'none'}}} .h{style}{{stroke-width:2}}"
      for style, dash in DASHES.items()),
    rules(LIGHT),
    "@media (prefers-color-scheme: dark) {", rules(DARK), "}"])
