package io.github.nettybpf.examples;

import io.github.nettybpf.examples.Namespaces.Program;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipes of docs/cookbook.md that need addresses and ports of their own, with dig and with busybox's udhcpc. */
class CookbookNamespaceTest {
    @TempDir
    Path folder;

    @Test
    void addressesPortsLengthsAndDhcp() throws Exception {
        try (Namespaces namespaces = Namespaces.make("dig", "udhcpc")) {
            namespaces.run(Namespaces.SERVER, "ip address add 192.168.7.1/24 dev v0");
            Program servers = namespaces.java(Namespaces.SERVER, CookbookServers.class);
            servers.await("waiting for a DHCP client");
            Program client = namespaces.start(
                    Namespaces.CLIENT,
                    "udhcpc",
                    "-f",
                    "-q",
                    "-i",
                    "v0",
                    "-s",
                    DhcpNamespaceTest.script(folder).toString());
            client.await("bound 10.0.0.10");
            client.end(0);
            servers.end(0);
        }
    }
}
