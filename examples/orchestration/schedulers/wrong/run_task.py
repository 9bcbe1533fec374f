"""Counter-example: the Task Scheduler is told 0x0, whatever happened."""

import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Run the command that stands behind LOG and SECONDS."""
    log, _, *command = arguments
    with open(log, "ab") as out:
        subprocess.run(command, stdout=out, stderr=out, check=False)
    print("finished")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
