package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The option {@code --json}, whose members docs/tools.md lists. */
class JsonTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path directory;

    private static JsonNode tree(String json) throws IOException {
        return MAPPER.readTree(json.replace('\'', '"'));
    }

    private static JsonNode ran(int code, String... arguments) throws IOException {
        Command run = Command.run("", arguments);
        assertEquals(code, run.code(), run.err());
        assertEquals(1, run.out().lines().count(), run.out());
        return MAPPER.readTree(run.out());
    }

    /** Two packets, one of ARP, and the same file without its end. */
    private Path capture(int cut) throws IOException {
        byte[] arp = new byte[42];
        arp[12] = 8;
        arp[13] = 6;
        byte[] bytes = CaptureBytes.pcap()
                .record(1, 2, 42, arp)
                .record(3, 4, 60, new byte[60])
                .toByteArray();
        return Files.write(directory.resolve("two" + cut + ".pcap"), Arrays.copyOf(bytes, bytes.length - cut));
    }

    @Test
    void everyCharacterSurvives() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int c = 0; c < 0x250; c++) {
            all.append((char) c);
        }
        all.append("\ud83d\ude00\u2028");
        Json json = new Json()
                .put("text", all.toString())
                .put("list", List.of(1, true, "a"))
                .put("none", null)
                .put("third", 1 / 3.0);
        JsonNode read = MAPPER.readTree(json.toString());
        assertEquals(all.toString(), read.get("text").textValue());
        assertEquals(tree("[1,true,'a']"), read.get("list"));
        assertTrue(read.get("none").isNull());
        assertEquals(tree("0.333"), read.get("third"));
        assertTrue(json.toString().chars().allMatch(c -> c >= ' ' && c < 0x7f), json.toString());
        assertEquals(
                "no value of JSON: class java.lang.Object",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new Json().put("object", new Object()).toString())
                        .getMessage());
    }

    @Test
    void checkAccepted() throws IOException {
        ObjectNode checked =
                (ObjectNode) ran(0, "check", "--json", "ldb [1]\njeq #6, end\nld mark\nret a\nend: ret #7");
        JsonNode limit = checked.remove("optmemMax");
        assertTrue(limit.isNull() || limit.asLong() > 0, limit.toString());
        assertEquals(
                tree("{'accepted':true,'problem':null,'instructions':5,'packetBytes':2,'networkHeader':null,"
                        + "'linkLayerHeader':null,'extensions':[{'name':'mark','insn':2}],'verdicts':null,"
                        + "'placements':[],'refusedPlacements':"
                        + checked.get("refusedPlacements") + ",'kernelCost':" + checked.get("kernelCost") + "}"),
                checked);
        List<String> refused = new ArrayList<>();
        checked.get("refusedPlacements").fieldNames().forEachRemaining(refused::add);
        assertEquals(List.of("ETHERNET", "IP", "UDP_SOCKET", "PAYLOAD"), refused);
        assertEquals(
                tree("[0,7]"),
                ran(0, "check", "--json", "ld len\njeq #6, end\nret #7\nend: ret #0")
                        .get("verdicts"));
        assertTrue(ran(0, "check", "--json", "ld [0]\ntax\nldb [x + 0]\nret a")
                .get("packetBytes")
                .isNull());
    }

    @Test
    void checkRefused() throws IOException {
        assertEquals(
                tree("{'accepted':false,'rule':'the last instruction is a return','source':'PROGRAM','line':1,"
                        + "'column':3,'problem':'insn 0: ld #7: last instruction (expected: ret #k or ret a)'}"),
                ran(1, "check", "--json", "1,0 0 0 7"));
    }

    @Test
    void run() throws IOException {
        Path whole = capture(0);
        Path cut = capture(1);
        assertEquals(
                tree("{'captures':[{'capture':'" + whole + "','passes':1,'fails':1,'problem':null}],'passes':1,"
                        + "'fails':1}"),
                ran(0, "run", "--json", "arp", whole.toString()));
        String problem =
                cut + ": byte 157: the capture ends inside packet 2, which begins at byte 82 (expected: 1 more bytes)";
        assertEquals(
                tree("{'captures':[{'capture':'" + cut + "','passes':1,'fails':0,'problem':'" + problem
                        + "'},{'capture':'" + whole
                        + "','passes':1,'fails':1,'problem':null}],'passes':2,'fails':1}"),
                ran(1, "run", "--json", "arp", cut.toString(), whole.toString()));
    }

    @Test
    void runListsWhatCannotBeOpened() throws IOException {
        assertEquals(
                tree(
                        "{'captures':[{'capture':'/none','passes':0,'fails':0,'problem':'/none: no such file'}],'passes':0,"
                                + "'fails':0}"),
                ran(1, "run", "--json", "arp", "/none"));
    }

    @Test
    void evalAnswersEachLine() {
        assertEquals(
                new Command(0, """
                        {"verdict":20}
                        {"verdict":4294967295}
                        {"reject":"packet: 'zz' at digit 1 (expected: hexadecimal digits in pairs, or -)"}
                        """, ""),
                Command.run("2,48 0 0 1,22 0 0 0\t0a14\nret #-1\t-\nret #-1\tzz\n", "eval", "--json"));
    }

    @Test
    void bench() throws IOException {
        JsonNode measured = ran(0, "bench", "--json", "arp", capture(0).toString(), "--rounds", "3");
        assertEquals(tree("2"), measured.get("packets"));
        assertEquals(tree("51"), measured.get("averageBytes"));
        assertEquals(tree("3"), measured.get("rounds"));
        assertEquals(4, measured.size());
        List<String> names = List.of("interpreter", "compiler");
        for (int i = 0; i < 2; i++) {
            JsonNode engine = measured.get("engines").get(i);
            assertEquals(names.get(i), engine.get("engine").textValue());
            assertEquals(tree("1"), engine.get("passes"));
            assertEquals(tree("1"), engine.get("fails"));
            double last = 0;
            for (String name : List.of("min", "quartile1", "median", "quartile3", "max")) {
                double nanos = engine.get("nanosPerPacket").get(name).doubleValue();
                assertTrue(nanos >= last, measured.toString());
                last = nanos;
            }
        }
    }

    @Test
    void explain() throws IOException {
        assertEquals(
                tree("{'packet':'packet','length':2,'wireLength':2,'steps':["
                        + "{'insn':0,'statement':'ldb  [1]','effect':'A 0 -> 0x14 (20); byte 1: 14'},"
                        + "{'insn':1,'statement':'ret  a','effect':'A is 0x14 (20)'}],'verdict':20,"
                        + "'sentence':'Kept whole (2 bytes): ret a at 001, and A (byte 1) was 0x14 (20).'}"),
                ran(0, "explain", "--json", "ldb [1] ret a", "0a 14"));
    }
}
