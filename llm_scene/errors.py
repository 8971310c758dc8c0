"""The one kind of error that a user is meant to read."""

import re

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class UserError(Exception):
    """One clear sentence that says what is wrong and what to do.

    The command line prints it and exits with status 2, an operator reports it; neither shows a traceback.
    """


def words_of(error: BaseException, most: int = 120) -> str:
    """What an error of somebody else's says, as it may stand in a sentence: one line, no colours, no stop."""
    plain = " ".join(ESCAPE.sub("", str(error)).split())
    plain = "".join(letter for letter in plain if letter.isprintable())
    return plain[:most].rstrip(". ") or type(error).__name__
