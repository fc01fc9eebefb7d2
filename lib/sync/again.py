"""Things read again by name: many at once, at Stripe's pace, each thing once a look, stored some dozens at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lib.context import Context
from lib.errors import NotAllowed, NotFound, Refused
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.rows import in_heaps
from lib.stripe_api.reading import CUSTOMER_EXTRAS
from lib.sync import account, aside, ledgers, state
from lib.sync.copying import complete
from lib.sync.named import Target
from lib.sync.reader import Page, Reader, Stopped

_log = logging.getLogger("payerdesk.sync")
_READERS, _AT_ONCE, _TOGETHER = 20, 500, 40
_ENOUGH = 3  # failures in one look after which nobody tries any further
_EXPAND: dict[str, dict[str, Any]] = {"customer": {"expand": CUSTOMER_EXTRAS}}

_Found = list[Page] | ledgers.Ledger
_Asked = tuple[Target, _Found | None]


class Again:
    """One look's reading. `done` is what was asked for, `failed` what of it could not be read, and why; what was read
    and could not be stored is set aside.
    """

    def __init__(self, ctx: Context, reader: Reader) -> None:
        self._ctx, self._reader = ctx, reader
        self.done: set[Target] = set()
        self.failed: dict[Target, Exception] = {}
        self._stored, self._unfit = set[Target](), set[Target]()

    def settle(self, targets: Iterable[Target]) -> None:
        """Read and store them, and what they ask for in turn. One that fails does not keep the others: see `failed`."""
        todo, followers = self._new(targets), set[str]()
        while todo:
            followers |= {ident for kind, ident in todo if kind in ("drafts", "ledger")}
            todo = self._new(self._round([each for each in todo if each[0] != "drafts"]))
        drafts = self._drafts_of(sorted(followers))
        self.done |= {("invoice", draft) for draft, _ in drafts}
        self._round([("drafts", customer) for customer in dict.fromkeys(customer for _, customer in drafts)])
        self._note_unfit()

    def check(self) -> None:
        """Raise what the first thing that failed met: everything else is stored, or set aside."""
        if self.failed:
            real = [trouble for trouble in self.failed.values() if not isinstance(trouble, Stopped)]
            raise (real or list(self.failed.values()))[0]

    def _new(self, targets: Iterable[Target]) -> list[Target]:
        found = [each for each in dict.fromkeys(targets) if each not in self.done]
        self.done.update(found)
        return found

    def _drafts_of(self, customers: list[str]) -> list[tuple[str, str]]:
        """Drafts, with their customer, that this look has not read yet: those it has are as new as can be."""
        with reading(self._ctx.engine) as conn:
            found = [each for some in in_heaps(customers, _AT_ONCE) for each in account.drafts(conn, some)]
        return [(draft, customer) for draft, customer in found if ("invoice", draft) not in self.done]

    def _round(self, targets: list[Target]) -> list[Target]:
        return [more for some in in_heaps(targets, _AT_ONCE) for more in self._side_by_side(some)]

    def _side_by_side(self, targets: list[Target]) -> list[Target]:
        with ThreadPoolExecutor(min(_READERS, len(targets)), "again") as pool:
            came = zip(targets, pool.map(self._try, targets), strict=True)
            try:
                return [more for some in in_heaps(came, _TOGETHER) for more in self._write(some)]
            except BaseException:
                self._reader.stopped.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _try(self, target: Target) -> _Found | None:
        try:
            return self._read(*target)
        except Exception as trouble:  # noqa: BLE001 - raised by `check`, when everything else is stored
            if aside.at_fault(trouble):
                self._set_aside(target, trouble)
                return None
            self.failed[target] = trouble
            if len(self.failed) >= _ENOUGH or isinstance(trouble, NotAllowed):
                self._reader.stopped.set()
            return None

    def _read(self, kind: str, ident: str) -> _Found:
        if kind == "ledger":
            return ledgers.read(self._ctx, self._reader, ident)
        if kind == "drafts":
            return self._read_drafts(ident)
        read_at = self._ctx.clock()
        try:
            page = self._reader.one(kind, f"/v1/{kind}s/{ident}", **_EXPAND.get(kind, {}))
        except NotFound:
            return [Page(kind, read_at, [b""], [{"object": kind, "id": ident, "deleted": True}], False)]
        if kind == "invoice":
            complete(self._reader, page)
        return [page]

    def _read_drafts(self, customer: str) -> list[Page]:
        try:
            pages = self._reader.every("invoice", "/v1/invoices", customer=customer, status="draft")
        except (NotFound, Refused):
            return []  # deleted: what we know of it stays
        for page in pages:
            complete(self._reader, page)
        return pages

    def _write(self, some: list[_Asked]) -> list[Target]:
        """Store some dozens together; what they ask for in turn. Where one of them cannot be stored, each alone."""
        came = [(target, found) for target, found in some if found is not None]
        try:
            more = self._store([found for _, found in came])
        except Exception as trouble:
            if not aside.at_fault(trouble):
                raise
            if len(came) > 1:
                return [more for each in came for more in self._write([each])]
            self._set_aside(came[0][0], trouble)
            return []
        self._stored.update(target for target, _ in came)
        return more

    def _store(self, some: list[_Found]) -> list[Target]:
        pages = [page for found in some if isinstance(found, list) for page in found]
        bills = [obj for page in pages if page.kind == "invoice" for obj in page.found]
        people = [obj["id"] for page in pages if page.kind == "customer" for obj in page.found]
        with state.writing(self._ctx) as conn:
            before = account.statuses(conn, bills)
            store.put_all(conn, [each for page in pages for each in page.shaped(self._ctx.settings)])
            ledgers.put(conn, [found for found in some if isinstance(found, tuple)])
            return account.moved_by(bills, before) + account.behind(conn, people)

    def _set_aside(self, target: Target, trouble: Exception) -> None:
        # The type alone is logged: a message may hold a name.
        _log.error("sync: %s %s cannot be stored: %s", *target, type(trouble).__name__)
        self._unfit.add(target)

    def _note_unfit(self) -> None:
        with reading(self._ctx.engine) as conn:
            known = aside.known(conn)
        now = (known - self._stored) | self._unfit
        if now != known:
            with state.writing(self._ctx) as conn:
                aside.keep(conn, now)
