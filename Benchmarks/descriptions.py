"""Real texts of mixed length: the descriptions of Debian's packages, as the machine's own lists have them.

    descriptions.py COUNT [FILE]

Prints, or writes, a text a line, in no order. Nothing of them is kept in this repository.
"""
import random
import subprocess
import sys

# Long descriptions are in the lists of translations only: `apt-get -o Acquire::Languages=en update` fetches them.
SHOW = ["apt-cache", "-o", "Acquire::Languages=en", "show", "--no-all-versions"]
# The lengths of such descriptions in words, one for each twentieth of them, for machines without.
LENGTHS = [17, 24, 28, 31, 33, 36, 39, 42, 45, 48, 52, 56, 60, 65, 71, 79, 89, 102, 123, 166]
SEED = 12


def real(count):
    """So many different ones, or None."""
    try:
        names = sorted(subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True).stdout.split())
        chosen = random.Random(SEED)
        chosen.shuffle(names)
        shown = subprocess.run(SHOW + names[: 3 * count], capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    texts = {}
    for entry in shown.split("\n\n"):
        lines, inside = [], False
        for line in entry.split("\n"):
            if line.startswith(("Description-en:", "Description:")):
                lines, inside = [line.split(":", 1)[1].strip()], True
            elif inside and line.startswith(" "):
                # A point alone stands for an empty line.
                lines.append(line.strip().removeprefix("."))
            else:
                inside = False
        if len(lines) > 1:
            texts.setdefault(" ".join(" ".join(lines).split()))
    return list(texts)[:count] if len(texts) >= count else None


def made_up(count, vocabulary):
    chosen = random.Random(SEED)
    return [" ".join(chosen.choices(vocabulary, k=chosen.choice(LENGTHS))) for _ in range(count)]


if __name__ == "__main__":
    found = real(int(sys.argv[1]))
    if found is None:
        sys.exit("there are no long descriptions: apt-get -o Acquire::Languages=en update")
    text = "".join(line + "\n" for line in found)
    open(sys.argv[2], "w").write(text) if len(sys.argv) > 2 else sys.stdout.write(text)
