"""The structures that distances are measured to, as a study gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measures.border import Faces, find_cut_faces
from pipeline.measures.drawn import find_drawn
from pipeline.structures import Role
from pipeline.study import Study
from pipeline.volume import Mask

WHOLE: Mapping[str, tuple[Role, ...]] = {
    "portal_vein": (Role.PORTAL_VEIN, Role.PORTAL_VEIN_MAIN, Role.PORTAL_VEIN_LEFT, Role.PORTAL_VEIN_RIGHT),
    "hepatic_vein": (
        Role.HEPATIC_VEIN,
        Role.HEPATIC_VEIN_RIGHT,
        Role.HEPATIC_VEIN_MIDDLE,
        Role.HEPATIC_VEIN_LEFT,
    ),
    "bile_duct": (Role.BILE_DUCT, Role.CENTRAL_BILE_DUCT),
}
"""Structures of which parts may be drawn by themselves: the whole is the union of what is drawn."""
SINGLE = (
    Role.PORTAL_VEIN_MAIN,
    Role.PORTAL_VEIN_LEFT,
    Role.PORTAL_VEIN_RIGHT,
    Role.HEPATIC_VEIN_RIGHT,
    Role.HEPATIC_VEIN_MIDDLE,
    Role.HEPATIC_VEIN_LEFT,
    Role.LIVER_VESSEL,
    Role.IVC,
    Role.HEPATIC_ARTERY,
    Role.CENTRAL_BILE_DUCT,
    Role.GALLBLADDER,
    Role.STOMACH,
    Role.DUODENUM,
    Role.SMALL_BOWEL,
    Role.COLON,
    Role.RIGHT_KIDNEY,
    Role.LEFT_KIDNEY,
    Role.HEART,
    Role.LUNG,
    Role.SPINAL_CORD,
    Role.OESOPHAGUS,
    Role.DIAPHRAGM,
    Role.CHEST_WALL,
    Role.SPLEEN,
)
TARGETS: Mapping[str, tuple[Role, ...]] = {**WHOLE, **{role.value: (role,) for role in SINGLE}}
"""What distances are measured to, by its name in ``dist_<name>_mm``."""
PROXY = "bile_proxy"
"""Main trunk and branches of the portal vein, which the central bile ducts run along."""
PROXY_ROLES = (Role.PORTAL_VEIN_MAIN, Role.PORTAL_VEIN_LEFT, Role.PORTAL_VEIN_RIGHT)


@dataclass(frozen=True, eq=False)
class Target:
    """A structure as drawn.

    Parameters
    ----------
    roles
        The roles that are drawn.
    masks
        What is drawn on each grid; none is empty.
    flags
        Codes of what is wrong with the masks: ``MASK_GAP``, ``RT_GAP``.
    cut
        The faces of the scan that it reaches, so that it goes on outside.
    """

    name: str
    roles: tuple[Role, ...]
    masks: tuple[Mask, ...]
    flags: tuple[str, ...]
    cut: Faces


def find_targets(study: Study, missing: Sequence[int]) -> dict[str, Target]:
    """Return the structures of which at least one voxel is drawn, by name; the proxy where trunk and a branch are.

    Parameters
    ----------
    missing
        Number of slices that are missing inside each segment of the study.
    """
    found = {name: _find_target(study, missing, name, roles) for name, roles in TARGETS.items()}
    proxy = _find_target(study, missing, PROXY, PROXY_ROLES)
    if proxy is not None and Role.PORTAL_VEIN_MAIN in proxy.roles and len(proxy.roles) > 1:
        found[PROXY] = proxy
    return {name: target for name, target in found.items() if target is not None}


def _find_target(study: Study, missing: Sequence[int], name: str, roles: Sequence[Role]) -> Target | None:
    """Return one structure; None where nothing of it is drawn."""
    drawn = find_drawn(study, missing, roles)
    if drawn is None:
        return None
    return Target(
        name,
        drawn.roles,
        drawn.bodies,
        drawn.flags,
        np.logical_or.reduce([find_cut_faces(mask, study.image.geometry) for mask in drawn.masks]),
    )
