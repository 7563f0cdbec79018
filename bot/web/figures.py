"""The page of figures behind a signed link: charts as SVG made here, nothing loaded from elsewhere.

    GET /figures/{token}        the page
    GET /figures/{token}.csv    the same figures as CSV

The link carries what was asked (importer, lane, period, the date to compare) and expires.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from itsdangerous import BadSignature, SignatureExpired
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.web.session import asking
from storage import audit
from storage.values import Actor
from workflows import figures, shadow, stats
from workflows.figures import Case, Figure

if TYPE_CHECKING:
    from bot.compose import App

_SECONDS = 7 * 24 * 3600
_CHARTS = ("booking_to_ready", "hold_rate", "filed_calmly", "first_candidate")
_MOST_GROUPS = 12
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def routes(app: App) -> list[BaseRoute]:
    """Where the links lead."""

    def table(request: Request, actor: Actor) -> Response:
        return _answer(app, request.path_params["token"], actor, as_csv=True)

    def page(request: Request, actor: Actor) -> Response:
        return _answer(app, request.path_params["token"], actor, as_csv=False)

    return [
        Route("/figures/{token}.csv", asking(app, table)),
        Route("/figures/{token}", asking(app, page)),
    ]


def _answer(app: App, token: str, actor: Actor, *, as_csv: bool) -> Response:
    try:
        asked = stats.Asked.model_validate(app.figure_links.loads(token, max_age=_SECONDS))
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Ask for `/tidewaiter stats` again.", 410)
    except (BadSignature, ValueError):
        return PlainTextResponse("This link is not valid.", 404)
    with app.database.snapshot() as session:
        cases = stats.gather(session, asked, house=app.house)
        standings = shadow.standings(session)
    with app.database.transaction() as session:
        audit.record(session, "figures_opened", actor=actor, of=len(cases))
    if as_csv:
        headers = {**_HEADERS, "Content-Disposition": "attachment; filename=figures.csv"}
        return Response(stats.table(cases, asked), media_type="text/csv", headers=headers)
    return HTMLResponse(page(cases, asked, standings, token), headers=_HEADERS)


def page(
    cases: Sequence[Case], asked: stats.Asked, standings: Sequence[shadow.Standing], token: str
) -> str:
    """The page as HTML; pure."""
    found = figures.figures(cases)
    link = f"<a href='{_esc(token)}.csv'>CSV</a>"
    parts = [f"<p class=about>{_esc(stats.about(asked))} · {len(cases)} shipments · {link}</p>"]
    if len(cases) < figures.ENOUGH:
        parts.append(
            f"<p class=few>These are {len(cases)} shipments: too few to conclude anything from. "
            f"Figures of fewer than {figures.ENOUGH} are marked.</p>"
        )
    parts.append("<div class=tiles>" + "".join(_tile(one) for one in found) + "</div>")
    parts.append("<h2>Month by month</h2><div class=charts>")
    for name in _CHARTS:
        title = next(one.title for one in found if one.name == name)
        unit = next(one.unit for one in found if one.name == name)
        parts.append(_chart(f"{title} ({unit})", figures.by_month(cases, name)))
    parts.append("</div>")
    if asked.split is not None:
        parts.append(_before_after(cases, asked.split))
    parts += [_groups("Importer", cases), _groups("Lane", cases)]
    if standings:
        parts.append(_shadow(standings))
    parts.append("<h2>What each figure is</h2><dl>")
    parts += [f"<dt>{_esc(one.title)}</dt><dd>{_esc(one.definition)}</dd>" for one in found]
    parts.append("</dl>")
    return _PAGE.replace("{{body}}", "".join(parts))


def _tile(one: Figure) -> str:
    few = "<em>too few</em>" if one.too_few else ""
    return (
        f"<div class=tile><span>{_esc(one.title)}</span><b>{_esc(one.shown)}</b>"
        f"<small>of {one.of} {_esc(one.what)} {few}</small></div>"
    )


def _chart(title: str, months: Sequence[tuple[str, Decimal | None, int]]) -> str:
    """Bars, one a month; those of too few shipments are pale."""
    top = max((value for _, value, _ in months if value is not None), default=Decimal(0)) or 1
    width, height, base = 460, 190, 150
    step = (width - 20) / max(len(months), 1)
    bars = []
    for at, (month, value, count) in enumerate(months):
        x, wide = 10 + at * step, min(step * 0.7, 60)
        middle = x + step / 2
        bars.append(f"<text x={middle:.0f} y={base + 18} class=m>{month[2:]}</text>")
        if value is None:
            bars.append(f"<text x={middle:.0f} y={base - 6} class=v>–</text>")
            continue
        tall = float(value / top) * (base - 40)
        pale = " class=few" if count < figures.ENOUGH else ""
        bars.append(
            f"<rect x={middle - wide / 2:.1f} y={base - tall:.1f} width={wide:.1f} "
            f"height={max(tall, 1):.1f}{pale}><title>{month}: {value} of {count}</title></rect>"
            f"<text x={middle:.0f} y={base - tall - 6:.0f} class=v>{value}</text>"
            f"<text x={middle:.0f} y={base + 33} class=n>n={count}</text>"
        )
    return (
        f"<figure><figcaption>{_esc(title)}</figcaption><svg viewBox='0 0 {width} {height}' "
        f"role=img aria-label='{_esc(title)}'><line x1=10 y1={base} x2={width - 10} y2={base} />"
        + "".join(bars)
        + "</svg></figure>"
    )


def _before_after(cases: Sequence[Case], on: date) -> str:
    before, after = figures.split(cases, on)
    old = {one.name: one for one in figures.figures(before)}
    rows = []
    for new in figures.figures(after):
        was = old.get(new.name)
        rows.append([new.title, _with_count(was), _with_count(new)])
    saved = figures.avoided(before, after)
    rows.append([saved.title, "", _with_count(saved)])
    return (
        f"<h2>Before and after {on}</h2>"
        + _table([f"Begun before ({len(before)})", f"Since ({len(after)})"], rows)
        + f"<p class=note>{_esc(saved.definition)}</p>"
    )


def _groups(label: str, cases: Sequence[Case]) -> str:
    made = figures.groups(cases, lambda one: one.importer if label == "Importer" else one.lane)
    rows = []
    for name, own in made[:_MOST_GROUPS]:
        found = {one.name: one for one in figures.figures(own)}
        rows.append([f"{name} ({len(own)})", *(_with_count(found[one]) for one in _CHARTS)])
    titles = [one.title for one in figures.figures([]) if one.name in _CHARTS]
    more = (
        f"<p class=note>… and {len(made) - _MOST_GROUPS} more.</p>"
        if len(made) > _MOST_GROUPS
        else ""
    )
    return f"<h2>By {label.lower()}</h2>" + _table(titles, rows) + more


def _shadow(standings: Sequence[shadow.Standing]) -> str:
    rows = [
        [
            one.about, str(one.prepared), str(one.compared), f"{one.agreed} of {one.window}",
            str(one.critical), one.why_not or "may end",
        ]
        for one in standings
    ]  # fmt: skip
    titles = ["prepared", "compared", "newest that agree", "critical", "its end"]
    return "<h2>Shadow mode</h2>" + _table(titles, rows)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "<tr><th></th>" + "".join(f"<th>{_esc(one)}</th>" for one in titles) + "</tr>"
    body = "".join(
        "<tr><th>"
        + _esc(row[0])
        + "</th>"
        + "".join(f"<td>{_esc(c)}</td>" for c in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table>{head}{body}</table>"


def _with_count(one: Figure | None) -> str:
    if one is None or one.value is None:
        return "–"
    return f"{one.shown} (n={one.of}{', too few' if one.too_few else ''})"


def _esc(value: Any) -> str:
    return html.escape(str(value), quote=True)


_PAGE = """<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width"><title>Figures</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;
color:#1d2733}h1{margin:0}h2{margin:2.2rem 0 .6rem;font-size:1.15rem}.about,.note{color:#5a6b7b}
.few{background:#fdf3df;border-left:4px solid #c98a1b;padding:.5rem 1rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.8rem}
.tile{border:1px solid #d7dee5;border-radius:6px;padding:.7rem .9rem}
.tile span{display:block;color:#5a6b7b}.tile b{font-size:1.6rem}
.tile small{display:block;color:#5a6b7b}em{color:#9a6410;font-style:normal;font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:1rem}
figure{margin:0;border:1px solid #d7dee5;border-radius:6px;padding:.6rem}
figcaption{color:#5a6b7b}rect{fill:#0b5c7d}rect.few{fill:#9fc3d2}line{stroke:#b8c4cf}
svg text{font-size:12px;text-anchor:middle;fill:#1d2733}svg .n{fill:#7a8a99;font-size:11px}
table{border-collapse:collapse;width:100%}
th,td{padding:.35rem .6rem;border-bottom:1px solid #e3e9ee;text-align:left;vertical-align:top}
tr:first-child th{color:#5a6b7b;font-weight:500}
dt{font-weight:600;margin-top:.6rem}dd{margin:0;color:#40505f}
</style><h1>Figures</h1>{{body}}</html>"""
