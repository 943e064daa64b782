"""Measuring: lesions, liver and remnant from masks on their own grids. Pure; reads no file."""

from pipeline.measures.study import measure_study as measure_study
