"""What the tests of several channels start from."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
import trustme
from aiohttp import ClientSession

from alertd.wire.session import http_session


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with http_session() as session:
        yield session


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The file that holds the channel's secret."""
    return tmp_path / "key"


@pytest.fixture
def put(key: Path) -> Callable[[str], int]:
    """Puts a secret into that file."""
    return key.write_text


@pytest.fixture
def certified(tmp_path: Path) -> Callable[[str], tuple[SSLContext, str]]:
    """Makes a server's certificate for a name, of an authority of our own, and the file that holds the authority's."""

    def certify(name: str) -> tuple[SSLContext, str]:
        authority = trustme.CA()
        context = SSLContext(PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        return context, str(tmp_path / "ca.pem")

    return certify
