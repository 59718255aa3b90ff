"""Reading images in processes apart, which have a memory limit and a deadline: a bad file ends its reader, nobody else.

`Readers` keeps a few such processes warm; `child` is what runs in them; `frames` is how both talk.
"""

from spines.imaging.apart.readers import Look, Readers

__all__ = ["Look", "Readers"]
