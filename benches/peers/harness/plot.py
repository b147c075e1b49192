"""The figures as a picture: bars on a logarithmic axis, a row of panels a shape. An SVG, written by hand."""

import math
from html import escape

LABEL, PANEL, GAP, BAR, TOP = 250, 330, 30, 17, 64
COLOURS = {"ours": "#1b6ca8", "peer": "#b9bec4", "floor": "#d98e04"}
TITLES = {"one": "one row at a time", "batch": "in batches of 512"}
STYLE = "text{font:12px sans-serif;fill:#222}.h{font-size:15px;font-weight:bold}.s{fill:#555}.n{font-size:11px}"


def draw(measured):
    width = LABEL + 2 * (PANEL + GAP)
    body, top = [], 30
    for one in measured:
        panel, height = draw_shape(one, top)
        body += panel
        top += height
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}">'
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>')
    legend = text(10, 20, "Nanoseconds a row, least of all passes; logarithmic, shorter is better. Blue: this project; orange: the floor.", "s")
    return "\n".join([head, legend, *body, "</svg>"]) + "\n"


def draw_shape(one, top):
    subjects = sorted(one.subjects, key=lambda subject: (subject["trainer"], one.least(subject, "one")))
    figures = [figure for subject in subjects for form in TITLES if (figure := one.least(subject, form))]
    low, high = math.floor(math.log10(min(figures))), math.ceil(math.log10(max(figures)))
    parts = [text(10, top + 20, f"Shape {one.shape}", "h")]
    bottom = top + TOP + len(subjects) * BAR
    for index, (form, title) in enumerate(TITLES.items()):
        left = LABEL + index * (PANEL + GAP)
        parts.append(text(left, top + 20, title, "s"))
        parts += axis(left, top, bottom, low, high)
        for row, subject in enumerate(subjects):
            figure = one.least(subject, form)
            if figure:
                parts += bar(left, top + TOP + row * BAR, figure, low, high, COLOURS[subject["role"]])
    for row, subject in enumerate(subjects):
        label = f"{subject['name'].partition(':')[0]} · {subject['trainer']}"
        parts.append(text(LABEL - 8, top + TOP + row * BAR + 12, label, "", "end"))
    return parts, TOP + len(subjects) * BAR + 24


def axis(left, top, bottom, low, high):
    parts = []
    for power in range(low, high + 1):
        x = left + place(10**power, low, high)
        parts.append(f'<line x1="{x:.1f}" y1="{top + TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="#e4e6e8"/>')
        parts.append(text(x, top + TOP - 12, f"{10**power:,}", "n", "middle"))
    return parts


def bar(left, top, figure, low, high, colour):
    length = place(figure, low, high)
    shown = f"{figure:,.0f}"
    # A long bar's number stands in it.
    inside = length > PANEL - 60
    at, anchor = (length - 4, "end") if inside else (length + 4, "start")
    return [f'<rect x="{left}" y="{top + 2}" width="{length:.1f}" height="{BAR - 4}" fill="{colour}"/>',
            text(left + at, top + 12, shown, "n", anchor)]


def place(figure, low, high):
    return (math.log10(figure) - low) / max(1, high - low) * PANEL


def text(x, y, words, kind, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
