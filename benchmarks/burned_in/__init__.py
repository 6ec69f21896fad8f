"""How much burned-in text is found, and how it is graded, in generated images."""
