"""The one kind of error that a user is meant to read."""


class UserError(Exception):
    """One clear sentence that says what is wrong and what to do.

    The command line prints it and exits with status 2, an operator reports it; neither shows a traceback.
    """
