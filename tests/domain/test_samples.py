"""Animal, cell and condition from file names and from sample sheets."""

import time

import pytest

from spines.errors import InvalidInput
from spines.samples import FilenamePattern, SampleFields, SampleRow, SampleSheetError, parse_sample_sheet


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("{condition}_{animal}_{cell}_{*}.tif", "EE_m1_c2_001.tif", ("m1", "c2", "EE")),
        ("{condition}_{animal}_{cell}_{*}", "EE_m1_c2_001.tif", ("m1", "c2", "EE")),
        ("{condition}_{animal}_{cell}", "EE_m1_c2.ome.tif", ("m1", "c2", "EE")),
        ("{condition}_{animal}_{cell}", "EE_m1_c2.czi", ("m1", "c2", "EE")),
        ("{condition}_{animal}_{cell}_*.TIF", "ee_M1_c2_.tif", ("M1", "c2", "ee")),
        ("{animal}_{cell}", "m1_c2_b.png", ("m1", "c2_b", "")),
        ("{animal}_z{*}", "m_1_z03.lif", ("m_1", "", "")),
        ("mouse {animal}, cell {cell}", "Mouse 7 , cell  3.nd2", ("7", "3", "")),
        ("{condition}/{animal}/{cell}_*.tif", "2024/EE/m1/c2_x.tif", ("m1", "c2", "EE")),
        ("{condition}/{animal}/{cell}_*.tif", "EE\\m1\\c2_x.tif", ("m1", "c2", "EE")),
        ("{condition}/{*}", "EE/anything at all.tif", ("", "", "EE")),
        ("{animal}", "2024/EE/m1.tif", ("m1", "", "")),
        ("{condition}({animal})", "a+b(m1).tif", ("m1", "", "a+b")),
        ("{animal}_{*}", "マウス7_細胞.tif", ("マウス7", "", "")),
    ],
)
def test_a_pattern_takes_its_fields(pattern: str, name: str, found: tuple[str, str, str]) -> None:
    animal, cell, condition = found
    expected = SampleFields(animal=animal, cell=cell, condition=condition)
    assert FilenamePattern(pattern).extract(name) == expected


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{condition}_{animal}_{cell}", "EE_m1.tif"),
        ("{condition}_{animal}.tif", "EE_m1.png"),
        ("{condition}_{animal}", "EE_.tif"),
        ("{condition}_{animal}", "EE_ .tif"),
        ("{condition}/{animal}/{cell}.tif", "m1/c2.tif"),
        ("{animal}_{*}", "m" * 81 + "_1.tif"),
        ("{animal}_{*}", ""),
    ],
)
def test_a_name_that_does_not_fit_gives_nothing(pattern: str, name: str) -> None:
    assert FilenamePattern(pattern).extract(name) is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 201, "longer"),
        ("all.tif", "takes nothing"),
        ("{*}_*.tif", "takes nothing"),
        ("{mouse}_{*}", "{mouse} is no placeholder"),
        ("{animal}_{animal}", "twice"),
        ("{animal}{cell}", "Nothing stands between {animal} and {cell}"),
        ("{animal}*", "Nothing stands between {animal} and {*}"),
        ("{animal", "brace"),
        ("animal}_{cell}", "brace"),
        ("{condition}//{animal}", "slashes"),
    ],
)
def test_a_wrong_pattern_says_what_is_wrong(pattern: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        FilenamePattern(pattern)
    assert said in caught.value.sentence


def test_no_pattern_is_slow_on_any_name() -> None:
    pattern = FilenamePattern("_".join(["*"] * 60) + "_{animal}x")
    started = time.perf_counter()
    assert pattern.extract("_" * 5_000) is None
    assert pattern.extract("a_" * 2_500) is None
    assert time.perf_counter() - started < 0.5


SHEET = "file_name,animal,cell,condition,sex,age_days,pixel_size_um\na.tif,m1,c1,EE,F,60,0.065\nb.tif,m2,,,,,\n"
ROWS = [
    SampleRow(
        row_number=2,
        file_name="a.tif",
        animal="m1",
        cell="c1",
        condition="EE",
        sex="female",
        age_days=60,
        pixel_size_um=0.065,
    ),
    SampleRow(row_number=3, file_name="b.tif", animal="m2"),
]


@pytest.mark.parametrize(
    "content",
    [
        SHEET,
        SHEET.encode(),
        SHEET.encode("utf-8-sig"),
        SHEET.encode("utf-16"),
        SHEET.replace(",", ";").replace("0.065", "0,065"),
        SHEET.replace(",", "\t"),
        SHEET.replace("\n", "\r\n"),
        SHEET.replace("a.tif", '" a.tif "').replace(",F,", ", FEMALE ,"),
        SHEET.replace(
            "file_name,animal,cell,condition,sex,age_days,pixel_size_um",
            "Image,Mouse ID,Neuron,Group,Gender,Age (days),Pixel size (µm)",
        ),
        SHEET.replace(
            "file_name,animal,cell,condition,sex,age_days,pixel_size_um",
            "Image,Mouse ID,Neuron,Group,Gender,Age (days),Pixel size (µm)",
        ).encode("latin-1"),
    ],
)
def test_sheets_of_every_kind_read_the_same(content: str | bytes) -> None:
    assert parse_sample_sheet(content) == ROWS


def test_other_columns_and_empty_rows_are_left_alone() -> None:
    sheet = "notes;image;animal\n;;\nblurred;2024\\a.tif;m1\n;;\n"
    assert parse_sample_sheet(sheet) == [SampleRow(row_number=3, file_name="2024/a.tif", animal="m1")]


def test_all_faults_are_told_with_their_rows() -> None:
    sheet = (
        "file_name,animal,condition,sex,age_days,pixel_size_um\n"
        "a.tif,m1,EE,,,\n"
        ",m1,EE,,,\n"
        "a.tif,m1,EE,,,\n"
        "c.tif,m1,EE,worm,,\n"
        "d.tif,m1,EE,,young,\n"
        "e.tif,m1,EE,,,65\n"
        "f.tif,,EE,,,\n"
        f"g.tif,{'m' * 81},EE,,,\n"
        "h.tif,m1,EE,,-1,nan\n"
    )
    with pytest.raises(SampleSheetError) as caught:
        parse_sample_sheet(sheet)
    sentences = caught.value.sentences
    assert [sentence.split(":")[0] for sentence in sentences] == [
        f"Row {number}" for number in (3, 4, 5, 6, 7, 8, 9, 10, 10)
    ]
    assert "a.tif is in row 2 already" in sentences[1]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert caught.value.sentence.endswith("And 1 more faults like these.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        (b"\n\n", "empty"),
        ("animal,cell\nm1,c1\n", "no column file_name"),
        ("file_name\na.tif\n", "only file names"),
        ("file_name,animal,mouse\na.tif,m1,m1\n", "mean the same"),
        ("file_name,animal\n", "no rows"),
        (b"PK\x03\x04\x14\0", "save it as CSV"),
        (b"file_name,animal\0\n", "no text"),
        ('file_name,animal\n"a.tif,m1\n', "no CSV"),
    ],
)
def test_what_is_no_sheet_is_refused(content: str | bytes, said: str) -> None:
    with pytest.raises(SampleSheetError) as caught:
        parse_sample_sheet(content)
    assert said in caught.value.sentence
