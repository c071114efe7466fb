package io.github.nettybpf.tools.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.WrongFiles;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class GraphTest {
    private static final byte[] ARP = HexFormat.of().parseHex("ffffffffffff0200000000010806000108000604");

    @TempDir
    private Path directory;

    private Path capture() throws IOException {
        CaptureBytes capture = CaptureBytes.pcap();
        capture.record(1, 0, 20, ARP).record(2, 0, 20, ARP).record(3, 0, 20, ARP);
        return Files.write(
                directory.resolve("a&b.pcap"),
                capture.record(4, 0, 20, new byte[20])
                        .record(5, 0, 4, new byte[4])
                        .toByteArray());
    }

    @Test
    void writesDot() throws IOException {
        Command run =
                Command.run("", "graph", "--format", "dot", "arp", capture().toString());
        String expected = """
                digraph bpf {
                  graph [fontname="sans-serif", fontsize=13, labelloc=t, ranksep=0.45, nodesep=0.4, \
                label="arp\\n4 instructions; 5 packets of $/a&b.pcap: 3 kept, 2 dropped\\n "]
                  node [shape=box, style="rounded,filled", fontname="monospace", fontsize=11, \
                color="#64748b", fillcolor="#f8fafc"]
                  edge [fontname="sans-serif", fontsize=10, arrowsize=0.7]
                  n0 [label="000  ldh  [12]     1 end here\\l001  jeq  #0x806\\l", penwidth=2]
                  n1 [label="002  ret  #262144   3\\l", color="#15803d", fillcolor="#dcfce7"]
                  n2 [label="003  ret  #0   1\\l", color="#b91c1c", fillcolor="#fee2e2"]
                  n0 -> n1 [label=" true \\n 3 (60.0 %) ", fontcolor="#1d4ed8", color="#1d4ed8", penwidth=5.0]
                  n0 -> n2 [label=" false \\n 1 (20.0 %) ", fontcolor="#c2410c", color="#c2410c", penwidth=3.5]
                }
                """.replace("$", directory.toString());
        assertEquals(new Command(0, expected, ""), run);
    }

    @Test
    void writesMermaid() {
        Command run = Command.run("", "graph", "--format", "mermaid", "ldb [0] jset #1, y, n y: ret a n: ret #0");
        assertEquals("""
                flowchart TD
                  %% 4 instructions
                  n0["000#160;#160;ldb#160;#160;#91;0#93;<br/>001#160;#160;jset#160;#35;0x1"]:::code
                  n1["002#160;#160;ret#160;#160;a"]:::returns
                  n2["003#160;#160;ret#160;#160;#35;0"]:::drop
                  n0 -->|"true"| n1
                  n0 -->|"false"| n2
                  linkStyle 0 stroke:#1d4ed8,stroke-width:1.6px
                  linkStyle 1 stroke:#c2410c,stroke-width:1.6px
                """, run.out().substring(0, run.out().indexOf("  classDef")));
        assertEquals("", run.err());
    }

    @Test
    void writesSvgUnlessToldOtherwise() throws IOException {
        Command run = Command.run("", "graph", "arp", capture().toString());
        assertEquals("", run.err());
        assertTrue(run.out().startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" width="), run.out());
        assertTrue(run.out().contains("/a&amp;b.pcap: 3 kept, 2 dropped</text>"), run.out());
        assertTrue(run.out().contains(">1 end here</text>"), run.out());
    }

    @Test
    void drawsWhatCameBeforeTheDamage() throws IOException {
        byte[] whole =
                CaptureBytes.pcap().record(1, 0, 20, ARP).record(2, 0, 20, ARP).toByteArray();
        Path cut = Files.write(directory.resolve("cut"), java.util.Arrays.copyOf(whole, whole.length - 5));
        Command run = Command.run("", "graph", "arp", cut.toString());
        assertEquals(1, run.code());
        assertTrue(run.out().contains("1 packets of " + cut + ": 1 kept, 0 dropped"), run.out());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @Test
    void extensionsCanBeTold() throws IOException {
        String program = "ld mark jeq #7, y, n y: ret #1 n: ret #0";
        String file = capture().toString();
        assertTrue(Command.run("", "graph", program, file).out().contains(": 0 kept, 5 dropped"));
        assertTrue(
                Command.run("", "graph", program, file, "--ext", "mark=7").out().contains(": 5 kept, 0 dropped"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "graph-errors.txt", delimiter = '|')
    void refusesInOneLine(String rule, String arguments, int code, String message) throws IOException {
        WrongFiles files = new WrongFiles(directory);
        Command run = Command.run(files.in(), files.arguments("graph", arguments));
        assertEquals(code, run.code(), run.err());
        assertEquals("bpf graph: " + message, files.firstLine(run));
    }
}
