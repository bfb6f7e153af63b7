"""Numba's compiler without what our kernels have no use for.

Functions that are merged into their callers are compiled as far as a caller needs, to code of LLVM, and no machine code is
made of them, which nothing would ever call: that is made of the whole alone."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]  # a module in C
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from .kept import let_go_if_it_fails


class KernelCompiler(CompilerBase):
    """Compiler of a function that is called from Python."""

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        """Compile as Numba does, while garbage is left: looking for it takes a tenth of the time, and little is found."""
        with _garbage_left(), let_go_if_it_fails():
            return super().compile_extra(function)  # type: ignore[no-untyped-call]  # Numba has no types

    def define_pipelines(self) -> list[Any]:
        """The passes of Numba."""
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


@contextmanager
def _garbage_left() -> Iterator[None]:
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Library(JITCodeLibrary):
    """A module of LLVM that is linked into others, and never loaded by itself."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]  # Numba has no types
        self._verify_declare_only_symbols()  # type: ignore[no-untyped-call]  # Numba has no types
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _ToMerge(NativeLowering):
    _name = "lowering_to_merge"

    def run_pass(self, state: Any) -> bool:
        """Lower, and register what came of it for callers, under a stand-in of what Python would call."""
        codegen, name = state.targetctx.codegen(), state.func_id.func_qualname
        state.library = _Library(codegen, name)  # type: ignore[no-untyped-call]  # Numba has no types
        state.flags.no_compile = True
        super().run_pass(state)  # type: ignore[no-untyped-call]  # Numba has no types
        made = state["cr"]
        name = made.fndesc.qualname.split(".")[-1]
        stands_in = _dynfunc.make_function(made.fndesc.lookup_module(), name, "merged", 0, made.env, (state.library,))
        state.targetctx.insert_user_function(stands_in, made.fndesc, [state.library])
        state["cr"] = made._replace(cfunc=stands_in)
        return True


class MergedCompiler(KernelCompiler):
    """Compiler of a function that is merged into its callers."""

    def define_pipelines(self) -> list[Any]:
        """The passes of Numba, with ours in the place of the one that makes machine code."""
        (passes,) = super().define_pipelines()
        passes.passes = [(_ToMerge if x is NativeLowering else x, what) for x, what in passes.passes]
        passes.finalize()
        return [passes]
