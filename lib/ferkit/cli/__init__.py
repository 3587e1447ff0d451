"""The command line's subcommands, one module each.

A module offers ``HELP`` (one line), ``add_arguments(parser)`` and ``main(arguments) -> int`` (exit status).
Only the module of the command that was asked for is imported; what is heavy is imported inside ``main``.
A new command is a module here and a name in ``ferkit.__main__.GROUPS``.
"""
