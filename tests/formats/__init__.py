"""One study in every format, orientation and transfer syntax, covered pairwise: the same numbers."""
