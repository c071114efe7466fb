package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.headers.HeaderUse;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderUseTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing | ret #-1 | false | false | false | false | false",
                "the length, of IPv4 alone | ldh [4]; ret a | true | false | false | false | true",
                "the payload | ld [8]; ret a | false | false | false | false | false",
                "the length by extension | ld len; ret a | false | false | false | false | false",
                "the source port | ldh [0]; ret a | true | false | false | false | false",
                "its last byte | ldb [1]; ret a | true | false | false | false | false",
                "the destination port | ldh [2]; ret a | false | true | false | false | false",
                "its last byte and more | ldh [3]; ret a | true | true | false | false | true",
                "bytes of both ports | ldh [1]; ret a | true | true | false | false | false",
                "both ports | ld [0]; ret a | true | true | false | false | false",
                "a nibble of the first byte | ldxb 4*([0]&0xf); ret #-1 | true | false | false | false | false",
                "where X says | ldx #1; ldb [x + 8]; ret a | true | true | false | false | false",
                "in dead code | ja go; ldh [0]; ret a; go: ret #-1 | true | false | false | false | false",
                "the IP header | ldb [0xfff00000]; rsh #4; ret a | true | true | true | true | false",
                "its addresses alone | ld [0xfff0000c]; ret a | true | true | true | false | false",
                "what the packet says | ldb [8]; tax; ldb [x + 0]; ret a | true | true | false | false | true",
                "and the protocol | ld proto; ldb [8]; tax; ldb [x + 0]; ret a | true | true | true | false | true",
                "beyond the length | ldb [8]; tax; ldb [x + 6]; ret a | true | true | false | false | false",
                "the protocol | ld proto; ret a | true | true | true | false | false",
            })
    void whatIsReadOfTheHeaders(
            String what,
            String program,
            boolean sender,
            boolean recipient,
            boolean ip,
            boolean version,
            boolean length) {
        HeaderUse use = HeaderUse.of(Program.parse(program.replace("; ", "\n")));
        assertEquals(new HeaderUse(sender, recipient, ip, version, length), use, what);
    }
}
