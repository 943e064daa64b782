"""livermetry: measure liver metastases from existing masks and apply published treatment criteria."""

import os

__version__ = "0.1.0"

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    # Read once, when NumPy is loaded: sums of matrices are added in an order that depends on the number of threads, so
    # that the last digits would be another machine's. What the user has set stays.
    os.environ.setdefault(_threads, "1")
