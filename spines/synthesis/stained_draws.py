"""What varies between pictures of stained sections: draws for the looks of Golgi and DAB."""

from typing import Any

import numpy as np


def golgi_parameters(random: np.random.Generator) -> dict[str, Any]:
    """Thick opaque shafts in a section of bright, uneven glass; a wide-field objective of little depth."""
    return {
        "dendrite_count": int(random.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.2, 0.15])),
        "branched": bool(random.random() < 0.5),
        "dendrite_radius_um": float(np.clip(random.lognormal(np.log(0.5), 0.3), 0.25, 1.0)),
        "spines_per_um": float(np.clip(random.lognormal(np.log(1.2), 0.45), 0.2, 2.5)),
        "spine_brightness": float(random.uniform(0.8, 1.3)),
        "stain_od": float(random.uniform(1.0, 3.0)),
        "dye_texture": float(random.uniform(0.1, 0.3)),
        "background_branch_count": int(random.integers(2, 16)),
        "tissue_od": float(random.uniform(0.03, 0.25)),
        "background_unevenness": float(random.uniform(0.2, 0.8)),
        "flare": float(random.uniform(0.0, 0.12)),
        "droplets_per_100um2": float(np.exp(random.uniform(np.log(0.5), np.log(12)))) if random.random() < 0.8 else 0.0,
        "grit_per_100um2": float(random.uniform(2, 30)) if random.random() < 0.6 else 0.0,
        "blot_share": float(random.uniform(0.01, 0.15)) if random.random() < 0.5 else 0.0,
        "vignette": float(random.uniform(0.0, 0.5)),
        "exposure": float(random.uniform(0.7, 1.2)),
    } | _wide_field(random)


def dab_parameters(random: np.random.Generator) -> dict[str, Any]:
    """A filled cell in brown, paler and finer than Golgi, in tissue that is stained a little itself."""
    return {
        "dendrite_count": int(random.choice([1, 2, 3], p=[0.5, 0.35, 0.15])),
        "branched": bool(random.random() < 0.5),
        "dendrite_radius_um": float(np.clip(random.lognormal(np.log(0.42), 0.3), 0.2, 0.9)),
        "spines_per_um": float(np.clip(random.lognormal(np.log(1.0), 0.5), 0.1, 2.5)),
        "spine_brightness": float(random.uniform(0.7, 1.2)),
        "stain_od": float(np.exp(random.uniform(np.log(0.25), np.log(1.2)))),
        "dye_texture": float(random.uniform(0.1, 0.35)),
        "background_branch_count": int(random.integers(1, 12)),
        "tissue_od": float(random.uniform(0.03, 0.3)),
        "background_unevenness": float(random.uniform(0.1, 0.6)),
        "flare": float(random.uniform(0.0, 0.08)),
        "droplets_per_100um2": float(np.exp(random.uniform(np.log(0.1), np.log(2)))) if random.random() < 0.7 else 0.0,
        "grit_per_100um2": float(random.uniform(1, 12)) if random.random() < 0.5 else 0.0,
        "blot_share": float(random.uniform(0.01, 0.06)) if random.random() < 0.3 else 0.0,
        "counterstain_od": float(random.uniform(0.05, 0.35)) if random.random() < 0.3 else 0.0,
        "vignette": float(random.uniform(0.0, 0.3)),
        "exposure": float(random.uniform(0.65, 1.1)),
    } | _wide_field(random)


def _wide_field(random: np.random.Generator) -> dict[str, Any]:
    """A dry or oil objective; one picture in seven is a minimum projection, of a slice that is flat enough."""
    drawn: dict[str, Any] = {
        "depth_drift_um": float(random.uniform(0.2, 1.8)),
        "lateral_fwhm_um": float(np.exp(random.uniform(np.log(0.25), np.log(0.6)))),
        "axial_fwhm_um": float(random.uniform(0.6, 1.6)),
        "haze": 0.0,
        "shaft_photons": float(np.exp(random.uniform(np.log(300), np.log(12000)))),
        "read_noise_photons": float(random.uniform(2, 10)),
        "gamma": float(random.uniform(0.7, 1.15)),
    }
    # Nothing is out of focus in a projection, so there are no branches whose spines nobody can be asked to find.
    return drawn | ({"axial_fwhm_um": None, "background_branch_count": 0} if random.random() < 1 / 7 else {})
