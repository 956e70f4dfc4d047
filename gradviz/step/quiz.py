"""A quiz session: lines in, lines out. Neither a terminal nor a file is in it.

Ask, judge, name the mistake, give hints one by one, show the worked value, ask the same with other numbers; count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradviz.errors import GradvizError
from gradviz.misconceptions.diagnosis import MISCONCEPTIONS, Finding
from gradviz.numerals import Numerals
from gradviz.step.answers import Answer, read
from gradviz.step.generate import fresh
from gradviz.step.questions import Question
from gradviz.step.quiz_words import ENGLISH, Sentences

#: What is typed instead of an answer. A bare word is never a formula that could be right.
COMMANDS = {
    "?": "help",
    ":help": "help",
    ":hint": "hint",
    ":h": "hint",
    "hint": "hint",
    "skip": "skip",
    ":skip": "skip",
    ":s": "skip",
    "quit": "quit",
    "exit": "quit",
    ":quit": "quit",
    ":q": "quit",
}


@dataclass
class Tries:
    """How it went with one question."""

    wrong: int = 0
    hints: int = 0
    findings: list[str] = field(default_factory=list)


class Session:
    """One session over a stream of questions.

    Args:
        questions: in the order in which they are asked; made when needed.
        most: how many are asked at most; None for all there are.
        seed: decides the other numbers of a question that is asked again.

    >>> from gradviz import graph
    >>> from gradviz.step.walk import walk
    >>> session = Session(walk(graph("f = 3*(x*y)").trace(x=2, y=5), Numerals()))
    >>> session.prompt
    '1. What is the value of v1 = x · y?  (x = 2, y = 5)'
    >>> session.reply("10")
    ['Right. v1 = x · y = 2 · 5 = 10']
    """

    def __init__(
        self, questions: Iterator[Question], most: int | None = None, seed: int = 0, words: Sentences = ENGLISH
    ) -> None:
        self._questions = questions
        self._most, self._seed, self._words = most, seed, words
        self._again: Question | None = None  # the same with other numbers
        self._is_again = False
        self._tries = Tries()
        self.asked = 0
        self.first = 0
        self.met: Counter[str] = Counter()
        self.revisit: dict[str, None] = {}
        self.question: Question | None = None
        self._next()

    @property
    def done(self) -> bool:
        """Whether there is nothing more to ask."""
        return self.question is None

    @property
    def prompt(self) -> str:
        """What is asked now; "" at the end."""
        if self.question is None:
            return ""
        if self._is_again:
            return self._words.again.format(prompt=self.question.prompt)
        return f"{self.asked + 1}. {self.question.prompt}"

    def reply(self, text: str) -> list[str]:
        """Answer, or a command (``:hint``, ``?``, ``skip``, ``quit``); what is said about it, line by line."""
        question, text = self.question, text.strip()
        if question is None:
            return []
        if not text:
            return [self._words.empty]
        match COMMANDS.get(text.lower()):
            case "help":
                return list(self._words.help)
            case "quit":
                self.question = None
                return []
            case "skip":
                return self._skip(question)
            case "hint":
                return self._hint(question) if self._tries.wrong else [self._words.try_first]
        try:
            answer = read(text, question.trace, question.known)
        except GradvizError as error:
            return [self._words.unreadable.format(error=error)]
        return self._right(question) if question.marking.accepts(answer.number) else self._wrong(question, answer)

    def summary(self) -> list[str]:
        """How it went: asked, right at the first try, what to revisit."""
        words = self._words
        if not self.asked:
            return [words.nothing]
        lines = [words.summary.format(asked=self.asked, first=self.first)]
        if self.met:
            lines.append(words.revisit)
            lines += [
                words.idea.format(name=MISCONCEPTIONS[rule].name, times="" if times == 1 else f" ({times}×)")
                for rule, times in self.met.most_common()
            ]
        others = [subject for subject in self.revisit if subject]
        if others and not self.met:
            lines.append(words.revisit)
        lines += [words.place.format(subject=subject) for subject in others[:8]]
        return lines

    # --- how an answer is taken -------------------------------------------------------------------------

    def _right(self, question: Question) -> list[str]:
        self._close(question, right=True)
        return [self._words.right.format(because=question.because)]

    def _wrong(self, question: Question, answer: Answer) -> list[str]:
        self._tries.wrong += 1
        findings = question.diagnosis(answer)
        lines = self._named(findings, question, answer)
        if len(findings) == 1:
            self.met[findings[0].id] += 1
        self._tries.findings += [f.id for f in findings if f.id not in self._tries.findings]
        if not findings or self._tries.wrong > 1:
            lines += self._hint(question)
        elif self.question is question:
            lines.append(self._words.once_more)
        return lines

    def _named(self, findings: list[Finding], question: Question, answer: Answer) -> list[str]:
        words, shown = self._words, question.numerals.text(answer.number)
        if not findings:
            return [words.wrong.format(shown=shown)]
        if len(findings) > 1:
            names = words.either.join(f"“{finding.name}”" for finding in findings[:3])
            lines = [words.several.format(shown=shown, names=names)]
            lines += [words.which.format(name=f.name, sentence=f.sentence) for f in findings[:3]]
        else:
            found = findings[0]
            lines = [words.named.format(shown=shown, name=found.name), f"  {found.sentence}"]
            lines += [f"  {found.right_when}"] if found.right_when else []
        if findings[0].refutation:
            lines.append(words.proof.format(refutation=findings[0].refutation))
        return lines

    def _hint(self, question: Question) -> list[str]:
        """The next rung; the last one gives the number away, and the same is asked with other numbers."""
        rung = self._tries.hints
        hint = question.hints[rung]
        self._tries.hints += 1
        if self._tries.hints < len(question.hints):
            return [self._words.hint.format(hint=hint)]
        lines = [self._words.worked.format(worked=hint)]
        self._close(question, right=False)
        return lines

    def _skip(self, question: Question) -> list[str]:
        lines = [self._words.skipped.format(worked=question.worked)]
        self._close(question, right=False, again=False)
        return lines

    def _close(self, question: Question, *, right: bool, again: bool = True) -> None:
        """Count the question, and go on: to the same with other numbers, or to the next."""
        tries = self._tries
        if not self._is_again:
            self.asked += 1
            if right and not tries.wrong:
                self.first += 1
        if not right or tries.wrong:
            unnamed = not tries.findings
            if unnamed:
                self.revisit[question.subject] = None
        # Several rules gave the same number: other numbers tell which one it was.
        separate = tries.findings if len(tries.findings) > 1 else []
        if again and not self._is_again and (not right or separate):
            self._seed += 1
            self._again = fresh(question, self._seed, separate)
        self._next()

    def _next(self) -> None:
        self._tries = Tries()
        if self._again is not None:
            self.question, self._again, self._is_again = self._again, None, True
            return
        self._is_again = False
        over = self._most is not None and self.asked >= self._most
        self.question = None if over else next(self._questions, None)


def opening(question: Question | None, numerals: Numerals) -> list[str]:
    """What is told before a walk: every gate as a formula, and the given numbers; nothing that will be asked."""
    if question is None:
        return []
    graph = question.trace.graph
    text = numerals.text
    given = [f"{name} = {text(question.trace[name].value)}" for name in graph.inputs]
    lines = [ENGLISH.given.format(numbers=", ".join(given))] if given else []
    hidden = {i for call in question.folded for i in call.inside if i != call.output}
    inner = [i for i in range(len(graph)) if graph.operands(i) and graph.reaches[i] and i not in hidden]
    shown = inner if len(inner) <= 60 else []
    return [*lines, *(f"  {graph.names[i]} = {question.formula(i)}" for i in shown)]
