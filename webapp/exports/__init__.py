"""Files that a lab takes away: a data package, ImageJ ROIs, COCO."""
