"""What a lab gains by teaching the networks its own pictures: imported, trained and judged as through the pages."""
