"""Is this mask of this image? Faults of liver masks that geometry cannot show, found in the image's content.

Public: ``check_masks``, ``check_liver``, ``find_liver``, ``unchecked``. Method, detection and false-alarm
rates: ``docs/forensics.md``. Nothing here moves a mask or changes a number.
"""

from pipeline.measures.forensics.check import check_liver as check_liver
from pipeline.measures.forensics.check import check_masks as check_masks
from pipeline.measures.forensics.check import find_liver as find_liver
from pipeline.measures.forensics.check import unchecked as unchecked
