"""Scenes that the tests of made images share."""

from dataclasses import replace

from spines.synthesis import Look, MadeImage, MadeSpine, SceneParameters, make_image, make_series_image

PLAIN = SceneParameters(
    side_px=256,
    background_branch_count=0,
    depth_drift_um=0.0,
    shaft_photons=2000.0,
    read_noise_photons=0.5,
    exposure=0.3,
    gamma=1.0,
    spines_per_um=0.8,
)


def series_image(look: Look, number: int, side_px: int = 192) -> MadeImage:
    return make_series_image(look, seed=3, number=number, side_px=side_px, pixel_size_um=0.1)


def many_spines(**changes: object) -> list[MadeSpine]:
    parameters = replace(PLAIN, **changes)  # type: ignore[arg-type]
    return [spine for seed in range(6) for spine in make_image(parameters, seed=seed).spines]
