"""Named comparisons, printed one a line and counted as tests."""
import sys


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, name, got, want):
        """`got` is what shoppulse says, `want` what was found without it."""
        if got == want:
            self.passed += 1
            print(f"ok   {name}: {want}")
        else:
            self.failed += 1
            print(f"FAIL {name}\n     got  {got}\n     want {want}")

    def true(self, name, holds, found=""):
        self.equal(f"{name}{f' ({found})' if found and not holds else ''}", bool(holds), True)

    def end(self):
        """Prints the count as the last line and ends the process."""
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
