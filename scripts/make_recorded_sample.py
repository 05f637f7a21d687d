"""Make the recorded sample of `chimera.sources.recorded` from a Reddit archive.

Usage: python scripts/make_recorded_sample.py ARCHIVE.csv.gz [FOLDER]

ARCHIVE holds created_utc, subreddit, id, title, score, num_comments and over_18 (github umbrae/reddit-top-2.5-million,
PDDL 1.0). Titles become keywords; no sentence is kept. `spellings.csv.gz` tells how the archive writes a word or a
pair of words where that is not simply a capital letter: IRS, iPhone, Game of Thrones.
"""

import csv
import gzip
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from chimera.sources.keywords import keywords_of
from chimera.sources.recorded import POST_FIELDS, POSTS_FILE, SAMPLE_END, SAMPLE_START, SPELLINGS_FILE
from chimera.sources.spelling import usual_spelling

USES_MIN = 4
TITLES_OF_TERMS_MAX = 60

Post = dict[str, str]


def main(archive: Path, folder: Path) -> None:
    posts = sorted(_posts_of_the_sample(archive), key=lambda post: (int(post["created_utc"]), post["id"]))
    _write(folder / POSTS_FILE, [POST_FIELDS, *_post_rows(posts)])
    _write(folder / SPELLINGS_FILE, sorted(_spellings([post["title"] for post in posts]).items()))
    print(f"{len(posts)} posts", *(f"{path.name} {path.stat().st_size}" for path in sorted(folder.glob("*.gz"))))  # noqa: T201


def _posts_of_the_sample(archive: Path) -> Iterable[Post]:
    with gzip.open(archive, "rt", encoding="utf-8", newline="") as text:
        for post in csv.DictReader(text):
            inside = SAMPLE_START.timestamp() <= int(post["created_utc"]) < SAMPLE_END.timestamp()
            if inside and post["over_18"] == "False" and keywords_of(post["title"]):
                yield post


def _post_rows(posts: list[Post]) -> Iterable[tuple[str, ...]]:
    before = int(SAMPLE_START.timestamp())
    for post in posts:
        created = int(post["created_utc"])
        keywords = " ".join(keywords_of(post["title"]))
        yield (str(created - before), post["subreddit"], post["id"], post["score"], post["num_comments"], keywords)
        before = created


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """A gzipped CSV whose bytes depend on nothing but the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        text.flush()


def _spellings(titles: list[str]) -> dict[str, str]:
    """Words and neighbouring pairs that the sample writes in another way than with capital first letters."""
    uses: Counter[tuple[str, ...]] = Counter()
    titles_of: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for title in titles:
        keywords = keywords_of(title)
        for terms in {*((word,) for word in keywords), *pairwise(keywords)}:
            uses[terms] += 1
            if len(titles_of[terms]) < TITLES_OF_TERMS_MAX:
                titles_of[terms].append(title)
    frequent = {terms for terms, count in uses.items() if count >= USES_MIN}
    spelled = {terms: usual_spelling(titles_of[terms], terms) for terms in frequent}
    return {" ".join(terms): form for terms, form in spelled.items() if form and _tells_more(terms, form)}


def _tells_more(terms: tuple[str, ...], form: str) -> bool:
    if len(terms) == 1:
        return form not in {terms[0], terms[0].capitalize()}
    first, *joined, last = form.split() if " " in form else (form, form)
    return bool(joined) and all(word.islower() for word in joined) and first[0].isupper() and last[0].isupper()


if __name__ == "__main__":
    default = Path(__file__).parents[1] / "src" / "chimera" / "sources" / "sample"
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else default)
