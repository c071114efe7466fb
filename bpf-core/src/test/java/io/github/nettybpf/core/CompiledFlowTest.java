package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the compiler concludes about a packet's length, about offsets and about live registers holds on all paths. Each
 * row gives another verdict, or a load outside the packet, if one of the conclusions is wrong.
 */
class CompiledFlowTest {
    private static final String ENDS = "\nno: ret #0\nyes: ret #1";

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "starts with a jump            | ja l; l: ldb [0]; ret a                            | 05     | 5",
                "too short after a comparison  | ld len; jge #9, s, no; s: ldb [5]; jeq #7, yes, no | 000000 | 0",
                "join, the longer path is last | ldb [0]; jeq #1, l, s; s: jeq #2, yes, j; l: ldb [9]; j: ldb [9]; ret a | 0000 | 0",
                "too short for a header length | ldb [0]; jeq #1, s, z; s: ldxb 4*([3]&0xf); txa; jeq #20, yes, z; z: ret #9 | 010000 | 0",
                "not too short without it      | ldb [0]; jeq #1, s, z; s: ldxb 4*([3]&0xf); txa; jeq #20, yes, z; z: ret #9 | 000000 | 9",
                // Offsets at which bytes of the packet must not be read.
                "X and a negative offset       | ldxb 4*([0]&0xf); ldb [x + 0xffffffe0]; ret #1     | 00     | 0",
                "X and an offset wrap around   | ldxb 4*([0]&0xf); ldb [x + 0x7fffffff]; ret #1     | 0f     | 0",
                "a second test after that      | ldb [0]; jeq #0, s, no; s: ldxb 4*([0]&0xf); ldb [x + 0x7fffffff]; jeq #2, yes, no | 00 | 0",
                "a second test of the network  | ldb [0]; jeq #1, s, no; s: ldb [0xfff00000]; jeq #1, yes, no | 01 | 1",
                "a second test of a whole word | ldb [0]; jeq #0, s, no; s: ldxb 4*([0]&0xf); ld [x + 1]; jgt #5, yes, no | 00ffffffff | 1",
                // The last test leaves A or X to what follows it.
                "A is the verdict              | ldb [0]; jeq #1, s, no; s: ldb [1]; jeq #2, t, no; t: ret a | 0102 | 2",
                "A is the verdict later        | ldb [0]; jeq #1, s, no; s: ldb [1]; jeq #2, t, no; t: ldx #0; ret a | 0102 | 2",
                "A differs between the paths   | ld len; jeq #3, t, s; s: ldb [1]; jeq #5, t, no; t: ret a | 0105 | 5",
                "X is the verdict              | ldb [0]; jeq #0x45, s, no; s: ldxb 4*([0]&0xf); ldb [1]; jeq #6, t, no; t: txa; ret a | 4506 | 20",
                "X is used on all paths        | ldb [0]; jeq #0x45, s, t; s: ldxb 4*([0]&0xf); ldb [1]; jeq #6, t, z; t: txa; ret a; z: txa; add #1; ret a | 4506 | 20",
                "an extension is told A        | ldb [0]; jeq #1, s, no; s: ldb [1]; jeq #2, t, no; t: ldx #4; ld xor_x; ret a | 0102 | 6",
                "an extension is told X        | ldb [0]; jeq #1, s, no; s: ldb [1]; tax; jeq #2, t, no; t: ld #4; ld xor_x; ret a | 0102 | 6",
                "A is the verdict of no device | ldb [0]; jeq #1, s, no; s: ldb [1]; jeq #2, t, no; t: ld ifidx; ret #5 | 0102 | 2",
                "no device before too short    | ld #7; ld ifidx; ldb [9]; ret #1                   | 00     | 7",
            })
    void conclusionsHoldOnAllPaths(String rule, String text, String hex, int verdict) {
        Program program = Program.parse(text.replace(';', '\n') + ENDS);
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertEquals(verdict, Filter.interpret(program).run(new UnixPacket(bytes)));
        Filter compiled = Filter.compile(program);
        assertEquals(verdict, compiled.run(new UnixPacket(bytes)));
        for (Packet packet : List.of(Packet.of(bytes), Packet.of(bytes, 0, bytes.length))) {
            assertEquals(Filter.interpret(program).run(packet), compiled.run(packet));
        }
    }
}
