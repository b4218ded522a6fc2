"""Every error jeugdzoek raises on purpose.

::

    JeugdzoekError
    ├── SourceError               a source that does not exist or holds no report
    ├── IndexFolderError          something about an index folder
    │   ├── IndexMissingError     there is no index there
    │   ├── IndexDamagedError     a file is missing, changed, or not what the manifest says
    │   ├── IndexFormatError      written by a newer format than this version reads
    │   ├── IndexLockedError      another process is writing
    │   └── IndexSpaceError       the disk has too little room
    ├── EncoderError              a model cannot be loaded or does not fit
    │   ├── EncoderMismatchError  the index was built with another model
    │   └── AdaptationError       a model got worse by training
    ├── MissingExtraError         an optional part is not installed
    ├── ReportMissingError        no report has this id
    ├── QueryError                a search argument has a value that means nothing
    └── TextFileError             something about a text file given to a command
        ├── ThesaurusError        a thesaurus file cannot be read
        └── TopicsError           a topics, judgments or run file cannot be read

Messages are one line: what, where, what to do next. What a program may want to
look at is an attribute.
"""

from __future__ import annotations

from pathlib import Path


class JeugdzoekError(Exception):
    """Base of every error raised on purpose; catch this one to catch them all."""


class SourceError(JeugdzoekError):
    """A source that does not exist or holds no readable report.

    Parameters
    ----------
    source
        The file or folder meant.
    reason
        What is wrong with it and what to do next.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class IndexFolderError(JeugdzoekError):
    """Base of all that can be wrong with an index folder.

    Parameters
    ----------
    path
        The folder or file meant.
    reason
        What is wrong with it and what to do next.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class IndexMissingError(IndexFolderError):
    """There is no index at this path."""


class IndexDamagedError(IndexFolderError):
    """A file of the index is missing, changed, or not what the manifest says."""


class IndexFormatError(IndexFolderError):
    """The index was written in a format this version does not read."""


class IndexLockedError(IndexFolderError):
    """Another process holds the writer lock."""


class IndexSpaceError(IndexFolderError):
    """The disk has too little room for the new generation."""


class EncoderError(JeugdzoekError):
    """A model cannot be loaded, or its output does not fit."""


class EncoderMismatchError(EncoderError):
    """The index was built with another model than the one given.

    Parameters
    ----------
    built_with
        Name of the model the manifest records.
    given
        Name of the model that was offered.
    command
        The command that brings the two together.
    """

    def __init__(self, built_with: str, given: str, command: str) -> None:
        super().__init__(
            f"the index was built with model {built_with!r}, not with {given!r}; to change it run: {command}"
        )
        self.built_with = built_with
        self.given = given
        self.command = command


class AdaptationError(EncoderError):
    """A model finds less in the reports held out after training than before.

    Parameters
    ----------
    before, after
        Mean reciprocal rank of their own headings and sentences.
    """

    def __init__(self, before: float, after: float) -> None:
        super().__init__(
            f"the model got worse by these reports (mean reciprocal rank on reports held out {before:.3f}, "
            f"after training {after:.3f}); nothing was written; give more reports or keep the model you have"
        )
        self.before = before
        self.after = after


class MissingExtraError(JeugdzoekError):
    """An optional part of jeugdzoek is needed but not installed.

    Parameters
    ----------
    extra
        Name of the extra in ``pip install 'jeugdzoek[extra]'``.
    purpose
        What it is needed for.
    """

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra {extra!r}; run: pip install 'jeugdzoek[{extra}]'")
        self.extra = extra


class ReportMissingError(JeugdzoekError):
    """No report in the index has this id.

    Parameters
    ----------
    report_id
        The id that was asked for.
    """

    def __init__(self, report_id: str) -> None:
        super().__init__(f"no report {report_id!r} in this index; search --json names the ids it has")
        self.report_id = report_id


class QueryError(JeugdzoekError):
    """A search argument has a value that means nothing."""


class TextFileError(JeugdzoekError):
    """Base of all that can be wrong with a text file given to a command.

    Parameters
    ----------
    path
        The file.
    line
        Line number, counted from 1; 0 for the file as a whole.
    reason
        What is wrong and what to do next.
    """

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}" if line else f"{path}: {reason}")
        self.path = path
        self.line = line


class ThesaurusError(TextFileError):
    """A thesaurus file cannot be read."""


class TopicsError(TextFileError):
    """A topics, judgments or run file cannot be read."""
