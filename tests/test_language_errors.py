"""What people type wrong: one error each, that points at the place and offers the fix."""

from __future__ import annotations

import pytest

from gradviz.errors import GradvizError
from gradviz.language import build, parse, read_values
from gradviz.value import Value

# text, values, what is marked with carets, a piece of the message, a piece of the hint
WRONG: list[tuple[str, dict[str, object], str, str, str]] = [
    # brackets and ends
    ("f = (x + y", {}, "(", "never closed", ""),
    ("f = x + y)", {}, ")", "closes nothing", "delete it"),
    ("f = (x]", {}, "]", "meets the (", ""),
    ("f = [1, 2", {}, "[", "never closed", ""),
    ("f = |x + 1", {}, "|", "never closed", "abs(x)"),
    ("f = ()", {}, "()", "empty", ""),
    ("f = sum([])", {}, "[]", "empty", "[1, 2]"),
    ("f = x +", {}, "+", "ends after +", ""),
    ("f = x +\ny", {}, "+", "ends after +", "brackets"),
    ("f = x\n+ y", {}, "+", "cannot begin with +", "brackets"),
    ("f = x\n* y", {}, "*", "cannot begin with *", "brackets"),
    ("f = x * / y", {}, "/", "nothing between * and /", ""),
    ("max(x,)", {}, ",", "nothing after this comma", ""),
    # statements
    ("x =", {}, "=", "nothing after =", "x = 3"),
    ("= 3", {}, "=", "nothing on the left", "f = 3"),
    ("2 = x", {}, "2", "cannot be given a value", "x = 2"),
    ("x + y = 3", {}, "x + y", "cannot be given a value", ""),
    ("x == 3", {}, "==", "compares", "x = 3"),
    ("a = b = x + 1", {}, "=", "more than one =", "b = x + 1; a = b"),
    ("q = x + y = 3", {}, "=", "more than one =", "q = x + y"),
    ("f(3) = 2*x", {}, "f(3)", "not a header", "f(x, y)"),
    ("z[0] = 3", {}, "z[0]", "one by one", "z = ["),
    ("x, y = 1, 2", {}, "x, y", "cannot be given", "x = …; y = …"),
    ("x = 3, y = 4", {}, "=", "more than one =", "x = 3; y = 4"),
    ("x = 3 y = 4", {}, "=", "more than one =", "x = 3; y = 4"),
    ("f(x) = x^2; g = f(x) + 1", {}, "f", "is a node", "f for the node, or f*(x)"),
    ("f(x, y) = x*y; g = f(x, y)", {}, "f", "is a node", "f for the node"),
    ("f = -[x + 1]", {}, "f = -[x + 1]", "1 entry", "round brackets"),
    ("f = softmax(z)[0]", {}, "softmax(z)", "works on a vector", "z = [1, 2, 3]"),
    ("f = sum(z)", {"z": 1}, "sum(z)", "works on a vector", "z = [1, 2, 3]"),
    ("f = mean(z)", {}, "mean(z)", "works on a vector", "z = [1, 2, 3]"),
    ("f = πr²", {"r": 1}, "πr", "there are π and r", "π*r"),
    ("x*y, 2", {}, ",", "comma after a complete", ";"),
    ("x = 1,5", {}, ",", "comma", "1.5"),
    ("f = (1,2)", {}, ",", "comma inside round brackets", "[a, b]"),
    ("x + y\nf = 2*x", {}, "x + y", "no name", "q = x + y"),
    ("x = 1; x = 2", {}, "x", "twice: first in line 1, column 1", "x_new = 2"),
    ("f = q*2\nq = x + 1", {}, "q", "in line 1 before line 2", "move line 2 up"),
    ("a = b; b = a", {}, "b", "cycle", ""),
    ("a = b*2; b = c + 1; c = a", {}, "b", "a → b → c → a", ""),
    ("x = x + 1", {}, "x", "defined by itself", "x_new = x + 1"),
    ("x += 1", {}, "+=", "changes a variable", ""),
    # ambiguous, or no operator
    ("1/2x", {}, "1/2x", "two ways", "1/(2*x) or (1/2)*x"),
    ("a/2(x + 1)", {}, "a/2(x + 1)", "two ways", "a/(2*(x + 1)) or (a/2)*(x + 1)"),
    ("x^2y", {}, "x^2y", "two ways", "x^(2*y) or x^(2)*y"),
    ("e^-2x", {}, "e^-2x", "two ways", "e^(-2*x)"),
    ("√x²", {}, "√x²", "two ways", "√(x²)"),
    ("√2x", {}, "√2x", "two ways", "√(2*x)"),
    ("sin^-1(x)", {}, "sin^-", "two ways", "asin(x)"),
    ("sin x cos y", {}, "sin x cos", "two ways", "sin(x)*cos(y) or sin(x*cos(y))"),
    ("exp x", {}, "exp x", "needs brackets", "exp(x)"),
    ("2*exp", {}, "exp", "is a function", "exp(x)"),
    ("x y", {}, "x y", "no operator", "x*y"),
    ("a/b c", {}, "b c", "no operator", "a/(b*c) or (a/b)*c"),
    ("xy", {"x": 1, "y": 2}, "xy", "there are x and y", "x*y"),
    ("b = 1; c = 2; a/bc", {"a": 1}, "bc", "there are b and c", "a/(b*c) or a/b*c"),
    ("x = 1; xsin(2)", {}, "xsin", "no function", "x*sin(…)"),
    ("1 2", {}, "1 2", "two numbers", "1*2"),
    ("(x)2", {}, "2", "number after a bracket", "(x)*2"),
    ("0 < x < 1", {}, "<", "twice in a row", "(0 < x)*(x < 1)"),
    ("x = 2; 2[x]", {}, "2[", "no entries", ""),
    # functions
    ("sigmod(x)", {}, "sigmod", "no function", "sigmoid(…)"),
    ("foo(y + 1)", {}, "foo", "no function", "foo*(y + 1)"),
    ("log10(x)", {}, "log10", "natural", "log(x)/log(10)"),
    ("exp(x, y)", {}, "exp(x, y)", "takes 1 argument, not 2", "exp(a)"),
    ("where(x)", {}, "where(x)", "takes 3 arguments, not 1", ""),
    ("max()", {}, "max()", "needs something", ""),
    ("mse(x)", {}, "mse(x)", "takes 2 arguments, not 1", ""),
    # other languages
    ("np.exp(x)", {}, "np.exp", "without np.", "exp(x)"),
    ("torch.sigmoid(x)", {}, "torch.sigmoid", "without torch.", "sigmoid(x)"),
    ("np.linalg.norm(x)", {}, "np.linalg.norm", "without np.", "norm(x)"),
    ("x.shape", {}, "x.shape", "point after x", ""),
    ("import os", {}, "import os", "program code", ""),
    ("def f(x): return x", {}, ":", "Python", "f(x, y) ="),
    ("f = lambda x: x", {}, ":", "means nothing", ""),
    ("x if x > 0 else 0", {}, "x if", "function", "where(x > 0"),
    ("x > 0 and y > 0", {}, "and y", "not an operator", "*"),
    ("(x > 0) and (y > 0)", {}, "and", "not an operator", "*"),
    ("if(x > 0)", {}, "if", "conditions", "where(x > 0"),
    ("\\frac{1}{2}", {}, "\\", "LaTeX", "a/b"),
    ("x_{1}", {}, "{", "LaTeX", ""),
    ("x // 2", {}, "//", "means nothing", "/"),
    ("f' + 1", {}, "'", "prime", ""),
    ("∂f/∂x", {}, "∂", "homework", ""),
    ("∑x", {}, "∑", "written out", "sum("),
    ("∑(x)", {}, "∑(x)", "a function", "sum(x)"),
    ("∛x", {}, "∛", "a power", "x^(1/3)"),
    ("‖v‖", {}, "‖", "a function", "norm(v)"),
    ("σ² = 2; f = σ²*x", {}, "σ²", "cannot be given a value", "var = …"),
    ("r² = 2", {}, "r²", "cannot be given a value", "r_2 = …"),
    ("3!", {}, "!", "factorial", ""),
    ("x := 3", {}, ":=", "means nothing", "="),
    ("x = “3”", {}, "“", "quotes", ""),
    ("x = 3 €", {}, "€", "means nothing", ""),
    # characters and bounds
    ("x\0y", {}, "\0", "NUL", "delete"),
    ("x\u200by", {}, "\u200b", "ZERO WIDTH", "delete"),
    ("x\u202ey", {}, "\u202e", "RIGHT-TO-LEFT", "delete"),
    ("x\x1b[31my", {}, "\x1b", "control", "delete"),
    ("1" * 401, {}, "1" * 401, "401 characters", ""),
    ("a" * 201, {}, "a" * 201, "201 characters", ""),
    ("1.2.3", {}, "1.2.", "two decimal points", ""),
    ("1_000", {}, "1_", "cannot contain _", "1000"),
    ("0x10", {}, "0x1", "decimal", "16 (that is 0x10 in decimal)"),
    # vectors
    ("z = [1, 2]; z[2]", {}, "z[2]", "counted from 0", ""),
    ("z = [1, 2]; z[-1]", {}, "-1", "counts from 0", ""),
    ("z = [1, 2]; z[i]", {}, "i", "whole number", ""),
    ("x = 1; x[0]", {}, "x[0]", "single number", ""),
    ("z = [[1, 2], [3]]", {}, "[[1, 2], [3]]", "different shapes", "rows of equal length"),
    ("[1, 2] + [1, 2, 3]", {}, "[1, 2] + [1, 2, 3]", "2 entries and a vector of 3", ""),
    ("W*x", {"W": [[1, 2]], "x": [1, 2]}, "W*x", "1×2 matrix", "@"),
    ("W@x", {"W": [[1, 2]], "x": [1]}, "W@x", "does not fit", "W.T @ x"),
    ("x@y", {"x": 1, "y": 2}, "x@y", "@ multiplies vectors", "*"),
    ("mse(p, t)", {"p": [1, 2], "t": [1, 2, 3]}, "mse(p, t)", "mse: the shapes", ""),
    ("cross_entropy([1, 2], y)", {}, "y", "whole number", ""),
    ("cross_entropy([1, 2], 2)", {}, "cross_entropy([1, 2], 2)", "no entry [2]", ""),
    ("z = [1, 2]; p = softmax(z)", {}, "p = softmax(z)", "gradients start", "sum(p) or p[0]"),
    ("softmax([1, 2])", {}, "softmax([1, 2])", "gradients start", "sum(softmax([1, 2])) or softmax([1, 2])[0]"),
    ("sum(z)*z[1]", {}, "z", "length of z is not known", "z = [1, 2, 3]"),
    # values
    ("q = x*y; f = 2*q", {"x": 1, "y": 1, "q": 3}, "q = x*y", "computed", "--output q"),
]


@pytest.mark.parametrize(("text", "values", "marked", "message", "hint"), WRONG)
def test_wrong(text: str, values: dict[str, object], marked: str, message: str, hint: str) -> None:
    with pytest.raises(GradvizError) as caught:
        build(text, values)
    error = caught.value
    assert error.place is not None
    assert error.place.text == text
    assert text[error.place.start : error.place.end] == marked
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.exit_code == 2


@pytest.mark.parametrize("text", ["", "  \n", ";;", "# only a comment"])
def test_empty(text: str) -> None:
    with pytest.raises(GradvizError, match="empty"):
        build(text)


def test_place_is_in_the_text_as_typed() -> None:
    text = "ｘ = 1\r\ny = ２\r\nf = ｘ*y +"
    with pytest.raises(GradvizError) as caught:
        build(text)
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (3, 9)


def test_hints_read() -> None:
    """What an error offers to paste is itself legal."""
    for text, values, *_ in WRONG:
        with pytest.raises(GradvizError) as caught:
            build(text, values)
        hint = caught.value.hint or ""
        if "two ways" in caught.value.message and "for the" not in hint:
            for reading in hint.split(" or "):
                parse(reading)


@pytest.mark.parametrize(
    "text", ["(" * 10_000_000, "(" * 900, "-" * 900 + "x", "√" * 900 + "x", "^".join("x" * 900), "|" * 999]
)
def test_bounds(text: str) -> None:
    with pytest.raises(GradvizError, match=r"at most 1,000,000|more than 200 deep"):
        build(text)


def test_too_many_nodes() -> None:
    row = "[" + ",".join(["x"] * 1100) + "]"
    with pytest.raises(GradvizError, match="more than 1,000,000 nodes"):
        build(f"v = {row}; W = [{row.replace('x', '[x]')}][0] @ [v]; sum(W)")


def test_nested_as_deep_as_allowed() -> None:
    assert len(build("sin(" * 200 + "x" + ")" * 200).names) == 201


def test_values_that_do_not_fit() -> None:
    endless: list[object] = []
    endless.append(endless)
    cases: list[tuple[str, dict[str, object], str]] = [
        ("f = alpha*y", {"alhpa": 1, "y": 1}, "no input called alhpa"),
        ("f = x", {"x": "abc"}, "no number"),
        ("f = x", {"x": 1j}, "no number"),
        ("f = sum(x)", {"x": [[1, 2], [3]]}, "different lengths"),
        ("f = sum(x)", {"x": []}, "empty"),
        ("f = sum(x)", {"x": endless}, "more than 32 deep"),
        ("z = [1, 2]; f = sum(z)", {"z[5]": 1}, "z is a vector of 2"),
        ("f = x", {"x": 1, " x": 2}, "given twice"),
    ]
    for text, values, message in cases:
        with pytest.raises(GradvizError) as caught:
            build(text, values)
        assert message in str(caught.value)
    with pytest.raises(GradvizError) as caught:
        build("f = alpha*y", {"alhpa": 1})
    assert caught.value.hint == "alpha=…"


def test_output_that_does_not_fit() -> None:
    with pytest.raises(GradvizError) as caught:
        build("total = x + y", output="totl")
    assert caught.value.hint == "total"
    with pytest.raises(GradvizError, match="vector of 2"):
        build("z = [1, 2]; f = sum(z)", output="z")


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["x", "=", "3"], "not name=value", "x=3"),
        (["x=", "3"], "not name=value", "x=3"),
        (["x", "=3"], "not name=value", "x=3"),
        (["y=2", "x"], "not name=value", "x=1"),
        (["x=1", "x=2"], "twice", ""),
        (["x=1, x=2"], "twice", ""),
        (["x=y"], "a number is needed", ""),
        (["x=1,5"], "comma", "1.5"),
        (["x=[1,2"], "never closed", ""),
        (["x=[[1],[2,3]]"], "different shapes", ""),
        (["2=3"], "not a name", ""),
        (["W=@"], "no file name", "W=@file.npy"),
        (["=3"], "not name=value", ""),
        ([""], "not name=value", ""),
        (["x=1\n2"], "not one value", ""),
    ],
)
def test_wrong_values(words: list[str], message: str, hint: str) -> None:
    with pytest.raises(GradvizError) as caught:
        read_values(words)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("wrong", [3, None, ["f = x"], Value(1.0), len])
def test_a_source_that_is_no_text(wrong: object) -> None:
    with pytest.raises(GradvizError, match=f"a source is text, and this is of type {type(wrong).__name__}"):
        build(wrong)  # type: ignore[arg-type]


def test_names_of_values_are_read_as_in_the_source() -> None:
    assert build("x*𝑊₁₁", {"x": 2, "𝑊₁₁": 3}).trace().output == 6
    assert build("ｚ[0]*2", {"ｚ": [4]}).trace().output == 8


def test_a_misspelled_function_of_the_module_is_offered() -> None:
    import gradviz

    with pytest.raises(AttributeError, match=r"try gradviz\.sigmoid"):
        gradviz.sigmid  # noqa: B018
    assert not hasattr(gradviz, "_nothing")
