"""The rows of Spinula, one module a subject. Constraints live in the database."""

from spines.models.analyses import Analysis, AnalysisImage, AnalysisStatus
from spines.models.audit import AuditEvent
from spines.models.backups import Backup
from spines.models.class_sets import ClassSet
from spines.models.dendrites import Dendrite, DendriteSource, Density
from spines.models.designs import DesignReason, StatedDesign
from spines.models.example_classifiers import ExampleClassifier
from spines.models.image_tasks import ImagePresence, ImageTask
from spines.models.images import Image, PixelSizeSource, PolaritySource
from spines.models.labs import ApiToken, Invitation, Lab, Membership, Role, User
from spines.models.model_versions import ModelKind, ModelState, ModelVersion
from spines.models.network_choices import NetworkChoice, Reach
from spines.models.reader_studies import ReaderStudy, StudyAnswer, StudyItem, StudyRater, Task
from spines.models.results import Likeness, Spine, SpineShape, SpineSource
from spines.models.review_queue import ReviewClaim, ReviewOrder, ReviewStep
from spines.models.revisions import ResultRevision
from spines.models.standing import Standing
from spines.models.studies import BlindRater, Cell, Condition, Experiment, Project, Sex, Subject
from spines.models.thresholds import Candidates, ThresholdChange
from spines.models.training import DatasetVersion, ImportedSet, TrainingRun, TrainingStatus
from spines.models.unwanted_files import UnwantedFile
from spines.models.work import Work, WorkKind

__all__ = [
    "Analysis",
    "AnalysisImage",
    "AnalysisStatus",
    "ApiToken",
    "AuditEvent",
    "Backup",
    "BlindRater",
    "Candidates",
    "Cell",
    "ClassSet",
    "Condition",
    "DatasetVersion",
    "Dendrite",
    "DendriteSource",
    "Density",
    "DesignReason",
    "ExampleClassifier",
    "Experiment",
    "Image",
    "ImagePresence",
    "ImageTask",
    "ImportedSet",
    "Invitation",
    "Lab",
    "Likeness",
    "Membership",
    "ModelKind",
    "ModelState",
    "ModelVersion",
    "NetworkChoice",
    "PixelSizeSource",
    "PolaritySource",
    "Project",
    "Reach",
    "ReaderStudy",
    "ResultRevision",
    "ReviewClaim",
    "ReviewOrder",
    "ReviewStep",
    "Role",
    "Sex",
    "Spine",
    "SpineShape",
    "SpineSource",
    "Standing",
    "StatedDesign",
    "StudyAnswer",
    "StudyItem",
    "StudyRater",
    "Subject",
    "Task",
    "ThresholdChange",
    "TrainingRun",
    "TrainingStatus",
    "UnwantedFile",
    "User",
    "Work",
    "WorkKind",
]
