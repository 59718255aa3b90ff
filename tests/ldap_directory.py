"""A small LDAP directory on this machine, in the protocol's own encoding: simple binds, and searches by equality."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ldap3.protocol import rfc4511 as ldap
from pyasn1.codec.ber import encoder

BASE = "dc=example,dc=org"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
READER, READS = f"cn=reader,{BASE}", "reads all"
Attributes = dict[str, list[str]]


class Directory:
    """Entries by DN, each with its password, and the names that were asked with which password."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.entries: dict[str, Attributes] = {}
        self.passwords = {READER: READS}
        self.binds: list[str] = []

    def add(self, uid: str, password: str, **attributes: list[str]) -> None:
        dn = f"uid={uid},{PEOPLE}"
        self.entries[dn] = {"uid": [uid], "entryUUID": [f"uuid of {uid}"]} | attributes
        self.passwords[dn] = password

    def bind(self, dn: str, password: str) -> int:
        self.binds.append(dn)
        return 0 if dn in self.passwords and self.passwords[dn] == password else 49

    def found(self, base: str, sought: tuple[int, bytes]) -> list[tuple[str, Attributes]]:
        return [each for each in self.entries.items() if each[0].endswith(base) and matches(sought, each[1])]


def parts_of(told: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each value that stands in these bytes (BER, lengths of up to four bytes)."""
    found = []
    while told:
        tag, length, at = told[0], told[1], 2
        if length & 0x80:
            at = 2 + (length & 0x7F)
            length = int.from_bytes(told[2:at])
        if len(told) < at + length:
            raise IndexError("the rest is on its way")
        found.append((tag, told[at : at + length]))
        told = told[at + length :]
    return found


def matches(sought: tuple[int, bytes], entry: Attributes) -> bool:
    """Whether an entry is what a filter of the protocol asks for: and, or, equality, presence."""
    kind, value = sought
    if kind in (0xA0, 0xA1):
        return (all if kind == 0xA0 else any)(matches(each, entry) for each in parts_of(value))
    if kind == 0xA3:
        name, asked = (each.decode() for _, each in parts_of(value))
        return any(asked.lower() == held.lower() for held in entry.get(name, []))
    return kind == 0x87 and value.decode() in entry


class Talk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        waiting = b""
        while piece := self.request.recv(65536):
            waiting += piece
            with suppress(IndexError):
                for _, message in parts_of(waiting):
                    (_, number), (kind, asked), *_ = parts_of(message)
                    self.answer(int.from_bytes(number), kind, asked)
                waiting = b""

    def answer(self, number: int, kind: int, asked: bytes) -> None:
        directory: Directory = self.server.directory  # type: ignore[attr-defined]
        if kind == 0x60:
            _, (_, dn), (_, password) = parts_of(asked)
            self.send(number, "bindResponse", ldap.BindResponse(), directory.bind(dn.decode(), password.decode()))
        elif kind == 0x63:
            (_, base), _, _, (_, most), _, _, sought, *_ = parts_of(asked)
            for found, attributes in directory.found(base.decode(), sought)[: int.from_bytes(most)]:
                self.send_entry(number, found, attributes)
            self.send(number, "searchResDone", ldap.SearchResultDone(), 0)
        elif kind == 0x77:
            self.send(number, "extendedResp", ldap.ExtendedResponse(), 2)  # no TLS here

    def send(self, asked: int, kind: str, told: Any, code: int) -> None:
        told["resultCode"] = code
        told["matchedDN"] = ldap.LDAPDN("")
        told["diagnosticMessage"] = ldap.LDAPString("")
        self.write(asked, kind, told)

    def send_entry(self, asked: int, dn: str, attributes: Attributes) -> None:
        told = ldap.SearchResultEntry()
        told["object"] = ldap.LDAPDN(dn)
        held = ldap.PartialAttributeList()
        for at, (name, values) in enumerate(attributes.items()):
            one = ldap.PartialAttribute()
            one["type"] = ldap.AttributeDescription(name)
            one["vals"] = ldap.Vals()
            for place, value in enumerate(values):
                one["vals"][place] = ldap.AttributeValue(value.encode())
            held[at] = one
        told["attributes"] = held
        self.write(asked, "searchResEntry", told)

    def write(self, asked: int, kind: str, told: Any) -> None:
        message = ldap.LDAPMessage()
        message["messageID"] = asked
        message["protocolOp"] = ldap.ProtocolOp().setComponentByName(kind, told)
        self.request.sendall(encoder.encode(message))


@contextmanager
def serving() -> Iterator[Directory]:
    """A directory while the block runs."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = True
    server.directory = directory = Directory(f"ldap://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield directory
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
