"""Run all checks: style, types, who imports whom, the tests; exit with the number of those that failed."""

import subprocess
import sys

CHECKS = (
    [sys.executable, "-m", "ruff", "check", "."],
    [sys.executable, "-m", "ruff", "format", "--check", "."],
    [sys.executable, "-m", "mypy"],
    ["lint-imports"],
    [sys.executable, "-m", "pytest", *sys.argv[1:]],
)


def main() -> int:
    failed = 0
    for command in CHECKS:
        print("+", *command[command[0] == sys.executable :], flush=True)
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
