"""The main job as others would do it, each peer one script that prints JSON; see ``docs/performance.md``."""
