package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The extensions nla and nlan, by the rules of {@code nla_ok}, {@code nla_next} and {@code bpf_skb_get_nlattr*}. */
class NetlinkAttributesTest {
    private static final int BEFORE = 4;

    /**
     * Packets of four bytes and attributes. An attribute is {@code length:type}, the length in its header, and after a
     * plus sign the number of bytes that follow the header.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "the first attribute                  | nla  | 4  | 1 | 8:1+4 4:2+0            | 4",
                "the last one fills the packet        | nla  | 4  | 2 | 8:1+4 4:2+0            | 12",
                "a payload fills the packet           | nla  | 4  | 2 | 8:1+4 9:2+5            | 12",
                "a payload ends after the packet      | nla  | 4  | 2 | 8:1+4 9:2+4            | 0",
                "the first one ends after the packet  | nla  | 4  | 1 | 9:1+4                  | 0",
                "attributes are aligned to 4          | nla  | 4  | 2 | 5:1+4 4:2+0            | 12",
                "unaligned, without padding           | nla  | 4  | 2 | 5:1+1                  | 0",
                "another type                         | nla  | 4  | 3 | 8:1+4 4:2+0            | 0",
                "a length below that of a header      | nla  | 4  | 1 | 3:1+0                  | 0",
                "after a length below                 | nla  | 4  | 2 | 3:1+0 4:2+0            | 0",
                "a length of 0 ends the search        | nla  | 4  | 2 | 0:1+0 4:2+0            | 0",
                "the flags of a type do not count     | nla  | 4  | 1 | 4:49153+0              | 4",
                "flags that are searched for          | nla  | 4  | 49153 | 4:49153+0          | 0",
                "less than a header is left           | nla  | 4  | 2 | 4:1+3                  | 0",
                "the start may be the last header     | nla  | 12 | 2 | 8:1+4 4:2+0            | 12",
                "the start is too near the end        | nla  | 13 | 2 | 8:1+4 4:2+0            | 0",
                "the start is after the end           | nla  | 17 | 2 | 8:1+4 4:2+0            | 0",
                "the start is negative                | nla  | -4 | 2 | 8:1+4 4:2+0            | 0",
                "nested, the first one                | nlan | 4  | 1 | 12:9+0 8:1+4           | 8",
                "nested, the last one fills its parent| nlan | 4  | 2 | 12:9+0 4:1+0 4:2+0     | 12",
                "nested, not after the parent         | nlan | 4  | 2 | 8:9+0 4:1+0 4:2+0      | 0",
                "nested, longer than the parent       | nlan | 4  | 1 | 8:9+0 8:1+4            | 0",
                "the parent fills the packet          | nlan | 4  | 1 | 8:9+0 4:1+0            | 8",
                "the parent ends after the packet     | nlan | 4  | 1 | 9:9+0 4:1+0            | 0",
                "the parent is shorter than a header  | nlan | 4  | 1 | 3:9+0 4:1+0            | 0",
                "the parent has no header             | nlan | 13 | 1 | 8:9+0 4:1+0            | 0",
            })
    void searchEndsWhereTheKernelEndsIt(
            String rule, String extension, int start, int type, String attributes, int offset) {
        Program program = Program.parse("ldx #" + type + "\nld #" + start + "\nld " + extension + "\nret a");
        Packet packet = Packet.of(packet(attributes));
        assertEquals(offset, Filter.interpret(program).run(packet));
        assertEquals(offset, Filter.compile(program).run(packet));
    }

    private static byte[] packet(String attributes) {
        ByteBuffer bytes =
                ByteBuffer.allocate(100).order(ByteOrder.nativeOrder()).position(BEFORE);
        for (String attribute : attributes.split(" ", -1)) {
            String[] fields = attribute.split("[:+]", -1);
            bytes.putShort((short) Integer.parseInt(fields[0]));
            bytes.putShort((short) Integer.parseInt(fields[1]));
            bytes.put(new byte[Integer.parseInt(fields[2])]);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "2", "3"})
    void aPacketMayBeShorterThanAHeader(int length) {
        for (String extension : new String[] {"nla", "nlan"}) {
            Program program = Program.parse("ld " + extension + "\nret a");
            assertEquals(0, Filter.interpret(program).run(Packet.of(new byte[length])));
        }
    }
}
