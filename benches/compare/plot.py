"""Draws small panels of lines on logarithmic scales, as SVG."""

import html
import math

INK, SOFT, GRID = "#1f2430", "#5a6172", "#e3e6ec"
COLOURS = {"pyaudit": "#0b66c2", "uv": "#b5489a"}
# Where both lines lie on each other, the second lets the first be seen.
DASHES = {"uv": ' stroke-dasharray="7 4"'}
WIDTH, HEIGHT = 300, 210
LEFT, TOP, GAP_X, GAP_Y = 64, 92, 62, 74


def panels(title, note, rows):
    """Returns an SVG of rows of panels; a panel is (title, unit, what x is, {name: [(x, y)]})."""
    across = max(len(row) for row in rows)
    width = LEFT + across * (WIDTH + GAP_X)
    height = TOP + len(rows) * (HEIGHT + GAP_Y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        text(LEFT, 28, title, size=17, weight=600), text(LEFT, 48, note, fill=SOFT),
    ]
    at = width - GAP_X
    for name in reversed(COLOURS):
        at -= 14 + 8 * len(name)
        parts.append(text(at, 28, name, fill=COLOURS[name], size=14, weight=600))
        parts.append(f'<line x1="{at - 26}" y1="23" x2="{at - 6}" y2="23" '
                     f'stroke="{COLOURS[name]}" stroke-width="2.5"{DASHES.get(name, "")}/>')
        at -= 40
    for down, row in enumerate(rows):
        # Panels of a row have one scale, so that their heights can be compared.
        values = [y for panel in row for line in panel[3].values() for _, y in line]
        scale = decades(values)
        for right, panel in enumerate(row):
            left, top = LEFT + right * (WIDTH + GAP_X), TOP + down * (HEIGHT + GAP_Y)
            parts += draw(left, top, panel, scale)
    return "\n".join([*parts, "</svg>", ""])


def draw(left, top, panel, scale):
    title, unit, axis, lines = panel
    low, high = scale
    first, last = decades([x for line in lines.values() for x, _ in line])

    def across(x):
        return left + (math.log10(x) - first) / (last - first) * WIDTH

    def up(y):
        return top + HEIGHT - (math.log10(max(y, 10**low)) - low) / (high - low) * HEIGHT

    yield text(left, top - 12, title, weight=600)
    for power in range(low, high + 1):
        y = up(10.0**power)
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield text(left - 8, y + 4, label(power, unit), anchor="end", fill=SOFT)
    for power in range(first, last + 1):
        x = across(10.0**power)
        yield f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + HEIGHT}" stroke="{GRID}"/>'
        yield text(x, top + HEIGHT + 18, f"{10**power:,}", anchor="middle", fill=SOFT)
    yield text(left + WIDTH / 2, top + HEIGHT + 36, axis, anchor="middle", fill=SOFT)
    for name, line in lines.items():
        points = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        yield (f'<polyline points="{points}" fill="none" stroke="{COLOURS[name]}" '
               f'stroke-width="2.2" stroke-linejoin="round"{DASHES.get(name, "")}/>')
        for x, y in line:
            yield f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3.2" fill="{COLOURS[name]}"/>'


def decades(values):
    """Returns the powers of ten between which all values lie, one apart at least."""
    found = [math.log10(value) for value in values if value > 0] or [0]
    low, high = math.floor(min(found) + 1e-9), math.ceil(max(found) - 1e-9)
    return low, max(high, low + 1)


def label(power, unit):
    if unit != "s":
        return f"{10**power:,}"
    return f"{10**power:,} s" if power >= 0 else f"{10 ** (power + 3):g} ms"


def text(x, y, content, anchor="start", fill=INK, size=12, weight=400):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" '
            f'font-size="{size}" font-weight="{weight}">{html.escape(content)}</text>')
