"""What a made image is asked to be: its look, its optics, its dendrites and its spines.

Ranges follow the published sizes that `docs/synthesis.md` lists. All draws come from the caller's generator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from spines.errors import InvalidInput

SPINE_CLASSES = ("mushroom", "thin", "stubby", "filopodia")


class Look(StrEnum):
    """The kind of picture a scene is turned into."""

    TWO_PHOTON = "two_photon"  # one focal plane of a bright dendrite in a dim, hazy, noisy field
    CUT_OUT = "cut_out"  # a projection of one dendrite, everything else set to black
    BINARY = "binary"  # the silhouette of one dendrite, 0 and full scale


def adult_class_shares() -> dict[str, float]:
    """Shares of the four classes on a pyramidal neuron of an adult animal."""
    return {"mushroom": 0.36, "thin": 0.38, "stubby": 0.2, "filopodia": 0.06}


@dataclass(frozen=True, kw_only=True)
class SceneParameters:
    """One scene. Lengths in micrometres, brightness in multiples of an in-focus shaft.

    `axial_fwhm_um` is None for a projection through all planes: nothing is out of focus then.
    `exposure` is the grey of the shaft as a fraction of full scale; above 1 the shaft saturates.
    """

    look: Look = Look.TWO_PHOTON
    side_px: int = 512
    pixel_size_um: float = 0.1
    dendrite_count: int = 1
    branched: bool = False
    dendrite_radius_um: float = 0.45
    depth_drift_um: float = 1.0
    spines_per_um: float = 1.0
    class_shares: Mapping[str, float] = field(default_factory=adult_class_shares)
    spine_brightness: float = 1.1
    background_branch_count: int = 3
    lateral_fwhm_um: float = 0.4
    axial_fwhm_um: float | None = 1.75
    background: float = 0.07
    background_unevenness: float = 0.15
    haze: float = 0.25
    dye_texture: float = 0.25
    shaft_photons: float = 150.0
    read_noise_photons: float = 2.0
    exposure: float = 0.6
    gamma: float = 0.8
    dark_edge_px: int = 0
    bit_depth: int = 8
    jpeg_quality: int | None = None

    def __post_init__(self) -> None:
        if self.side_px < 64:
            raise InvalidInput("A made image needs a side of at least 64 pixels.")
        if not 0.02 <= self.pixel_size_um <= 0.5:
            raise InvalidInput("A made image needs a pixel size between 0.02 and 0.5 µm.")
        if self.bit_depth not in (8, 16):
            raise InvalidInput("A made image has 8 or 16 bits.")
        if self.spines_per_um < 0 or self.dendrite_radius_um <= 0 or self.dendrite_count < 1:
            raise InvalidInput("A scene needs at least one dendrite with a radius, and no negative density.")
        unknown = set(self.class_shares) - set(SPINE_CLASSES)
        if unknown or sum(self.class_shares.values()) <= 0 or min(self.class_shares.values()) < 0:
            raise InvalidInput(
                f"Class shares are positive numbers for {', '.join(SPINE_CLASSES)}, and at least one is above 0."
            )


def draw_parameters(look: Look, random: np.random.Generator, **fixed: Any) -> SceneParameters:
    """Draw the parameters of one scene of a look.

    Parameters
    ----------
    look
        The kind of picture.
    random
        Source of all draws.
    **fixed
        Fields of `SceneParameters` that are given instead of drawn.
    """
    drawn: dict[str, Any] = {
        "dendrite_radius_um": float(np.clip(random.lognormal(np.log(0.4), 0.25), 0.2, 0.8)),
        "spines_per_um": float(np.clip(random.lognormal(np.log(1.1), 0.4), 0.3, 2.5)),
        "class_shares": dict(
            zip(SPINE_CLASSES, random.dirichlet(12 * np.array([*adult_class_shares().values()])).tolist(), strict=True)
        ),
        "lateral_fwhm_um": float(random.uniform(0.35, 0.45)),
        "dye_texture": float(random.uniform(0.1, 0.4)),
    }
    if look is Look.TWO_PHOTON:
        drawn |= _two_photon_parameters(random)
    elif look is Look.CUT_OUT:
        drawn |= {
            "axial_fwhm_um": None,
            "dendrite_radius_um": float(random.uniform(0.25, 0.45)),
            "depth_drift_um": 2.0,
            "spines_per_um": float(random.uniform(0.3, 1.2)),
            "spine_brightness": float(random.uniform(0.7, 1.4)),
            "background_branch_count": 0,
            "lateral_fwhm_um": float(random.uniform(0.2, 0.3)),
            "background": float(random.uniform(0.02, 0.08)),
            "haze": 0.02,
            "shaft_photons": float(random.uniform(40, 300)),
            "exposure": float(random.uniform(0.6, 1.1)),
        }
    else:
        drawn |= {"axial_fwhm_um": None, "background_branch_count": 0, "depth_drift_um": 2.0}
    return SceneParameters(look=look, **(drawn | fixed))


def _two_photon_parameters(random: np.random.Generator) -> dict[str, Any]:
    """In tissue the spot is somewhat wider than the optics alone would make it."""
    return {
        "dendrite_count": int(random.choice([1, 2, 3], p=[0.68, 0.27, 0.05])),
        "branched": bool(random.random() < 0.45),
        "dendrite_radius_um": float(np.clip(random.lognormal(np.log(0.45), 0.25), 0.25, 0.8)),
        "depth_drift_um": float(random.uniform(0.3, 2.2)),
        "spine_brightness": float(random.uniform(0.75, 1.35)),
        "background_branch_count": int(random.integers(0, 7)),
        "lateral_fwhm_um": float(random.uniform(0.4, 0.55)),
        "axial_fwhm_um": float(random.uniform(1.6, 2.4)),
        "background": float(np.clip(random.lognormal(np.log(0.07), 0.5), 0.01, 0.25)),
        "background_unevenness": float(random.uniform(0.05, 0.3)),
        "haze": float(random.uniform(0.1, 0.5)),
        "shaft_photons": float(np.exp(random.uniform(np.log(80), np.log(900)))),
        "read_noise_photons": float(random.uniform(0.5, 3.0)),
        "exposure": float(random.uniform(0.45, 0.72)),
        "gamma": float(random.uniform(0.65, 0.95)),
        "dark_edge_px": int(random.integers(4, 20)) if random.random() < 0.5 else 0,
        "jpeg_quality": int(random.integers(85, 97)) if random.random() < 0.5 else None,
    }
