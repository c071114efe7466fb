package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.headers.HeaderUse;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderUseTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing                    | ret #-1                              | false | false | false",
                "the length, of IPv4 alone  | ldh [4]; ret a                       | true  | false | false",
                "the payload                | ld [8]; ret a                        | false | false | false",
                "the length by extension    | ld len; ret a                        | false | false | false",
                "the source port            | ldh [0]; ret a                       | true  | false | false",
                "its last byte              | ldb [1]; ret a                       | true  | false | false",
                "the destination port       | ldh [2]; ret a                       | false | true  | false",
                "its last byte and more     | ldh [3]; ret a                       | true  | true  | false",
                "bytes of both ports        | ldh [1]; ret a                       | true  | true  | false",
                "both ports                 | ld [0]; ret a                        | true  | true  | false",
                "a nibble of the first byte | ldxb 4*([0]&0xf); ret #-1            | true  | false | false",
                "where X says               | ldx #1; ldb [x + 8]; ret a           | true  | true  | false",
                "in dead code               | ja go; ldh [0]; ret a; go: ret #-1   | true  | false | false",
                "the IP header              | ldb [0xfff00000]; rsh #4; ret a      | true  | true  | true",
                "the protocol               | ld proto; ret a                      | true  | true  | true",
            })
    void whatIsReadOfTheHeaders(String what, String program, boolean sender, boolean recipient, boolean ip) {
        HeaderUse use = HeaderUse.of(Program.parse(program.replace("; ", "\n")));
        assertEquals(List.of(sender, recipient, ip), List.of(use.sender(), use.recipient(), use.ip()), what);
    }
}
