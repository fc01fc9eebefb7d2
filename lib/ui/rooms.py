"""The pages that there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """One page: its file and address, what the menu says, and the permission it takes."""

    path: str
    title: str
    icon: str
    group: str = "Practice"
    needs: str = "look"
    listed: bool = True
    file: str = ""

    @property
    def script(self) -> str:
        return f"../../pages/{self.file or self.path.replace('-', '_')}.py"


ROOMS = (
    Room("", "Overview", "monitoring", file="overview"),
    Room("organisations", "Organisations", "domain"),
    Room("patients", "Patients", "group"),
    Room("invoices", "Invoices", "receipt_long"),
    Room("drafts", "Drafts", "edit_note"),
    Room("balances", "Balances", "account_balance_wallet"),
    Room("remittances", "Remittances", "payments"),
    Room("reminders", "Chasing", "notifications_active"),
    Room("customer", "Account", "person", listed=False),
    Room("invoice", "Invoice", "receipt", listed=False),
    Room("new-invoice", "New invoice", "note_add", listed=False),
    Room("needs-your-eye", "Needs your eye", "visibility", group="Office"),
    Room("activity", "Activity", "history", group="Office"),
    Room("settings", "Settings", "settings", group="Office", needs="settings"),
)
