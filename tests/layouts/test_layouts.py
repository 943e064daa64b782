"""Public data sets as downloaded: recognised by themselves or named, with the volumes and places of the phantom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StudyRefused
from pipeline.lesion import LesionStatus
from pipeline.measures.study import measure_study
from pipeline.readers import Naming, StudyFiles, find_studies, load_namings, read_study
from pipeline.study import ClinicalRecord, Segment, Study
from tests.layouts import replicas
from tests.layouts.replicas import GRID, shape_of
from tests.readers.conftest import ROOT, codes_of

Structures = Mapping[str, str]
"""Name in the phantom by role; ``lesion`` stands for all of them."""
ORGANS = {"liver": "liver", "spleen": "spleen", "right_kidney": "right_kidney", "left_kidney": "left_kidney"}
LITS = {"liver": "parenchyma", "lesion": "lesions"}


@dataclass(frozen=True)
class Layout:
    """What one replica must give: naming, modality, structures and lesion count (None: not known)."""

    build: Callable[[Path], object]
    naming: str
    modality: str
    roles: Structures
    count: int | None
    studies: int = 1
    refused: tuple[str, ...] = ()


LAYOUTS = {
    "lits": Layout(replicas.lits, "lits", "CT", LITS, 2, 2),
    "task03": Layout(replicas.task03, "lits", "CT", LITS, 2, 2, ("NO_MASK",)),
    "task08": Layout(
        replicas.task08, "msd_hepaticvessel", "CT", {"liver_vessel": "vessel", "lesion": "lesions"}, None, 2,
        ("NO_MASK",),
    ),
    "amos": Layout(replicas.amos, "amos", "CT MR", ORGANS | {"ivc": "cava"}, None, 2, ("NO_MASK",)),
    "totalsegmentator": Layout(
        replicas.totalsegmentator, "totalsegmentator", "CT",
        ORGANS | {"ivc": "cava", "lesion": "lesions", "liver_vessel": "vessel"}, 2,
    ),
    "totalsegmentator_mr": Layout(
        lambda root: replicas.totalsegmentator(root, "mri"), "totalsegmentator", "MR",
        ORGANS | {"ivc": "cava", "lesion": "lesions", "liver_vessel": "vessel"}, 2,
    ),
    "nnunet": Layout(replicas.nnunet, "nnunet", "unknown", LITS | {"spleen": "spleen"}, 2, 2),
    "bids": Layout(replicas.bids, "bids", "CT unknown", LITS | {"spleen": "spleen"}, 2, 2),
    "chaos_ct": Layout(replicas.chaos_ct, "chaos_ct", "CT", {"liver": "liver"}, None, 2),
    "chaos_mr": Layout(replicas.chaos_mr, "chaos_mr", "MR", ORGANS, None, 2),
    "ircadb": Layout(
        replicas.ircadb, "ircadb", "CT", ORGANS | {"lesion": "lesions", "portal_vein": "vessel", "ivc": "cava"}, 2
    ),
    "ircadb_twice": Layout(
        lambda root: replicas.ircadb(root, twice=True), "ircadb", "CT",
        ORGANS | {"lesion": "lesions", "portal_vein": "vessel", "ivc": "cava"}, 2,
    ),
    "ircadb_without_places": Layout(
        lambda root: replicas.ircadb(root, placed=False), "ircadb", "CT",
        ORGANS | {"lesion": "lesions", "portal_vein": "vessel", "ivc": "cava"}, 2,
    ),
    "tcia_crlm": Layout(
        replicas.tcia_crlm, "tcia_crlm", "CT",
        LITS | {"liver": "liver", "portal_vein": "vessel", "hepatic_vein": "cava", "remnant": "spleen"}, 2,
    ),
}  # fmt: skip


@pytest.fixture(scope="session")
def namings() -> dict[str, Naming]:
    return load_namings(ROOT / "configs" / "roles")


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build a replica once for all tests that only read it."""
    built: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in built:
            built[name] = tmp_path_factory.mktemp(name)
            LAYOUTS[name].build(built[name])
        return built[name]

    return build


def read_all(files: tuple[StudyFiles, ...]) -> tuple[list[Study], list[str]]:
    """Return the studies that can be read, and the codes of those that are refused."""
    studies, refused = [], []
    for each in files:
        try:
            studies.append(read_study(each))
        except StudyRefused as refusal:
            refused.append(refusal.code)
    return studies, refused


def measure(study: Study):
    return measure_study(
        study, ClinicalRecord(), min_lesion_mm=3.0, connectivity=26, bsa_formula="mosteller", etlv_formula="vauthey_bsa"
    )


def world_voxels(segments: list[Segment]) -> np.ndarray:
    """Return the voxel centres of a role in LPS mm, each once, in a fixed order."""
    found = set()
    for segment in segments:
        index = np.argwhere(segment.mask.voxels) + np.array(segment.mask.offset)
        found |= {tuple(point) for point in np.round(segment.mask.grid.to_world(index.astype(float)), 3) + 0.0}
    return np.array(sorted(found))


def expected_voxels(name: str) -> np.ndarray:
    """Return the same from the shape itself."""
    return np.array(
        sorted(tuple(p) for p in np.round(GRID.to_world(np.argwhere(shape_of(name)).astype(float)), 3) + 0.0)
    )


@pytest.mark.hazard("M05", "M11", "M15")
@pytest.mark.parametrize("named", [False, True], ids=["recognised", "named"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_data_set_is_read_as_downloaded(
    replica: Callable[[str], Path], namings: dict[str, Naming], name: str, named: bool
) -> None:
    """Every voxel of every structure lies where the phantom has it, and the lesions are counted."""
    layout = LAYOUTS[name]
    studies, refused = read_all(find_studies(replica(name), namings, layout.naming if named else None))
    assert len(studies) == layout.studies, refused
    assert tuple(refused) == layout.refused
    assert {study.image.modality for study in studies} == set(layout.modality.split())
    for study in studies:
        assert study.naming == layout.naming
        assert not study.unmapped
        assert {segment.role.value for segment in study.segments if not segment.mask.is_empty} == set(layout.roles)
        for role, shape in layout.roles.items():
            found = [segment for segment in study.segments if segment.role == role]
            assert np.array_equal(world_voxels(found), expected_voxels(shape)), role


@pytest.mark.parametrize("name", LAYOUTS)
def test_its_lesions_and_liver_are_measured(
    replica: Callable[[str], Path], namings: dict[str, Naming], name: str
) -> None:
    """Counts and volumes by hand from the phantom; an unknown count stays unknown."""
    layout = LAYOUTS[name]
    studies, _ = read_all(find_studies(replica(name), namings))
    voxel_ml = float(np.prod(GRID.spacing_mm)) / 1000
    for study in studies:
        measured = measure(study)
        assert measured.measurements["lesion_count"].value == layout.count
        if layout.count:
            total = measured.measurements["total_lesion_volume_ml"].value
            assert total == pytest.approx(np.count_nonzero(shape_of("lesions")) * voxel_ml, rel=1e-9)
            inside = [lesion for lesion in measured.lesions if lesion.status is LesionStatus.INTRAHEPATIC]
            assert len(inside) == layout.count
        if "liver" in layout.roles:
            liver = measured.measurements["total_liver_volume_ml"].value
            whole = shape_of("liver") | (shape_of("lesions") if layout.count else False)
            assert liver == pytest.approx(np.count_nonzero(whole) * voxel_ml, rel=1e-9)
        else:
            assert measured.measurements["total_liver_volume_ml"].value is None
        if name != "tcia_crlm":
            assert "PAIR_BY_NAME" in codes_of(study)
