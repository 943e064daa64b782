"""How data sets lay out and name their files, as role files say."""
