"""livermetry: measure liver metastases from existing masks and apply published treatment criteria."""

__version__ = "0.1.0"
