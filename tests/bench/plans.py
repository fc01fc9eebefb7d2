"""What a database does for a question: its statements with their values, how long each takes, and its plan."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.bench.asked import Question


def explain(questions: Iterable[Question]) -> None:
    """Print the statements of these questions and their plans, whatever engine they ask."""
    heard: list[tuple[Engine, str, Any]] = []

    def hear(conn: Connection, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.startswith(("SELECT", "WITH")):
            heard.append((conn.engine, statement, values))

    event.listen(Engine, "before_cursor_execute", hear)
    for question in questions:
        question.ask()
        heard.clear()
        began = time.perf_counter()
        question.ask()
        sys.stdout.write(f"\n== {question.name}: {(time.perf_counter() - began) * 1000:.2f} ms\n")
        said = heard.copy()
        for engine, statement, values in said:
            sys.stdout.write(f"{statement}\n{values}\n{_plan(engine, statement, values)}\n\n")
    event.remove(Engine, "before_cursor_execute", hear)


def _plan(engine: Engine, statement: str, values: Any) -> str:
    how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
    with engine.connect() as conn:
        began = time.perf_counter()
        conn.exec_driver_sql(statement, values).all()
        took = (time.perf_counter() - began) * 1000
        lines = [str(row[-1]) for row in conn.exec_driver_sql(f"{how} {statement}", values)]
    return "\n".join([f"-- {took:.2f} ms", *(f"--   {line}" for line in lines)])
