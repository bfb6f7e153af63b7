"""Files of glasses: each format reads and writes a Glass."""

from .choose import read_glass, write_glass

__all__ = ["read_glass", "write_glass"]
