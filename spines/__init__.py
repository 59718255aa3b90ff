"""The domain of Spinula: models, services, selectors, imaging. No HTTP, no ML framework."""

__version__ = "0.1.0"
