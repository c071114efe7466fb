package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the compiler knows of the high bits of A and X decides whether it uses signed operations of the JVM. Each row
 * has a value whose highest bit is set, which a signed operation gets wrong, where one bit less would be known to be
 * enough.
 */
class CompiledArithmeticTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "load of a word          | ld [0]; div #3                                     | fffffffe | 0x55555554",
                "load of a half word     | ldh [0]; div #3                                    | fffe     | 0x5554",
                "indirect load           | ldx #0; ld [x + 0]; div #3                         | fffffffe | 0x55555554",
                "constant                | ld #0xfffffffe; div #3                             | ''       | 0x55555554",
                "add carries             | ld [0]; rsh #1; add #0x7fffffff; div #3            | ffffffff | 0x55555554",
                "add of a short constant | ld [0]; rsh #1; add #1; div #3                     | ffffffff | 0x2aaaaaaa",
                "sub borrows             | ldb [0]; sub #2; div #3                            | 00       | 0x55555554",
                "mul                     | ldh [0]; mul #0xffff; div #3                       | ffff     | 0x5554aaab",
                "or of a long constant   | ldb [0]; or #0xfffffff0; div #3                    | 0e       | 0x55555554",
                "or of a long value      | ld [0]; or #1; div #3                              | fffffffe | 0x55555555",
                "xor of a long constant  | ldb [0]; xor #0xfffffff0; div #3                   | 0e       | 0x55555554",
                "and of two long values  | ld [0]; and #0xfffffffe; div #3                    | ffffffff | 0x55555554",
                "lsh                     | ldh [0]; lsh #16; div #3                           | ffff     | 0x55550000",
                "lsh by one bit too many | ldh [0]; lsh #15; div #3                           | ffff     | 0x2aaa8000",
                "rsh by 0                | ld [0]; rsh #0; div #3                             | fffffffe | 0x55555554",
                "neg                     | ldb [0]; neg; div #3                               | 02       | 0x55555554",
                "div keeps the bits      | ld [0]; div #1; div #3                             | fffffffe | 0x55555554",
                "mod by a long constant  | ld [0]; mod #0xffffffff; div #3                    | fffffffe | 0x55555554",
                "sub with X              | ldb [0]; ldx #2; sub x; div #3                     | 00       | 0x55555554",
                "tax                     | ld [0]; tax; ldb [0]; txa; div #3                  | fffffffe | 0x55555554",
                "txa of the header length| ldxb 4*([0]&0xf); txa; div #3                      | 0f       | 20",
                "scratch into A          | ld [0]; st M[0]; ldb [0]; ld M[0]; div #3          | fffffffe | 0x55555554",
                "scratch into X          | ld [0]; st M[0]; ldxb 4*([0]&0xf); ldx M[0]; txa; div #3 | fffffffe | 0x55555554",
                "extension               | ldx #0xfffffff0; ldb [0]; ld xor_x; div #3         | 0e       | 0x55555554",
                "join, the first is long | ldb [0]; jeq #0xff, l, s; l: ld [0]; s: div #3     | fffffffe | 0x55555554",
                "join, the other is long | ld [0]; jge #2, l, s; s: ldb [0]; l: div #3        | fffffffe | 0x55555554",
                "mod                     | ld [0]; mod #3                                     | ffffffff | 0",
                "mod by a power of two   | ld [0]; mod #0x80000000                            | fffffffe | 0x7ffffffe",
                "div by a power of two   | ld [0]; div #0x80000000                            | fffffffe | 1",
                "div by a long constant  | ldb [0]; div #0xfffffff0                           | ff       | 0",
                "mod by a long constant  | ldb [0]; mod #0xfffffff0                           | ff       | 0xff",
                "div by X                | ld [0]; ldx #3; div x                              | fffffffe | 0x55555554",
                "mod by X                | ld [0]; ldx #0xffffffff; mod x                     | fffffffe | 0xfffffffe",
            })
    void operationsAreUnsigned(String rule, String program, String packet, String verdict) {
        Program parsed = Program.parse(program.replace(';', '\n') + "\nret a");
        Packet bytes = Packet.of(HexFormat.of().parseHex(packet));
        long expected = Long.decode(verdict);
        assertEquals(expected, Integer.toUnsignedLong(Filter.interpret(parsed).run(bytes)));
        assertEquals(expected, Integer.toUnsignedLong(Filter.compile(parsed).run(bytes)));
    }
}
