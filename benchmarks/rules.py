"""Time the rules: one study with everything that is said of it, and outcomes alone, as lesions and rules grow.

Usage: ``python -m benchmarks.rules [ROUNDS] [--write]``. Processor time inside one process, medians over studies drawn
at random: all that is measured in images known, half of the clinical record. ``--write`` puts the table into
``docs/performance.md``.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.page import RULES, write_between
from pipeline.measurement import Fact, Inputs, Measurement, Quantity
from pipeline.rules import Catalogue, assess, load_catalogue
from pipeline.rules.catalogue import ProfileRules
from pipeline.rules.evaluation import Evaluation
from pipeline.rules.expressions import LESION
from pipeline.rules.model import InputSpec, Rule
from pipeline.rules.outcomes import find_outcomes
from pipeline.rules.readings import check_lesions
from pipeline.rules.views import Views

CONFIGS = Path(__file__).parent.parent / "configs"
PROFILE = "consensus"
NUMBERS = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 12.0, 20.0, 25.0, 30.0, 40.0, 50.0, 65.0, 100.0, 500.0, 1000.0)
UNCERTAIN = 0.05
"""Half-width of the interval of a number, relative to it."""
LESIONS = (1, 5, 25, 100)
COPIES = (1, 2, 3)


def draw_value(draw: random.Random, name: str, spec: InputSpec) -> Quantity:
    """Return some value of an input, half of the numbers with an interval."""
    if spec.type == "truth":
        return Fact(name, draw.random() < 0.3)
    if spec.type == "words":
        return Fact(name, ())
    if spec.type == "word":
        return Fact(name, draw.choice(spec.words or ("left",)))
    low, high = spec.range
    fitting = [one for one in NUMBERS if (low is None or one >= low) and (high is None or one <= high)]
    value = draw.choice(fitting or [low or 0.0])
    if spec.type == "integer" or draw.random() < 0.5:
        return Measurement(name, value, spec.unit)
    return Measurement(name, value, spec.unit, value * (1 - UNCERTAIN), value * (1 + UNCERTAIN))


def draw_study(catalogue: Catalogue, seed: int, lesions: int) -> Inputs:
    """Return a study of which the images are known and half of the record is."""
    draw = random.Random(seed)
    known = {name: spec for name, spec in catalogue.inputs.items() if spec.source == "image" and spec.measured}
    own = {name.removeprefix(LESION): spec for name, spec in known.items() if name.startswith(LESION)}
    record = {name: spec for name, spec in catalogue.inputs.items() if spec.source != "image" and draw.random() < 0.5}
    names = {**{name: spec for name, spec in known.items() if not name.startswith(LESION)}, **record}
    study = {name: draw_value(draw, name, spec) for name, spec in names.items() if not name.startswith(LESION)}
    study |= {
        "lesion_state": Fact("lesion_state", "found"),
        "lesion_count": Measurement("lesion_count", float(lesions), "1"),
        "primary_type": Fact("primary_type", "colorectal"),
    }
    each = {f"L{n}": {name: draw_value(draw, name, spec) for name, spec in own.items()} for n in range(lesions)}
    return Inputs(study, each)


def walk_rules(rules: ProfileRules, inputs: Inputs) -> object:
    """Ask every outcome by walking the expressions: what the compiled rules are compared with."""
    ev = Evaluation(rules, check_lesions(inputs, rules.inputs))
    return [ev.find_outcome(treatment.id) for treatment in rules.treatments]


def multiply(catalogue: Catalogue, copies: int) -> Catalogue:
    """Return a catalogue with every rule several times under other names; classes and scores once."""
    more = [
        rule.model_copy(update={"id": f"{rule.id}-COPY{number}"})
        for number in range(1, copies)
        for rule in catalogue.rules
        if not (rule.classes or rule.points)
    ]
    rules: tuple[Rule, ...] = (*catalogue.rules, *more)
    views = Views(catalogue.profiles, rules, catalogue.treatments, catalogue.inputs, None)
    fields = (catalogue.inputs, catalogue.parameters, catalogue.sources, catalogue.profiles, None, views)
    return Catalogue(catalogue.version, catalogue.sha256, rules, catalogue.treatments, *fields)


def time_ms(ask: Callable[[Inputs], object], studies: Sequence[Inputs]) -> float:
    """Return the median processor time of a question over several studies, in ms; the first is not counted."""
    taken = []
    for study in (studies[0], *studies):
        start = time.process_time()
        ask(study)
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken[1:])


def measure(catalogue: Catalogue, lesions: int, rounds: int) -> tuple[float, float, float]:
    """Return milliseconds of everything, of outcomes alone, and of outcomes by walking the expressions."""
    rules = catalogue.under(PROFILE)
    studies = [draw_study(catalogue, seed, lesions) for seed in range(rounds)]
    return (
        time_ms(lambda study: assess(catalogue, PROFILE, study), studies),
        time_ms(lambda study: find_outcomes(rules, study), studies),
        time_ms(lambda study: walk_rules(rules, study), studies),
    )


def render(rows: Sequence[tuple[int, int, tuple[float, float, float]]], rounds: int, load: float) -> str:
    """Return the table."""
    head = f"Python {platform.python_version()}, {os.cpu_count()} cores, processor time, medians of {rounds} studies; "
    lines = [
        f"{head}load before the start {load:.1f}.",
        "",
        "| rules | lesions | flips and fetching too, ms | outcomes alone, ms | by walking expressions, ms | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for rules, lesions, (whole, light, walked) in rows:
        lines.append(f"| {rules} | {lesions} | {whole:.0f} | {light:.2f} | {walked:.1f} | {walked / light:.0f} |")
    return "\n".join(lines)


def main(rounds: int, write: bool) -> None:
    """Print the table, and write it into the page when asked for."""
    load = os.getloadavg()[0]
    catalogue = load_catalogue(CONFIGS / "rules", CONFIGS / "profiles")
    rows = [(len(catalogue.rules), lesions, measure(catalogue, lesions, rounds)) for lesions in LESIONS]
    for copies in COPIES[1:]:
        larger = multiply(catalogue, copies)
        rows.append((len(larger.rules), 25, measure(larger, 25, rounds)))
    text = render(rows, rounds, load)
    print(text)
    if write:
        write_between(RULES, text)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 15, "--write" in sys.argv)
