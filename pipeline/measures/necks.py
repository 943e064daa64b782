"""Places at which one lesion may be several: necks one voxel thick, voxels that meet across edges or corners alone."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Scalar
from pipeline.lesion import Neck, Pieces
from pipeline.measures.boundary import Voxels
from pipeline.measures.components import find_components
from pipeline.volume import Mask, Points

AXES = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
FACES = tuple(tuple(sign * step for step in axis) for axis in AXES for sign in (-1, 1))
"""The six face neighbours: -slice, +slice, -row, +row, -column, +column."""
BRIDGES = tuple((a, b) for a, b in product(range(6), repeat=2) if a < b and a // 2 != b // 2)
"""Pairs of face neighbours at right angles: joined through the edge neighbour between them."""
AROUND = tuple(step for step in product((-1, 0, 1), repeat=3) if step != (0, 0, 0))
DIAGONALS = tuple(step for step in AROUND if step > (0, 0, 0) and sum(map(abs, step)) > 1)

Labels = NDArray[np.int64]


def find_pieces(mask: Mask, min_voxels: float) -> Pieces:
    """Return what a mask falls into with 26 and with 6 neighbours, and when its one-voxel necks are cut.

    Each of its 26-connected bodies is looked at by itself and is at least one piece.

    Parameters
    ----------
    min_voxels
        Voxels below which a part does not count.
    """
    found = [_find_pieces(body, min_voxels) for body in find_components(mask, 26)]
    necks = tuple(neck for each in found for neck in each.necks)
    return Pieces(len(found), sum(each.by_faces for each in found), sum(each.cut for each in found), necks)


def count_pieces(mask: Mask, min_voxels: float) -> int:
    """Return the number of 6-connected pieces of at least ``min_voxels`` after all one-voxel necks are cut; at least 1.

    A one-voxel neck is a voxel whose set face neighbours hang together only through it: among its 18 neighbours they
    form two or more 6-connected groups (the topological number of digital topology, Bertrand and Malandain 1994); one
    with all six of them set lies inside the body and is none. A ring one voxel thick falls apart as well, which errs
    towards the higher count.
    """
    return _find_pieces(mask, min_voxels).cut


def _find_pieces(body: Mask, min_voxels: float) -> Pieces:
    """Return what a 26-connected mask falls into."""
    padded = np.pad(body.voxels, 1)
    necks = _find_necks(padded)
    whole, by_faces = _label(padded, min_voxels)
    if whole == 1 and not necks.size:
        return Pieces()
    faces = 1 if whole == 1 else int(np.count_nonzero(np.bincount(by_faces.ravel())[1:]))
    padded.reshape(-1)[necks] = False
    _, labels = _label(padded, min_voxels)
    kept = np.flatnonzero(np.bincount(labels.ravel())[1:]) + 1
    if kept.size < 2:
        return Pieces(by_faces=faces)
    return Pieces(1, faces, int(kept.size), _name_necks(body, labels))


def _label(padded: Voxels, min_voxels: float) -> tuple[int, Labels]:
    """Return the number of 6-connected parts, and the labels of those of at least ``min_voxels``, the others 0."""
    import cc3d

    labels, count = cc3d.connected_components(padded, connectivity=6, return_N=True)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    kept = np.where(sizes >= min_voxels, np.arange(count + 1), 0)
    kept[0] = 0
    return int(count), kept[labels]


def _find_necks(padded: Voxels) -> NDArray[np.int64]:
    """Return the flat indices of the voxels whose set face neighbours hang together only through them."""
    flat = padded.reshape(-1)
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    steps = np.array(FACES) @ strides
    enclosed = padded[1:-1, 1:-1, 1:-1].copy()
    for step in FACES:
        enclosed &= _moved(padded, step)
    open_ones = padded.copy()
    open_ones[1:-1, 1:-1, 1:-1] &= ~enclosed
    places = np.flatnonzero(open_ones)
    present = [flat[places + step] for step in steps]
    links = [(a, b, present[a] & present[b] & flat[places + steps[a] + steps[b]]) for a, b in BRIDGES]
    complete = np.ones(len(places), dtype=np.bool_)
    for a, b, link in links:
        complete &= link | ~(present[a] & present[b])
    opposite = [present[a] & present[a + 1] for a in (0, 2, 4)]
    two = np.sum(present, axis=0) == 2
    doubtful = np.flatnonzero(~complete | (two & np.any(opposite, axis=0)))
    if not doubtful.size:
        return doubtful
    groups = _count_groups([each[doubtful] for each in present], [(a, b, link[doubtful]) for a, b, link in links])
    return np.asarray(places[doubtful][groups > 1], dtype=np.int64)


def _moved(padded: NDArray[Scalar], step: tuple[int, ...]) -> NDArray[Scalar]:
    """Return the neighbours in one direction of all voxels but those of the margin."""
    return padded[tuple(slice(1 + s, size - 1 + s) for s, size in zip(step, padded.shape, strict=True))]


def _count_groups(present: list[Voxels], links: list[tuple[int, int, Voxels]]) -> NDArray[np.int64]:
    """Return the number of groups that the set face neighbours of each voxel form among its 18 neighbours."""
    names = [np.where(is_set, number, 6) for number, is_set in enumerate(present)]
    for _ in range(3):
        for a, b, link in links:
            lower = np.minimum(names[a], names[b])
            names[a] = np.where(link, lower, names[a])
            names[b] = np.where(link, lower, names[b])
    return np.asarray(np.sum([name == number for number, name in enumerate(names)], axis=0), dtype=np.int64)


def _name_necks(body: Mask, labels: Labels) -> tuple[Neck, ...]:
    """Return the places at which labelled pieces of a body hang together, in order along the body.

    Parameters
    ----------
    labels
        Over the body's box with a margin of one voxel; 0 where no piece is.
    """
    found = [*_bridges(body, labels), *_meetings(body, labels)]
    return tuple(sorted(found, key=lambda neck: (neck.plane, neck.place_mm)))


def _bridges(body: Mask, labels: Labels) -> list[Neck]:
    """Return the necks one voxel thick: what is left of the body between two or more pieces."""
    import cc3d

    rest = np.pad(body.voxels, 1) & (labels == 0)
    groups = cc3d.connected_components(rest, connectivity=26)
    places = np.argwhere(rest)
    owners = groups[tuple(places.T)].astype(np.int64)
    sides = np.stack([labels[tuple((places + step).T)] for step in AROUND], axis=1)
    necks = []
    for group in np.unique(owners[(sides > 0).any(axis=1)]):
        own, near = places[owners == group], sides[owners == group]
        joined = np.unique(near[near > 0])
        if joined.size < 2:
            continue
        contact = [_mean_contact(own, near == label) for label in joined[:2]]
        along = int(np.argmax(np.abs(contact[1] - contact[0])))
        across = np.delete(body.grid.spacing_mm, along)
        necks.append(_neck(body, own.mean(axis=0), float(across.max())))
    return necks


def _mean_contact(places: NDArray[np.int64], touches: Voxels) -> NDArray[np.float64]:
    """Return the mean place of the voxels around places that ``touches`` tells, shape (3,)."""
    numbers, steps = np.nonzero(touches)
    return np.asarray((places[numbers] + np.array(AROUND)[steps]).mean(axis=0), dtype=np.float64)


def _meetings(body: Mask, labels: Labels) -> list[Neck]:
    """Return where two pieces meet across an edge or a corner of their voxels alone, one place for each pair."""
    inner = labels[1:-1, 1:-1, 1:-1]
    pairs, places = [], []
    for step in DIAGONALS:
        there = _moved(labels, step)
        meet = (inner > 0) & (there > 0) & (inner != there)
        pairs.append(np.sort(np.stack([inner[meet], there[meet]], axis=1), axis=1))
        places.append(np.argwhere(meet) + 1 + np.array(step) / 2)
    joined, owners = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    where = np.concatenate(places)
    return [_neck(body, _most_central(where[owners.ravel() == n]), 0.0) for n in range(len(joined))]


def _most_central(places: Points) -> NDArray[np.float64]:
    """Return the place nearest to the mean of places, shape (3,)."""
    away = np.linalg.norm(places - places.mean(axis=0), axis=1)
    return np.asarray(places[int(np.argmin(away))], dtype=np.float64)


def _neck(body: Mask, place: NDArray[np.float64], thickness_mm: float) -> Neck:
    """Return a neck at a place in the body's box with a margin of one voxel."""
    index = place - 1 + np.array(body.offset)
    left, back, head = (float(value) for value in body.grid.to_world(index[None])[0])
    return Neck((left, back, head), int(np.rint(index[0])), thickness_mm)
