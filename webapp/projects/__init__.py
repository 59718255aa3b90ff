"""Projects: their experiments side by side, and the forms for a new project or experiment."""
