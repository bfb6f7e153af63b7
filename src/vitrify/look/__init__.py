"""The page of one glass: its numbers, its figures, and its softest modes as arrows that turn in three dimensions."""

from vitrify.public_names import only

from .looking import look_at
from .of_report import write_stored_page
from .page import GlassPage, glass_page, write_glass_page
from .stored import StoredGlass, softest_of, stored_glass

__all__ = [
    "GlassPage",
    "StoredGlass",
    "glass_page",
    "look_at",
    "softest_of",
    "stored_glass",
    "write_glass_page",
    "write_stored_page",
]

__dir__ = only(__all__)
