"""Days of a seller, played with the product's own planning against Amazon's rates."""
