package io.github.nettybpf.examples.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DnsGuardTest {
    private static final String NAME = "076578616d706c65036f726700";

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a query for A | 1234 0100 0001 0000 0000 0000 NAME 0001 0001 | -1",
                "a query for AAAA with EDNS | 1234 0100 0001 0000 0000 0001 NAME 001c 0001 0000291000000000000000 | -1",
                "the root | 1234 0100 0001 0000 0000 0000 00 0002 0001 | -1",
                "ANY | 1234 0100 0001 0000 0000 0000 NAME 00ff 0001 | 0",
                "a response | 1234 8180 0001 0001 0000 0000 NAME 0001 0001 | 0",
                "another opcode | 1234 2800 0001 0000 0000 0000 NAME 0006 0001 | 0",
                "no question | 1234 0100 0000 0000 0000 0000 NAME 0001 0001 | 0",
                "two questions | 1234 0100 0002 0000 0000 0000 NAME 0001 0001 | 0",
                "class CH | 1234 0100 0001 0000 0000 0000 NAME 0010 0003 | 0",
                "a compressed name | 1234 0100 0001 0000 0000 0000 c00c 0001 0001 | 0",
                "a name without end | 1234 0100 0001 0000 0000 0000 07657861 | 0",
                "a question cut off | 1234 0100 0001 0000 0000 0000 NAME 0001 | 0",
                "a short header | 1234 0100 0001 | 0",
                "nothing | '' | 0",
            })
    void keepsOrDrops(String name, String datagram, int verdict) {
        String payload = datagram.replace("NAME", NAME).replace(" ", "");
        byte[] packet = HexFormat.of().parseHex("d6f6003500000000" + payload);
        assertEquals(verdict, Filter.of(DnsGuard.program()).run(Packet.of(packet)));
    }
}
