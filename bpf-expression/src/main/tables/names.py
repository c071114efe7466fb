#!/usr/bin/env python3
"""Makes services.txt, iana-services.txt and protocols.txt of this module.

    names.py SERVICES PROTOCOLS IANA.csv FOLDER

SERVICES and PROTOCOLS are /etc/services and /etc/protocols of Debian's package netbase, IANA.csv is
https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.csv. A name gets the port and
the transports that getservbyname(3) gives libpcap: those of the first line that has it, as a name or an alias, for
each of tcp and udp. If the ports differ, libpcap takes the one for tcp. iana-services.txt has the registry's names
that Debian does not have.
"""
import csv
import re
import sys


def rows(path):
    for line in open(path, encoding="utf-8"):
        fields = line.split("#")[0].split()
        if fields:
            yield fields


def resolved(ports):
    """The transports of a name, by the rule of libpcap's pcap_nametoport()."""
    if "tcp" in ports and "udp" in ports and ports["tcp"] == ports["udp"]:
        return ports["tcp"], ["tcp", "udp"]
    for transport in ("tcp", "udp"):
        if transport in ports:
            return ports[transport], [transport]
    return None


def write(path, head, names):
    with open(path, "w", encoding="ascii") as out:
        out.write(head)
        for name, (port, transports) in sorted(names.items(), key=lambda item: (item[1][0], item[0])):
            out.write(" ".join([name, str(port)] + transports) + "\n")


def resolve(ports):
    found = {name: resolved(by) for name, by in ports.items()}
    return {name: value for name, value in found.items() if value}


def main(services, protocols, iana, folder):
    debian = {}
    for fields in rows(services):
        port, transport = fields[1].split("/")
        for name in [fields[0]] + fields[2:]:
            debian.setdefault(name, {}).setdefault(transport, int(port))
    registry = {}
    for row in csv.DictReader(open(iana, encoding="utf-8", newline="")):
        name = row["Service Name"].strip()
        if re.fullmatch("[A-Za-z0-9-]+", name) and row["Port Number"].isdigit() and name not in debian:
            registry.setdefault(name, {}).setdefault(row["Transport Protocol"], int(row["Port Number"]))
    write(
        folder + "/services.txt",
        "# Services: name, port, transports. As libpcap resolves them on Debian; made by src/main/tables/names.py.\n",
        resolve(debian))
    write(
        folder + "/iana-services.txt",
        "# More services, of IANA's registry, in the form of services.txt; made by src/main/tables/names.py.\n",
        resolve(registry))
    numbers = {}
    for fields in rows(protocols):
        for name in [fields[0]] + fields[2:]:
            numbers.setdefault(name, int(fields[1]))
    numbers.setdefault("icmp6", 58)
    with open(folder + "/protocols.txt", "w", encoding="ascii") as out:
        out.write("# IP protocols, by the numbers that IANA assigned, and their aliases; made by"
                  " src/main/tables/names.py.\n")
        for name, number in sorted(numbers.items(), key=lambda item: (item[1], item[0].lower(), item[0])):
            out.write(f"{name} {number}\n")


main(*sys.argv[1:])
