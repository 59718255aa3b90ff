"""An uploaded neuron image, as it was given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from spines.imaging import STAIN_CHANNEL, PageOrder, Place, Polarity, Projection
from spines.models.labs import Lab, User
from spines.models.standing import Standing
from spines.models.studies import Cell, Experiment
from spines.vocabulary.blind_codes import blind_code

LONGEST_NAME = 1024
LONGEST_REASON = 200


class PixelSizeSource(models.TextChoices):
    """Where `pixel_size_um` comes from; blank when there is none."""

    METADATA = "metadata", "from the file"
    USER = "user", "entered"


class PolaritySource(models.TextChoices):
    """Who said whether the neuron is lighter or darker than its ground; blank where nobody did."""

    PICTURE = "picture", "told by the picture"
    USER = "user", "chosen"


POLARITY_WORDS = {Polarity.LIGHT_ON_DARK.value: "light on dark", Polarity.DARK_ON_LIGHT.value: "dark on light"}


def original_path(image: Image, _name: str) -> str:
    """Where the file lies in storage: by lab and content, never under a name that a user gave."""
    return f"labs/{image.experiment.project.lab_id}/originals/{image.experiment_id}/{image.sha256}"


def thumbnail_path(image: Image, _name: str) -> str:
    """Where the thumbnail lies in storage."""
    return f"labs/{image.experiment.project.lab_id}/thumbnails/{image.experiment_id}/{image.sha256}.png"


class Image(models.Model):
    """One picture of an experiment: a file, or one position and time point of a file that has several.

    Images of one file share it. Sizes are those of a plane; one `channel` and one projection are used.
    """

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="images")
    cell = models.ForeignKey(Cell, null=True, blank=True, on_delete=models.SET_NULL, related_name="images")
    session = models.CharField(max_length=80, blank=True, help_text="Imaging session or time point")
    original_name = models.CharField(max_length=LONGEST_NAME)
    folder = models.CharField(max_length=LONGEST_NAME, blank=True, help_text="Folder it was dropped in with")
    file = models.FileField(upload_to=original_path, max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    format = models.CharField(max_length=12)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    planes = models.PositiveIntegerField(default=1)
    channels = models.PositiveIntegerField(default=1)
    channel_names = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0, db_default=0, help_text="Which of the file's positions, from 0")
    positions = models.PositiveIntegerField(default=1, db_default=1)
    position_name = models.CharField(max_length=200, blank=True, db_default="", help_text="What the file calls it")
    time = models.PositiveIntegerField(default=0, db_default=0, help_text="Which of its time points, from 0")
    times = models.PositiveIntegerField(default=1, db_default=1)
    plane_spacing_um = models.FloatField(null=True, blank=True, help_text="Between two planes, as the file states it")
    tells_pages = models.BooleanField(default=True, db_default=True, help_text="The file says what its pages are")
    takes_page_order = models.BooleanField(
        default=False, db_default=False, help_text="A person can say what its pages are"
    )
    page_channels = models.PositiveIntegerField(null=True, blank=True, help_text="Channels, as a person said it")
    page_times = models.PositiveIntegerField(null=True, blank=True, help_text="Time points, as a person said it")
    bit_depth = models.PositiveSmallIntegerField()
    is_float = models.BooleanField(default=False)
    pixel_size_um = models.FloatField(null=True, blank=True)
    pixel_size_source = models.CharField(max_length=8, choices=PixelSizeSource.choices, blank=True)
    pixel_size_confirmed_um = models.FloatField(
        null=True, blank=True, help_text="The pixel size that a person called right, whatever the picture looks like"
    )
    channel = models.PositiveIntegerField(default=0, help_text="Channel that is looked at, from 0")
    projection = models.CharField(
        max_length=8, choices=[(p.value, p.value) for p in Projection], default=Projection.MAX.value
    )
    plane = models.PositiveIntegerField(default=0, help_text="Plane used when the projection is one plane")
    polarity = models.CharField(
        max_length=13, choices=list(POLARITY_WORDS.items()), default=Polarity.LIGHT_ON_DARK.value
    )
    polarity_source = models.CharField(max_length=7, choices=PolaritySource.choices, blank=True)
    told_polarity = models.CharField(
        max_length=13, choices=list(POLARITY_WORDS.items()), blank=True, help_text="What the picture itself says"
    )
    polarity_sureness = models.FloatField(null=True, blank=True, help_text="How surely it says so, 0 to 1")
    thumbnail = models.FileField(upload_to=thumbnail_path, max_length=200)
    standing = models.CharField(
        max_length=9,
        choices=Standing.choices,
        blank=True,
        help_text="A person's word; empty: its result's grade decides",
    )
    standing_reason = models.CharField(max_length=LONGEST_REASON, blank=True, help_text="Why a person set it aside")
    standing_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    standing_at = models.DateTimeField(null=True, blank=True)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("original_name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("experiment", "sha256", "position", "time"), name="image_once_per_experiment"
            ),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="image_sha256_is_hex"),
            models.CheckConstraint(condition=Q(width_px__gt=0, height_px__gt=0), name="image_has_pixels"),
            models.CheckConstraint(
                condition=Q(planes__gt=0, channels__gt=0, channel__lt=F("channels"), plane__lt=F("planes")),
                name="image_channel_and_plane_exist",
            ),
            models.CheckConstraint(
                condition=Q(position__lt=F("positions"), time__lt=F("times")), name="image_place_exists"
            ),
            models.CheckConstraint(
                condition=Q(page_channels=None, page_times=None) | Q(page_channels__gt=0, page_times__gt=0),
                name="image_page_order_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(projection__in=[p.value for p in Projection]), name="image_projection_known"
            ),
            models.CheckConstraint(
                condition=Q(polarity__in=[p.value for p in Polarity])
                & Q(told_polarity__in=["", *[p.value for p in Polarity]]),
                name="image_polarity_known",
            ),
            models.CheckConstraint(
                condition=Q(pixel_size_um__isnull=True, pixel_size_source="")
                | Q(pixel_size_um__gt=0, pixel_size_source__in=PixelSizeSource.values),
                name="image_pixel_size_has_a_source",
            ),
            models.CheckConstraint(
                condition=Q(standing="", standing_reason="", standing_at=None)
                | Q(standing=Standing.ADMITTED, standing_reason="", standing_at__isnull=False)
                | Q(~Q(standing_reason=""), standing=Standing.SET_ASIDE, standing_at__isnull=False),
                name="image_standing_has_its_reason",
            ),
        )

    def __str__(self) -> str:
        return self.original_name

    @property
    def place(self) -> Place:
        """Where it lies in its file."""
        order = PageOrder(channels=self.page_channels, times=self.page_times or 1) if self.page_channels else None
        return Place(position=self.position, time=self.time, pages=order)

    @property
    def asks_for_pages(self) -> bool:
        """Whether its file does not say what its pages are, and nobody did."""
        return not self.tells_pages and not self.page_channels

    @property
    def code(self) -> str:
        """What it is called where its experiment is sealed."""
        return blind_code(self.pk)

    @property
    def shown_name(self) -> str:
        """Its name, or its code while its experiment is sealed: on its page and in files saved there, for everybody."""
        return f"Image {self.code}" if self.experiment.is_sealed else self.original_name

    @property
    def lab(self) -> Lab:
        """The lab that owns this image."""
        return self.experiment.project.lab

    @property
    def reads_stain(self) -> bool:
        """Whether the channel that is looked at is light along a stain's colour."""
        return self.is_stain(self.channel)

    def is_stain(self, channel: int) -> bool:
        """Whether a channel is light along a stain's colour."""
        return channel < len(self.channel_names) and self.channel_names[channel] == STAIN_CHANNEL

    @property
    def is_calibrated(self) -> bool:
        """Whether lengths in micrometres can be given."""
        return self.pixel_size_um is not None

    @property
    def is_pixel_size_confirmed(self) -> bool:
        """Whether a person called its present pixel size right."""
        return self.pixel_size_um is not None and self.pixel_size_confirmed_um == self.pixel_size_um
