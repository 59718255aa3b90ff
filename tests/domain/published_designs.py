"""Small published data sets, typed in: what designed experiments are held against, with the estimates that R gives."""

from __future__ import annotations

import numpy as np

from spines.statistics.designed import DesignTest
from spines.statistics.types import Observation, SpineCount

NITROGEN = (0.0, 0.2, 0.4, 0.6)
_OATS = """
111 130 157 174  117 114 161 141  105 140 118 156   61 91 97 100  70 108 126 149  96 124 121 144
68 64 112 86  60 102 89 96  89 129 132 124   74 89 81 122  64 103 132 133  70 89 104 117
62 90 100 116  80 82 94 126  63 70 109 99   53 74 118 113  89 82 86 104  97 99 119 121
"""
_MACHINES = """
52.0 52.8 53.1 62.1 62.6 64.0 67.5 67.2 66.9  51.8 52.8 53.1 59.7 60.0 59.0 61.5 61.7 62.3
60.0 60.2 58.4 68.6 65.8 69.7 70.8 70.6 71.0  51.1 52.3 50.3 63.2 62.8 62.2 64.1 66.2 64.0
50.9 51.8 51.4 64.8 65.0 65.4 72.1 72.0 71.1  46.4 44.8 49.2 43.7 44.2 43.0 62.0 61.4 60.5
"""
_ORTHODONT = """
26 25 29 31  21.5 22.5 23 26.5  23 22.5 24 27.5  25.5 27.5 26.5 27  20 23.5 22.5 26  24.5 25.5 27 28.5
22 22 24.5 26.5  24 21.5 24.5 25.5  23 20.5 31 26  27.5 28 31 31.5  23 23 23.5 25  21.5 23.5 24 28
17 24.5 26 29.5  22.5 25.5 25.5 26  23 24.5 26 30  22 21.5 23.5 25
21 20 21.5 23  21 21.5 24 25.5  20.5 24 24.5 26  23.5 24.5 25 26.5  21.5 23 22.5 23.5  20 21 21 22.5
21.5 22.5 23 25  23 23 23.5 24  20 21 22 21.5  16.5 19 19 19.5  24.5 25 28 28
"""
_ERGO_STOOL = "12 15 12 10  10 14 13 12  7 14 13 9  7 11 10 9  8 11 8 7  9 11 11 10  8 12 12 11  7 11 8 7  9 13 10 8"
_SLEEP = "0.7 -1.6 -0.2 -1.2 -0.1 3.4 3.7 0.8 0.0 2.0  1.9 0.8 1.1 0.1 -0.1 4.4 5.5 1.6 4.6 3.4"
_SLEEPSTUDY = """
249.5600 258.7047 250.8006 321.4398 356.8519 414.6901 382.2038 290.1486 430.5853 466.3535
222.7339 205.2658 202.9778 204.7070 207.7161 215.9618 213.6303 217.7272 224.2957 237.3142
199.0539 194.3322 234.3200 232.8416 229.3074 220.4579 235.4208 255.7511 261.0125 247.5153
321.5426 300.4002 283.8565 285.1330 285.7973 297.5855 280.2396 318.2613 305.3495 354.0487
287.6079 285.0000 301.8206 320.1153 316.2773 293.3187 290.0750 334.8177 293.7469 371.5811
234.8606 242.8118 272.9613 309.7688 317.4629 309.9976 454.1619 346.8311 330.3003 253.8644
283.8424 289.5550 276.7693 299.8097 297.1710 338.1665 332.0265 348.8399 333.3600 362.0428
265.4731 276.2012 243.3647 254.6723 279.0244 284.1912 305.5248 331.5229 335.7469 377.2990
241.6083 273.9472 254.4907 270.8021 251.4519 254.6362 245.4523 235.3110 235.7541 237.2466
312.3666 313.8058 291.6112 346.1222 365.7324 391.8385 404.2601 416.6923 455.8643 458.9167
236.1032 230.3167 238.9256 254.9220 250.7103 269.7744 281.5648 308.1020 336.2806 351.6451
256.2968 243.4543 256.2046 255.5271 268.9165 329.7247 379.4445 362.9184 394.4872 389.0527
250.5265 300.0576 269.8939 280.5891 271.8274 304.6336 287.7466 266.5955 321.5418 347.5655
221.6771 298.1939 326.8785 346.8555 348.7402 352.8287 354.4266 360.4326 375.6406 388.5417
271.9235 268.4369 257.2424 277.6566 314.8222 317.2135 298.1353 348.1229 340.2800 366.5131
225.2640 234.5235 238.9008 240.4730 267.5373 344.1937 281.1481 347.5855 365.1630 372.2288
269.8804 272.4428 277.8989 281.7895 279.1705 284.5120 259.2658 304.6306 350.7807 369.4692
269.4117 273.4740 297.5968 310.6316 287.1726 329.6076 334.4818 343.2199 369.1417 364.1236
"""


def _numbers(text: str, *shape: int) -> np.ndarray:
    return np.array([float(number) for number in text.split()]).reshape(shape)


def oats() -> list[Observation]:
    """Yates 1935 (nlme's Oats): yields of 6 blocks × 3 varieties × 4 nitrogen; blocks for animals."""
    yields = _numbers(_OATS, 6, 3, 4)
    return [
        Observation(condition=f"{amount}", animal=f"block {block}", value=float(yields[block, variety, place]))
        for block in range(6)
        for variety in range(3)
        for place, amount in enumerate(NITROGEN)
    ]


def oats_by_variety() -> list[Observation]:
    """The same with the plots of a variety as animals of a litter, which the block is: a split-plot."""
    yields = _numbers(_OATS, 6, 3, 4)
    return [
        Observation(condition=f"{v} {amount}", animal=f"{block} {v}", value=float(yields[block, place, level]))
        for block in range(6)
        for place, v in enumerate(VARIETIES)
        for level, amount in enumerate(NITROGEN)
    ]


VARIETIES = ("Victory", "Golden", "Marvellous")


def machines() -> list[Observation]:
    """Milliken & Johnson 1992 (nlme's Machines): 6 workers × 3 machines × 3 scores; workers for animals."""
    scores = _numbers(_MACHINES, 6, 3, 3)
    return [
        Observation(condition=machine, animal=f"worker {worker}", value=float(score))
        for worker in range(6)
        for place, machine in enumerate("ABC")
        for score in scores[worker, place]
    ]


def orthodont() -> list[Observation]:
    """Potthoff & Roy 1964 (nlme's Orthodont): distances of 16 boys and 11 girls at 8, 10, 12 and 14 years, mm."""
    distances = _numbers(_ORTHODONT, 27, 4)
    return [
        Observation(
            condition=f"{'M' if child < 16 else 'F'} {age}",
            animal=f"child {child}",
            value=float(distances[child, place]),
        )
        for child in range(27)
        for place, age in enumerate((8, 10, 12, 14))
    ]


def ergo_stool() -> list[Observation]:
    """Wretenberg et al. 1993 (nlme's ergoStool): effort of 9 subjects on 4 stools."""
    efforts = _numbers(_ERGO_STOOL, 9, 4)
    return [
        Observation(condition=f"T{stool + 1}", animal=f"subject {subject}", value=float(efforts[subject, stool]))
        for subject in range(9)
        for stool in range(4)
    ]


def sleep() -> list[Observation]:
    """Student 1908 (R's sleep): hours that 10 patients gained by two drugs."""
    gained = _numbers(_SLEEP, 2, 10)
    return [
        Observation(condition=f"{drug + 1}", animal=f"patient {patient}", value=float(gained[drug, patient]))
        for drug in range(2)
        for patient in range(10)
    ]


def sleepstudy() -> list[Observation]:
    """Belenky et al. 2003 (lme4's sleepstudy): reaction times of 18 subjects over ten days, ms."""
    reactions = _numbers(_SLEEPSTUDY, 18, 10)
    return [
        Observation(condition=f"{day}", animal=f"subject {subject}", value=float(reactions[subject, day]))
        for subject in range(18)
        for day in range(10)
    ]


CBPP = (
    "1 2 14 1|1 3 12 2|1 4 9 3|1 0 5 4|2 3 22 1|2 1 18 2|2 1 21 3|3 8 22 1|3 2 16 2|3 0 16 3|3 2 20 4|4 2 10 1|"
    "4 0 10 2|4 2 9 3|4 0 6 4|5 5 18 1|5 0 25 2|5 0 24 3|5 1 4 4|6 3 17 1|6 0 17 2|6 0 18 3|6 1 20 4|7 8 16 1|"
    "7 1 10 2|7 3 9 3|7 0 5 4|8 12 34 1|9 2 9 1|9 0 6 2|9 0 8 3|9 0 6 4|10 1 22 1|10 1 22 2|10 0 18 3|10 2 22 4|"
    "11 0 25 1|11 5 27 2|11 3 22 3|11 1 22 4|12 2 10 1|12 1 8 2|12 0 6 3|12 0 5 4|13 1 21 1|13 2 24 2|13 0 19 3|"
    "13 0 23 4|14 11 19 1|14 0 2 2|14 0 3 3|14 0 2 4|15 1 19 1|15 1 15 2|15 1 15 3|15 0 15 4"
)
"""Lesnoff et al. 2004 (lme4's cbpp): herd, new cases, animals at risk and period."""


def cbpp() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Herd, cases, animals at risk and period, (56,) each."""
    herd, cases, size, period = np.array([[float(n) for n in row.split()] for row in CBPP.split("|")]).T
    return herd, cases, size, period


_INSECT_SPRAYS = """
10 7 20 14 14 12 10 23 17 20 14 13  11 17 21 11 16 14 17 17 19 21 7 13  0 1 7 2 3 1 2 1 3 0 1 4
3 5 12 6 4 3 5 5 5 5 2 4  3 5 3 5 3 6 1 1 3 2 6 4  11 9 15 22 15 16 13 10 26 26 24 13
"""
_WARP_BREAKS = """
26 30 54 25 70 52 51 26 67  18 21 29 17 12 18 35 30 36  36 21 24 18 10 43 28 15 26
27 14 29 19 29 31 41 20 44  42 26 19 16 39 28 21 39 29  20 21 24 17 13 15 15 16 28
"""
_EPIL = """
5 3 3 3 3 5 3 3 2 4 0 5 4 4 1 4 7 18 9 21 5 2 8 7 6 4 0 2 40 20 21 12 5 6 6 5 14 13 6 0 26 12 6 22 12 6 8 4 4 4 6 2 7
9 12 14 16 24 10 9 11 0 0 5 0 0 3 3 37 29 28 29 3 5 2 5 3 0 6 7 3 4 3 4 3 4 3 4 2 3 3 5 8 12 2 8 18 24 76 25 2 1 2 1
3 1 4 2 13 15 13 12 11 14 9 8 8 7 9 4 0 4 3 0 3 6 1 3 2 6 7 4 4 3 1 3 22 17 19 16 5 4 7 4 2 4 0 4 3 7 7 7 4 18 2 5 2
1 1 0 0 2 4 0 5 4 0 3 11 14 25 15 10 5 3 8 19 7 6 7 1 1 2 3 6 10 8 8 2 1 0 0 102 65 72 63 4 3 2 4 8 6 5 7 1 3 1 5 18
11 28 13 6 3 4 0 3 5 4 3 1 23 19 8 2 3 0 1 0 0 0 0 1 4 3 2
"""


def insect_sprays() -> list[SpineCount]:
    """Beall 1942 (R's InsectSprays): insects on 12 plots of each of 6 sprays; plots for animals."""
    counts = _numbers(_INSECT_SPRAYS, 6, 12)
    return [
        SpineCount(condition=spray, animal=f"{spray} {plot}", spines=int(counts[place, plot]), length_um=1)
        for place, spray in enumerate("ABCDEF")
        for plot in range(12)
    ]


def warp_breaks() -> list[SpineCount]:
    """Tippett 1950 (R's warpbreaks): breaks of 9 looms of each of 2 wools × 3 tensions; looms for animals."""
    breaks = _numbers(_WARP_BREAKS, 2, 3, 9)
    return [
        SpineCount(condition=f"{w} {t}", animal=f"{w} {t} {loom}", spines=int(breaks[wool, tension, loom]), length_um=1)
        for wool, w in enumerate("AB")
        for tension, t in enumerate("LMH")
        for loom in range(9)
    ]


def epil() -> list[SpineCount]:
    """Thall & Vail 1990 (MASS's epil): seizures of 28 and 31 patients on two drugs, in 4 periods of two weeks each."""
    seizures = _numbers(_EPIL, 59, 4)
    return [
        SpineCount(
            condition=f"{'placebo' if patient < 28 else 'progabide'} {period + 1}",
            animal=f"patient {patient}",
            spines=int(seizures[patient, period]),
            length_um=14,
        )
        for patient in range(59)
        for period in range(4)
    ]


def estimate_of(test: DesignTest, label: str) -> tuple[float, float, float]:
    """Value, standard error and p of an effect that has them."""
    found = test.effect(label)
    assert found.value is not None
    assert found.error is not None
    assert found.p_value is not None
    return found.value, found.error, found.p_value
