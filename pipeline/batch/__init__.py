"""Many studies: each in a worker of its own, none able to stop the others."""

from pipeline.batch.runner import run_studies as run_studies
