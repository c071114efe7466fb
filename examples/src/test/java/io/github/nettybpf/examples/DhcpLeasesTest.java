package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DhcpLeasesTest {
    private static final Chaddr HARDWARE = Chaddr.of(new Mac(0x0200_0000_0001L));

    @TempDir
    Path folder;

    private DhcpLeases leases() {
        return new DhcpLeases(folder.resolve("leases"), () -> 1000);
    }

    @Test
    void readsWhatItWrote() throws IOException {
        DhcpPool.Lease first =
                new DhcpPool.Lease(Ip4.parse("10.0.0.10"), new DhcpClient(Optional.of("01aa"), HARDWARE), 61_000);
        DhcpPool.Lease second = new DhcpPool.Lease(
                Ip4.parse("10.0.0.11"), new DhcpClient(Optional.empty(), new Chaddr(32, 0, 0, 0)), 1000);
        assertEquals(List.of(), leases().read());
        leases().write(List.of(first, second));
        List<DhcpPool.Lease> read = leases().read();
        assertEquals(
                List.of(first.client(), second.client()),
                read.stream().map(DhcpPool.Lease::client).toList());
        assertEquals(
                List.of(first.address(), second.address()),
                read.stream().map(DhcpPool.Lease::address).toList());
        assertEquals(60_000, read.get(0).until() - read.get(1).until());
    }

    /** A server that is started again gives its clients their addresses, and no others. */
    @Test
    void aClientKeepsItsAddress() throws IOException {
        DhcpSettings settings = DhcpResponderTest.settings();
        DhcpPool first = new DhcpPool(settings.pool(), () -> 1000);
        DhcpResponder before = new DhcpResponder(settings, first, leases());
        before.answer(DhcpResponderTest.message("REQUEST 1 requested=10.0.0.11 server=10.0.0.1"), Ip4.ANY, true);

        DhcpPool second = new DhcpPool(settings.pool(), () -> 1000);
        second.restore(leases().read());
        DhcpResponder after = new DhcpResponder(settings, second, leases());
        assertEquals(
                "REQUEST, client 02:00:00:00:00:01, requested 10.0.0.11: ACK 10.0.0.11 for 60 s",
                after.answer(DhcpResponderTest.message("REQUEST 1 requested=10.0.0.11"), Ip4.ANY, true)
                        .line());
        assertEquals(
                "DISCOVER, client 02:00:00:00:00:02, requested 10.0.0.11: OFFER 10.0.0.10 for 60 s",
                after.answer(DhcpResponderTest.message("DISCOVER 2 requested=10.0.0.11"), Ip4.ANY, true)
                        .line());
    }

    @Test
    void aLeaseThatCannotBeWrittenIsNotGiven() throws IOException {
        DhcpSettings settings = DhcpResponderTest.settings();
        DhcpResponder responder = new DhcpResponder(settings, new DhcpPool(settings.pool(), () -> 1000), leases());
        Path blocked = Files.createDirectory(folder.resolve("leases.new"));
        DhcpResponder.Answer answer = responder.answer(
                DhcpResponderTest.message("REQUEST 1 requested=10.0.0.11 server=10.0.0.1"), Ip4.ANY, true);
        assertEquals(Optional.empty(), answer.reply());
        assertEquals(
                "REQUEST, client 02:00:00:00:00:01, requested 10.0.0.11, server 10.0.0.1: not answered, leases not written: "
                        + Printable.quoted("java.nio.file.FileSystemException: " + blocked + ": Is a directory"),
                answer.line());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "''",
        "x 10.0.0.10 1/020000000001 -",
        "2026-11-30T21:00:00Z 10.0.0 1/020000000001 -",
        "2026-11-30T21:00:00Z 10.0.0.10 020000000001 -",
        "2026-11-30T21:00:00Z 10.0.0.10 x/020000000001 -",
        "2026-11-30T21:00:00Z 10.0.0.10 1/0200000000 01 -",
        "2026-11-30T21:00:00Z 10.0.0.10 1/0102030405060708091011121314151617 -",
    })
    void refusesOtherLines(String line) throws IOException {
        Path file = Files.writeString(folder.resolve("leases"), line + "\n");
        assertEquals(
                file + ", line 1: " + Printable.quoted(line)
                        + " (expected: END ADDRESS HARDWARE-TYPE/ADDRESS CLIENT-ID)",
                assertThrows(IOException.class, () -> leases().read()).getMessage());
    }
}
