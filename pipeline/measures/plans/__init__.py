"""From masks to what plans are made of, and from a plan to what it leaves, measured."""
