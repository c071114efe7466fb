package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkTypeTest {
    /** Source: https://www.tcpdump.org/linktypes.html. */
    @ParameterizedTest
    @CsvSource({
        "EN10MB,1,14",
        "RAW,101,0",
        "LINUX_SLL,113,16",
        "LINUX_SLL2,276,20",
        "NULL,0,4",
        "LOOP,108,4",
        "IEEE802_11,105,-1",
        "IEEE802_11_RADIO,127,-1"
    })
    void hasANumberAndAHeaderLength(LinkType type, int number, int headerLength) {
        assertEquals(number, type.number());
        assertEquals(headerLength, type.headerLength());
        assertEquals(Optional.of(type), LinkType.ofNumber(number));
    }

    @ParameterizedTest
    @CsvSource({"12,RAW", "14,RAW", "228,RAW", "229,RAW"})
    void otherNumbersForRawIp(int number, LinkType type) {
        assertEquals(Optional.of(type), LinkType.ofNumber(number));
    }

    @ParameterizedTest
    @CsvSource({
        "EN10MB,EN10MB",
        "ethernet,EN10MB",
        "Ether,EN10MB",
        "linux_sll2,LINUX_SLL2",
        "null,NULL",
        "radiotap,IEEE802_11_RADIO"
    })
    void isFoundByName(String name, LinkType type) {
        assertEquals(Optional.of(type), LinkType.of(name));
    }

    @Test
    void othersAreNotKnown() {
        assertEquals(Optional.empty(), LinkType.of("IEEE802_15_4_WITHFCS"));
        assertEquals(Optional.empty(), LinkType.ofNumber(195));
        assertEquals(Optional.empty(), LinkType.ofNumber(-1));
    }
}
