"""Charts can be read, on any page and at any width."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import pytest
from support import browser as browsers
from support.figures import (
    AS_OF,
    BY_PERIOD,
    CHARTS,
    HISTORIES,
    TODAY,
    demo,
    drawn,
)
from support.ledgers import Row, history, invoice, payment, records, top_up

from billnb import charts
from billnb.values import words

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Box(NamedTuple):
    """Where something is in its figure."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Box) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 2 and down > 4  # a line's box is higher than its letters


class Text(NamedTuple):
    """A text that is shown: what it says, what it is part of, and where its lines are."""

    words: str
    part: str
    angle: float
    lines: list[Box]

    def covers(self, other: Text) -> bool:
        return any(one.covers(line) for one in self.lines for line in other.lines)


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as a browser shows it."""

    width: float
    height: float
    texts: list[Text]
    bars: list[tuple[float, float]]

    def part(self, start: str) -> list[Text]:
        return [text for text in self.texts if re.match(start, text.part)]


_MEASURE = """() => Object.fromEntries(
    [...document.querySelectorAll(".js-plotly-plot")].map(plot => {
        const frame = plot.getBoundingClientRect()
        const within = box => [
            box.left - frame.left, box.top - frame.top,
            box.right - frame.left, box.bottom - frame.top,
        ]
        const shown = [...plot.querySelectorAll(".main-svg text")]
            .filter(text => text.checkVisibility())
        const texts = shown.map(text => {
            const holder = text.closest("[class*=tick], .annotation, .g-gtitle, .point")
            const turned = /rotate\\(\\s*(-?[\\d.]+)/.exec(text.getAttribute("transform") || "")
            const found = [...text.querySelectorAll("tspan.line")]
            const lines = found.length ? found : [text]
            return {
                words: lines.map(line => line.textContent).join("\\n"),
                part: holder ? holder.getAttribute("class") : "",
                angle: turned ? Number(turned[1]) : 0,
                lines: lines.map(line => within(line.getBoundingClientRect())),
            }
        })
        const bars = [...plot.querySelectorAll(".bars .point path")]
            .map(bar => bar.getBoundingClientRect())
        return [plot.id, {
            width: frame.width,
            height: frame.height,
            texts: texts.filter(text => text.words.trim()),
            bars: bars.map(box => [box.width, box.height]),
        }]
    })
)"""

WIDTHS = (360, 1400)
SCENES = (
    "demo", "no entries", "one entry", "one month", "three months", "thirteen months",
    "five currencies", "negative", "huge",
)  # fmt: skip
_LENGTHS = {f"{name} by {by}": by for name in BY_PERIOD for by in ("day", "week", "year")}


@cache
def figures() -> dict[str, go.Figure]:
    """Return all figures to look at; the ids of their elements are their names."""
    found = {f"{which}: {name}": drawn(name, which) for which in SCENES for name in CHARTS}
    found |= {
        f"demo: {name}": CHARTS[name.split()[0]](demo(), by=by, as_of=AS_OF)
        for name, by in _LENGTHS.items()
    }
    many = HISTORIES["many accounts"]()
    found["many accounts: spend_trend"] = charts.spend_trend(many, group="account", as_of=AS_OF)
    found["many accounts: balance"] = drawn("balance", "many accounts")
    return found


@pytest.fixture(scope="module", params=WIDTHS)
def seen(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Shown]:
    """All figures, measured on a page of a width."""
    with browsers.watched(browser, request.param) as (page, watch):
        browsers.show(page, tmp_path_factory.mktemp("page"), figures())
        found = page.evaluate(_MEASURE)
    watch.check()
    return {
        name: Shown(
            one["width"],
            one["height"],
            [
                Text(text["words"], text["part"], text["angle"], [Box(*at) for at in text["lines"]])
                for text in one["texts"]
            ],
            one["bars"],
        )
        for name, one in found.items()
    }


def of(seen: Mapping[str, Shown], which: str) -> dict[str, Shown]:
    found = {name: one for name, one in seen.items() if name.startswith(f"{which}: ")}
    assert found
    return found


LOOKED_AT = (*SCENES, "many accounts")


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_text_is_cut_off(seen: dict[str, Shown], which: str) -> None:
    cut = {
        (name, text.words)
        for name, shown in of(seen, which).items()
        for text in shown.texts
        for line in text.lines
        if min(line.left, line.top, shown.width - line.right, shown.height - line.bottom) < -2
    }
    assert not cut


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_text_covers_another(seen: dict[str, Shown], which: str) -> None:
    covered = {
        (name, one.words, other.words)
        for name, shown in of(seen, which).items()
        for one, other in combinations(shown.texts, 2)
        if one.covers(other)
    }
    assert not covered


@pytest.mark.parametrize("which", ["demo", "negative", "huge", "thirteen months"])
def test_axes_write_amounts_as_everything_else_does(
    seen: dict[str, Shown],
    which: str,
) -> None:
    """The sign before the currency, and no powers of ten."""
    for name, shown in of(seen, which).items():
        for text in shown.part(r"y\d*tick"):
            if "₹" in text.words or "$" in text.words:
                assert re.fullmatch(r"[-\u2212]?[₹$][\d,.]+[kMBT]?", text.words), (name, text.words)


def test_an_axis_names_no_period_that_is_not_in_the_title(seen: dict[str, Shown]) -> None:
    for name in BY_PERIOD:
        years = {text.words for text in seen[f"demo: {name} by year"].part(r"x\d*tick")}
        assert years <= {"2023", "2024", "2025", "2026"}, name
        (month,) = {text.words for text in seen[f"one entry: {name}"].part(r"x\d*tick")}
        assert month == "Oct\n2026", name


def test_bars_beside_each_other_hide_nothing(page: Page, tmp_path: Path) -> None:
    scenes = {"one": "one month", "three": "three months", "thirteen": "thirteen months"}
    shown = {name: drawn("cash_flow", which) for name, which in scenes.items()}
    browsers.show(page, tmp_path, shown)
    for which in shown:
        boxes = [bar.bounding_box() for bar in page.locator(f"#{which} .bars .point path").all()]
        assert len(boxes) > 1
        for one, other in combinations(filter(None, boxes), 2):
            right = min(one["x"] + one["width"], other["x"] + other["width"])
            assert right - max(one["x"], other["x"]) <= 1, which


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_axis_is_written_slantwise(seen: dict[str, Shown], which: str) -> None:
    for name, shown in of(seen, which).items():
        assert not [text.words for text in shown.part(r"[xy]\d*tick") if text.angle], name


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_axis_says_the_same_twice(seen: dict[str, Shown], which: str) -> None:
    for name, shown in of(seen, which).items():
        ticks: dict[str, list[str]] = defaultdict(list)
        year = ""
        for text in shown.part(r"[xy]\d*tick"):
            said, _, below = text.words.partition("\n")
            year = below or year  # below the first of a year alone
            ticks[text.part].append(f"{said} {year}")
        for axis, found in ticks.items():
            assert len(set(found)) == len(found), (name, axis, found)


@pytest.mark.parametrize("which", ["one entry", "one month", "three months"])
def test_bars_can_be_seen(seen: dict[str, Shown], which: str) -> None:
    for name, shown in of(seen, which).items():
        bars = [trace for trace in figures()[name].data if trace.type == "bar"]
        lengths = [value for one in bars for value in (one.x if one.orientation else one.y)]
        thick = [bar for bar in shown.bars if min(bar) > 4]
        assert len(thick) >= sum(map(bool, lengths)), (name, shown.bars)


@pytest.mark.parametrize("name", [name for name in _LENGTHS if not name.endswith("year")])
def test_no_bar_is_wider_than_its_period(seen: dict[str, Shown], name: str) -> None:
    shown, days = seen[f"demo: {name}"], 7 if name.endswith("week") else 1
    columns = 2 if name.startswith("status") else 1
    periods = (TODAY - demo()["issued_at"].min().date()).days / days
    assert max(width for width, _ in shown.bars) <= shown.width / columns / periods + 2


_PIECES = """() => [...document.querySelectorAll(".main-svg text")].flatMap(text => {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), found = []
    while (walker.nextNode()) {
        const style = getComputedStyle(walker.currentNode.parentElement)
        const words = walker.currentNode.textContent.trim()
        if (words && words !== "■")
            found.push({words, fill: style.fill, opacity: Number(style.fillOpacity)})
    }
    return found
})"""


def contrast(paper: str, ink: str, opacity: float) -> float:
    """Return the contrast of text on a page, as WCAG has it."""

    def channels(colour: str) -> list[float]:
        if colour.startswith("#"):
            return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        return [float(one) / 255 for one in re.findall(r"[\d.]+", colour)[:3]]

    def luminance(colour: Sequence[float]) -> float:
        linear = [
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    below, above = channels(paper), channels(ink)
    seen = [opacity * one + (1 - opacity) * under for one, under in zip(above, below, strict=True)]
    dark, light = sorted((luminance(below), luminance(seen)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page_colours", [browsers.LIGHT, browsers.DARK], ids=["light", "dark"])
def test_text_takes_the_colour_of_the_page(
    page: Page, tmp_path: Path, page_colours: tuple[str, str]
) -> None:
    paper, ink = page_colours
    shown = {name: chart(demo(), as_of=AS_OF) for name, chart in CHARTS.items()}
    shown |= {f"{name} of nothing": chart(history()) for name, chart in CHARTS.items()}
    shown |= {f"{name} of few": drawn(name, "three months") for name in CHARTS}
    browsers.show(page, tmp_path, shown, colours=page_colours)
    red, green, blue = (int(ink[at : at + 2], 16) for at in (1, 3, 5))
    pieces = page.evaluate(_PIECES)
    assert len(pieces) > 100
    assert {one["fill"] for one in pieces} == {f"rgb({red}, {green}, {blue})"}
    assert len({one["opacity"] for one in pieces}) == 2  # the notes are muted
    assert min(contrast(paper, one["fill"], one["opacity"]) for one in pieces) >= 4.5
    page.evaluate("document.body.style.color = 'rgb(200, 30, 90)'")
    assert {one["fill"] for one in page.evaluate(_PIECES)} == {"rgb(200, 30, 90)"}


def point_at(page: Page, selector: str) -> None:
    """Move the mouse to the middle of the first of some elements."""
    box = page.locator(selector).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_hovering_shows_every_digit_on_a_dark_box(page: Page, tmp_path: Path) -> None:
    whole = HISTORIES["thirteen months"]()
    browsers.show(page, tmp_path, {"stacks": charts.spend_trend(whole, as_of=AS_OF)})
    point_at(page, "#stacks .bars .point path")
    label = page.locator("#stacks .hoverlayer text")
    usage = next(row for row in records(whole) if row["usage"] is not None)["usage"]
    assert label.text_content() == (
        f"Usage, Nov 2025: {words.amount(usage, 'USD')}, 84% of the month"
    )
    colours = page.evaluate(
        """() => {
            const box = document.querySelector("#stacks .hoverlayer path")
            const text = document.querySelector("#stacks .hoverlayer text")
            return [getComputedStyle(box).fill, getComputedStyle(text).fill]
        }"""
    )
    box, text = colours
    assert contrast(box, text, 1) >= 4.5


HOSTILE = (
    "<b>bold</b>",
    "<img src=x onerror=pwn()>",
    "<a href='javascript:pwn()'>",
    "<script>pwn()</script>",
    "$x^2$",
    "%{x} %{customdata[0]}",
    "&amp; &lt;b&gt; &#36;",
    "two\nlines",
    "🧾 Übertrag 请求",
    "\u202etfel-ot-thgir",
    "long " * 100,
)
_READ = """name => [...document.getElementById(name).querySelectorAll(".main-svg text")]
    .map(text => {
        const lines = [...text.querySelectorAll("tspan.line")]
        return (lines.length ? lines : [text]).map(line => line.textContent).join("\\n")
    })
    .join("\\n").replaceAll("\\u00a0", " ")"""
_STUB = """<script>
    asked = []
    const stub = new Proxy(function () {}, {
        get(_, name) { asked.push(String(name)); return name === "version" ? "3.2.2" : stub },
        apply: () => stub,
        construct: () => stub,
    })
    window.MathJax = stub
    window.pwn = () => asked.push("pwn")
</script>"""


def readable(text: str, longest: int) -> list[str]:
    """Return what is to be read of a text at least, on one line; names in a key keep their ends."""
    line = " ".join(text.replace("\u202e", " ").split())
    if len(line) <= longest:
        return [line]
    return [line[: longest // 2 - 1], line[-(longest // 2) :]] if longest < 60 else [line[:59]]


def test_what_a_vendor_wrote_is_read_as_it_is(page: Page, tmp_path: Path) -> None:
    def entries(**said: str) -> list[Row]:
        both = invoice(20, "2026-10-05", **said), top_up(30, "2026-10-06", **said)
        return [*both, *({**one, "issued_at": "2026-09-07"} for one in both)]

    def of(texts: Sequence[str], what: str) -> pd.DataFrame:
        return history(*(row for one in texts for row in entries(**{what: one})))

    few, others = HOSTILE[:7], HOSTILE[4:]
    trend = partial(charts.spend_trend, as_of=AS_OF)
    of_statuses = history(*(payment(20, "2026-10-05", one) for one in others))
    of_kinds = history(*({**payment(20, "2026-10-05"), "kind": one} for one in HOSTILE[:2]))
    shown = {
        "balances": (charts.balance(of(few, "account"), as_of=AS_OF), few, 24),
        "accounts": (trend(of(few, "account"), group="account"), few, 24),
        "providers": (trend(of(others, "provider"), group="provider"), others, 24),
        "currencies": (trend(of(HOSTILE, "currency")), HOSTILE, 60),
        "statuses": (charts.status_distribution(of_statuses, as_of=AS_OF), others, 24),
        "kinds": (charts.status_distribution(of_kinds, as_of=AS_OF), HOSTILE[:2], 60),
    }
    browsers.show(
        page, tmp_path, {name: figure for name, (figure, *_) in shown.items()}, head=_STUB
    )
    for name, (_, texts, longest) in shown.items():
        page.evaluate("name => Plotly.Fx.hover(name, [{curveNumber: 0, pointNumber: 0}])", name)
        page.locator(f"#{name} .hoverlayer text").first.wait_for()
        read = page.evaluate(_READ, name)
        for one in texts:
            assert all(part in read for part in readable(one, longest)), name
    assert page.locator(":is(img, a, script, image, foreignObject):is(.main-svg *)").count() == 0
    assert page.evaluate("asked") == []


def test_a_formula_of_ours_would_have_been_handed_to_mathjax(
    browser: Browser, tmp_path: Path
) -> None:
    """The stub of the test before is asked, when there is something to ask."""
    with browsers.watched(browser) as (page, _):
        browsers.show(page, tmp_path, {}, head=_STUB)
        # it is not waited for: the stub has no answer
        page.evaluate("() => void Plotly.newPlot(document.body, [], {title: {text: '$x^2$'}})")
        assert page.evaluate("asked").count("version")


def test_no_button_sends_data_away(page: Page, tmp_path: Path) -> None:
    """Not even with Plotly's default settings, in which a figure of its own has one."""
    shown = {name: chart(demo(), as_of=AS_OF) for name, chart in CHARTS.items()}
    shown["plain"] = go.Figure(go.Bar(y=[1]))
    browsers.show(page, tmp_path, shown, config={"responsive": False, "displayModeBar": True})
    for name in shown:
        buttons = page.locator(f"#{name} .modebar-btn")
        titles = [
            buttons.nth(position).get_attribute("data-title") or ""
            for position in range(buttons.count())
        ]
        assert "Download plot as a PNG" in titles
        if name != "plain":
            assert not [
                one for one in titles if re.search("share|cloud|studio", one, re.IGNORECASE)
            ]


def test_requests_elsewhere_are_blocked_and_seen(browser: Browser, tmp_path: Path) -> None:
    """The tool itself: a page that asks for something elsewhere does not pass."""
    path = tmp_path / "page.html"
    path.write_text("<img src='https://vendor.example/logo.png'><script>nothing()</script>")
    with browsers.watched(browser) as (page, watch):
        page.goto(path.as_uri())
    assert watch.requests == ["https://vendor.example/logo.png"]
    assert "nothing is not defined" in "".join(watch.errors)
    with pytest.raises(AssertionError, match=r"vendor\.example"):
        watch.check()
    assert browsers.is_on_this_machine("http://127.0.0.1:8888/lab")
    assert not browsers.is_on_this_machine("http://127.0.0.1.vendor.example/")
