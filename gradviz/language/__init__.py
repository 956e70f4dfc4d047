"""Text -> Graph: one grammar for what people write; plain, Unicode and LaTeX are spellings of it.

In the order a text passes through: ``source`` (bytes, size) → ``characters``, ``tokens`` (spelling) → ``layout``
(brackets, statements) → ``scope`` (which words are variables) → ``grammar``, ``program`` (the tree of ``syntax``;
``mistakes`` and ``strange`` say what went wrong) → ``order`` → ``build``, ``elaborate``, ``library``, ``arrays``
(nodes) → ``output``. ``arguments``, ``given`` and ``constants`` read numbers from outside.

Nothing here is ever passed to Python's ``eval``, and no depth of nesting reaches Python's recursion limit.
"""

from gradviz.language.arguments import read_values
from gradviz.language.build import build
from gradviz.language.program import parse

__all__ = ["build", "parse", "read_values"]
