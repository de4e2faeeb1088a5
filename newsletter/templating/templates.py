"""The templates themselves: found, compiled, filled; what is wrong is said with file and line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
)
from jinja2.loaders import split_template_path
from jinja2.meta import find_undeclared_variables

from newsletter.errors import RenderError
from newsletter.resources import templates_dir
from newsletter.templating.markup import as_markup
from newsletter.templating.tracing import Marks, Traced, traced

SUFFIX = ".j2"
"""What the name of every template ends with."""

_NO_ATTRIBUTE = re.compile(r"'(?:[\w.]+\.)?(\w+) object' has no attribute '(\w+)'")
_PLAIN = ".txt.j2"
_MEND_OWN = "Correct it, or delete it so that the one that came with the program is used."
_MEND_OURS = (
    "A template of your own that it works with may lack what it needs: look at yours with"
    " `newsletter templates check`."
)

Filter = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a template something is: its name, its file, and the line, 0 when not known."""

    name: str
    file: Path | None
    line: int = 0


class Templates:
    """Our templates with those of `own`, which need not exist, before them.

    Files that come, go or change are noticed at the next `render`. `filters` and `names` are what
    every template may use beside its values.
    """

    def __init__(
        self,
        own: Path | None = None,
        *,
        filters: Mapping[str, Filter] | None = None,
        names: Mapping[str, object] | None = None,
    ) -> None:
        self.own = own
        self._filters, self._names = dict(filters or {}), dict(names or {})
        self._environments = {markup: self._environment(markup=markup) for markup in (True, False)}

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """The template's text with the values in it.

        Raises RenderError, which names the file and, where it is known, the line.
        """
        return self._filled(self._environments[_is_markup(name)], name, values)

    def render_surely(
        self, name: str, values: Mapping[str, object], tell: Callable[[RenderError], None]
    ) -> str:
        """The same for a page that must be there, such as that for unsubscribing.

        When one of the admin's own does not work it is told of, and ours are used for this page.
        """
        try:
            return self.render(name, values)
        except RenderError as error:
            if self.own is None:
                raise
            tell(error)
            return Templates(filters=self._filters, names=self._names).render(name, values)

    def trace(self, name: str, values: Mapping[str, object]) -> Traced:
        """The same, and where each piece of it comes from; it takes much longer."""
        environment = self._environment(markup=_is_markup(name), marked=True)
        return traced(self._filled(environment, name, values))

    def asked_for(self, name: str) -> frozenset[str]:
        """The values that a template asks for itself, not through others; raises RenderError."""
        environment = self._environments[_is_markup(name)]
        try:
            source = _Files(self).get_source(environment, name)[0]
            environment.compile(source, name, name)
            asked = find_undeclared_variables(environment.parse(source, name))
            return frozenset(asked - set(environment.globals))
        except Exception as error:
            raise self._error(self._place(error, name), error) from error

    def _filled(self, environment: Environment, name: str, values: Mapping[str, object]) -> str:
        try:
            return environment.get_template(name).render(values)
        except Exception as error:  # a template is a program that the admin may write
            raise self._error(self._place(error, name), error) from error

    def file_of(self, name: str) -> Path | None:
        """The file that a name stands for: the admin's own if there is one, or ours, or None."""
        try:
            parts = split_template_path(name)
        except TemplateNotFound:
            return None
        folders = [folder for folder in (self.own, templates_dir()) if folder is not None]
        files = (folder.joinpath(*parts) for folder in folders)
        return next((file for file in files if file.is_file()), None)

    def is_own(self, file: Path | None) -> bool:
        """Whether a file lies in the admin's own folder."""
        return file is not None and self.own is not None and file.is_relative_to(self.own)

    def shown(self, name: str) -> str:
        """A template as a message names it: the admin's own by its file, ours by its name."""
        file = self.file_of(name)
        return str(file) if self.is_own(file) else name

    def _environment(self, *, markup: bool, marked: bool = False) -> Environment:
        environment = Environment(
            loader=_Files(self),
            autoescape=markup,  # noqa: S701 - off only for plain text, which has no markup
            undefined=StrictUndefined,
            finalize=as_markup if markup else None,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=self.own is not None,
            extensions=[Marks] if marked else [],
        )
        environment.filters.update(self._filters)
        environment.globals.update(self._names)
        return environment

    def _place(self, error: Exception, name: str) -> Place:
        """Where the error arose. Jinja2 puts the lines of templates into the trace."""
        if isinstance(error, TemplateSyntaxError):
            found = self.file_of(error.name or name)
            return Place(name=error.name or name, file=found, line=error.lineno)
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame for frame in frames if frame.filename.endswith(SUFFIX)]
        if lines:
            file = Path(lines[-1].filename)
            return Place(name=self._name_of(file), file=file, line=lines[-1].lineno or 0)
        return Place(name=name, file=self.file_of(name))

    def _name_of(self, file: Path) -> str:
        for folder in (self.own, templates_dir()):
            if folder is not None and file.is_relative_to(folder):
                return file.relative_to(folder).as_posix()
        return file.name

    def _error(self, place: Place, error: Exception) -> RenderError:
        own = self.is_own(place.file)
        shown = str(place.file) if own else place.name
        where = f"{shown}, line {place.line}," if place.line else shown
        return RenderError(
            f"The template {where} does not work: {_said(error)}.",
            _MEND_OWN if own else _MEND_OURS,
            file=shown,
            line=place.line,
        )


class _Files(BaseLoader):
    """Finds a template's source, and notices when another file has taken its place."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        file = self._templates.file_of(template)
        if file is None:
            raise TemplateNotFound(template)
        changed = file.stat().st_mtime_ns

        def is_current() -> bool:
            same = self._templates.file_of(template) == file
            return same and file.stat().st_mtime_ns == changed

        return file.read_text(encoding="utf-8-sig"), str(file), is_current


def _is_markup(name: str) -> bool:
    return not name.endswith(_PLAIN)


def _said(error: Exception) -> str:
    """What went wrong, as the end of a sentence."""
    if isinstance(error, TemplatesNotFound | TemplateNotFound):
        return f"there is no template {error.message or error.name}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not written in UTF-8"
    if isinstance(error, RecursionError):
        return "it includes itself without end"
    if isinstance(error, OSError):
        return f"it cannot be read ({error.strerror or error})"
    if found := _NO_ATTRIBUTE.fullmatch(str(error)):
        return f"there is no `{found[2]}` in a {found[1]}"
    return str(error).strip().rstrip(".") or type(error).__name__
