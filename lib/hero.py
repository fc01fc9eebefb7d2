"""The labels Hero writes into Stripe's metadata, read through a map that a practice can change, never written.

The labels are the ones Hero's help pages list; the literal keys of an account may be spelt otherwise ("patient_name",
"patientName"), so spelling, case and punctuation are ignored. Any of them may be missing: a practice can switch each
one off.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

DEFAULT_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "date_of_birth": "Date of birth",
    "mobile": "Mobile",
    "email": "Email",
    "postcode": "Postcode",
    "gender": "Gender",
    "registered_practitioner": "Registered practitioner",
    "reference": "Hero reference",
    "patient_name": "Patient name",
    "patient_email": "Patient email",
    "patient_mobile": "Patient mobile",
    "patient_postcode": "Patient postcode",
    "patient_gender": "Patient gender",
    "patient_practitioner": "Patient registered practitioner",
    "billing": "Invoice billing and collection",
    "location": "Appointment location",
    "practitioner": "Appointment practitioner",
}

_last: tuple[Mapping[str, str], dict[str, list[str]]] = {}, {}

# A customer that carries one of these was synced by Hero as a patient.
_MARKS_A_PATIENT = ("first_name", "last_name", "full_name", "date_of_birth", "registered_practitioner")


def read(metadata: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Hero's values by our word: {"full_name": "Ada Byrne", …}; words without a value are left out."""
    words = _known(labels) if metadata else {}
    return {word: value for key, value in metadata.items() if value for word in words.get(_fold(key), ())}


def _known(labels: Mapping[str, str]) -> dict[str, list[str]]:
    """`_words`, without looking at the labels each time: a process has one map of them, which nobody changes."""
    global _last
    last = _last
    if last[0] is not labels:
        _last = last = labels, _words(labels)
    return last[1]


def _words(labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Our words by folded label."""
    found: dict[str, list[str]] = {}
    for word, label in labels.items():
        found.setdefault(_fold(label), []).append(word)
    return found


def is_patient(metadata: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether Hero's labels on a customer say that this is a patient."""
    found = read(metadata, labels)
    return any(word in found for word in _MARKS_A_PATIENT)


@lru_cache(maxsize=4096)  # an account has a few dozen labels, and every customer and invoice carries them
def _fold(label: str) -> str:
    return "".join(char for char in label.casefold() if char.isalnum())
