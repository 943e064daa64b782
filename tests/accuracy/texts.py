"""The words of the accuracy page."""

INTRODUCTION = """# Accuracy

Made by `make accuracy`; the same numbers come out every time. Shapes whose every answer is a formula (sphere,
ellipsoid, box, shell, C-shape, two touching spheres) are drawn on grids at random offsets, half of them turned about
the head-foot axis and half in any direction. The size of a shape is its equivalent diameter: that of the ball of equal
volume. A *group* is one shape, breadth, grid and way of turning. Definitions: [measurements.md](measurements.md).
"""
WHY_NOT = """Where a limit is not held:

- **Faces along thick slices** (upright box and C-shape): a flat face between two slices moves to one of them, by up to
  half a slice. No count of voxels can tell where it lay; the interval holds the true volume.
- **Shapes with edges** (box, C-shape). An edge or corner passes between voxel centres and shows nowhere; and where each
  face moves by half a voxel, a corner moves by more than δ(n) along the diagonal. The definition itself is too narrow
  there. Intervals of lengths hold for ends at least as round as a ball of one voxel. Volumes hold for every shape.
- **Flat shapes on two or three thick slices.** The definition's high end, √((d + 2δ)² + s²), is that of a ball and
  misses flatter ones. It is extended to what an ellipsoid of as many planes hides: wider than the definition's.
- **Two balls along a slanted line** on thick slices: the longest chord lies in a thin range of planes, which can fall
  between two.
- **A tie of diameters** (C-shape): the short diameter depends on which of the equal diameters is taken; its interval
  holds all of them.
"""
PLOT = "![Errors by size and spacing](accuracy.svg)\n"
BY_SIZE = """## Error of the volume by size and spacing

Mean absolute error (mean signed error), %.
"""
BIAS = """## Half-level bias of diameters

Balls of 10 mm and more: mean of value - truth, mm. Contours run half-way between voxel centres, so lengths read up to
a voxel long; the bias lies inside the interval.
"""
PEERS = """## Beside other calculators

The same masks, sizes of 10 and 20 mm: mean signed / mean absolute error; volume in %, diameters in mm. SimpleITK:
LabelShapeStatistics; scikit-image: regionprops (feret) and marching_cubes; {radiomics}: mesh volume,
Maximum2DDiameterSlice, Maximum3DDiameter (of flat or large meshes scikit-image has no 3D diameter).
"""
INTERVALS = """## Intervals

Percent of {count} random placements of each group whose true value lies in the interval (mean width beside that of the
definition). The volume's width by definition is counted on a fine grid and some 3 % large.
"""
LIVER = """## Liver, remnant, distances

A liver of 120 mm with lesions of 24 and 16 mm, a cut, a vessel: mean absolute error, percent of placements inside the
interval (width beside the definition's where a formula has it). `lesion`: quantities of the larger lesion.
"""
IBSI = """## IBSI

Digital phantom, consensus of IBSI-1 (Zwanenburg, Radiology 2020). For STS_008 no consensus is published for the
patient alone; its contours give exactly IBSI's 8862 voxels, 27.636 mL (`tests/readers/test_rtstruct.py`).
"""
