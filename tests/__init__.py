import pipeline as pipeline  # the number of threads is set before any test loads NumPy
