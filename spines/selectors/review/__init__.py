"""How far review is and what people did."""
