"""What people do with Spinula: a page of help a task, and which pages of the program send there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "static/help"
PICTURE_SIZE = (1000, 640)


@dataclass(frozen=True, kw_only=True)
class HelpTask:
    """One task. Its text is `templates/help/tasks/SLUG.html`; `make pictures` makes its picture, light and dark."""

    slug: str
    title: str
    sentence: str
    seen: str
    """What its picture shows, for who does not see it; empty where it has none."""
    pages: tuple[str, ...] = ()
    """Names of the addresses whose pages send here."""


TASKS = (
    HelpTask(
        slug="projects",
        title="Projects and experiments",
        sentence="An experiment holds the images of one comparison; a project holds experiments that belong together.",
        seen="The page of a project: its experiments with images, animals, spines and density.",
        pages=(
            "home:home",
            "home:lab",
            "projects:new",
            "projects:project",
            "projects:new_experiment",
            "projects:about_project",
            "projects:about_experiment",
            "labs:trash",
        ),
    ),
    HelpTask(
        slug="upload",
        title="Upload images",
        sentence="Drop files or folders on the Images page of an experiment.",
        seen="The Images page: where files are dropped, what was found so far, and the images with their state.",
        pages=("experiments:images",),
    ),
    HelpTask(
        slug="scale",
        title="Pixel size and polarity",
        sentence="Without a pixel size there is nothing in µm. Light neurons or dark ones: the picture tells.",
        seen="What is missing: images without a pixel size, with a field that sets it for all of them.",
    ),
    HelpTask(
        slug="samples",
        title="Animals, cells and conditions",
        sentence="The animal is the unit of every test, so each image needs one.",
        seen="A pattern read from file names, with what it gives for each, and a sheet to fill in.",
    ),
    HelpTask(
        slug="analyse",
        title="Analyse, wait, look again",
        sentence="Finding, classing and measuring goes on in the background; you can leave the page.",
        seen="The list of analyses: what runs, how far it is, and what ended when.",
        pages=("analyses:index", "work:work", "results:changes"),
    ),
    HelpTask(
        slug="correct",
        title="Look at an image and correct it",
        sentence="Every spine stands in its box, its class a letter. What you say counts instead of the network.",
        seen="The page of an image: boxes, outlines and dendrites on it, and what is known of the chosen spine.",
        pages=("images:image",),
    ),
    HelpTask(
        slug="queue",
        title="Review spine by spine",
        sentence="One spine after the other, at its own scale, one key each.",
        seen="The queue: a spine on its dendrite, an answer with a key each, and how far one is.",
        pages=("review:queue",),
    ),
    HelpTask(
        slug="gallery",
        title="Review many at once",
        sentence="All spines of an experiment beside each other, by class or by likeness.",
        seen="The gallery: crops of spines by class, some of them chosen.",
        pages=("results:spines",),
    ),
    HelpTask(
        slug="shapes",
        title="Correct boxes and outlines",
        sentence="Measures follow from outline and dendrite, and you can set both.",
        seen="The outline of a spine being set with a brush, its measures beside it.",
    ),
    HelpTask(
        slug="dendrites",
        title="Correct dendrites",
        sentence="Every density is spines over the length of these lines, so look at them first.",
        seen="A line being drawn along a dendrite, and the table of dendrites with their lengths and densities.",
    ),
    HelpTask(
        slug="examples",
        title="Classes from examples",
        sentence="Name some tens of spines; a light classifier proposes the rest, in classes of your own too.",
        seen="A version that was learnt: how often it is right on animals it did not see, and what it takes for what.",
        pages=("examples:examples",),
    ),
    HelpTask(
        slug="share",
        title="Share out the reviewing",
        sentence="Give images to people, and see what waits and what is late.",
        seen="The images whose review would teach the networks most.",
        pages=("experiments:review_next", "experiments:tasks"),
    ),
    HelpTask(
        slug="threshold",
        title="Set the threshold",
        sentence="From which score on a box is a spine: your reviewed images tell what each threshold costs.",
        seen="Precision and recall by threshold, and a picture with the boxes of the one that is looked at.",
        pages=("thresholds:threshold",),
    ),
    HelpTask(
        slug="design",
        title="State the design",
        sentence="Say what is compared, and the one measure that decides, before you look.",
        seen="The Design page: a factor with its levels and control, the primary measure, and what can be told.",
        pages=("designs:design", "designs:planning"),
    ),
    HelpTask(
        slug="results",
        title="Read a result",
        sentence="First the sentence, then the chart, then the tests; then what else it may be.",
        seen="The Results page: the result in words and density by condition, animals as large marks.",
        pages=("results:experiment", "results:tests", "results:opinions"),
    ),
    HelpTask(
        slug="report",
        title="Report, files, programs",
        sentence="A report to print, tables for R and Python, outlines for ImageJ, an API.",
        seen="The downloads of an experiment: report, tables, ROIs, COCO.",
        pages=("report:experiment", "api:documentation"),
    ),
    HelpTask(
        slug="aside",
        title="Images that stand aside",
        sentence="A picture that the networks were not made for is analysed, and counts nowhere until you admit it.",
        seen="",
    ),
    HelpTask(
        slug="blinding",
        title="Blinding and reader studies",
        sentence="Rate without knowing what you look at, and measure how well people agree.",
        seen="The Readers page: studies, and the form that draws a sample for a new one.",
        pages=("reader_studies:of_experiment", "reader_studies:study", "reader_studies:rate", "blinding:unblind"),
    ),
    HelpTask(
        slug="people",
        title="People, roles and sign-in",
        sentence="Managers let people in by a link; a role says what each may do.",
        seen="The members of a lab with their roles, and the form that makes a link.",
        pages=(
            "people:members",
            "people:people",
            "people:delete_lab",
            "accounts:account",
            "audit:all",
            "audit:lab",
        ),
    ),
    HelpTask(
        slug="settings",
        title="A lab's settings",
        sentence="Its networks, its rules, its own classes, and whether its corrections may train networks.",
        seen="The settings of a lab: networks, rules, class sets, consent to training.",
        pages=("labs:settings",),
    ),
    HelpTask(
        slug="networks",
        title="Networks, and training new ones",
        sentence="Which network made your numbers, how good it is, and how a better one comes into use.",
        seen="The Models page: the two networks in use with their figures.",
        pages=(
            "model_versions:index",
            "model_versions:version",
            "model_versions:promote",
            "model_versions:roll_back",
            "training:index",
            "training:new",
            "training:sets",
            "training:set",
            "training:delete_set",
            "training:run",
        ),
    ),
)

BY_SLUG = {task.slug: task for task in TASKS}
BY_PAGE = {page: task for task in TASKS for page in task.pages}
