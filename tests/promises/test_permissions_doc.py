"""docs/permissions.md is the table of roles.py in words, and is compared with it here."""

from __future__ import annotations

from pathlib import Path

from sessions_app.roles import ALLOWED, Deed, Role

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
WORDS = {
    Deed.SEE_CHAIRS: "see the chair board",
    Deed.RUN_SESSION: "start a session, record in it, correct an entry",
    Deed.SIGN_SESSION: "tick the discharge checks, sign, void a signature, amend",
    Deed.SEE_PATIENTS: "see patients, sessions and appointments",
    Deed.EDIT_PATIENT: "add a patient, change their details",
    Deed.BOOK: "book, move and cancel appointments",
    Deed.PRESCRIBE: "agree a course, answer eligibility, prescribe",
    Deed.HANDLE_CHECK_INS: "make check-in links, enter answers and scores, record or strike a look",
    Deed.SEE_ALERTS: "see alerts",
    Deed.HANDLE_ALERTS: "take, hand over and close alerts, log calls",
    Deed.SEE_TIMELINE: "see one patient's course over time",
    Deed.SEE_OUTCOMES: "see the clinic's outcomes (no names)",
    Deed.EXPORT_ROWS: "download sessions, answers and episodes as rows (ids, no names)",
    Deed.EXPORT_RESEARCH: "download the de-identified research export",
    Deed.WRITE_LETTERS: "write a letter or an evidence sheet about one patient",
    Deed.SEE_SAFETY: "see the clinic's safety overview (no names)",
    Deed.MANAGE_CLINIC: "change clinic details, chairs and help lines",
    Deed.MANAGE_STAFF: "add staff, change roles, reset passwords and PINs",
    Deed.SEE_AUDIT: "read the audit list",
    Deed.OWN_ACCOUNT: "own password and PIN",
}
TOP = """# Who may do what

Drawn from `sessions_app/roles.py`, the one table that menus, pages, the API and the tests read; a
test compares this page with it. To renew it: `python -m tests.promises.test_permissions_doc`.

Every right ends at the own clinic: another clinic's row answers 404, byte for byte like a missing
one. Somebody who left, and somebody who is not signed in, may do nothing: pages lead to the log-in,
the API answers 401. A view that names no deed lets nobody in.

"""
BOTTOM = """
A patient has no account. A check-in link opens one check-in, shows no history and no name, and ends
with its window.

What each address answers to each role, by method, is in `tests/promises/authorisation.csv`. The
tests walk every address of the program and compare; an address without a row fails them.
"""


def document() -> str:
    """The whole page."""
    head = ["deed", *Role, "in words"]
    lines = [" | ".join(head), " | ".join(["---", *[":-:"] * len(Role), "---"])]
    for deed in Deed:
        marks = ["yes" if role in ALLOWED[deed] else "–" for role in Role]
        lines.append(" | ".join([f"`{deed}`", *marks, WORDS[deed]]))
    return TOP + "\n".join(f"| {line} |" for line in lines) + "\n" + BOTTOM


def test_the_page_says_what_the_table_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "roles.py has changed. Run: python -m tests.promises.test_permissions_doc"
    )


def test_every_deed_has_its_words() -> None:
    assert set(WORDS) == set(Deed) == set(ALLOWED)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
