"""The words of the accuracy page."""

INTRODUCTION = """# Accuracy

Made by `make accuracy`; the same numbers come out every time. Shapes whose every answer is a formula (sphere,
ellipsoid, box, shell, C-shape, two touching spheres) are drawn on grids at random offsets, half of them turned about
the head-foot axis and half in any direction. The size of a shape is its equivalent diameter: that of the ball of equal
volume. A *group* is one shape, breadth, grid and way of turning. Definitions: [measurements.md](measurements.md).
"""
WHY_NOT = """Where a limit is not held, and why:

- **Flat faces along thick slices** (upright box and C-shape): a face between two slices moves to one of them, by up to
  half a slice. No count of voxels can tell where it lay; the interval holds the true volume.
- **Longest diameters shorter than the limit.** d - sqrt(d² - s²) is what a ball can lose between slices. More is lost
  by a flat ellipsoid on three slices, by the corner of a turned box, and by two balls along a slanted line, whose
  longest chord lies in planes near the point where they touch. No slice shows it; none of the misses is too long.
- **Depth and ablation margin.** Both take an extreme over many points of a surface, and read short by half a voxel more
  often than the distance of one gap does. On 2.5 and 5 mm slices the margin's interval, d -+ 2δ(n) along the direction
  found, misses one value in ten: where the margin is nearly even all round, the true direction is another one.
- **Count.** Two balls half a slice apart, or in touch, share voxels over a patch wider than one voxel on thick slices:
  the mask is one lump, a neck of one voxel is not there to be cut, and the count is one without a range.
- **Intervals of lengths of shapes with edges** (box, C-shape). A corner lies between voxel centres and shows nowhere;
  where each face moves by half a voxel, the corner moves by more than δ(n). The definition itself is too narrow there.
  It holds in 95 of 100 placements and more for ends at least as round as a ball of one voxel; volumes hold for every
  shape. A needle has sharper ends: of one two voxels thick and ten long the 3D diameter is missed in 4 of 10.
- **Longest and 3D diameters of round shapes, in some placements.** A tip between voxel centres shows nowhere: an
  ellipsoid of semi-axes 1.72, 1.72, 2.65 voxels along a row can have the mask of a ball of 3.4, and is then 0.05 voxels
  longer than the high end (2 of 40,000 random turns and offsets). Exactly along a row some lengths end alike at many
  offsets: of 246 lengths tried there the worst is missed at 22 of 100 offsets, all together at 2 of 100 or fewer on
  each grid, and none by more than a quarter of the largest step. No low end is too long.
- **Two balls along a slanted line**, longest diameter: as above. On 5 mm slices up to 20 of 100 are missed.
- **A shell of two voxels across, its wall half a voxel thick**: its mask is a thread of voxels that meet across edges.
  Its short diameter reads 0.08 mm too little at the interval's high end.
- **Widths.** A flat shape on two or three thick slices hides more than a ball, which the definition speaks of: its
  intervals are wider than the definition's, on purpose. So is a short diameter where two directions are equally long.
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
definition). The volume's width by definition is counted on a fine grid and some 3 % large;
that of an extent e is e - 2δ to √((e + 2δ)² + Σtᵢ²), as for an axial diameter.
"""
DISTANCES = """## Distances

{count} random placements on each grid: gaps of 0.5 to 12 mm in any direction; margins of an ablation of -3 to 4 mm.
Mean signed / mean absolute / largest absolute error in mm, percent of intervals that hold the true value. Distances
read short: from half-level points of one surface to those of the other, the nearest of many is found.
"""
COUNTS = """## Count

Two equal balls, five steps across, in one segment: percent whose interval holds the true count (percent with a range).
Balls that touch in a point count as two here; their masks join over several voxels, which no rule on necks of one
voxel can undo: they are counted as one. The largest step of each grid is meant.
"""
LIVER = """## Liver and remnant

A liver of 120 mm with lesions of 24 and 16 mm, a cut, a vessel: mean absolute error, percent of placements inside the
interval (width beside the definition's where a formula has it). `lesion`: quantities of the larger lesion.
"""
IBSI = """## IBSI

Digital phantom, consensus of IBSI-1 (Zwanenburg, Radiology 2020). For STS_008 no consensus is published for the
patient alone; its contours give exactly IBSI's 8862 voxels, 27.636 mL (`tests/readers/test_rtstruct.py`).
"""
