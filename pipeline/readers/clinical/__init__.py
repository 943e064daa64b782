"""The clinical record: from YAML, JSON and tables to the facts of one patient."""
