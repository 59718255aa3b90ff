"""What a made image is asked to be: its look, its optics, its dendrites and its spines.

Ranges follow the published sizes that `docs/synthesis.md` lists. All draws come from the caller's generator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from spines.errors import InvalidInput
from spines.synthesis.stained_draws import dab_parameters, golgi_parameters
from spines.vocabulary.classes import NETWORK_KEYS

SPINE_CLASSES = NETWORK_KEYS


class Look(StrEnum):
    """The kind of picture a scene is turned into."""

    TWO_PHOTON = "two_photon"  # one focal plane of a bright dendrite in a dim, hazy, noisy field
    PROJECTION = "projection"  # all planes of a stack: bright dendrites in focus from end to end, a dark, noisy ground
    CUT_OUT = "cut_out"  # a projection of one dendrite, everything else set to black
    BINARY = "binary"  # the silhouette of one dendrite, 0 and full scale
    GOLGI = "golgi"  # transmitted light through opaque dendrites amid droplets and grit: dark on light
    DAB = "dab"  # transmitted light through a brown cell in pale tissue: dark on light

    @property
    def is_stained(self) -> bool:
        """Whether the stain holds light back, so that the picture is dark on light."""
        return self in (Look.GOLGI, Look.DAB)


def adult_class_shares() -> dict[str, float]:
    """Shares of the four classes on a pyramidal neuron of an adult animal."""
    return dict(zip(SPINE_CLASSES, (0.36, 0.38, 0.2, 0.06), strict=True))


@dataclass(frozen=True, kw_only=True)
class SceneParameters:
    """One scene. Lengths in micrometres, brightness in multiples of an in-focus shaft.

    `axial_fwhm_um` is None for a projection through all planes: nothing is out of focus then.
    `taper` is the radius at a dendrite's far end over that at its near end, `varicosity` how much wider than the shaft
    its swellings are. `axon_count` smooth or beaded fibres without spines join the background branches.
    `exposure` is the grey of the shaft as a fraction of full scale; above 1 the shaft saturates.
    `crowding` is the share of spines that stand close beside the one before, over or under it as it comes.
    `grain_px` is the spread of noise over neighbouring pixels, `line_jitter_px` how far scanned lines are off.
    What is darker than `cut_level` is black in a cut-out.

    In the stained looks brightness is depth of stain, `stain_od` the absorbance of a shaft in focus and `tissue_od`
    that of the ground; `exposure` and `shaft_photons` are those of the bare lamp, and `axial_fwhm_um` sets how soon a
    structure out of focus blurs, which stays as dark in all. `flare` is the share of light that reaches the camera
    past all stain, `blot_share` the share of the field under masses of precipitate, `vignette` how much darker the
    corners are, `counterstain_od` the absorbance of blue nuclei. `coloured` makes red, green and blue of it.
    """

    look: Look = Look.TWO_PHOTON
    side_px: int = 512
    pixel_size_um: float = 0.1
    dendrite_count: int = 1
    branched: bool = False
    dendrite_radius_um: float = 0.45
    taper: float = 1.0
    varicosity: float = 0.0
    depth_drift_um: float = 1.0
    spines_per_um: float = 1.0
    class_shares: Mapping[str, float] = field(default_factory=adult_class_shares)
    crowding: float = 0.0
    spine_brightness: float = 1.1
    background_branch_count: int = 3
    axon_count: int = 0
    lateral_fwhm_um: float = 0.4
    axial_fwhm_um: float | None = 1.75
    background: float = 0.07
    background_unevenness: float = 0.15
    haze: float = 0.25
    dye_texture: float = 0.25
    shaft_photons: float = 150.0
    read_noise_photons: float = 2.0
    grain_px: float = 0.0
    line_jitter_px: float = 0.0
    exposure: float = 0.6
    gamma: float = 0.8
    cut_level: float = 0.08
    dark_edge_px: int = 0
    bit_depth: int = 8
    jpeg_quality: int | None = None
    stain_od: float = 1.5
    tissue_od: float = 0.08
    flare: float = 0.03
    droplets_per_100um2: float = 0.0
    grit_per_100um2: float = 0.0
    blot_share: float = 0.0
    vignette: float = 0.0
    counterstain_od: float = 0.0
    coloured: bool = False

    def __post_init__(self) -> None:
        if self.side_px < 64:
            raise InvalidInput("A made image needs a side of at least 64 pixels.")
        if not 0.02 <= self.pixel_size_um <= 0.5:
            raise InvalidInput("A made image needs a pixel size between 0.02 and 0.5 µm.")
        if self.bit_depth not in (8, 16):
            raise InvalidInput("A made image has 8 or 16 bits.")
        if self.spines_per_um < 0 or self.dendrite_radius_um <= 0 or self.dendrite_count < 1:
            raise InvalidInput("A scene needs at least one dendrite with a radius, and no negative density.")
        if self.coloured and (self.bit_depth != 8 or not self.look.is_stained):
            raise InvalidInput("Colour is for the looks golgi and dab, with 8 bits a channel.")
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
        "crowding": float(random.uniform(0.1, 0.5)) if random.random() < 0.5 else 0.0,
    }
    if look is Look.TWO_PHOTON:
        drawn |= _two_photon_parameters(random)
    elif look is Look.PROJECTION:
        drawn |= _projection_parameters(random)
    elif look is Look.CUT_OUT:
        drawn |= _cut_out_parameters(random)
    elif look.is_stained:
        drawn |= golgi_parameters(random) if look is Look.GOLGI else dab_parameters(random)
        drawn |= {"bit_depth": 8, "jpeg_quality": None} if fixed.get("coloured") else _storage(random)
    else:
        drawn |= {"axial_fwhm_um": None, "background_branch_count": 0, "depth_drift_um": 2.0}
    return SceneParameters(look=look, **(drawn | fixed))


def _two_photon_parameters(random: np.random.Generator) -> dict[str, Any]:
    """In tissue the spot is somewhat wider than the optics alone would make it; fields are often averages of frames."""
    return {
        "dendrite_count": int(random.choice([1, 2, 3], p=[0.68, 0.27, 0.05])),
        "branched": bool(random.random() < 0.45),
        "dendrite_radius_um": float(np.clip(random.lognormal(np.log(0.45), 0.25), 0.25, 0.8)),
        "depth_drift_um": float(random.uniform(0.3, 2.2)),
        "spines_per_um": float(np.clip(random.lognormal(np.log(1.5), 0.4), 0.3, 2.5)),
        "spine_brightness": float(random.uniform(0.5, 1.15)),
        "background_branch_count": int(random.integers(0, 9)),
        "lateral_fwhm_um": float(np.exp(random.uniform(np.log(0.42), np.log(0.8)))),
        "axial_fwhm_um": float(random.uniform(1.8, 3.0)),
        "background": float(np.clip(random.lognormal(np.log(0.1), 0.5), 0.01, 0.3)),
        "background_unevenness": float(random.uniform(0.1, 0.45)),
        "haze": float(random.uniform(0.2, 1.1)),
        "shaft_photons": float(np.exp(random.uniform(np.log(300), np.log(6000)))),
        "read_noise_photons": float(random.uniform(0.5, 3.0)),
        "grain_px": float(random.uniform(0.3, 0.8)) if random.random() < 0.85 else 0.0,
        "line_jitter_px": float(random.uniform(0.3, 1.2)) if random.random() < 0.35 else 0.0,
        "exposure": float(random.uniform(0.32, 0.58) if random.random() < 0.9 else random.uniform(0.7, 1.2)),
        "gamma": float(random.uniform(0.5, 0.9)),
        "dark_edge_px": int(random.integers(4, 40)) if random.random() < 0.6 else 0,
        **_storage(random),
    }


def _projection_parameters(random: np.random.Generator) -> dict[str, Any]:
    """Projections of whole stacks, as wide as labs differ: bare to 2.8 spines a µm, one class or all, any calibre.

    What lies over or under the shaft stays there; of the rest nothing is out of focus.
    """
    shares = random.dirichlet(random.choice([0.5, 3.0]) * np.ones(len(SPINE_CLASSES)))
    density = float(np.exp(random.uniform(np.log(0.25), np.log(2.8))))
    return {
        "axial_fwhm_um": None,
        "dendrite_count": int(random.choice([1, 2, 3], p=[0.55, 0.3, 0.15])),
        "branched": bool(random.random() < 0.35),
        "dendrite_radius_um": float(np.exp(random.uniform(np.log(0.22), np.log(1.0)))),
        "taper": float(np.exp(random.uniform(np.log(0.35), 0))) if random.random() < 0.35 else 1.0,
        "varicosity": float(random.uniform(0.3, 1.2)) if random.random() < 0.25 else 0.0,
        "spines_per_um": 0.0 if random.random() < 0.12 else density,
        "class_shares": dict(zip(SPINE_CLASSES, shares.tolist(), strict=True)),
        "spine_brightness": float(random.uniform(0.6, 1.1)),
        "background_branch_count": 0,
        "axon_count": int(random.integers(1, 5)) if random.random() < 0.4 else 0,
        "lateral_fwhm_um": float(random.uniform(0.22, 0.55)),
        "background": float(np.exp(random.uniform(np.log(0.01), np.log(0.12)))),
        "background_unevenness": float(random.uniform(0.0, 0.4)),
        "haze": float(random.uniform(0.0, 0.3)),
        "shaft_photons": float(np.exp(random.uniform(np.log(25), np.log(2000)))),
        "read_noise_photons": float(random.uniform(0.5, 3.0)),
        "grain_px": float(random.uniform(0.3, 0.8)) if random.random() < 0.3 else 0.0,
        "line_jitter_px": float(random.uniform(0.3, 1.2)) if random.random() < 0.2 else 0.0,
        "exposure": float(np.exp(random.uniform(np.log(0.35), np.log(1.6)))),
        "gamma": float(random.uniform(0.4, 1.0)),
        **_storage(random),
    }


def _cut_out_parameters(random: np.random.Generator) -> dict[str, Any]:
    """Bright projections: shafts near or beyond full scale, so that heads and necks come out about as bright."""
    return {
        "axial_fwhm_um": None,
        "dendrite_radius_um": float(random.uniform(0.25, 0.55)),
        "depth_drift_um": 2.0,
        "spines_per_um": float(np.clip(random.lognormal(np.log(0.4), 0.5), 0.1, 1.5)),
        "spine_brightness": float(random.uniform(0.6, 1.1)),
        "background_branch_count": 0,
        "lateral_fwhm_um": float(random.uniform(0.2, 0.35)),
        "background": float(random.uniform(0.01, 0.05)),
        "haze": 0.02,
        "shaft_photons": float(np.exp(random.uniform(np.log(30), np.log(1000)))),
        "grain_px": float(random.uniform(0.3, 0.8)) if random.random() < 0.5 else 0.0,
        "line_jitter_px": float(random.uniform(0.3, 1.5)) if random.random() < 0.5 else 0.0,
        "exposure": float(np.exp(random.uniform(np.log(0.7), np.log(2.2)))),
        "gamma": float(random.uniform(0.45, 0.8)),
        "cut_level": float(random.uniform(0.02, 0.07)),
        **_storage(random),
    }


def _storage(random: np.random.Generator) -> dict[str, Any]:
    """Bits and compression of the file that a picture comes as."""
    if random.random() < 0.2:
        return {"bit_depth": 16, "jpeg_quality": None}
    return {"bit_depth": 8, "jpeg_quality": int(random.integers(75, 97)) if random.random() < 0.5 else None}
