"""Which of the two headed classes, by the head's width: what a known pixel size adds to a network's opinion.

A network sees a window without a scale bar, and shapes alone leave the two apart by degrees: the field tells them by
the width of their heads (above or below 0.6 µm), which blur adds to. The odds were fitted on phantoms of known sizes by
`python -m spines.accuracy.heads`; nothing annotated went into them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spines.measure.types import Quality, SpineMeasures
from spines.vocabulary.classes import HEADED
from spines.vocabulary.measures import HEAD_WIDTH

# A head that reads as wide as EVEN_UM + EVEN_PER_BLUR × blur is as likely either; each µm more or less, log odds.
EVEN_UM, EVEN_PER_BLUR, LOG_ODDS_PER_UM = 0.533, 0.540, 26.9
# The same where fewer necks were measured than tell the blur.
EVEN_AT_ANY_BLUR_UM, LOG_ODDS_PER_UM_AT_ANY_BLUR = 0.725, 23.4
# One outline in fifty is wrong, whatever its head reads.
MOST_LOG_ODDS = 4.0


def log_odds_of_wide(head_um: float, blur_um: float | None) -> float:
    """Logarithm of how much likelier the wide class than the narrow reads as such a head, at a blur or at any."""
    if blur_um is None:
        log_odds = LOG_ODDS_PER_UM_AT_ANY_BLUR * (head_um - EVEN_AT_ANY_BLUR_UM)
    else:
        log_odds = LOG_ODDS_PER_UM * (head_um - EVEN_UM - EVEN_PER_BLUR * blur_um)
    return float(np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS))


def weighed_with_head(
    probabilities: Mapping[str, float], measures: SpineMeasures, *, blur_um: float | None
) -> dict[str, float]:
    """A network's class probabilities after Bayes' rule for the measured head.

    Only the two headed classes are weighed against one another: what they have together, and the other classes, stay.
    So does all where the outline is not trusted or has no head's width in µm.
    """
    weighed = dict(probabilities)
    head_um = measures.value(HEAD_WIDTH.key) if measures.quality is Quality.TRUSTED else None
    if head_um is None:
        return weighed
    wide, narrow = HEADED
    together = weighed[wide] + weighed[narrow]
    odds = np.exp(log_odds_of_wide(head_um, blur_um))
    share = weighed[wide] * odds / max(weighed[wide] * odds + weighed[narrow], 1e-12)
    weighed[wide], weighed[narrow] = float(together * share), float(together * (1 - share))
    return weighed
