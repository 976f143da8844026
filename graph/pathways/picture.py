"""A pathway as a picture: Mermaid for documents, SVG for pages, JSON for clients. Escaped; no scripts, no links."""

from __future__ import annotations

from textwrap import wrap
from xml.sax.saxutils import escape, quoteattr

import orjson

from graph.pathways.plans import Plan, Step, StepKind
from graph.pathways.text import name_goal
from graph.wording import ENGLISH, Words, pair

WIDTH, PADDING, LINE, GAP = 310, 12, 20, 24
CHARACTERS, BOLD = 38, 33
"""In a line, and in one of a title. A box is narrow enough for its text to be read on a phone."""
COLORS = {
    StepKind.HELD: "#e8f0e4",
    StepKind.TRAINING: "#e4ecf5",
    StepKind.EXPERIENCE: "#f5efe0",
    StepKind.ON_RAMP: "#efe6f3",
    StepKind.GOAL: "#dcead2",
}

_GAINED = pair("%(count)s skill gained", "%(count)s skills gained")
_GAINS = {
    StepKind.HELD: pair("%(count)s skill held", "%(count)s skills held"),
    StepKind.GOAL: pair("%(count)s skill learned at work", "%(count)s skills learned at work"),
}


def mermaid_of(plan: Plan, words: Words = ENGLISH) -> str:
    """Return a Mermaid flowchart: a box for each step, from what is held to the goal."""
    lines = ["flowchart TD"]
    for number, step in enumerate(plan.steps):
        text = "<br/>".join(_mermaid_text(each) for each in _lines(step, plan.currency, words))
        lines.append(f'  s{number}["{text}"]')
    lines += [f"  s{number} --> s{number + 1}" for number in range(len(plan.steps) - 1)]
    if not plan.reachable:
        lines.append(f'  goal["{_mermaid_text(name_goal(plan.goal, words))}"]')
        lines.append(f"  s{len(plan.steps) - 1} -. {words.say('out of reach')} .-> goal")
    return "\n".join(lines) + "\n"


def svg_of(plan: Plan, words: Words = ENGLISH) -> str:
    """Return an SVG document with a box for each step, its text readable by screen readers."""
    boxes, top = [], PADDING
    entries = [(COLORS[step.kind], _lines(step, plan.currency, words)) for step in plan.steps]
    if not plan.reachable:
        entries.append(("#f3e3e0", [name_goal(plan.goal, words), words.say("out of reach")]))
    for number, (color, given) in enumerate(entries):
        title = wrap(given[0], BOLD)
        lines = [*title, *(part for each in given[1:] for part in wrap(each, CHARACTERS))]
        height = len(lines) * LINE + 2 * PADDING
        if number:
            dash = ' stroke-dasharray="4 4"' if not plan.reachable and number == len(entries) - 1 else ""
            middle = PADDING + WIDTH // 2
            boxes.append(f'<path d="M{middle} {top - GAP}V{top - 6}"{dash} stroke="#555" marker-end="url(#tip)"/>')
        boxes.append(f'<rect x="{PADDING}" y="{top}" width="{WIDTH}" height="{height}" rx="8" fill="{color}"/>')
        for place, line in enumerate(lines):
            weight = ' font-weight="600"' if place < len(title) else ""
            y = top + PADDING + LINE * place + 14
            boxes.append(f'<text x="{2 * PADDING}" y="{y}"{weight}>{escape(line)}</text>')
        top += height + GAP
    width, height = WIDTH + 2 * PADDING, top - GAP + PADDING
    tip = '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label={quoteattr(plan.explanation)} font-family="system-ui, sans-serif" font-size="14">'
        f'{tip}<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>{"".join(boxes)}</svg>\n'
    )


def json_of(plan: Plan, words: Words = ENGLISH) -> str:
    """Return nodes and edges as JSON, for clients that draw themselves."""
    nodes = [
        {"id": f"s{number}", "kind": step.kind.value, "lines": _lines(step, plan.currency, words)}
        for number, step in enumerate(plan.steps)
    ]
    edges = [{"from": f"s{number}", "to": f"s{number + 1}", "open": True} for number in range(len(plan.steps) - 1)]
    if not plan.reachable:
        nodes.append({"id": "goal", "kind": StepKind.GOAL.value, "lines": [name_goal(plan.goal, words)]})
        edges.append({"from": f"s{len(plan.steps) - 1}", "to": "goal", "open": False})
    return orjson.dumps({"nodes": nodes, "edges": edges}).decode()


def _lines(step: Step, currency: str, words: Words) -> list[str]:
    lines = [step.title]
    if step.training is not None:
        lines.append(step.training.provider.name)
    price = [words.count("%(count)s hour", "%(count)s hours", step.hours)] if step.hours else []
    if step.cost:
        price.append(f"{words.number(step.cost)} {currency}")
    if price:
        lines.append(", ".join(price))
    if step.gains:
        lines.append(words.count(*_GAINS.get(step.kind, _GAINED), len(step.gains)))
    return lines


def _mermaid_text(text: str) -> str:
    return "".join(each if each.isalnum() or each in " .,:-+/()" else f"#{ord(each)};" for each in text)
