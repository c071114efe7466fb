package io.github.nettybpf.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions with sets of addresses, in all verbs that take expressions. FOLDER stands for the folder of the files. */
class AddressSetOptionTest {
    private static final String LIST = "src net 10.0.0.1/32 or src net 10.1.0.0/16 or src net 2001:db8::/32";
    private static final String RAW = "450000140000000040110000%s0a000002";

    @TempDir
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(
                folder.resolve("block.txt"), "# neighbours\n10.0.0.1\n10.1.0.0 - 10.1.255.255\n2001:db8::/32\n");
        Files.writeString(folder.resolve("none.txt"), "; nothing\n");
        Files.writeString(folder.resolve("bad.txt"), "10.0.0.1\n10.0.0\n");
        CaptureBytes capture = CaptureBytes.pcap();
        for (String source : new String[] {"0a000001", "0a000003", "0a01ffff"}) {
            byte[] frame = HexFormat.of().parseHex("0202020202020202020202020800" + String.format(RAW, source));
            capture.record(1, 2, frame.length, frame);
        }
        Files.write(folder.resolve("three.pcap"), capture.toByteArray());
    }

    private Command run(String in, String... args) {
        String[] all = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            all[i] = args[i].replace("FOLDER", folder.toString());
        }
        Command run = Command.run(in.replace("FOLDER", folder.toString()), all);
        return new Command(
                run.code(),
                run.out().replace(folder.toString(), "FOLDER"),
                run.err().replace(folder.toString(), "FOLDER"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"compile", "check", "disasm", "jit"})
    void hasTheProgramOfTheList(String verb) {
        Command list = run("", verb, LIST);
        assertEquals(0, list.code());
        assertEquals(list, run("", verb, "--set", "blocked=FOLDER/block.txt", "src net @blocked"));
        assertEquals(
                list,
                run("", verb, "--set=b-1=FOLDER/block.txt", "--set=b.2=FOLDER/none.txt", "src net (@b-1 or @b.2)"));
        assertEquals(list, run("", verb, "src net @FOLDER/block.txt"));
        assertEquals(list, run("src net @FOLDER/block.txt # all of them\n", verb, "-"));
    }

    @Test
    void runsOnCaptures() {
        Command two = new Command(0, "bpf passes:2 fails:1\n", "");
        assertEquals(two, run("", "run", "--set", "x=FOLDER/block.txt", "src net @x", "FOLDER/three.pcap"));
        assertEquals(two, run("", "run", "src net @FOLDER/block.txt", "FOLDER/three.pcap"));
        assertEquals(
                new Command(0, "bpf passes:1 fails:2\n", ""),
                run("", "run", "--set", "x=FOLDER/block.txt", "not src net @x", "FOLDER/three.pcap"));
        assertEquals(
                new Command(
                        0, "bpf passes:0 fails:3\n", "warning: expression rejects all packets of link type EN10MB\n"),
                run("", "run", "--set", "x=FOLDER/none.txt", "src net @x", "FOLDER/three.pcap"));
        Command bench =
                run("", "bench", "--rounds", "1", "--set", "x=FOLDER/block.txt", "src net @x", "FOLDER/three.pcap");
        assertEquals(0, bench.code(), bench.err());
        assertTrue(bench.out().lines().skip(2).allMatch(line -> line.endsWith("       2      1")), bench.out());
    }

    @Test
    void explainsAndDraws() {
        Command explained = run("", "explain", LIST, "FOLDER/three.pcap", "--packet", "3");
        assertEquals(0, explained.code());
        assertEquals(
                explained,
                run("", "explain", "--set", "x=FOLDER/block.txt", "src net @x", "FOLDER/three.pcap", "--packet", "3"));
        Command drawn = run("", "graph", "--format", "dot", LIST, "FOLDER/three.pcap");
        assertEquals(0, drawn.code());
        assertEquals(
                new Command(0, drawn.out().replace(LIST, "src net @x"), ""),
                run("", "graph", "--format", "dot", "--set", "x=FOLDER/block.txt", "src net @x", "FOLDER/three.pcap"));
        assertEquals(
                new Command(0, "source address in the set x (3 prefixes) (ip, arp, rarp or ip6)\n", ""),
                run("", "compile", "--explain", "--set", "x=FOLDER/block.txt", "src net @x"));
    }

    @Test
    void evaluatesCases() {
        assertEquals(
                new Command(0, """
                        262144
                        0
                        262144
                        reject: column 5: '@y' (expected: a set that is bound: @x)
                        reject: column 5: '@./block.txt' (expected: a set that is bound: @x; an expression reads no file)
                        """, ""),
                run(
                        "src net @x\t" + String.format(RAW, "0a000001") + "\nsrc net @x\t"
                                + String.format(RAW, "0a000003") + "\nsrc net @x\t" + String.format(RAW, "0a010003")
                                + "\nnet @y\t45\nnet @./block.txt\t45\n",
                        "eval",
                        "--link-type",
                        "raw",
                        "--set",
                        "x=FOLDER/block.txt"));
    }

    @Test
    void debugs() {
        String script = "load pcap FOLDER/three.pcap\nload bpf %s\ndisassemble\nrun\n";
        Command list = run(String.format(script, LIST), "dbg");
        assertEquals(0, list.code());
        assertTrue(list.out().endsWith("bpf passes:2 fails:1\n"), list.out());
        String named = list.out().replace(LIST, "src net @x");
        assertEquals(
                new Command(0, named, ""),
                run(String.format(script, "src net @x"), "dbg", "--set", "x=FOLDER/block.txt"));
        assertEquals(
                new Command(0, named.replace("@x", "@FOLDER/block.txt"), ""),
                run(String.format(script, "src net @FOLDER/block.txt"), "dbg"));
        assertEquals(
                new Command(1, "> load bpf net @x\n", "bpf dbg: standard input: line 1: FOLDER/none: no such file\n"),
                run("load bpf net @x\n", "dbg", "--set", "x=FOLDER/none"));
        assertEquals(
                new Command(
                        1,
                        "> load bpf net @y\n",
                        "bpf dbg: standard input: line 1: PROGRAM: as an expression: column 5: '@y' (expected: a set that is"
                                + " bound: @x)\n"),
                run("load bpf net @y\n", "dbg", "--set", "x=FOLDER/none.txt"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "net @x | x=FOLDER/gone.txt | FOLDER/gone.txt: no such file",
                "net @x | x=FOLDER | FOLDER: is a directory (expected: a file)",
                "net @x | x=FOLDER/bad.txt | FOLDER/bad.txt: line 2: '10.0.0' (expected: an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9)",
                "net @FOLDER/bad.txt or @x | x=FOLDER/block.txt | FOLDER/bad.txt: line 2: '10.0.0' (expected: an address, a prefix such as 10.0.0.0/8, or a range such as 10.0.0.1-10.0.0.9)",
                "net @FOLDER/gone.txt or @x | x=FOLDER/block.txt | FOLDER/gone.txt: no such file",
                "tcp | x=FOLDER/block.txt | --set: @x is not in PROGRAM (expected: an expression that names it)",
                "net @./x | x=FOLDER/gone.txt | --set: @x is not in PROGRAM (expected: an expression that names it)",
                "net @y | x=FOLDER/gone.txt | FOLDER/gone.txt: no such file",
                "ret #0 | x=FOLDER/block.txt | --set: @x is not in PROGRAM (expected: an expression that names it)",
            })
    void refuses(String expression, String set, String message) {
        for (String verb : new String[] {"compile", "check", "disasm", "jit"}) {
            assertEquals(
                    new Command(1, "", "bpf " + verb + ": " + message + "\n"), run("", verb, "--set", set, expression));
        }
        assertEquals(
                new Command(1, "", "bpf run: " + message + "\n"),
                run("", "run", "--set", set, expression, "FOLDER/three.pcap"));
    }

    @Test
    void showsWhereANameIsNotBound() {
        assertEquals(
                new Command(1, "", """
                        bpf compile: PROGRAM: as an expression: column 18: '@blockd' (expected: a set that is bound: @blocked; did you mean 'blocked'?)
                          net @blocked and @blockd
                                           ^
                        """),
                run("", "compile", "--set", "blocked=FOLDER/block.txt", "net @blocked and @blockd"));
        assertEquals(new Command(1, "", """
                        bpf run: PROGRAM: as an expression: column 5: '@blocked' (expected: a set that is bound; none is)
                          net @blocked
                              ^
                        """), run("", "run", "net @blocked", "FOLDER/three.pcap"));
    }

    @Test
    void suggestsTheSetThatIsNotUsed() {
        assertEquals(
                new Command(1, "", """
                        bpf compile: PROGRAM: as an expression: column 9: '@blockd' (expected: a set that is bound: @blocked; did you mean 'blocked'?)
                          dst net @blockd
                                  ^
                        """), run("", "compile", "--set", "blocked=FOLDER/block.txt", "dst net @blockd"));
        assertEquals(
                new Command(
                        1,
                        "",
                        "bpf check: --set: @a and @b are not in PROGRAM (expected: an expression that names"
                                + " them)\n"),
                run("", "check", "--set", "a=FOLDER/block.txt", "--set", "b=FOLDER/block.txt", "tcp"));
    }

    @Test
    void aNameIsBoundOnce() {
        assertEquals(
                new Command(2, "", """
                        bpf compile: --set: @x is bound twice (expected: once)
                        Try 'bpf compile --help'.
                        """),
                run("", "compile", "--set", "x=FOLDER/block.txt", "--set", "x=FOLDER/none.txt", "net @x"));
        assertEquals(
                new Command(2, "", """
                        bpf eval: --set: @x is bound twice (expected: once)
                        Try 'bpf eval --help'.
                        """), run("", "eval", "--set", "x=FOLDER/block.txt", "--set", "x=FOLDER/none.txt"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x", "=FOLDER/block.txt", "x=", "x=-", "a b=FOLDER/block.txt", "./x=FOLDER/block.txt", "@x=f"})
    void takesANameAndAFile(String set) {
        assertEquals(
                new Command(
                        2,
                        "",
                        "bpf run: --set: '" + set
                                + "' (expected: NAME=FILE, a name of letters, digits, '_', '-' and '.',"
                                + " and that of a file)\nTry 'bpf run --help'.\n"),
                run("", "run", "--set", set, "net @x", "FOLDER/three.pcap"));
    }

    @Test
    void anExpressionIsOneArgument() {
        assertEquals(
                new Command(
                        1,
                        "",
                        "bpf run: PROGRAM: an expression in several arguments (expected: in one, 'dst net @x')\n"),
                run("", "run", "--set", "x=FOLDER/block.txt", "dst", "net", "@x", "FOLDER/three.pcap"));
    }
}
