"""A list leaves the real server: through Streamlit's own layers, to the browser that asked and to nobody else."""

from __future__ import annotations

import gzip
from http.client import HTTPConnection

import pytest

from lib.actions import exports
from lib.people import who
from tests.door.conftest import House

pytestmark = pytest.mark.slow
HEADINGS = b"\xef\xbb\xbfCustomer ID,Customer,"


def path_for(house: House, cookies: dict[str, str]) -> str:
    person = who(house.ctx.engine, cookies["payerdesk"], house.ctx.now)
    return f"/download/{exports.ticket(house.ctx.as_actor(person), 'balances')}"


def test_a_list_goes_once_to_whoever_asked_for_it(house: House) -> None:
    cookies = house.signed_in(house.add("taker", "viewer"))
    path = path_for(house, cookies)
    assert house.ask("GET", path).status_code == 401
    assert house.ask("HEAD", path, cookies=cookies).status_code == 405
    answer = house.ask("GET", path, cookies=cookies)
    assert (answer.status_code, answer.content.startswith(HEADINGS)) == (200, True)
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert house.ask("GET", path, cookies=cookies).status_code == 404


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_its_end_is_marked_and_its_length_is_not_promised(house: House, encoding: str) -> None:
    cookies = house.signed_in(house.add(f"reader-{encoding}", "viewer"))
    path = path_for(house, cookies)
    connection = HTTPConnection(house.url.removeprefix("http://"), timeout=10)
    connection.request(
        "GET", path, headers={"Cookie": f"payerdesk={cookies['payerdesk']}", "Accept-Encoding": encoding}
    )
    answer = connection.getresponse()
    assert (answer.getheader("Transfer-Encoding"), answer.getheader("Content-Length")) == ("chunked", None)
    content = answer.read()
    connection.close()
    assert (gzip.decompress(content) if encoding == "gzip" else content).startswith(HEADINGS)
