"""Images in and out of an experiment."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from ninja import Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from spines import models
from spines.access import get_experiment, get_experiment_to_rate, get_image_to_rate, require_role
from spines.errors import InvalidInput
from spines.models import AnalysisStatus, Role, Standing
from spines.samples import SampleFields
from spines.selectors.images.listing import images_with_state
from spines.selectors.images.rating import in_rating_order
from spines.services.images.changes import LARGEST_PIXEL_UM, SMALLEST_PIXEL_UM
from spines.services.images.uploads import add_image
from spines.vocabulary.picture_grades import Grade
from spines.vocabulary.picture_scale import ScaleSource
from webapp.api.failures import answers
from webapp.api.fields import Asked, PathId, ShortName
from webapp.api.paging import Page, Paging, page_of
from webapp.experiments.uploads import received_file
from webapp.requests import UserRequest

router = Router(tags=["Images"])


class Image(Schema):
    """An uploaded image and where it stands. Sizes are those of a plane."""

    id: int
    experiment_id: int
    name: str | None = Field(description="The file's name; null until a blinded experiment is unblinded.")
    folder: str | None = Field(description="Folder that it was uploaded with, or “”; null as the name.")
    sha256: str = Field(description="Of the file. An experiment has a file once; its positions and times share it.")
    size_bytes: int
    format: str
    width_px: int
    height_px: int
    planes: int
    channels: int
    channel_names: list[str]
    bit_depth: int
    plane_spacing_um: float | None = Field(description="Between two planes, as the file states it.")
    position: int = Field(description="Which of the file's positions (scenes, series, tiles) it is, from 0.")
    positions: int = Field(description="Of the file. Each is an image; they have one sha256.")
    position_name: str = Field(description="What the file calls the position, or “”.")
    time: int = Field(description="Which time point of the position it is, from 0.")
    times: int = Field(description="Time points of the position. Others are images of their own where they are taken.")
    tells_pages: bool = Field(
        description="Whether the file says what its pages are. Where not, and nobody did, they are taken for planes."
    )
    takes_page_order: bool = Field(description="Whether a person can say what its pages are.")
    page_channels: int | None = Field(description="Channels among its pages, as a person said; null: nobody did.")
    page_times: int | None = Field(description="Time points among its pages, as a person said; null: nobody did.")
    channel: int = Field(description="That is looked at and analysed, from 0.")
    projection: str = Field(description="How its planes become one picture.")
    plane: int = Field(description="Used where the projection is one plane, from 0.")
    pixel_size_um: float | None = Field(description="Side of a pixel; null: not known, so no result in µm.")
    pixel_size_source: Literal["metadata", "user"] | None = Field(description="Read from the file, or entered.")
    polarity: Literal["light_on_dark", "dark_on_light"] = Field(
        description="Of the neuron against its ground; what is dark on light is analysed turned round."
    )
    polarity_source: Literal["picture", "user"] | None = Field(
        description="Told by the picture, or chosen; null: nobody said, from before pictures were asked."
    )
    polarity_sureness: float | None = Field(description="How surely the picture tells it, 0 to 1.", ge=0, le=1)
    scale_pixel_um: float | None = Field(
        description="As which size its pixels were taken when the networks saw it, in its latest finished result."
    )
    scale_source: ScaleSource | None = Field(
        description="What that scale comes from: the pixel size, the picture, both as they agree, or an assumption."
    )
    seen_pixel_um: float | None = Field(description="Pixel size that the picture looks like; null: it does not tell.")
    scale_sureness: float | None = Field(description="How well the picture tells it, 0 to 1.")
    scale_doubt: Literal["disagrees", "too_coarse", "default"] | None = Field(
        description="What is doubtful of its pixel size and not answered for yet."
    )
    animal: str | None = Field(description="Null: nobody said, or blinded.")
    cell: str | None = Field(description="The neuron; null: nobody said, or blinded.")
    condition: str | None = Field(description="Of the animal; null: nobody said, or blinded.")
    factors: dict[str, str] | None = Field(description="Of the animal: genotype, treatment, …; null as the condition.")
    session: str | None = Field(description="Imaging session or time point; null: nobody said, or blinded.")
    status: AnalysisStatus | None = Field(description="In its latest analysis; null: it was never analysed.")
    message: str = Field(description="Why its latest analysis failed, for people; else empty.")
    spines: int | None = Field(description="In its latest finished result, the rejected left out; null without one.")
    unlikeness: float | None = Field(description="Distance from what the detector was trained on; the grade reads it.")
    brightness: float | None = Field(description="Mean grey value as it was analysed; null: not kept.")
    noise: float | None = Field(description="SD of the noise as a part of the picture's contrast; null: not kept.")
    grade: Grade | None = Field(description="How like the training pictures it is; null: nobody told.")
    counted: bool = Field(description="Whether its result is in counts, densities and tests.")
    stands_aside: Literal["other_kind", "no_neuron", "set_aside"] | None = Field(
        description="Why its result counts nowhere: its grade, or a person set it aside; null where it does not."
    )
    standing: Standing | None = Field(description="What a person said over the grade; null: nobody did.")
    standing_reason: str = Field(description="Why a person set it aside; else empty.")
    uploaded_at: datetime


class Placement(Schema):
    """What is known of an upload beside its file. An empty field says nothing.

    An animal has one condition, genotype, treatment, sex, age and litter in an experiment; what contradicts is refused.
    """

    relative_path: Annotated[str, Field(max_length=2000, pattern=r"^[^\u0000]*$")] = Field(
        "", description="Name with folders, in place of the file's own name; file name patterns can use folders."
    )
    animal: ShortName = Field("", description="That the image is of; made where the experiment has none of the name.")
    cell: ShortName = Field("", description="The neuron of that animal.")
    condition: ShortName = Field("", description="Of that animal: an animal has one.")
    genotype: ShortName = Field("", description="Of that animal; with the treatment it makes the condition.")
    treatment: ShortName = Field("", description="Of that animal; with the genotype it makes the condition.")
    sex: Literal["", "female", "male"] = Field("", description="Of that animal.")
    age_days: int | None = Field(None, ge=0, le=3_650, description="Of that animal.")
    litter: ShortName = Field("", description="Litter, cage or batch of that animal.")
    session: ShortName = Field("", description="Imaging session or time point of the image.")
    pixel_size_um: float | None = Field(
        None, ge=SMALLEST_PIXEL_UM, le=LARGEST_PIXEL_UM, description="Side of a pixel; goes before the file's own."
    )

    def fields(self) -> SampleFields:
        """As the service takes it. Raises InvalidInput where something of an animal comes without an animal."""
        factors = {name: level for name, level in (("genotype", self.genotype), ("treatment", self.treatment)) if level}
        said = self.cell or self.condition or factors or self.sex or self.litter or self.age_days is not None
        if said and not self.animal:
            raise InvalidInput("Cells and conditions belong to animals: name the animal too.")
        return SampleFields(
            animal=self.animal,
            cell=self.cell,
            condition=self.condition,
            factors=factors,
            sex=self.sex,
            age_days=self.age_days,
            litter=self.litter,
            session=self.session,
            pixel_size_um=self.pixel_size_um,
        )


class ImageQuery(Asked):
    """Which images."""

    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$", description="Only the image of this content.")


def _image(row: Any, *, hidden: bool = False) -> Image:
    cell = None if hidden else row.cell
    condition = cell.subject.condition if cell else None
    return Image(
        id=row.pk,
        experiment_id=row.experiment_id,
        name=None if hidden else row.original_name,
        folder=None if hidden else row.folder,
        sha256="" if hidden else row.sha256,
        size_bytes=row.size_bytes,
        format=row.format,
        width_px=row.width_px,
        height_px=row.height_px,
        planes=row.planes,
        channels=row.channels,
        channel_names=row.channel_names,
        bit_depth=row.bit_depth,
        plane_spacing_um=row.plane_spacing_um,
        position=row.position,
        positions=row.positions,
        position_name="" if hidden else row.position_name,
        time=row.time,
        times=row.times,
        tells_pages=row.tells_pages,
        takes_page_order=row.takes_page_order,
        page_channels=row.page_channels,
        page_times=row.page_times,
        channel=row.channel,
        projection=row.projection,
        plane=row.plane,
        pixel_size_um=row.pixel_size_um,
        pixel_size_source=row.pixel_size_source or None,
        polarity=row.polarity,
        polarity_source=row.polarity_source or None,
        polarity_sureness=row.polarity_sureness,
        scale_pixel_um=row.scale_pixel_um,
        scale_source=row.scale_source or None,
        seen_pixel_um=row.seen_pixel_um,
        scale_sureness=row.scale_sureness,
        scale_doubt=row.scale_doubt or None,
        animal=cell.subject.name if cell else None,
        cell=(cell.name or None) if cell else None,
        condition=condition.name if condition else None,
        factors=cell.subject.factors if cell else None,
        session=None if hidden else (row.session or None),
        status=row.latest_status or None,
        message="" if hidden else row.latest_message or "",
        spines=row.n_spines,
        unlikeness=row.unlikeness,
        brightness=row.brightness,
        noise=row.noise,
        grade=row.grade or None,
        counted=bool(row.current_result_id) and not row.aside,
        stands_aside=row.aside or None,
        standing=row.standing or None,
        standing_reason="" if hidden else row.standing_reason,
        uploaded_at=row.uploaded_at,
    )


def shown_image(image: models.Image) -> Image:
    """An image of an experiment that is not sealed, as answers have it."""
    return _image(_with_state(image))


def _with_state(image: models.Image) -> Any:
    return images_with_state(image.experiment).get(pk=image.pk)


@router.get(
    "/experiments/{int:experiment_id}/images",
    response=answers(404, 422, also={200: Page[Image]}),
    operation_id="list_images",
    summary="List an experiment's images",
)
def list_images(
    request: UserRequest, experiment_id: PathId, narrowed: Query[ImageQuery], page: Query[Paging]
) -> Page[Image]:
    """By name, with where each stands; in an order of your own, without names, where it is sealed for you."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    if getattr(experiment, "sealed_now"):  # noqa: B009 - an annotation
        images = in_rating_order(images_with_state(experiment), request.user)
        return page_of(images, page, partial(_image, hidden=True))
    images = images_with_state(experiment)
    if narrowed.sha256:
        images = images.filter(sha256=narrowed.sha256)
    return page_of(images, page, _image)


@router.post(
    "/experiments/{int:experiment_id}/images",
    response=answers(400, 403, 404, 409, 422, also={201: Image}),
    operation_id="upload_image",
    summary="Upload an image",
)
def upload(request: UserRequest, experiment_id: PathId, sent: Form[Placement], file: UploadedFile) -> Status[Image]:
    """One file a request, as multipart/form-data, into an experiment of a lab where you are at least an annotator.

    A file of several positions becomes an image of each: the answer is the first, and a list by its `sha256` has all.
    409 where the experiment has the same file already, 422 where its animal would stand in two conditions; nothing is
    stored then.
    """
    require_role(request.user, get_experiment(request.user, experiment_id).lab, Role.ANNOTATOR)
    received = received_file(request)
    name = sent.relative_path or received.name or ""
    path = Path(received.temporary_file_path())
    image = add_image(user=request.user, experiment_id=experiment_id, path=path, name=name, said=sent.fields())
    return Status(201, _image(_with_state(image)))


@router.get(
    "/images/{int:image_id}",
    response=answers(404, 422, also={200: Image}),
    operation_id="get_image",
    summary="Get an image",
)
def show_image(request: UserRequest, image_id: PathId) -> Image:
    """Like its page, it hides name, animal, cell and condition until a blinded experiment is unblinded."""
    image = get_image_to_rate(request.user, image_id)
    return _image(_with_state(image), hidden=image.experiment.is_sealed)
