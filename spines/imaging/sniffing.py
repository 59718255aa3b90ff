"""What a file is, by its content. The name's ending is never trusted."""

from pathlib import Path

from spines.errors import UnreadableImage
from spines.imaging.refusals import shown

HEAD_BYTES = 4096

_SUPPORTED = "TIFF, OME-TIFF, LSM, CZI, ND2, LIF, OIB, OIF, PNG or JPEG"

_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"ZISRAWFILE", "czi"),
    (b"\xda\xce\xbe\x0a", "nd2"),
    (b"\0\0\0\x0cjP  ", "nd2"),  # ND2 of NIS-Elements before 3: JPEG 2000 boxes
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "oib"),
    (b"PK\x03\x04", "zip"),
)

# (offset, magic, what it is)
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x89HDF", "an HDF5 file (Imaris writes these)"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"SIMPLE  =", "a FITS file"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (8, b"WEBP", "a WebP picture"),
    (128, b"DICM", "a DICOM file"),
)

_VIDEOS: tuple[tuple[int, bytes], ...] = (
    (8, b"AVI "),
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (0, b"\0\0\x01\xba"),  # MPEG
    (0, b"\0\0\x01\xb3"),
    (0, b"FLV\x01"),
    (0, b"0&\xb2u\x8ef\xcf\x11"),  # ASF, WMV
    (0, b"OggS"),
    (4, b"moov"),  # QuickTime
    (4, b"mdat"),
    (4, b"wide"),
)

_PHOTO_BRANDS = (b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1", b"avif")


def detect_format(path: Path, *, name: str) -> str:
    """The format of the file at `path`, a key of the readers ("tiff" stands for OME-TIFF and LSM too).

    Raises UnreadableImage, naming what the file is where that can be told.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnreadableImage(f"{shown(name)} is empty: copy it again from where it was recorded.")
    for magic, image_format in _FORMATS:
        if head.startswith(magic):
            return image_format
    if head[:4] == b"\x70\0\0\0" and head[8:9] == b"\x2a":
        return "lif"
    if _is_oif(head):
        return "oif"
    if _is_video(head):
        raise UnreadableImage(f"{shown(name)} is a video: export the frame or the z-stack to be analysed as TIFF.")
    raise UnreadableImage(f"{shown(name)} is {_other_kind(head)}, no image that can be read: export {_SUPPORTED}.")


def _is_oif(head: bytes) -> bool:
    text = head.decode("utf-16-le", "ignore") if head.startswith(b"\xff\xfe") else head.decode("latin-1")
    return "[ProfileSaveInfo]" in text or ("[Version Info]" in text and "FV" in text)


def _is_video(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] not in _PHOTO_BRANDS
    return any(head[offset : offset + len(magic)] == magic for offset, magic in _VIDEOS)


def _other_kind(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "a HEIC or AVIF photograph"
    for offset, magic, kind in _OTHERS:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return _text_kind(head) or "a file of an unknown kind"


def _text_kind(head: bytes) -> str:
    text = head.decode("utf-16", "ignore") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head.decode("latin-1")
    if any(ord(c) < 32 and c not in "\t\r\n\f" for c in text):
        return ""
    start = text.lstrip("\ufeff \t\r\n").lower()
    if "<svg" in start:
        return "an SVG drawing"
    if start.startswith(("<!doctype html", "<html")):
        return "a web page"
    if start.startswith("<"):
        return "an XML file"
    return "a text file"
