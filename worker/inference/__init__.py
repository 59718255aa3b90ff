"""Finding and classifying spines with the trained networks. Plain numpy: no Django, no Celery.

Importing this package loads no ML framework; `worker.inference.backends.load_network` loads the chosen one.
"""
