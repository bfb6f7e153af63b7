"""What a plugin is made of: an observable or a file format of one's own, in a file of its own. See docs/plugins.md."""

from vitrify.formats.format import Format, register_format
from vitrify.study.observable import OBSERVABLES, Column, Measured, Observable, option, register

__all__ = ["OBSERVABLES", "Column", "Format", "Measured", "Observable", "option", "register", "register_format"]
