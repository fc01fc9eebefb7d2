"""Every kind of change: the one list of the modules that hold them. Importing one makes its kinds known to the spine,
so that whoever finds a stored wish after a crash can drive it to its end.
"""

from __future__ import annotations

from lib.actions import (  # noqa: F401 - imported for the kinds that they register
    balances,
    consolidating,
    credit_notes,
    drafts,
    drafts_copy,
    drafts_edit,
    drafts_finalise,
    invoices,
    organisations,
    patients,
    payments,
    rebill_finish,
    rebilling,
    reminder_pauses,
    remittances,
    reversals,
    voiding,
)
