"""Short forms and signs whose spoken form can't be read off their letters. Data."""

ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "dr": "doctor", "prof": "professor", "gov": "governor", "sen": "senator",
    "rep": "representative", "gen": "general", "lt": "lieutenant", "sgt": "sergeant", "capt": "captain",
    "jr": "junior", "sr": "senior", "inc": "incorporated", "corp": "corporation", "ltd": "limited", "co": "company",
    "dept": "department", "approx": "approximately", "est": "established", "vol": "volume", "fig": "figure",
    "ave": "avenue", "blvd": "boulevard", "jan": "January", "feb": "February", "mar": "March", "apr": "April",
    "jun": "June", "jul": "July", "aug": "August", "sept": "September", "sep": "September", "oct": "October",
    "nov": "November", "dec": "December", "ms": "miz", "st": "saint", "no": "number", "mt": "mount",
}  # fmt: skip
"""Only when written with a full stop, which is then no end of a sentence."""

WHOLE_TOKENS = {
    "vs": "versus", "etc": "et cetera", "e.g": "for example", "i.e": "that is", "w/": "with", "w/o": "without",
    "b/c": "because", "km/h": "kilometers per hour", "&": "and", "+": "plus", "=": "equals", "%": "percent",
    "@": "at", "~": "about", "<": "less than", ">": "greater than", "°": "degrees", "§": "section", "#": "number",
    "/": "slash", "$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "×": "times", "÷": "divided by", "→": "to",
    "±": "plus or minus", "C++": "C plus plus", "c++": "C plus plus", "C#": "C sharp", "c#": "C sharp",
    "24/7": "twenty four seven", "≈": "about", "pls": "please", "©": "copyright", "®": "registered", "™": "trademark",
    "°C": "degrees celsius", "°F": "degrees fahrenheit",
}  # fmt: skip
"""A token that is exactly this."""

INNER_SIGNS = {
    "&": "and", "+": "plus", "@": "at", "%": "percent", "=": "equals", "°": "degrees", "$": "dollars", "€": "euros",
    "£": "pounds", "#": "number", "~": "about",
}  # fmt: skip
"""Signs between letters and figures that are spoken; every other sign inside a token only parts its pieces."""

DOMAIN_ENDS = frozenset({
    "com", "org", "net", "io", "co", "uk", "gov", "edu", "ai", "app", "dev", "tv", "me", "us", "ly", "gg", "eu", "de",
    "fr", "js", "py", "fm", "xyz", "info", "biz", "news",
})  # fmt: skip

ROMAN = {
    "II": "two",
    "III": "three",
    "IV": "four",
    "VI": "six",
    "VII": "seven",
    "VIII": "eight",
    "IX": "nine",
    "XI": "eleven",
}
