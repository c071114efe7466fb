package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.examples.Namespaces.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server and the listener with ISC's dhclient, which waits for its leases. */
class DhclientTest {
    /** A lease file from which dhclient starts. */
    private static final String REMEMBERED = """
            lease {
              interface "v0";
              fixed-address 10.0.0.10;
              option subnet-mask 255.255.255.0;
              option dhcp-lease-time 12;
              option dhcp-server-identifier 10.0.0.1;
              renew 5 2037/01/01 00:00:00;
              rebind 5 2037/01/01 00:00:00;
              expire 5 2037/01/01 00:00:00;
            }
            """;

    @TempDir
    Path folder;

    /**
     * {@return the command of dhclient, with settings that make it ask again every second or two} The option -d keeps
     * it in the foreground.
     */
    private Program dhclient(Namespaces namespaces, Path script, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of("dhclient", "-4", "-d", "-v"));
        Path settings = Files.writeString(folder.resolve("settings"), "initial-interval 1; backoff-cutoff 2;\n");
        command.addAll(List.of("-cf", settings.toString()));
        command.addAll(List.of("-lf", folder.resolve("leases").toString()));
        command.addAll(List.of("-pf", folder.resolve("pid").toString(), "-sf", script.toString()));
        command.addAll(List.of(more));
        command.add("v0");
        return namespaces.start(Namespaces.CLIENT, command.toArray(String[]::new));
    }

    @Test
    void dhclientGetsAndRenewsAndRebindsALease() throws Exception {
        try (Namespaces namespaces = Namespaces.make("dhclient")) {
            Files.createFile(folder.resolve("leases"));
            Path script = DhcpNamespaceTest.script(folder);
            DhcpNamespaceTest.server(namespaces);
            Program listener = namespaces.example(Namespaces.SERVER, DhcpListener.class, "-i", "v0");
            Program client = dhclient(namespaces, script);
            client.await("BOUND 10.0.0.10");
            client.await("RENEW 10.0.0.10");
            listener.awaitMatch(
                    "ACK" + DhcpNamespaceTest.LEASE.replace(", address", ", current 10.0.0.10, address") + ", xid .*");
            String from = "client 02:00:00:00:00:01";
            assertEquals(
                    List.of(
                            "v0, filtered in KERNEL",
                            "DISCOVER, " + from,
                            "OFFER" + DhcpNamespaceTest.LEASE,
                            "REQUEST, " + from + ", requested 10.0.0.10, server 10.0.0.1",
                            "ACK" + DhcpNamespaceTest.LEASE,
                            "REQUEST, " + from + ", current 10.0.0.10",
                            "ACK" + DhcpNamespaceTest.LEASE.replace(", address", ", current 10.0.0.10, address")),
                    DhcpNamespaceTest.distinct(listener));

            // Now the client's unicasts do not reach the server: its kernel has a wrong hardware address.
            namespaces.run(Namespaces.CLIENT, "ip neighbour replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev v0");
            client.forget();
            client.await("DHCPREQUEST for 10.0.0.10 on v0 to 255.255.255.255 port 67");
            client.awaitMatch("(RENEW|REBIND) 10.0.0.10");
        }
    }

    @Test
    void dhclientRemembersItsAddressAndReleasesIt() throws Exception {
        try (Namespaces namespaces = Namespaces.make("dhclient")) {
            Path leases = Files.createFile(folder.resolve("leases"));
            Path script = DhcpNamespaceTest.script(folder);
            Program server = DhcpNamespaceTest.server(namespaces);
            Program first = dhclient(namespaces, script);
            first.awaitMatch("bound to 10.0.0.10 -- .*");
            first.kill();

            String from = "client 02:00:00:00:00:01";
            Files.writeString(leases, REMEMBERED);
            Program again = dhclient(namespaces, script);
            again.await("REBOOT 10.0.0.10");
            server.await("REQUEST, " + from + ", requested 10.0.0.10: ACK 10.0.0.10 for 12 s");
            again.kill();

            Files.writeString(leases, REMEMBERED);
            dhclient(namespaces, script, "-r").end(0);
            server.await("RELEASE, " + from + ", current 10.0.0.10, server 10.0.0.1: 10.0.0.10 is free");

            Files.writeString(leases, REMEMBERED.replace("10.0.0.10", "192.0.2.10"));
            Program moved = dhclient(namespaces, script);
            server.await("REQUEST, " + from + ", requested 192.0.2.10: NAK, 192.0.2.10 is of another network");
            moved.await("BOUND 10.0.0.10");
        }
    }
}
