package io.github.nettybpf.tools.dbg;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands of a dialogue that cannot be followed, and files that cannot be used. */
class DbgRefusalsTest {
    @TempDir
    private Path folder;

    private Path capture = Path.of("");

    @BeforeEach
    void capture() throws IOException {
        capture = DbgTest.tenPackets(folder);
    }

    private Command dbg(String... commands) {
        String script = String.join("\n", commands).replace("CAPTURE", capture.toString());
        return Command.run(script, "dbg");
    }

    /** The commands before the last are without fault; that one gives the message, and no answer. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "no such command | frob | 'frob' (expected: load, select, run, step, breakpoint, disassemble, dump, quit, delete, next, set, where, verify or help)",
                "more than one command | s | 's' (expected: select, step or set)",
                "a control character | x\u001b[2J | 'x?[2J' (expected: load, select, run, step, breakpoint, disassemble, dump, quit, delete, next, set, where, verify or help)",
                "load without anything | load | '' (expected: bpf PROGRAM or pcap FILE)",
                "load something else | load elf x | 'elf' (expected: bpf PROGRAM or pcap FILE)",
                "load no program | load bpf | '' (expected: a program, a file with one, or an expression)",
                "load standard input | load bpf - | '-' (expected: a program, a file with one, or an expression)",
                "load a wrong count | load bpf 3,6 0 0 0, | PROGRAM: line 1, column 1: count 3 (expected: 1, the instructions after it)",
                "load what the kernel refuses | load bpf ld M[0]\\nret a | PROGRAM: line 1, column 6: scratch slot 0 can be unset (expected: a st or stx on every path)",
                "load no instruction | load bpf ret #1\\nldd [4] | PROGRAM: line 2, column 1: 'ldd' (expected: an instruction)",
                "load no expression | load bpf tcp prt 80 | PROGRAM: as an expression: column 5: 'prt' (expected: host, net, port or proto between 'tcp' and it; did you mean 'port'?)",
                "load no file | load pcap | '' (expected: the name of a capture)",
                "load a missing file | load pcap /no/such | /no/such: no such file",
                "load a folder | load pcap / | /: not a regular file (expected: a capture, which is read more than once)",
                "load no capture | load pcap TEXT | TEXT: byte 0: 0x61626364 (expected: a capture in pcap or pcapng format)",
                "load an empty file | load pcap EMPTY | EMPTY: byte 0: nothing (expected: a capture in pcap or pcapng format)",
                "load a capture without packets | load pcap NONE | NONE: no packets (expected: at least one)",
                "no packet | select | select '' (expected: the number of a packet, from 1)",
                "no number of a packet | select x | 'x' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "a packet that is not there | select 11 | no packet #11 available! (expected: 1..10)",
                "a negative limit | run -1 | '-1' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "a limit and more | run 1 2 | '2' (expected: nothing more)",
                "no number of steps | step + | '' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "too many steps | step 4294967296 | '4294967296' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "far too many steps | step 99999999999999999999999999 | '99999999999999999999999999' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "back before the start | step -1 | reached bottom of register history stack!",
                "no instruction | breakpoint 4 | instruction '4' (expected: 0..3 or l0..l3)",
                "no label | breakpoint lx | instruction 'lx' (expected: 0..3 or l0..l3)",
                "no if | breakpoint 1 when A == 1 | 'when' (expected: if, or nothing more)",
                "no condition | breakpoint 1 if | condition '' (expected: A, X, M[n] or len, then ==, !=, <, <=, >, >= or &, then a number)",
                "no such register | breakpoint 1 if R == 1 | condition 'R == 1' (expected: A, X, M[n] or len, then ==, !=, <, <=, >, >= or &, then a number)",
                "no such comparison | breakpoint 1 if A = 1 | condition 'A = 1' (expected: A, X, M[n] or len, then ==, !=, <, <=, >, >= or &, then a number)",
                "no such slot | breakpoint 1 if M[16] == 1 | scratch slot 16 (expected: 0..15)",
                "no number to compare with | breakpoint 1 if A == 0x1g | '0x1g' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "no breakpoint | delete 2 | no breakpoint at 2 (expected: one that 'breakpoint' lists)",
                "no line | disassemble 99 | instruction '99' (expected: 0..3 or l0..l3)",
                "dump what | dump 3 | '3' (expected: nothing more)",
                "neither drop nor pass | next | '' (expected: drop or pass)",
                "set what | set mark 7 | 'mark' (expected: ext)",
                "no such extension | set ext foo 7 | extension 'foo' (expected: proto, type, ifidx, mark, queue, hatype, rxhash, cpu, vlan_tci, vlan_avail, poff, rand, vlan_tpid)",
                "an extension that is computed | set ext len 7 | extension 'len' (expected: proto, type, ifidx, mark, queue, hatype, rxhash, cpu, vlan_tci, vlan_avail, poff, rand, vlan_tpid)",
                "no value | set ext mark | mark '' (expected: a number, 0..4294967295, or none)",
                "a value that is too large | set ext mark 0x100000000 | '0x100000000' (expected: a number, 0..4294967295 or 0x0..0xffffffff)",
                "a value that the kernel cannot give | set ext type 100 | type 100 (expected: 0..7, or none)",
                "a value of too many bits | set ext vlan_tci 0x10000 | vlan_tci 65536 (expected: 0..65535, or none)",
                "verify what | verify | '' (expected: kernel)",
                "quit what | quit now | 'now' (expected: nothing more)",
            })
    void refusesInOneLine(String rule, String command, String message) throws IOException {
        Files.writeString(folder.resolve("TEXT"), "abcd");
        Files.writeString(folder.resolve("EMPTY"), "");
        Files.write(folder.resolve("NONE"), CaptureBytes.pcap().toByteArray());
        String path = "(TEXT|EMPTY|NONE)";
        String line = command.replaceFirst(path, folder + "/$1");
        Command run = dbg("load pcap CAPTURE", "load bpf arp", line, "load bpf ret #1", "load pcap CAPTURE", "run");
        String expected = "bpf dbg: standard input: line 3: " + message.replaceFirst(path, folder + "/$1") + "\n";
        assertEquals(expected, run.err(), rule);
        assertEquals(1, run.code());
        assertEquals("bpf passes:10 fails:0", DbgTest.answers(run), "the rest is done");
    }

    @ParameterizedTest
    @CsvSource({
        "run, no bpf program loaded!",
        "step, no bpf program loaded!",
        "breakpoint 0, no bpf program loaded!",
        "delete, no bpf program loaded!",
        "disassemble, no bpf program loaded!",
        "dump, no bpf program loaded!",
        "where, no bpf program loaded!",
        "next drop, no bpf program loaded!",
        "verify kernel, no bpf program loaded!",
        "select 1, no pcap file loaded!",
    })
    void asksForWhatIsMissing(String command, String message) {
        assertEquals(
                new Command(1, "> " + command + "\n", "bpf dbg: standard input: line 1: " + message + "\n"),
                dbg(command));
    }

    @Test
    void aRefusedProgramLeavesNone() {
        assertEquals(
                """
                bpf dbg: standard input: line 3: PROGRAM: no file of this name; as an expression: column 1: 'foo' (expected: a protocol, host, net, port, a comparison, 'not' or '(')
                bpf dbg: standard input: line 4: no bpf program loaded!
                """,
                dbg("load pcap CAPTURE", "load bpf arp", "load bpf foo#", "run").err());
    }

    @Test
    void filesThatCannotBeUsed() {
        assertEquals(new Command(1, "", "bpf dbg: /no/such: no such file\n"), Command.run("", "dbg", "/no/such"));
        assertEquals(
                new Command(1, "", "bpf dbg: " + folder + ": is a directory (expected: a file)\n"),
                Command.run("", "dbg", folder.toString()));
        assertEquals(
                new Command(1, "", "bpf dbg: /no/such/file: no such file\n"),
                Command.run("", "dbg", "-", "/no/such/file"));
        assertEquals(2, Command.run("", "dbg", "a", "b", "c").code());
        assertEquals(new Command(1, "", "bpf dbg: '': no name of a file\n"), Command.run("", "dbg", "-", ""));
    }
}
