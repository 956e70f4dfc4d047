"""Text -> Graph: one grammar for what people write; plain, Unicode and LaTeX are spellings of it."""

from gradviz.language.arguments import read_values
from gradviz.language.build import build
from gradviz.language.program import parse

__all__ = ["build", "parse", "read_values"]
