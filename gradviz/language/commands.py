"""What the commands of LaTeX say, as far as homework uses them: one table a meaning."""

from __future__ import annotations

#: Commands that are a sign.
SIGNS = {
    "cdot": "*", "times": "*", "ast": "*", "star": "*", "bullet": "*", "odot": "*", "div": "/",
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=", "neq": "!=", "lbrack": "(", "rbrack": ")", "lbrace": "(", "rbrace": ")", "vert": "|", "mid": "|",
    "lvert": "|(", "rvert": ")|", "centerdot": "*", "cdotp": "*", "colon": ":",
    "approx": "≈", "simeq": "≈", "sim": "≈", "cong": "≈", "doteq": "≈", "approxeq": "≈", "equiv": "=", "triangleq": "=",
    "eqqcolon": "=", "Coloneqq": "=", "defeq": "=", "eqdef": "=", "impliedby": "⇒", "leadsto": "⇒",
    "longleftarrow": "←", "longmapsto": "⇒",
    "coloneqq": "=", "coloneq": "=", "leftarrow": "←", "gets": "←", "Leftarrow": "⇒", "to": "⇒", "rightarrow": "⇒",
    "Rightarrow": "⇒", "implies": "⇒", "longrightarrow": "⇒", "Longrightarrow": "⇒", "iff": "⇒",
    "Leftrightarrow": "⇒", "Longleftrightarrow": "⇒", "therefore": "⇒", "because": "⇒", "mapsto": "⇒",
    "quad": "␣", "qquad": "␣", "partial": "∂", "nabla": "∇", "prime": "'", "par": "\n", "newline": "\n", "cr": "\n",
    "hfill": "␣", "atop": ",", "hfil": "␣",
}  # fmt: skip

#: Commands that say nothing about the formula.
SILENT = frozenset([
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "Biggl",
    "Biggr", "bigm", "Bigm", "displaystyle", "textstyle", "limits", "nolimits", "nonumber", "notag", "hline",
    "centering", "small", "large", "Large", "checkmark", "qed", "blacksquare", "square", "medskip", "bigskip",
    "smallskip", "noindent", "item", "scriptstyle", "middle", "mathstrut", "strut", "allowbreak", "enspace",
    "thinspace", "medspace", "thickspace", "negthinspace", "enskip", "space", "rangle",
])  # fmt: skip

#: The same with an argument.
SILENT_WITH_ARGUMENT = frozenset(
    ["tag", "label", "hspace", "vspace", "phantom", "color", "hphantom", "vphantom", "cite", "ref", "eqref", "mbox@"]
)

#: Commands whose last argument is what they show; the number says how many arguments stand before it.
FRAMES = {"boxed": 0, "fbox": 0, "underline": 0, "overbrace": 0, "underbrace": 0, "mathop": 0, "stackrel": 1,
          "overset": 1, "underset": 1, "substack": 0, "framebox": 0, "mathclose": 0, "mathopen": 0,
          "mathrel": 0, "mathbin": 0, "ensuremath": 0, "textcolor": 1, "colorbox": 1, "mathord": 0, "smash": 0,
          "fcolorbox": 2}  # fmt: skip

#: Alphabets: the letter is what counts.
ALPHABETS = frozenset([
    "mathrm", "mathit", "mathsf", "mathtt", "mathcal", "mathscr", "mathfrak", "operatorname", "boldsymbol",
    "mathbf", "bm", "symbf", "bf", "rm", "cal", "it",
])  # fmt: skip

#: Text inside formulas.
TEXTS = frozenset([
    "text", "textrm", "textit", "textbf", "mbox", "textsf", "texttt", "intertext", "shortintertext", "textnormal",
    "textup", "textsc", "emph", "hbox",
])  # fmt: skip

#: Accents and the word they add to the letter.
ACCENTS = {"hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde",
           "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve"}  # fmt: skip

#: Functions written as commands.
FUNCTIONS = frozenset(
    ["exp", "ln", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan", "max", "min"]
)

#: What is recognised and not read, with the reason.
REFUSED = {
    "vec": "matrix calculus: vectors are not read",
    "mathbb": "matrix calculus: sets such as ℝ are not read",
    "int": "integrals are not read",
    "iint": "integrals are not read",
    "lim": "limits are not read",
    "pm": "± stands for two values at once",
    "mp": "∓ stands for two values at once",
    "ldots": "dots leave something out",
    "cdots": "dots leave something out",
    "dots": "dots leave something out",
    "vdots": "dots leave something out",
    "dotsc": "dots leave something out",
    "dotsb": "dots leave something out",
    "dotsm": "dots leave something out",
    "ddots": "dots leave something out",
    "infty": "∞ is not a number that can be checked",
    "otimes": "matrix calculus: outer products are not read",
    "circ": "∘ may be a composition or an entrywise product",
    "langle": "matrix calculus: inner products are not read",
    "propto": "∝ is no equation",
    "Vert": "matrix calculus: norms are not read",
    "|": "matrix calculus: norms are not read",
    "lVert": "matrix calculus: norms are not read",
    "rVert": "matrix calculus: norms are not read",
    "in": "sets are not read",
    "forall": "quantifiers are not read",
    "top": "matrix calculus: transposes are not read",
    "intercal": "matrix calculus: transposes are not read",
    "arg": "arg max is not read",
    "argmax": "arg max is not read",
}

#: Commands with one argument, said over the sign that they are.
LABELLED = {"xrightarrow": "⇒", "xRightarrow": "⇒", "xlongequal": "=", "xleftarrow": "←"}

#: Environments that are matrices (an array may be one), and those that tell cases apart.
MATRICES = frozenset([
    "matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array",
])  # fmt: skip
CASES = frozenset([
    "cases", "dcases", "rcases", "drcases",
])  # fmt: skip
