# SPDX-License-Identifier: Apache-2.0
"""A line plot as SVG, by hand: a few curves over one axis, in colours that can be read on white and on black."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 46
GREY, COLOURS = "#808080", ("#2f81c5", "#d2762b", "#3f9a52", "#a465b8")


def step_of(most):
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def ticks(most):
    step = step_of(most)
    return [i * step for i in range(math.ceil(most / step - 1e-9) + 1)]


def shown(number):
    return f"{number:g}"


class Plot:
    def __init__(self, title, across, up):
        self.title, self.across, self.up, self.curves = title, across, up, []

    def add(self, name, points):
        self.curves.append((name, points))

    def write(self, path):
        every = [point for _, points in self.curves for point in points]
        columns, rows = (ticks(max(point[i] for point in every)) for i in (0, 1))
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines(columns, rows)) + "\n")

    def lines(self, columns, rows):
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

        def place(x, y):
            return round(LEFT + wide * x / columns[-1], 1), round(HEIGHT - BOTTOM - high * y / rows[-1], 1)

        yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
               f'font-family="sans-serif" font-size="12" fill="{GREY}">')
        yield f"<title>{escape(self.title)}</title>"
        yield f'<text x="{LEFT}" y="16" font-size="13">{escape(self.title)}</text>'
        for x in columns:
            at = place(x, 0)[0]
            yield f'<text x="{at}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{shown(x)}</text>'
        for y in rows:
            at = place(0, y)[1]
            yield f'<path d="M{LEFT} {at}H{WIDTH - RIGHT}" stroke="{GREY}" stroke-opacity="0.35"/>'
            yield f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{shown(y)}</text>'
        yield f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(self.across)}</text>'
        yield (f'<text transform="translate(14 {TOP + high / 2}) rotate(-90)" text-anchor="middle">'
               f"{escape(self.up)}</text>")
        for i, (name, points) in enumerate(self.curves):
            yield from self.curve(name, [place(*point) for point in points], COLOURS[i], TOP + 14 + 16 * i)
        yield "</svg>"

    def curve(self, name, places, colour, at):
        path = "L".join(f"{x} {y}" for x, y in places)
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in places:
            yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
        yield f'<path d="M{LEFT + 10} {at - 4}h18" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="{LEFT + 34}" y="{at}">{escape(name)}</text>'
