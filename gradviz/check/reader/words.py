"""Words of prose that say something about the formulas beside them."""

from __future__ import annotations

#: Words that may directly follow a formula.
PROSE = frozenset([
    "a", "an", "and", "are", "as", "at", "be", "because", "but", "by", "call", "compute", "define", "find", "first",
    "for", "from", "get", "given", "gives", "have", "hence", "here", "if", "in", "is", "it", "let", "let's", "next",
    "note", "now", "of", "on", "or", "since", "so", "step", "that", "the", "then", "therefore", "this", "thus",
    "to", "using", "we", "when", "where", "which", "with", "yields", "also", "i.e", "e.g", "denote", "our", "its",
    "chain", "rule", "ist", "und", "mit", "wobei", "gilt", "für", "et", "est", "donc", "avec", "où", "y", "pues",
    "entonces", "donde", "e", "quindi", "dove", "bei", "falls", "wenn", "si", "pour", "quand", "somit", "daher",
    "alors", "con", "luego",
])  # fmt: skip

#: The word "and" that may also be a name, with words that tell its language.
AND_OR_NAME = {
    "y": frozenset(("el", "la", "los", "las", "de", "del", "por", "que", "se", "es", "entonces", "luego", "donde",
                    "con", "en", "capa", "derivada", "tenemos", "para", "como")),
    "e": frozenset(("sea", "donde", "il", "lo", "la", "di", "del", "della", "per", "che", "si", "quindi", "dove",
                    "con", "abbiamo", "o", "os", "da", "do", "em", "logo", "onde", "temos", "derivata",
                    "derivada", "para", "como")),
}  # fmt: skip

#: Words before a condition, before its other case, before a point, and between a derivative and what it is.
IF = frozenset(("if", "when", "for", "falls", "wenn", "für", "si", "pour", "quand", "cuando", "se", "若", "当"))
ELSE = frozenset(("else", "otherwise", "sonst", "sinon"))
AT = frozenset(("at", "an", "bei", "en", "em", "in", "when", "for", "für", "pour", "cuando", "im punkt", "au point"))
#: Words before the number that comes out.
GIVES = frozenset(("gives", "yields", "ergibt", "donne", "da", "dà"))
IS = GIVES | frozenset(("is", "equals", "ist", "est", "es", "is equal to", ":"))
