"""Hears every statement on its way to the database, whether an ORM session or a prepared statement sends it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from iap_api.core.transactions import Prepared, Transaction

Listener = Callable[[str], None]


@contextmanager
def heard(listen: Listener) -> Iterator[None]:
    """Call `listen` with the text of every statement, in the task that sends it."""

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        listen(statement)

    rows, write_many = Transaction.rows, Transaction.write_many

    async def rows_heard(self: Transaction, prepared: Prepared, given: Any) -> Any:
        if self._driver is not None and prepared.sql is not None:
            listen(prepared.sql)
        return await rows(self, prepared, given)

    async def many_heard(self: Transaction, prepared: Prepared, many: Any) -> None:
        if self._driver is not None and prepared.sql is not None:
            listen(prepared.sql)
        await write_many(self, prepared, many)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "rows", rows_heard)
        patch.setattr(Transaction, "write_many", many_heard)
        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", note)
