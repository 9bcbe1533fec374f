"""Ask the questions of a decision tree, and say what follows."""

import argparse
from pathlib import Path

from trees import Tree, read


def ask(tree: Tree) -> str:
    """Ask one question after the other; return the recommendation."""
    here = tree.first
    while here in tree.questions:
        question = tree.questions[here]
        print(question.ask)
        choices = list(question.answers)
        for number, answer in enumerate(choices, start=1):
            print(f"  {number}  {answer}")
        said = input("> ").strip()
        if said in {str(n + 1) for n in range(len(choices))}:
            here = question.answers[choices[int(said) - 1]]
        else:
            print(f"Type a number from 1 to {len(choices)}.")
    leaf = tree.leaves[here]
    return f"{leaf.do}. {leaf.because}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    print(ask(read(parser.parse_args().tree)))
