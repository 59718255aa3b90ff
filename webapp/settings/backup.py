"""Where backups lie, and how often one is made."""

from .environment import env

__all__ = ["SPINULA_BACKUP", "SPINULA_BACKUP_HOURS", "SPINULA_BACKUP_KEPT"]

SPINULA_BACKUP = env.str("SPINULA_BACKUP", default="")
SPINULA_BACKUP_HOURS = env.float("SPINULA_BACKUP_HOURS", default=24.0)  # 0: only when a person asks for one
SPINULA_BACKUP_KEPT = env.int("SPINULA_BACKUP_KEPT", default=14)
