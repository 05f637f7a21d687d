"""A file of posts with a rising topic: the same for each number of posts."""

import csv
from pathlib import Path
from random import Random

DAYS = 14
ENDS_AT = 1_750_000_000
RISING = ("solar balloon", "tide mill", "paper robot")
"""Each stands in one post of two hundred of the last day, and in few before."""
KEYWORDS = ("harbour", "violin", "granite", "meadow", "lantern", "glacier", "saffron", "thunder")
_SECONDS = DAYS * 86_400
_VOCABULARY = 20_000
_COMMUNITIES = 400
_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "za", "fen", "gol", "har", "jin", "pel", "tor")


def write_posts(path: Path, count: int) -> None:
    """Write so many posts of the two weeks before `ENDS_AT`, in the order of their times."""
    random = Random(7)  # noqa: S311 - repeatable posts, no secrets
    words = [*KEYWORDS, *_words(random)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    drawn = iter(random.choices(words, weights, k=count * 9))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("created_utc", "id", "subreddit", "title"))
        for number in range(count):
            at = ENDS_AT - _SECONDS + number * _SECONDS // count
            title = [next(drawn) for _ in range(5 + number % 4)]
            last_day = at >= ENDS_AT - 86_400
            if number % (200 if last_day else 20_000) < len(RISING):
                title.insert(number % 3, RISING[number % (200 if last_day else 20_000)])
            rows.writerow((at, f"{number:x}", f"community{random.randrange(_COMMUNITIES)}", " ".join(title)))


def _words(random: Random) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < _VOCABULARY:
        made["".join(random.choice(_SYLLABLES) for _ in range(random.randint(2, 4)))] = None
    return list(made)
