"""Studies whose designs are stated, and how tests state them."""

from __future__ import annotations

from spines.models import Image, StatedDesign
from spines.selectors.designs.facts import proposal_of
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design
from spines.services.samples.sources import apply_sample_sheet
from spines.statistics.design import Direction, Factor
from tests.factories import Study, make_study, placed_image

LOWER = PrimaryStatement(measure="density", direction=Direction.LOWER)


def three_conditions() -> Study:
    """Three animals each of KO, WT and HET, seen in this order."""
    study = make_study()
    for condition in ("KO", "WT", "HET"):
        for number in range(3):
            placed_image(study, animal=f"{condition}{number}", condition=condition)
    return study


def before_and_after() -> Study:
    """A sheet of six animals, three of each genotype, each before and after a treatment."""
    study = make_study()
    lines = ["file_name,animal,genotype,treatment,sex,age_days"]
    for number in range(6):
        for treatment in ("after", "before"):
            image = placed_image(study)
            name = f"m{number}_{treatment}.tif"
            Image.objects.filter(pk=image.pk).update(original_name=name)
            genotype, sex = ("KO", "f") if number % 2 else ("WT", "m" if number == 2 else "f")
            lines.append(f"{name},m{number},{genotype},{treatment},{sex},{60 + number}")
    apply_sample_sheet(
        user=study.owner, experiment_id=study.experiment.pk, data="\n".join(lines).encode(), animals_recur=True
    )
    study.experiment.refresh_from_db()
    return study


def ids(study: Study) -> dict[str, int]:
    """Conditions by name."""
    return dict(study.experiment.conditions.values_list("name", "pk"))


def names(study: Study) -> list[str]:
    """Conditions in their order."""
    return list(study.experiment.conditions.values_list("name", flat=True))


def plain(study: Study, *levels: str, control: str = "", primary: PrimaryStatement | None = None) -> DesignStatement:
    """One factor between animals."""
    factor = Factor(name="genotype", levels=levels, control=control)
    return DesignStatement(factors=(factor,), cells={ids(study)[name]: (name,) for name in levels}, primary=primary)


def state(study: Study, statement: DesignStatement, *, seen: StatedDesign | None = None) -> StatedDesign:
    """State a design as the study\'s owner, who saw that one."""
    return state_design(
        user=study.owner,
        experiment_id=study.experiment.pk,
        statement=statement,
        seen_design_id=seen.pk if seen else None,
    )


def of_proposal(study: Study, *, primary: PrimaryStatement | None = None) -> DesignStatement:
    """What Spinula proposes, as it stands."""
    proposal = proposal_of(study.experiment)
    assert proposal
    cells = {ids(study)[name]: levels for name, levels in proposal.design.conditions.items()}
    return DesignStatement(factors=proposal.design.factors, cells=cells, primary=primary)
