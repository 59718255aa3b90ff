"""Made images: dendrites and spines of known size, drawn as a microscope would see them. No Django."""

from spines.synthesis.files import TRUTH_NAME, Series, coco_truth, picture_record, write_series, write_tiff
from spines.synthesis.parameters import SPINE_CLASSES, Look, SceneParameters, draw_parameters
from spines.synthesis.scene import make_image, make_series_image
from spines.synthesis.sheet import contact_sheet
from spines.synthesis.truth import MadeDendrite, MadeImage, MadeSpine, Visibility

__all__ = [
    "SPINE_CLASSES",
    "TRUTH_NAME",
    "Look",
    "MadeDendrite",
    "MadeImage",
    "MadeSpine",
    "SceneParameters",
    "Series",
    "Visibility",
    "coco_truth",
    "contact_sheet",
    "draw_parameters",
    "make_image",
    "make_series_image",
    "picture_record",
    "write_series",
    "write_tiff",
]
