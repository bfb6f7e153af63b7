"""vitrify: ensembles of computer glasses from tunable interaction models, and their mechanical disorder."""

import lazy_loader

# names are imported on first use: `import vitrify` takes a few milliseconds
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["errors", "models"],
    submod_attrs={
        "errors": ["SampleFailure", "UsageError"],
        "glass": ["Glass"],
        "making": ["make_glass"],
        "model": ["Mixture", "Model", "Potential", "Sizes"],
        "observables": ["Measurement", "measure"],
        "opening": ["OpenStore", "open_store"],
        "preparation": ["Recipe", "quench_glass"],
        "study": ["read_study"],
        "tables": ["OpenTables", "open_tables"],
    },
)
