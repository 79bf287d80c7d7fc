"""Where training and serving meet: the card's schema, the model repository and the embedded test images."""
