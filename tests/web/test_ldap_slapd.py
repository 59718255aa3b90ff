"""The same against OpenLDAP's own server, over TLS, where this machine has it (Debian: the package slapd)."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from spines.errors import Busy
from tests.ldap_directory import BASE, GROUPS, PEOPLE, READER, READS
from webapp.accounts.ldap import found_with
from webapp.serve.embedded import free_port

SLAPD = shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/openldap")
pytestmark = [pytest.mark.long, pytest.mark.skipif(SLAPD is None, reason="there is no slapd on this machine")]
PASSWORD = "what the directory knows"

CONFIGURATION = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
{modules}
pidfile {folder}/pid
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{base}"
directory {folder}/data
rootdn "{reader}"
rootpw "{reads}"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""

ENTRIES = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

dn: uid=olga,{PEOPLE}
objectClass: inetOrgPerson
uid: olga
cn: Olga Ladyzhenskaya
givenName: Olga
sn: Ladyzhenskaya
mail: olga@example.org
userPassword: {PASSWORD}

dn: cn=spines,{GROUPS}
objectClass: groupOfNames
cn: spines
member: uid=olga,{PEOPLE}
"""


def certify(folder: Path) -> None:
    """A certificate of this machine that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, Path]]:
    """Of a running slapd: with StartTLS, with TLS; and its certificate."""
    assert SLAPD is not None
    folder = tmp_path_factory.mktemp("slapd")
    (folder / "data").mkdir()
    certify(folder)
    root = Path(SLAPD).parents[2]
    schema = next(path for path in (root / "etc/ldap/schema", Path("/etc/openldap/schema")) if path.exists())
    modules = next((path for path in root.glob("usr/lib/ldap") if path.exists()), None)
    loaded = f"modulepath {modules}\nmoduleload back_mdb" if modules else ""
    facts = {
        "schema": schema,
        "modules": loaded,
        "folder": folder,
        "base": BASE,
        "reader": READER,
        "reads": f'"{READS}"',
    }
    configuration = folder / "slapd.conf"
    configuration.write_text(CONFIGURATION.format(**facts))
    (folder / "entries.ldif").write_text(ENTRIES)
    subprocess.run([SLAPD, "-T", "add", "-f", configuration, "-l", folder / "entries.ldif"], check=True)
    plain, tls = free_port(), free_port()
    urls = f"ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{tls}/"
    server = subprocess.Popen([SLAPD, "-d", "0", "-f", configuration, "-h", urls])
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", tls)) == 0:
                break
        time.sleep(0.1)
    yield plain, tls, folder / "cert.pem"
    server.terminate()
    server.wait()


@pytest.mark.parametrize("secure", [True, False])
def test_names_passwords_groups_and_certificates(ports: tuple[int, int, Path], settings: Any, secure: bool) -> None:
    plain, tls, certificate = ports
    settings.SPINULA_LDAP = given = {
        "urls": [f"ldaps://127.0.0.1:{tls}" if secure else f"ldap://127.0.0.1:{plain}"],
        "plain": False,
        "ca": str(certificate),
        "name": "the institute",
        "bind_dn": READER,
        "bind_password": READS,
        "people": PEOPLE,
        "filter": "(uid={name})",
        "groups": GROUPS,
    }
    entry, groups = found_with("Olga", PASSWORD)
    assert entry is not None
    assert (entry.first("mail"), entry.first("sn")) == ("olga@example.org", "Ladyzhenskaya")
    assert len(entry.uid) == 36, "its entryUUID"
    assert groups == [f"cn=spines,{GROUPS}"]
    for name, password in (("olga", "guess"), ("nobody", PASSWORD), ("*", PASSWORD), ("olga)(uid=*", PASSWORD)):
        assert found_with(name, password) == (None, [])
    given["bind_password"] = "changed meanwhile"
    with pytest.raises(Busy, match="does not answer as it should"):
        found_with("olga", PASSWORD)
    given |= {"bind_password": READS, "ca": None}
    with pytest.raises(Busy):  # a certificate that nobody vouches for
        found_with("olga", PASSWORD)
