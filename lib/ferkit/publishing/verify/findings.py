"""What a verification found: how much was checked, what does not fit, and what could not be checked."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Found:
    """The findings about one folder.

    checked: how many things each check looked at. mismatches: {check, file, says}, file relative to the folder.
    notes: sentences about what was not checked, and why; they are no mismatches.
    """

    directory: str
    checked: Counter = field(default_factory=Counter)
    mismatches: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def look(self, check: str, file: str, problem: str | None = None) -> None:
        """Counts one look at `file`, and names the problem where there is one."""
        self.checked[check] += 1
        if problem:
            self.mismatches.append({"check": check, "file": file, "says": problem})

    def note(self, says: str) -> None:
        """A sentence for the reader, once."""
        if says not in self.notes:
            self.notes.append(says)

    @property
    def verified(self) -> bool:
        """Whether nothing contradicts the files."""
        return not self.mismatches

    def to_dict(self) -> dict[str, object]:
        """All of it as plain JSON-able values."""
        return {"directory": self.directory, "verified": self.verified, "checked": dict(self.checked),
                "mismatches": self.mismatches, "notes": self.notes}

    def lines(self) -> list[str]:
        """All of it for a terminal: a line a check, then every mismatch, then the notes."""
        wrong = Counter(row["check"] for row in self.mismatches)
        width = max(map(len, self.checked), default=0)
        lines = [f"{self.directory}: {'verified' if self.verified else f'{len(self.mismatches)} MISMATCHES'}"]
        lines += [f"  {check.ljust(width)}  {n:5d} checked  {f'{wrong[check]} wrong' if wrong[check] else 'ok'}"
                  for check, n in self.checked.items()]
        lines += [f"  MISMATCH  {row['file']}: {row['says']}" for row in self.mismatches]
        return lines + [f"  note: {says}" for says in self.notes]
