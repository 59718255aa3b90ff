"""The audit trail: a lab's for its managers, everything for administrators."""
