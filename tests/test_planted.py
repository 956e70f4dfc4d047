"""Derivations of random graphs with one planted error, in every format: found, named; right ones raise no alarm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from planting import Circuit, Derivation, rendered

from gradviz.check.checking import check_document
from gradviz.check.document import read_document
from gradviz.check.outcome import FileOutcome

SUFFIXES = (".txt", ".md", ".tex", ".ipynb")
SEEDS = range(100, 124)


def checked(derivation: Derivation, suffix: str) -> tuple[FileOutcome, dict[int, int]]:
    text, lines = rendered(derivation.lines, suffix)
    return check_document(read_document(text, "hw" + suffix, suffix)), lines


def made(*, planted: bool) -> Iterator[Derivation]:
    for seed in SEEDS:
        derivation = Circuit(seed).derivation(planted=planted)
        if derivation is not None:
            yield derivation


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_right_documents_raise_no_alarm(suffix: str) -> None:
    documents = list(made(planted=False))
    assert len(documents) >= 15
    for derivation in documents:
        outcome, _ = checked(derivation, suffix)
        assert {link.verdict for link in outcome.links} == {"ok"}, "\n".join(derivation.lines)
        assert outcome.exit_code == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_planted_error_is_the_first_wrong_link_and_gets_its_name(suffix: str) -> None:
    documents = list(made(planted=True))
    assert len(documents) >= 15
    named, separable = 0, 0
    for derivation in documents:
        outcome, lines = checked(derivation, suffix)
        text = "\n".join(derivation.lines)
        assert outcome.first_wrong is not None, text
        link = outcome.links[outcome.first_wrong]
        assert derivation.planted is not None
        assert (link.spot.line, link.quantity) == (lines[derivation.planted], derivation.quantity), text
        others = [one.verdict for one in outcome.links if one is not link]
        assert set(others) <= {"ok", "follows"}, text
        separable += derivation.separable
        named += derivation.separable and derivation.rule in link.misconceptions
    assert separable >= 10
    assert named >= 0.95 * separable
