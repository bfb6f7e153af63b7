"""Papers whose figures, claims and tables a report can draw, one folder each, found by the entry points
`vitrify.papers`."""
