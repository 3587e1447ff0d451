"""The one exception that a user's own input can cause."""


class InputError(Exception):
    """Bad input or usage, told in one line: what is wrong, where, and how to mend it.

    The command line prints the line on stderr and exits with status 2; nothing has been written by then.
    """


class DataChanged(InputError):
    """A published or prepared file no longer has the content it was recorded with."""
