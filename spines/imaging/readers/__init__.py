"""One reader a format behind one protocol, found by what the content is."""

from spines.imaging.readers.base import Opener, PlaneSource
from spines.imaging.readers.leica import open_lif
from spines.imaging.readers.nikon import open_nd2
from spines.imaging.readers.olympus import open_oib, open_oif
from spines.imaging.readers.ome_set import open_ome_set
from spines.imaging.readers.photographs import open_jpeg, open_png
from spines.imaging.readers.tiff import open_tiff
from spines.imaging.readers.zeiss import open_czi

READERS: dict[str, Opener] = {
    "tiff": open_tiff,
    "czi": open_czi,
    "nd2": open_nd2,
    "lif": open_lif,
    "oib": open_oib,
    "oif": open_oif,
    "zip": open_ome_set,
    "png": open_png,
    "jpeg": open_jpeg,
}

__all__ = ["READERS", "Opener", "PlaneSource"]
