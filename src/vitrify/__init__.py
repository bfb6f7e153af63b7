"""vitrify: ensembles of computer glasses from tunable interaction models, and their mechanical disorder."""

import lazy_loader

__version__ = "0.2.0"

# names are imported on first use: `import vitrify` takes a few milliseconds. They stand in __init__.pyi, from which
# editors and type checkers learn them too
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
