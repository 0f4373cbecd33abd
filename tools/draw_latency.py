#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws the histogram that examples/latency prints: draw_latency.py TEXT SVG.

Lines `LATENCY COUNT...` are the bars, one colour a thread; counts are on a logarithmic scale, as a
few late ones matter as much as the many.
"""
import math
import re
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 960, 420, 60, 50, 40
COLOURS = ("#1f6fb4", "#d9702b", "#2c9a4b", "#b2313f", "#7a59a8", "#806040", "#c25fa6", "#666666")


def read(text):
    """(unit, [(latency, [count of each thread])])."""
    unit = re.search(r"^# Histogram, (\w+)", text, re.M)
    rows = re.findall(r"^(\d{6,}) ([\d\t]+)$", text, re.M)
    if not unit or not rows:
        raise SystemExit("draw_latency.py: there is no histogram in the text (-h)")
    return unit[1], [(int(at), [int(count) for count in counts.split()]) for at, counts in rows]


def step_of(span):
    """A round distance of marks, about ten of them."""
    size = 10 ** math.floor(math.log10(max(span, 1)))
    return next(s for s in (size / 10, size / 5, size / 2, size) if span / s <= 12) or 1


def draw(text):
    """The picture."""
    unit, rows = read(text)
    low, high = rows[0][0], rows[-1][0]
    low, high = max(0, low - (high - low) * 0.02 - 1), high + (high - low) * 0.02 + 1
    decades = max(1, math.ceil(math.log10(max(max(counts) for _, counts in rows) + 1)))

    def across(value):
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - 20)

    def down(count):
        return HEIGHT - BOTTOM - (math.log10(count) + 0.1) / (decades + 0.1) * \
            (HEIGHT - BOTTOM - TOP)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="22" font-size="15">Wake-up latency, {unit}</text>']
    for decade in range(decades + 1):
        y = down(10 ** decade)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 20}" stroke="#dddddd"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10 ** decade}</text>')
    step = step_of(high - low)
    mark = math.ceil(low / step) * step
    while mark <= high:
        x = across(mark)
        out.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" stroke="black"/>'
                   f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 19}" text-anchor="middle">'
                   f'{mark:g}</text>')
        mark += step
    base = HEIGHT - BOTTOM
    for at, counts in rows:
        for thread, count in enumerate(counts):
            if count:
                x = across(at) + 1.5 * thread
                out.append(f'<path d="M{x:.1f} {base}V{down(count):.1f}" stroke-width="1.5" '
                           f'stroke="{COLOURS[thread % len(COLOURS)]}"/>')
    out.append(f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - 20}" fill="none" stroke="black"/>')
    for thread, line in enumerate(re.findall(r"^T: ?\d+ (.*)$", text, re.M)):
        out.append(f'<text x="{WIDTH - 24}" y="{TOP + 14 + 16 * thread}" text-anchor="end" '
                   f'fill="{COLOURS[thread % len(COLOURS)]}">{re.sub(" +", " ", line)}</text>')
    return "\n".join(out) + "\n</svg>\n"


def main():
    """Reads and writes."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: draw_latency.py TEXT SVG")
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        picture = draw(file.read())
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(picture)


if __name__ == "__main__":
    main()
