"""The image page and the pictures it shows."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture

from spines.models import Image, Spine
from spines.services.images.changes import set_pixel_size
from spines.services.images.uploads import add_image
from tests.factories import Study, finish, found, make_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db

SPINES = [
    found("mushroom", box_px=(10, 12, 14, 16), score=0.9),
    found("thin", box_px=(40, 8, 6, 12), score=0.5),
    found("stubby", box_px=(2, 50, 9, 9), score=0.7, uncertain=True),
]


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path, pixel_size_um=0.1)
    finish(queue_analysis(study, [made]), [SPINES])
    return made


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(content)))


def addresses(image: Image) -> list[str]:
    spine = Spine.objects.filter(analysis_image__image=image).first()
    assert spine is not None
    names = ("image", "spines_json", "spines_csv", "picture", "annotated", "thumbnail")
    return [*(reverse(f"images:{name}", args=[image.pk]) for name in names), reverse("images:crop", args=[spine.pk])]


def test_members_see_everything_and_strangers_nothing(client: Client, study: Study, image: Image) -> None:
    stranger = make_study("Another lab").owner
    for address in addresses(image):
        client.logout()
        nobody = client.get(address)
        assert nobody.status_code == 302
        assert nobody.headers["Location"].startswith(reverse("accounts:sign_in"))
        for member in (study.owner, study.viewer):
            client.force_login(member)
            assert client.get(address).status_code == 200, address
        for other in (stranger, make_user(staff=True)):
            client.force_login(other)
            assert client.get(address).status_code == 404, address
        client.force_login(study.owner)
        assert client.post(address).status_code == 405


def test_pictures_are_png_of_a_fixed_type_and_kept_privately(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    for name in ("picture", "annotated", "thumbnail"):
        answer = client.get(reverse(f"images:{name}", args=[image.pk]))
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.content.startswith(b"\x89PNG")
        again = client.get(answer.wsgi_request.path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_another_persons_etag_opens_nothing(client: Client, study: Study, image: Image) -> None:
    address = reverse("images:picture", args=[image.pk])
    client.force_login(study.viewer)
    etag = client.get(address).headers["ETag"]
    client.force_login(make_study("Another lab").owner)
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 404


def test_contrast_follows_the_address(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    address = reverse("images:picture", args=[image.pk])
    usual = decoded(client.get(address, {"low": "0", "high": "100"}).content)
    assert usual.shape == (64, 64)
    assert (usual.min(), usual.max()) == (0, 255)
    inverted = decoded(client.get(address, {"low": "0", "high": "100", "invert": "on"}).content)
    assert np.abs(inverted.astype(int) - (255 - usual.astype(int))).max() <= 1
    bright = decoded(client.get(address, {"low": "0", "high": "100", "gamma": "0.5"}).content)
    assert bright.mean() > usual.mean()
    cut = decoded(client.get(address, {"low": "50", "high": "100"}).content)
    assert (cut == 0).mean() >= 0.5


@pytest.mark.parametrize(
    "query",
    [
        {"low": "nan"},
        {"low": "a"},
        {"high": 101},
        {"gamma": 0},
        {"gamma": "inf"},
        {"low": 60, "high": 40},
        {"channel": 1},
        {"channel": -1},
        {"plane": 1},
        {"projection": "median"},
    ],
)
def test_a_wrong_address_of_a_picture_is_told_in_words(
    client: Client, study: Study, image: Image, query: dict[str, Any]
) -> None:
    client.force_login(study.viewer)
    answer = client.get(reverse("images:picture", args=[image.pk]), query)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/html")


def test_channel_and_projection_follow_the_address(client: Client, study: Study, tmp_path: Path) -> None:
    stack = np.zeros((3, 2, 32, 32), dtype=np.uint16)  # ZCYX
    stack[1, 0, :16], stack[2, 0, :, :16], stack[0, 1, 8:24, 8:24] = 500, 900, 4000
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZCYX"})
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    client.force_login(study.viewer)

    def shown(**query: Any) -> np.ndarray:
        answer = client.get(reverse("images:picture", args=[image.pk]), {"low": 0, "high": 100, **query})
        return decoded(answer.content)

    assert set(np.unique(shown())) == {0, 142, 255}
    plane = shown(projection="plane", plane=1)
    assert (plane[:16] == 255).all()
    assert (plane[16:] == 0).all()
    assert (shown(channel=1)[8:24, 8:24] == 255).all()
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert 'name="channel"' in page
    assert 'name="projection"' in page


def test_the_boxes_are_in_pixels_of_the_image(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    body = client.get(reverse("images:spines_json", args=[image.pk])).json()
    assert body["image"] == {"id": image.pk, "width_px": 64, "height_px": 64, "pixel_size_um": pytest.approx(0.1)}
    first, _, third = body["spines"]
    assert first["box_px"] == [10, 12, 14, 16]
    assert first["shown_class"] == "mushroom"
    assert first["class_probabilities"]["mushroom"] == pytest.approx(0.7)
    assert (third["shown_class"], third["network_class"]) == ("uncertain", "stubby")


def test_the_page_lists_every_spine_without_script(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    for pk in Spine.objects.values_list("pk", flat=True):
        assert f'id="spine-{pk}"' in page
    assert "0.1 µm" in page
    assert "test detector 1" in page


def test_neighbours_are_in_name_order(client: Client, study: Study, tmp_path: Path) -> None:
    b, a, c = (upload(study, tmp_path, name) for name in ("b.tif", "a.tif", "c.tif"))
    client.force_login(study.viewer)
    page = client.get(reverse("images:image", args=[b.pk])).content.decode()
    assert f'rel="prev" href="{reverse("images:image", args=[a.pk])}"' in page
    assert f'rel="next" href="{reverse("images:image", args=[c.pk])}"' in page
    assert "2 of 3" in page


def test_says_where_an_image_without_result_stands(client: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    client.force_login(study.viewer)
    address = reverse("images:image", args=[image.pk])
    assert "has not been analysed" in client.get(address).content.decode()
    analysis = queue_analysis(study, [image])
    assert "waiting to be analysed" in client.get(address).content.decode()
    finish(analysis, [[]])
    assert "No spine was found" in client.get(address).content.decode()


def test_an_uncalibrated_image_gives_no_micrometres(client: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    client.force_login(study.viewer)
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert "No pixel size, so no scale bar" in page
    assert "no lengths in µm can be given" in page


def test_a_blinded_experiment_hides_name_condition_and_animal(client: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path, "treated_A1.tif")
    study.experiment.blinded = True
    study.experiment.save()
    client.force_login(study.viewer)
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert "treated_A1" not in page
    saved = client.get(reverse("images:annotated", args=[image.pk])).headers["Content-Disposition"]
    assert saved == f'attachment; filename="Image {image.code}_spines.png"'


def test_the_annotated_picture_shows_the_chosen_classes_in_their_colours(
    client: Client, study: Study, image: Image
) -> None:
    client.force_login(study.viewer)
    address = reverse("images:annotated", args=[image.pk])
    picture = decoded(client.get(address).content)
    above_legend = picture[:1024]
    assert picture.shape[1:] == (1024, 3)
    assert picture.shape[0] > 1024
    blue, orange = (0, 114, 178), (230, 159, 0)
    assert (above_legend == blue).all(axis=2).any()
    assert (above_legend == orange).all(axis=2).any()
    left_edge_of_mushroom = picture[(12 + 8) * 16, 10 * 16]  # the picture is enlarged 16 times
    assert tuple(left_edge_of_mushroom) == blue
    only_thin = decoded(client.get(address, {"class": "thin"}).content)[:1024]
    assert not (only_thin == blue).all(axis=2).any()
    sure = decoded(client.get(address, {"score": "0.6"}).content)[:1024]
    assert not (sure == orange).all(axis=2).any()


def test_a_crop_is_a_window_around_its_spine(client: Client, study: Study, tmp_path: Path) -> None:
    pixels = np.zeros((64, 64), dtype=np.uint16)
    pixels[30:34, 40:44] = 4000
    path = tmp_path / "dot.tif"
    tifffile.imwrite(path, pixels)
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="dot.tif")
    boxes = [found(box_px=(36, 26, 12, 12)), found(box_px=(60, 60, 12, 12)), found(box_px=(-200, -200, 4, 4))]
    finish(queue_analysis(study, [image]), [boxes])
    client.force_login(study.viewer)
    inside, corner, outside = (
        decoded(client.get(reverse("images:crop", args=[s.pk])).content) for s in Spine.objects.order_by("number")
    )
    assert inside.shape == (32, 32)
    assert np.argwhere(inside > 0).mean(axis=0) == pytest.approx([15.5, 15.5])
    assert corner.shape == (32, 32)
    assert not outside.any()


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ('a"b;c.tif', 'filename="a_b;c_spines.csv"'),
        ("シナプス.tif", "filename*=utf-8''%E3%82%B7%E3%83%8A%E3%83%97%E3%82%B9_spines.csv"),
        ("n" * 300 + ".tif", 'filename="' + "n" * 100 + '_spines.csv"'),
    ],
)
def test_downloads_have_safe_names(client: Client, study: Study, tmp_path: Path, name: str, saved: str) -> None:
    upload(study, tmp_path, "x.tif")
    image = Image.objects.get()
    image.original_name = name
    image.save()
    client.force_login(study.viewer)
    answer = client.get(reverse("images:spines_csv", args=[image.pk]))
    assert answer.headers["Content-Disposition"] == f"attachment; {saved}"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_the_csv_of_an_image_has_a_row_a_spine(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    answer = client.get(reverse("images:spines_csv", args=[image.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [row["spine_class"] for row in rows] == ["mushroom", "thin", "uncertain"]
    assert rows[0]["x_px"] == "10"
    assert rows[0]["detector_version"] == "1"


def test_says_when_the_boxes_are_of_another_view(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    address = reverse("images:image", args=[image.pk])
    assert "the boxes are from before" not in client.get(address).content.decode()
    set_pixel_size(user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk], pixel_size_um=0.2)
    assert "the boxes are from before" in client.get(address).content.decode()
