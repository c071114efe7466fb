package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.examples.Namespaces.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server and the listener with the clients that people use, but for ISC's dhclient: see {@link DhclientTest}. */
class DhcpNamespaceTest {
    private static final Path SCRIPT = Path.of("src/test/resources/io/github/nettybpf/examples/dhcp-client.sh");
    static final String LEASE = ", client 02:00:00:00:00:01, address 10.0.0.10, lease 12 s, server 10.0.0.1";

    @TempDir
    Path folder;

    static Program server(Namespaces namespaces) throws IOException, InterruptedException {
        return namespaces.example(Namespaces.SERVER, DhcpServer.class, arguments());
    }

    /** {@return the arguments of a server at 10.0.0.1 with three addresses, for 12 s each} */
    static String[] arguments(String... more) {
        List<String> arguments = new ArrayList<>(List.of("-i", "v0", "--address", "10.0.0.1/24"));
        arguments.addAll(List.of("--pool", "10.0.0.10-10.0.0.12", "--lease", "12"));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    private Path script() throws IOException {
        return script(folder);
    }

    /** {@return a copy of dhcp-client.sh in the folder, which can be executed} */
    static Path script(Path folder) throws IOException {
        Path script = folder.resolve("dhcp-client.sh");
        Files.copy(SCRIPT, script);
        if (!script.toFile().setExecutable(true)) {
            throw new IOException(script + " cannot be made executable");
        }
        return script;
    }

    @Test
    void udhcpcGetsAndRenewsAndReleasesALease() throws Exception {
        try (Namespaces namespaces = Namespaces.make("udhcpc")) {
            Program server = server(namespaces);
            Program listener = namespaces.example(Namespaces.SERVER, DhcpListener.class, "-i", "v0");
            Program client = namespaces.start(
                    Namespaces.CLIENT,
                    "udhcpc",
                    "-f",
                    "-i",
                    "v0",
                    "-s",
                    script().toString(),
                    "-x",
                    "hostname:a\u001b[2Jb\n\"c");
            client.await("bound 10.0.0.10");
            client.signal("USR1");
            client.await("renew 10.0.0.10");
            client.signal("USR2");
            listener.awaitMatch("RELEASE, .*");
            server.awaitMatch("RELEASE, .*");

            String name = ", hostname \"a\\x1b[2Jb\\x0a\\\"c\"";
            String from = ", client 02:00:00:00:00:01";
            assertEquals(
                    List.of(
                            "v0, filtered in KERNEL",
                            "DISCOVER" + from + name,
                            "OFFER" + LEASE,
                            "REQUEST" + from + name + ", requested 10.0.0.10, server 10.0.0.1",
                            "ACK" + LEASE,
                            "REQUEST" + from + name + ", current 10.0.0.10",
                            "ACK" + LEASE.replace(", address", ", current 10.0.0.10, address"),
                            "RELEASE" + from + ", current 10.0.0.10, server 10.0.0.1"),
                    distinct(listener));
            assertEquals(
                    List.of(
                            "leases are kept in memory only (--leases FILE keeps them)",
                            "v0, filtered in KERNEL",
                            "DISCOVER" + from + name + ": OFFER 10.0.0.10 for 12 s",
                            "REQUEST" + from + name + ", requested 10.0.0.10, server 10.0.0.1: ACK 10.0.0.10 for 12 s",
                            "REQUEST" + from + name + ", current 10.0.0.10: ACK 10.0.0.10 for 12 s",
                            "RELEASE" + from + ", current 10.0.0.10, server 10.0.0.1: 10.0.0.10 is free"),
                    distinct(server));
        }
    }

    /** {@return the lines without repetitions}: a client whose answer takes more than a second asks again. */
    static List<String> distinct(Program program) {
        return program.lines().stream()
                .map(line -> line.replaceFirst(", xid .*", ""))
                .distinct()
                .toList();
    }

    @Test
    void udhcpcDeclinesAnAddressInUse() throws Exception {
        try (Namespaces namespaces = Namespaces.make("udhcpc")) {
            namespaces.run(Namespaces.SERVER, "ip address add 10.0.0.10/24 dev v0");
            Program server = server(namespaces);
            String[] command = {"udhcpc", "-f", "-a", "-B", "-i", "v0", "-s", script().toString()};
            Program first = namespaces.start(Namespaces.CLIENT, command);
            server.await("DECLINE, client 02:00:00:00:00:01, requested 10.0.0.10, server 10.0.0.1:"
                    + " 10.0.0.10 is in use, kept back");
            first.kill();
            namespaces.start(Namespaces.CLIENT, command).await("bound 10.0.0.11");
        }
    }

    @Test
    void junkOnTheWireStopsNoExample() throws Exception {
        try (Namespaces namespaces = Namespaces.make("arping", "udhcpc")) {
            Program server = server(namespaces);
            Program dhcp = namespaces.example(Namespaces.SERVER, DhcpListener.class, "-i", "v0");
            Program arp = namespaces.example(Namespaces.SERVER, ArpListener.class, "-i", "v0");
            namespaces
                    .example(Namespaces.CLIENT, JunkFrames.class, "v0", "10000")
                    .end(0);
            // Asks every second: what is sent while the listener has junk to read may be lost.
            namespaces.start(Namespaces.CLIENT, "arping", "-D", "-c", "100", "-I", "v0", "10.0.0.99");
            namespaces.start(Namespaces.CLIENT, "udhcpc", "-f", "-i", "v0", "-s", "/bin/true", "-x", "hostname:after");
            server.awaitMatch("DISCOVER, client 02:00:00:00:00:01, hostname \"after\": .*");
            dhcp.awaitMatch("DISCOVER, client 02:00:00:00:00:01, hostname \"after\", xid .*");
            arp.await("probe: who has 10.0.0.99? asks 02:00:00:00:00:01");
            for (Program program : List.of(server, dhcp, arp)) {
                List<String> lines = program.lines();
                assertTrue(lines.size() > 1000, () -> lines.size() + " lines of " + program);
                for (String line : lines) {
                    boolean fine = line.matches("[ -~]+") && !line.contains("Exception") && !line.contains("LEAK");
                    assertTrue(fine, line);
                }
            }
        }
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        try (Namespaces namespaces = Namespaces.make()) {
            Program server = server(namespaces);
            String valid = " --address 10.0.0.1/24 --pool 10.0.0.10-10.0.0.12";
            for (String[] wrong : new String[][] {
                {
                    "1",
                    "-i v0 --address 10.0.0.2/24 --pool 10.0.0.10-10.0.0.12",
                    "address 10\\.0\\.0\\.2/24 \\(expected: one of interface v0, which has .*10\\.0\\.0\\.1/24\\)"
                },
                {"1", "-i v0" + valid, "port 67 of 10\\.0\\.0\\.1: .*Address already in use.*"},
                {"1", "-i lo" + valid, "interface \"lo\" \\(expected: one with an Ethernet address\\)"},
                {"1", "-i v9" + valid, "interface \"v9\" \\(expected: one with an Ethernet address\\)"},
                {
                    "1",
                    "-i v0" + valid + " --leases /nowhere/leases",
                    "leases: .*NoSuchFileException: /nowhere/leases\\.new"
                },
                {"2", "v0", "Missing required options: .*"},
                {
                    "2",
                    "-i v0 --address 10.0.0.1 --pool 10.0.0.10-10.0.0.12",
                    "Invalid value for option '--address': \"10\\.0\\.0\\.1\" \\(expected: ADDRESS/PREFIX, .*"
                },
                {"2", "-i v0" + valid + " --lease 3", "lease of 3 seconds \\(expected: 4\\.\\.2147483647\\)"},
            }) {
                Program program = namespaces.java(Namespaces.SERVER, DhcpServer.class, wrong[1].split(" ", -1));
                program.awaitMatch(wrong[2]);
                program.end(Integer.parseInt(wrong[0]));
            }
            server.interrupt();
        }
    }

    @Test
    void dhcpcdGetsAndRenewsALease() throws Exception {
        assumeTrue(
                "root".equals(System.getProperty("user.name")),
                "dhcpcd changes its user, and a namespace of an ordinary user has but one (expected: root)");
        try (Namespaces namespaces = Namespaces.make("dhcpcd")) {
            Program server = server(namespaces);
            Path settings = Files.writeString(folder.resolve("dhcpcd.conf"), "noarp\nduid\n");
            namespaces.start(
                    Namespaces.CLIENT,
                    "dhcpcd",
                    "-4",
                    "-B",
                    "--config",
                    settings.toString(),
                    "--script",
                    "/bin/true",
                    "v0");
            server.awaitMatch("DISCOVER, client 02:00:00:00:00:01.*: OFFER 10.0.0.10 for 12 s");
            server.awaitMatch("REQUEST, client 02:00:00:00:00:01.*, requested 10.0.0.10, .*: ACK 10.0.0.10 for 12 s");
            server.awaitMatch("REQUEST, client 02:00:00:00:00:01.*, current 10.0.0.10.*: ACK 10.0.0.10 for 12 s");
        }
    }

    @Test
    void nmapFindsTheServer() throws Exception {
        try (Namespaces namespaces = Namespaces.make("nmap")) {
            namespaces.example(
                    Namespaces.SERVER,
                    DhcpServer.class,
                    arguments("--router", "10.0.0.1", "--dns", "8.8.8.8,9.9.9.9", "--domain", "lab.example"));
            namespaces.run(Namespaces.CLIENT, "ip address add 10.0.0.200/24 dev v0");
            Program nmap =
                    namespaces.start(Namespaces.CLIENT, "nmap", "--script", "broadcast-dhcp-discover", "-e", "v0");
            for (String line : List.of(
                    "IP Offered: 10.0.0.10",
                    "DHCP Message Type: DHCPOFFER",
                    "Server Identifier: 10.0.0.1",
                    "Subnet Mask: 255.255.255.0",
                    "Router: 10.0.0.1",
                    "Domain Name Server: 8.8.8.8, 9.9.9.9",
                    "Domain Name: lab.example")) {
                nmap.awaitMatch(".*" + line + "\\W*");
            }
        }
    }
}
