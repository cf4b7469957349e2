"""The section with the charts: their places and captions, and plotly's data."""

from dataclasses import dataclass

from sklearn_bayes_search.report import _charts, _space_charts
from sklearn_bayes_search.report._sections import section
from sklearn_bayes_search.report._text import safe
from sklearn_bayes_search.results._short_text import shown
from sklearn_bayes_search.results._times import Timeline, duration

__all__ = ["figures"]

HINT = (
    '<p class="hint">Point at anything, or tap it, to see its parameters. A click of '
    "the mouse shows the candidate in the table.</p>"
    '<p id="no-charts" class="note">The charts need a browser of 2023 or later, with '
    "scripts. All else can be read without.</p>"
)
# The script shows it where it is so.
SIDEWAYS = (
    '<p class="hint sideways" hidden>Wider than the screen: scroll sideways to see '
    "the score.</p>"
)
SLICES = (
    '<div class="wide intro"><h3>The score along each parameter</h3><p>The line is '
    "what a model expects if only this parameter changes and the others stay at the "
    "{called} setting; it is 95\N{NO-BREAK SPACE}% sure of the band. Points are all "
    "settings tried: the others differ in them, so they need not lie on the line. "
    "Where there is none, no candidate is near, and the score is unknown."
    "{more}</p></div>"
)
EARLY = (
    " Of a setting that was dropped in an early round, the score is an estimate: its "
    "own, and the mean rise of those that went on."
)


@dataclass(frozen=True)
class _Chart:
    """A chart with its caption; all texts are our own.

    ``keys`` are the legend: classes of the style sheet, and what they stand for.
    """

    anchor: str
    heading: str
    text: str
    figure: dict
    keys: tuple = ()
    width: str = "wide"

    def html(self):
        """Write its place."""
        legend = "".join(
            f'<span><i class="{kind}"></i>{label}</span>' for kind, label in self.keys
        )
        legend = f'<p class="keys">{legend}</p>' if legend else ""
        least = self.figure.get("min_width", 0)
        # what can be scrolled has to be reached by the keyboard
        reach = ' tabindex="0"' if least else ""
        return (
            f'<figure class="{self.width}"><figcaption><h3>{self.heading}</h3>'
            f"<p>{self.text}</p>{legend}</figcaption>"
            f'<div class="scroll"{reach}>{SIDEWAYS if least else ""}'
            f"{_place(self.anchor, f'{self.heading}. {self.text}', self.figure, least)}"
            "</div></figure>"
        )


def figures(findings):
    """Write the section.

    Parameters
    ----------
    findings : Findings
        What there is to draw.

    Returns
    -------
    html : str
        Empty where no setting has a score.
    figures : dict of str to dict
        Plotly's data, by the id of the place.
    """
    if findings.chosen is None:
        return "", {}
    charts = [_progress(findings)]
    charts += _parallel(findings) + _importance(findings) + _folds(findings)
    parts = [chart.html() for chart in charts]
    drawn = {chart.anchor: chart.figure for chart in charts}
    cuts = _space_charts.slices(findings)
    more = EARLY if _is_halving(findings) else ""
    parts += [SLICES.format(called=findings.called, more=more)] * bool(cuts)
    for index, (name, figure) in enumerate(cuts):
        anchor = f"chart-slice-{index}"
        place = _place(anchor, f"Score along {shown(name)}", figure)
        parts.append(f'<figure class="third">{place}</figure>')
        drawn[anchor] = figure
    for chart in _timeline(findings):
        parts.append(chart.html())
        drawn[chart.anchor] = chart.figure
    html = f'{HINT}<div class="grid">{"".join(parts)}</div>'
    return section("charts", "Charts", html), drawn


def _place(anchor, label, figure, least=0):
    return (
        f'<div class="chart" id="{anchor}" role="img" aria-label="{safe(label)}" '
        f'style="height:{figure["layout"]["height"]}px;min-width:{least}px"></div>'
    )


def _is_halving(findings):
    return any(c.status == "early round" for c in findings.candidates)


def _progress(findings):
    text = "Each point is a setting, in the order they were tried."
    if _is_halving(findings):
        text = (
            "Each point is a setting in a round, in the order they were tried. Scores "
            "of different rounds do not compare."
        )
    status = {c.status for c in findings.candidates}
    seen = {
        "paused": ("hollow", "paused: an estimate"),
        "early round": ("hollow", "early round"),
        "failed": ("cross", "failed"),
    }
    return _Chart(
        "chart-progress",
        "Score of each candidate",
        text,
        _charts.progress(findings),
        (
            ("dot", "a setting"),
            ("step", "best so far"),
            ("ring", f"the {findings.called} setting"),
            *(key for name, key in seen.items() if name in status),
        ),
    )


def _parallel(findings):
    figure, n_left_out = _space_charts.parallel(findings)
    if figure is None:
        return []
    text = (
        "Each line is a setting. Follow the best lines: where do they cross each axis? "
        "The parameter next to the score matters most."
    )
    if n_left_out == 1:
        text += " 1 parameter that matters less is left out."
    elif n_left_out:
        text += f" {n_left_out} parameters that matter less are left out."
    if _is_halving(findings):
        text += EARLY
    keys = [
        ("ramp", "lower to higher score"),
        ("step", f"the {findings.called} setting"),
    ]
    keys += [("dash", "failed")] * bool(findings.failed)
    return [_Chart("chart-parallel", "What goes together", text, figure, tuple(keys))]


def _importance(findings):
    if not len(findings.importance):
        return []
    text = (
        "How much of the differences of the score comes from each parameter, if all "
        "settings were equally likely."
    )
    if findings.importance["direction"].str.startswith("score").any():
        text += (
            " Whether it rises is said of larger values, on average over all values of "
            "the others: with the best of these, a small value may be the best."
        )
    unknown = findings.importance["matters"] == "unknown"
    if unknown.any():
        rests_on = findings.importance["rests_on"][unknown].iloc[0]
        text += (
            " Grey: too few candidates to tell whether it matters. "
            f"{shown(findings.importance.index[unknown][0])} rests on {rests_on}."
        )
    keys = [("bar", "alone"), ("bar faint", "with others, and its error")]
    keys += [("bar grey", "cannot tell")] * bool(unknown.any())
    return [
        _Chart(
            "chart-importance",
            "Which parameters matter",
            text,
            _charts.importance(findings.importance),
            tuple(keys),
            "half",
        )
    ]


def _folds(findings):
    if findings.top is None or findings.honest is None:  # one fold is no comparison
        return []
    keys = [("hollow", "a fold"), ("tick", "mean")]
    rows, _ = _charts.leaders(findings)
    worse = any(c.number not in findings.equals for c in rows)
    keys += [("dot grey", "not as good")] * worse
    text = (
        "Each fold has its own height within a row. Rows that overlap may differ all "
        "the same: what counts are the differences from the best on the same fold, "
        "since a fold that is easy is easy for all."
    )
    if worse:
        text += " Where these are too large for luck, the row is grey."
    text += " Equal rows are drawn once."
    return [
        _Chart(
            "chart-folds",
            "Folds of the best candidates",
            text,
            _charts.folds(findings),
            tuple(keys),
            "half",
        )
    ]


def _timeline(findings):
    fits = findings.fits
    if fits is None or not len(fits):
        return []
    times = Timeline.of(fits)
    text = "Each bar is a fit on one fold. Gaps are time in which a worker waited."
    if fits["candidate"].nunique() > 1:
        text = text.replace(". Gaps", ", every other candidate paler. Gaps")
    if times.pauses:
        text += (
            f" Breaks between runs are left out: {duration(sum(times.pauses))}, at the "
            "dotted line."
        )
    failed = (fits["status"] == "failed").any()
    keys = (("bar", "a fit"), ("bar bad", "failed")) if failed else ()
    figure = _charts.timeline(fits, times)
    return [_Chart("chart-timeline", "When each fit ran", text, figure, keys)]
