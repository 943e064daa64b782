"""The volumes that a plan makes of a liver, and the ratios made of them: sums over voxels, 27 states each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import pi

from pipeline.plan import Handling
from pipeline.plan_record import PlannedLesion
from pipeline.verify.dicom_image import SourceImage
from pipeline.verify.liver import Boundaries, Liver, Volumes
from pipeline.verify.number import Number, absent, within
from pipeline.verify.places import at_border, largest_slice
from pipeline.verify.plans_field import Field
from pipeline.verify.plans_taking import Taken
from pipeline.verify.solid import Solid, common, together, without
from pipeline.verify.steiner import volume_ends

Codes = tuple[str, ...]
FOUR = ("specimen_volume_ml", "ablated_volume_ml", "remnant_volume_ml", "remnant_lesion_volume_ml")


@dataclass(frozen=True, eq=False)
class Body:
    """What the remnant of every plan is held against.

    Parameters
    ----------
    area, expected, weight
        Body surface in m2, expected liver volume in mL, body weight in kg; without a value with codes of why.
    diameters_mm
        High end of the diameter of each lesion by id; None where there is none.
    lesions, total
        Codes of why lesions, and liver, are not known.
    """

    area: Number
    expected: Number
    weight: Number
    diameters_mm: Mapping[str, float | None]
    lesions: Codes
    total: Codes

    @property
    def blocked(self) -> Codes:
        """Codes of why nothing of a plan is published; a liver that the scan cuts does not keep it from that."""
        return (*self.lesions, *(code for code in self.total if code != "FOV_CUT"))


@dataclass(frozen=True, eq=False)
class Under:
    """A liver under a plan: volumes in all states, its pieces, and the remnant as a solid."""

    liver: Liver
    specimen: Number
    ablated: Number
    left: Number
    remnant: Solid


def divide_volumes(field: Field, image: SourceImage, bounds: Boundaries, whole: Solid, taken: Taken) -> Under:
    """Return the volumes of specimen, ablation zones, lesions left and remnant.

    Parameters
    ----------
    whole
        What the plan keeps of the liver, with the lesions in it and with shares of voxels.
    """
    tumour = together([*field.lesions.values()]) if field.lesions else None
    remnant = without(whole, tumour) if whole.count else whole
    left = common(whole, tumour) if whole.count and tumour is not None else field.bare(field.nothing())
    specimen, zone = field.bare(taken.removed), field.bare(taken.ablated)
    if field.total.shares is not None and zone.count:
        zone = common(field.total, zone)
    liver = bounds.move(remnant if remnant.count else None)
    rest = zone.volume_ml + left.volume_ml + liver.states[0].remnant
    value = specimen.volume_ml if field.total.shares is None else max(field.total.volume_ml - rest, 0.0)
    return Under(liver, _piece(image, specimen, value), _piece(image, zone), _piece(image, left), remnant)


def whole_left(field: Field, parts: Mapping[str, Solid], removed: Iterable[str], taken: Taken) -> Solid:
    """Return what a plan keeps with the lesions in it: the parts that stay, less what else it takes.

    Parameters
    ----------
    parts
        The parts of the liver with their shares of voxels.
    """
    names, whole = set(removed), field.total
    if names:
        stay = [solid for name, solid in parts.items() if name not in names]
        whole = together(stay) if stay else field.bare(field.nothing())
    more = taken.removed | taken.ablated
    return without(whole, field.bare(more)) if more.any() and whole.count else whole


def _piece(image: SourceImage, solid: Solid, value: float | None = None) -> Number:
    """Return a piece's volume with its interval and the slice in which it is largest."""
    if not solid.count:
        return Number(0.0, 0.0, 0.0)
    own = solid.volume_ml
    volume = own if value is None else value
    low, high = (end * (volume / own) for end in volume_ends(solid))
    return _seen(image, solid, within(volume, low, high))


def _seen(image: SourceImage, solid: Solid, number: Number) -> Number:
    """Return a number that is seen where a solid is largest."""
    if not solid.count:
        return number
    uids = solid.grid is image.grid and image.grid.slice_axis == 0
    return replace(number, slices=largest_slice(image, solid), uids=uids)


def widen(field: Field, under: Under, lesions: Iterable[PlannedLesion], body: Body) -> Under:
    """Return the volumes where spheres of ablation, of the diameter's high end and the margin, outgrow their zones."""
    more = 0.0
    for each in lesions:
        diameter, margin = body.diameters_mm.get(each.id), each.margin_mm or 0.0
        if each.handling is Handling.ABLATED and diameter is not None:
            zone = field.bare(field.within(each.id, margin))
            more += max(4 / 3 * pi * (diameter / 20 + margin / 10) ** 3 - zone.volume_ml, 0.0)
    if more <= 0:
        return under
    less = tuple(replace(state, remnant=max(state.remnant - more, 0.0)) for state in under.liver.states)
    liver = replace(under.liver, states=(*under.liver.states, *less))
    return replace(under, liver=liver, ablated=replace(under.ablated, high=(under.ablated.high or 0.0) + more))


def volume_numbers(image: SourceImage, under: Under, body: Body, *, drawn: bool, ratio: Codes) -> dict[str, Number]:
    """Return the numbers of a plan that follow from its volumes.

    Parameters
    ----------
    drawn
        Its specimen or remnant is drawn: of a liver that the scan cuts nothing of it is published.
    ratio
        Codes of why its ratios are not trusted.
    """
    blocked = (*body.blocked, *(() if under.liver.states[0].remnant > 0 else ("EMPTY_REMNANT",)))
    cut = body.total if "FOV_CUT" in body.total and (drawn or at_border(image, under.remnant)) else ()
    place = _seen(image, under.remnant, Number(None))
    found = {"remnant_volume_ml": _at(place, under, lambda v: v.remnant, blocked or cut)}
    ratio, size = blocked or body.total or ratio, body.expected.value or 1.0
    table: dict[str, tuple[Callable[[Volumes], float], Codes]] = {
        "remnant_percent": (lambda v: _percent(v.remnant, v.functional), ()),
        "removed_percent": (lambda v: 100 - _percent(v.remnant, v.total), ()),
        "standardized_remnant_percent": (lambda v: _percent(v.remnant, size), body.expected.codes),
        "remnant_to_body_weight_percent": (
            lambda v: v.remnant / 10 / (body.weight.value or 1.0),
            body.weight.codes,
        ),
        "remnant_per_body_surface_ml_m2": (lambda v: v.remnant / (body.area.value or 1.0), body.area.codes),
        "remnant_index_difference_percent": (
            lambda v: _percent(v.remnant, size) - _percent(v.remnant, v.functional),
            body.expected.codes,
        ),
    }
    found |= {name: _at(place, under, formula, (*ratio, *why)) for name, (formula, why) in table.items()}
    found["remnant_index_difference_percent"] = _size_of(found["remnant_index_difference_percent"])
    pieces = (under.specimen, under.ablated, under.left)
    names = [name for name in FOUR if name != "remnant_volume_ml"]
    held = {name: absent(*body.blocked) if body.blocked else one for name, one in zip(names, pieces, strict=True)}
    return found | held


def _at(place: Number, under: Under, formula: Callable[[Volumes], float], codes: Codes) -> Number:
    return absent(*codes) if codes else under.liver.number(formula).at(place)


def _size_of(signed: Number) -> Number:
    """Return the size of a signed number; its interval starts at 0 where the sign can change."""
    if signed.value is None or signed.low is None or signed.high is None:
        return signed
    low, high = sorted((abs(signed.low), abs(signed.high)))
    return replace(signed, value=abs(signed.value), low=0.0 if signed.low < 0 < signed.high else low, high=high)


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole > 0 else 0.0


def high_diameter(numbers: Mapping[str, Number]) -> float | None:
    """Return the high end of a lesion's diameter, axial or in space."""
    axial, spatial = numbers["longest_diameter_mm"], numbers["max_3d_diameter_mm"]
    if axial.value is None:
        return None
    return max(each.high or each.value or 0.0 for each in (axial, spatial))
