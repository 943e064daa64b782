"""A good study spoiled by machine in named ways, each with what must happen (``docs/hazards.md``)."""
