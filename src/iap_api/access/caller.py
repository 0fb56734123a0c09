"""The caller of one request: the open transaction, what they reach, and what they saw or changed in it."""

import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from iap_api.access import kept_keys, ledger
from iap_api.access.guest_preamble import enter_as_guest
from iap_api.access.insertion import insertion, insertion_at_once
from iap_api.access.policy import Permission
from iap_api.access.preamble import Entered, enter
from iap_api.access.scope import Held, Scope, scope_of
from iap_api.access.tables import FormerValue
from iap_api.core import clock
from iap_api.core.errors import Invalid, SignInNeeded, Stale
from iap_api.core.pages import Cursors
from iap_api.core.preconditions import expected_version
from iap_api.core.shapes import Body
from iap_api.core.tables import Record, new_id
from iap_api.core.transactions import Prepared, Transaction

_SET_FENCE = Prepared(text("SELECT set_config('iap.fence', :fence, true)"))


async def entered(
    transaction: Transaction, dialect: str, kind: str, account_id: UUID, sign_in_id: UUID
) -> Entered | None:
    """Open a transaction for an account, or for a guest: see `enter` and `enter_as_guest`."""
    opening = enter_as_guest if kind == "guest" else enter
    return await opening(transaction, dialect, account_id, sign_in_id)


class Caller:
    """Who asks, with which permission, within one transaction."""

    __slots__ = (
        "account_id", "account_kind", "cursors", "dialect", "held", "permission", "place_id", "request", "scope",
        "reads", "sign_in_id", "transaction", "_entries", "_recorded", "_secret",
    )  # fmt: skip

    def __init__(
        self,
        *,
        request: Request,
        transaction: Transaction,
        dialect: str,
        account_id: UUID,
        sign_in_id: UUID,
        account_kind: str,
        place_id: UUID,
        held: Sequence[Held],
        permission: Permission | None,
        scope: Scope,
        cursors: Cursors,
        secret: bytes,
    ) -> None:
        """Made by the guard alone."""
        self.request = request
        self.transaction = transaction
        self.reads = False
        self.dialect = dialect
        self.account_id = account_id
        self.sign_in_id = sign_in_id
        self.account_kind = account_kind
        self.place_id = place_id
        self.held = held
        self.permission = permission
        self.scope = scope
        self.cursors = cursors
        self._secret = secret
        self._entries: list[dict[str, Any]] = []
        self._recorded: list[Callable[[], None]] = []

    @property
    def session(self) -> AsyncSession:
        """The ORM session of this transaction, for what is not read or written by a prepared statement."""
        return self.transaction.session

    async def rows(self, prepared: Prepared, given: Mapping[str, Any]) -> Sequence[Any]:
        """Run a prepared statement in this transaction and return its rows."""
        return await self.transaction.rows(prepared, given)

    async def begin_again(self) -> None:
        """Give up what the database refused and open a fresh transaction for the same caller, to say why."""
        await self.transaction.start_again()
        await entered(self.transaction, self.dialect, self.account_kind, self.account_id, self.sign_in_id)
        self._entries.clear()

    async def come_in_again(self) -> None:
        """Enter a transaction that was started again while another machine was asked; raises `SignInNeeded`."""
        if await enter(self.transaction, self.dialect, self.account_id, self.sign_in_id) is None:
            raise SignInNeeded(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    @asynccontextmanager
    async def beyond_fence(self) -> AsyncIterator[None]:
        """Let row security show every school while the block lasts, for a rule of the whole trust (docs/adr/0005).

        Of what is found there nothing may be shown but what the caller's own reach had opened before.
        """
        if self.dialect == "postgresql":
            await self.transaction.rows(_SET_FENCE, {"fence": "system"})
        yield
        # after an error the transaction is over, and the fence with it
        await self.transaction.flush()
        if self.dialect == "postgresql":
            await self.transaction.rows(_SET_FENCE, {"fence": ""})

    def may(self, permission: Permission) -> Scope | None:
        """Return how far the caller reaches with another permission, or None."""
        return scope_of(permission, self.held, self.account_id)

    def holds(self, permission: Permission) -> bool:
        """Say whether the caller has another permission at all, however far it reaches."""
        return any(one.reach(permission) for one in self.held)

    # what goes into the ledger

    @property
    def request_id(self) -> str:
        """The id that the answer, the log line and the ledger entry share."""
        return str(self.request.scope["state"]["request_id"])

    def saw(self, resource: str, school_id: UUID, pupil_ids: Iterable[UUID], resource_id: UUID | None = None) -> None:
        """Note that the answer shows these pupils."""
        self._note("read", resource, school_id, resource_id=resource_id, pupil_ids=pupil_ids)

    def event(
        self,
        kind: str,
        resource: str,
        school_id: UUID,
        *,
        resource_id: UUID | None = None,
        pupil_ids: Iterable[UUID] = (),
        fields: Iterable[str] = (),
    ) -> None:
        """Note something that happened: created, updated, ended, or a dotted type such as `visit.left_open`."""
        self._note(kind, resource, school_id, resource_id=resource_id, pupil_ids=pupil_ids, fields=fields)

    def _note(self, kind: str, resource: str, school_id: UUID, **more: Any) -> None:
        self._entries.append(
            ledger.entry(
                school_id,
                kind,
                resource,
                account_id=self.account_id,
                permission=self.permission.name if self.permission else "",
                request_id=self.request_id,
                **more,
            )
        )

    async def give_up(self) -> None:
        """Give up the request's own transaction, which was refused, and what was noted in it."""
        await self.transaction.abandon()
        self._entries.clear()

    def once_recorded(self, then: Callable[[], None]) -> None:
        """Call `then` when the entries of this request are committed, and never if they could not be."""
        self._recorded.append(then)

    def recorded(self) -> None:
        """Say that the entries are committed."""
        for then in self._recorded:
            then()

    def entries(self) -> list[dict[str, Any]]:
        """Return what was noted so far."""
        return self._entries

    def noted(self, resource_id: UUID) -> bool:
        """Say whether this request has an entry about that resource already."""
        return any(entry["resource_id"] == resource_id for entry in self._entries)

    # what keeps a creation from happening twice

    def digest(self, body: Body | None) -> bytes:
        """Return the keyed digest of a body and the address it was sent to: kept instead of the body itself."""
        written = "" if body is None else body.model_dump_json(exclude_unset=True)
        return hmac.digest(self._secret, f"{self.request.url.path}\n{written}".encode(), "sha256")

    async def once(self, body: Body | None, chosen_id: UUID | None = None) -> tuple[UUID, bool]:
        """Return the id for what a creating request makes, and whether it is still to be made.

        With an Idempotency-Key, or an id the client chose (`chosen_id`), a repetition finds the first one's id and
        False. Raises `KeyReused` or `IdTaken` for another body and `StillRunning` while a twin has not ended.
        """
        key = self.request.headers.get("idempotency-key")
        if chosen_id is None and key is None:
            return new_id(), True
        if chosen_id is None and not (key and 1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
            raise Invalid("Idempotency-Key must be 1 to 200 printable ASCII characters.")
        return await kept_keys.once(
            self.session,
            self.dialect,
            self.account_id,
            f"{self.request.method} {self.request.scope['route'].path}",
            self.digest(body),
            key=key or "",
            chosen_id=chosen_id,
        )

    # what keeps a change from being lost

    def expected(self, current: Record) -> None:
        """Check If-Match against the row just read for update; raises `IfMatchNeeded` or `Stale`."""
        version = expected_version(self.request.headers.get("if-match"))
        if version is not None and version != current.version:
            raise Stale()

    async def create(self, record: Record, school_id: UUID, *, resource: str, pupil_ids: Iterable[UUID] = ()) -> None:
        """Add a new record and note it in the ledger."""
        self.session.add(record)
        self.event("created", resource, school_id, resource_id=record.id, pupil_ids=pupil_ids)
        await self.session.flush()

    async def insert(
        self, table: type[Record], values: Mapping[str, Any], school_id: UUID, *, resource: str,
        pupil_ids: Iterable[UUID] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """Add a new record without the ORM and note it in the ledger; return all its columns.

        For the busy paths: nothing in the session knows the record afterwards.
        """
        prepared, fixed, made = insertion(table)
        row = {**fixed, **{name: make() for name, make in made}, **values}
        await self.transaction.rows(prepared, row)
        self.event("created", resource, school_id, resource_id=row["id"], pupil_ids=pupil_ids)
        return row

    async def insert_many(
        self, table: type[Record], many: Sequence[Mapping[str, Any]], school_id: UUID, *, resource: str, pupils: str
    ) -> None:
        """Add several records in one statement, all or none, and note each; `pupils` is the column that names them."""
        prepared, fixed, made = insertion(table)
        rows = [{**fixed, **{name: make() for name, make in made}, **values} for values in many]
        if self.dialect == "postgresql":
            await self.transaction.rows(insertion_at_once(table), {"rows": msgspec.json.encode(rows).decode()})
        else:
            await self.transaction.write_many(prepared, rows)
        for row in rows:
            self.event("created", resource, school_id, resource_id=row["id"], pupil_ids=row[pupils])

    async def change(
        self,
        record: Record,
        values: dict[str, Any],
        school_id: UUID,
        *,
        resource: str,
        pupil_ids: Iterable[UUID] = (),
        kind: str = "updated",
    ) -> bool:
        """Set `values` on a record read for update, keep the former ones, raise its version and note it.

        Returns False, and writes nothing, when every value was already so.
        """
        former = {name: getattr(record, name) for name, value in values.items() if getattr(record, name) != value}
        if not former:
            return False
        self.session.add(
            FormerValue(
                school_id=school_id,
                resource=resource,
                resource_id=record.id,
                version=record.version,
                at=clock.now(),
                account_id=self.account_id,
                values=msgspec.json.encode(former).decode(),
            )
        )
        for name in former:
            setattr(record, name, values[name])
        record.version += 1
        record.updated_at = clock.now()
        resource_id = record.id
        await self.session.flush()
        # only now: what the database refused, in a savepoint of a larger request, has not happened
        self.event(kind, resource, school_id, resource_id=resource_id, pupil_ids=pupil_ids, fields=former)
        return True
