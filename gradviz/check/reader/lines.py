"""What Markdown puts around a formula in a line of text: list marks, quote marks, table bars."""

from __future__ import annotations

import re

from gradviz.language.scope import function_named

_LIST_MARK = re.compile(
    r"[ \t]*(?:(?:>|//+|\#)[ \t]*)*(?:[-*+•–][ \t]+|\(?[0-9]{1,2}[.)][ \t]+|\(?[a-z]\)[ \t]+|\([ivx]+\)[ \t]+)?"
)
_TABLE_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")
_GRADIENT = re.compile(r"[ \t]*\|[ \t`]*(?:d|∂)\w+[ \t]*/[ \t]*(?:d|∂)\w+[ \t`]*\|")
_RULE = re.compile(r"[-=_|:+ \t]*[-=_]{2}[-=_|:+ \t]*")
#: A label before a formula of LaTeX: ``(a)\ …``, ``1.\ …``.
LABEL = re.compile(r"\s*(?:\(?[a-z0-9]{1,2}[.)]\s*(?=\\[ ;:,]|\\q?quad|~)|\\bullet(?![A-Za-z]))")
_LINK = re.compile(r"https?://[^\s<>]+")
_FRAME = re.compile("[`│┃║┆┊]")  # code ticks, and boxes drawn around notes
_EMPHASIS = re.compile(r"(?:(?<![^\s(>*])_+(?=[^\s_])|(?<=[^\s_])_{2,}(?![^\s.,;:!?)*]))")
_COMMENT = re.compile(r"(?<=[ \t])(?://|<-{2,}|<={2,})[ \t][^\n]*")
_ARROW = re.compile(r"(?<=[ \t])(?:<-|←)[ \t]+(?=[A-Z][a-z]*[ \t]+[a-z]{2,})[^\n]*")
_REMARK = re.compile(r"(?m)(?<=[ \t])(?:\#|//)[ \t]*(?P<sign>=?)[ \t]*(?=[-−+]?[0-9]*\.?[0-9]+[ \t]*$)")
_FACE = re.compile(r"(?m)(?<=[ \t])[:;]-?[()](?=[ \t.!]|$)")
_RELATION = re.compile(r"[=≈←]")
_WORDS = re.compile(r"([^\W\d_]{3,})(?:\s+[^\W\d_]{2,}|\s*:|\s*[.!?]?\s*$)")


def without_marks(text: str) -> str:
    """Lines without list marks, quote marks and table bars, as long as before."""

    text = _LINK.sub(lambda found: " " * len(found[0]), text)
    text = _FRAME.sub(" ", text)
    text = _EMPHASIS.sub(lambda found: " " * len(found[0]), text)
    text = _REMARK.sub(lambda found: "=".rjust(len(found[0])), text)  # q = x + y  # 3
    for remark in (_FACE, _COMMENT, _ARROW):
        text = remark.sub(lambda found: " " * len(found[0]), text)

    def line(found: re.Match[str]) -> str:
        said = found[0]
        if _RULE.fullmatch(said):
            return " " * len(said)
        if _TABLE_ROW.fullmatch(said):
            pair = said.count("|") == 3 and _GRADIENT.match(said) is not None
            return said.replace("|", ";", 1).replace("|", ":", int(pair)).replace("|", ";")
        mark = _LIST_MARK.match(said)
        rest = said[mark.end() :] if mark is not None else said
        words = _WORDS.match(rest)
        prose = words is not None and function_named(words[1]) is None
        # a minus before a bare formula goes on with the line above
        if mark is None or not (prose or not rest.strip() or _RELATION.search(rest)):
            return said
        return " " * mark.end() + said[mark.end() :]

    return re.sub(r"[^\n]+", line, text)
