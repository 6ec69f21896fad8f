"""Text and images into matches: what looks like an identifier, and what is known to be one."""
