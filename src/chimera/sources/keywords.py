"""From a title to its keywords: lower-cased content words in order, without function words, tags and addresses."""

import html
import re
import unicodedata
from collections.abc import Iterator

TITLE_CHARACTERS_MAX = 1_000
KEYWORDS_MAX = 60
WORD_CHARACTERS_MAX = 40

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|co\.uk)\b\S*", re.IGNORECASE)
_TAG = re.compile(r"\[[^\[\]]{1,14}\]|</?\w{1,10}/?>")
_PART = r"[^\W_]+(?:['’][^\W_]+)*"
_WORD = re.compile(rf"(?<![\w-]){_PART}-{_PART}(?![\w-])|{_PART}")
_SIZE_OR_ORDINAL = re.compile(r"\d+[x-]\d+|\d+(?:st|nd|rd|th)|\d{5,}")

# Function words of English (closed classes: determiners, pronouns, prepositions, conjunctions, auxiliaries, particles)
# and the light verbs and adverbs that carry no topic of their own.
STOP_WORDS = frozenset(
    """
a about above across after afterwards again against ago ah all almost alone along already also although always am
among an and another any anybody anymore anyone anything anyway anywhere are aren't around as aside at away back be
became because become becomes been before behind being below beside besides between beyond both but by came can can't
cannot come comes coming could couldn't did didn't do does doesn't doing don't done down during each either else enough
even ever every everybody everyone everything everywhere except few for from further gave get gets getting give given
gives giving go goes going gone gonna got gotta had hadn't has hasn't have haven't having he he'd he'll he's hello hence
her here here's hers herself hey hi him himself his how how's however i i'd i'll i'm i've if in instead into is isn't it
it'd it'll it's its itself just keep keeps kept lately let let's like likely lot lots made make makes making many may
maybe me might mine more moreover most mostly much must my myself near neither never no nobody none nor not nothing now
nowhere of off often oh ok okay on once one one's ones only onto or other others our ours ourselves out over own per
perhaps please quite rather really said same saw say saying says see seeing seem seems seen seriously several shall she
she'd she'll she's should shouldn't since so some somebody someone something sometimes somewhere soon still such take
taken takes taking than thank thanks that that'd that'll that's the their theirs them themselves then there there'd
there's therefore these they they'd they'll they're they've thing things this those though through throughout thus to
together too took toward towards two under unless until up upon us use used uses using usually via very want wanted
wants was wasn't way we we'd we'll we're we've well went were weren't what what's whatever when whenever where where's
wherever whether which while who who'd who'll who's whoever whole whom whose why why's will with within without won't
would wouldn't yeah yep yes yet you you'd you'll you're you've your yours yourself yourselves
im ive id ill dont didnt doesnt cant wont isnt thats whats youre theyre lets aint wasnt arent havent hasnt couldnt
wouldnt shouldnt amp gt lt nbsp quot vs etc
""".split()
)

# The calendar's own words: they rise every week, month or evening without anything having happened.
CALENDAR_WORDS = frozenset(
    """
monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays
mon tue tues wed thu thur thurs fri sat sun january february march april may june july august september october november
december jan feb mar apr jun jul aug sep sept oct nov dec today today's tonight tomorrow yesterday morning afternoon
evening night noon midnight weekend weekends week weeks weekday month months year years day days hour hours minute
minutes second seconds decade decades century daily weekly monthly yearly annual spring summer autumn winter am pm
breakfast lunch dinner
""".split()
)


def keywords_of(text: str) -> tuple[str, ...]:
    """The content words of `text` in order, at most 60, each at most 40 characters."""
    plain = unicodedata.normalize("NFKC", html.unescape(text[:TITLE_CHARACTERS_MAX]))
    words = words_of(_TAG.sub(" | ", _ADDRESS.sub(" ", plain)))
    kept = [word for word in words if _carries_a_topic(word)]
    return tuple(kept[:KEYWORDS_MAX])


def words_of(plain: str) -> list[str]:
    """Every word of `plain`, lower-cased, without the possessive ending."""
    return [keyword(match.group()) for match in word_matches(plain)]


def word_matches(plain: str) -> Iterator[re.Match[str]]:
    """Words as they stand; two parts joined by a hyphen are one word (`pre-order`), longer chains are not."""
    return _WORD.finditer(plain)


def keyword(word: str) -> str:
    """A word in the form in which it is counted."""
    plain = word.lower().replace("’", "'")
    return plain if plain in STOP_WORDS else plain.removesuffix("'s")


def _carries_a_topic(word: str) -> bool:
    if len(word) > WORD_CHARACTERS_MAX or all(part in STOP_WORDS for part in (word, *word.split("-"))[-2:]):
        return False
    return (len(word) > 1 or word.isdigit()) and not _SIZE_OR_ORDINAL.fullmatch(word)
