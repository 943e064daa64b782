"""Search for plans of treatment over a liver that is cut into atoms (``pipeline.plan``). Knows no mask and no rule."""
