"""Cards and folders of tiny networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worker import tiny_networks
from worker.inference.card import ClassifierCard, DetectorCard, load_classifier_card, load_detector_card


@pytest.fixture
def detector_folder(tmp_path: Path) -> Path:
    """A tiny detector with its card."""
    return tiny_networks.write_detector(tmp_path / "networks" / "detector")


@pytest.fixture
def classifier_folder(tmp_path: Path) -> Path:
    """A tiny classifier with its card."""
    return tiny_networks.write_classifier(tmp_path / "networks" / "classifier")


@pytest.fixture
def detector_card(detector_folder: Path) -> DetectorCard:
    """The tiny detector's card."""
    return load_detector_card(detector_folder)


@pytest.fixture
def classifier_card(classifier_folder: Path) -> ClassifierCard:
    """The tiny classifier's card."""
    return load_classifier_card(classifier_folder)
