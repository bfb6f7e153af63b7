"""Papers whose figures, claims and tables a report can draw: a folder each, found by the entry points `vitrify.papers`."""
