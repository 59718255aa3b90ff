"""What reader studies ask next and what came of them."""
