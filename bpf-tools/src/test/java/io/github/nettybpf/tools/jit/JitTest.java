package io.github.nettybpf.tools.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RandomPrograms;
import io.github.nettybpf.tools.Command;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.jit.Bytecode.Insn;
import io.github.nettybpf.tools.jit.Bytecode.Method;
import io.github.nettybpf.tools.jit.Bytecode.Part;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class JitTest {
    private static final Program PROGRAM = Program.parse("ld len ret a");

    /** javap's "  12: iload_1", or "  13: invokevirtual #27 // Method ...", or a line of its line number table. */
    private static final Pattern JAVAP_INSN = Pattern.compile(" +(\\d+): ([a-z]\\w+)(?: +(\\d+))?\\b.*");

    private static final Pattern JAVAP_LINE = Pattern.compile(" +line (\\d+): (\\d+)");

    @TempDir
    private Path directory;

    @Test
    void instructionsAreBelowWhatTheyComeFrom() {
        assertEquals(new Command(0, """
                method runBytesPacket: 32 bytes of bytecode (HotSpot compiles at most 8000)
                (on entry)
                         0: aload_0
                         1: invokevirtual BytesPacket.length() int
                         4: istore_1
                         5: iconst_0
                         6: istore_2
                         7: iconst_0
                         8: istore_3
                         9: lconst_0
                        10: lstore 4
                (000) ldb      [1]
                        12: iload_1
                        13: iconst_2
                        14: if_icmplt 30
                        17: aload_0
                        18: iconst_1
                        19: invokevirtual BytesPacket.u8(int) int
                        22: istore_2
                (001) and      #0xf
                        23: iload_2
                        24: bipush 15
                        26: iand
                        27: istore_2
                (002) ret
                        28: iload_2
                        29: ireturn
                (shared)
                        30: iconst_0
                        31: ireturn

                more with --all: run (chooses by kind), 1 for SlicePacket, 1 for Packet
                """, ""), Command.run("ldb [1] and #15 ret a", "jit", "-"));
    }

    @Test
    void allShowsAllKindsOfPacket() {
        Command run = Command.run("1,6 0 0 1", "jit", "--all");
        assertEquals("", run.err());
        assertEquals(
                "run runBytesPacket runSlicePacket runPacket",
                run.out()
                        .lines()
                        .filter(line -> line.startsWith("method "))
                        .map(line -> line.substring("method ".length(), line.indexOf(':')))
                        .collect(Collectors.joining(" ")));
        assertTrue(run.out().endsWith("""

                method runPacket: 13 bytes of bytecode (HotSpot compiles at most 8000)
                (on entry)
                         0: aload_0
                         1: invokeinterface Packet.length() int
                         6: istore_1
                         7: iconst_0
                         8: istore_2
                         9: lconst_0
                        10: lstore_3
                        11: iconst_1
                        12: ireturn
                (000) ret      #1
                """), run.out());
    }

    @Test
    void tablesAreNamedBySize() {
        String jumps = IntStream.range(0, 40)
                .mapToObj(i -> "jeq #" + 7 * i + ", y" + i % 3 + "\n")
                .collect(Collectors.joining());
        Command run = Command.run("ldh [12]\n" + jumps + "ret #0 y0: ret #1 y1: ret #2 y2: ldb [1] ret a", "jit");
        assertEquals(
                List.of("ldc table 0, int[128]", "ldc table 1, int[128]"),
                run.out()
                        .lines()
                        .filter(line -> line.contains("table 0") || line.contains("table 1"))
                        .map(line -> line.substring(line.indexOf("ldc")))
                        .toList(),
                run.out());
    }

    /** Each instruction of the program is there once, in order, in the methods of a kind that a run begins with. */
    @Test
    void longProgramsAreThereInFull() {
        RandomPrograms random = RandomPrograms.deterministic(20261122);
        for (int i = 0; i < 40; i++) {
            Program program = i % 2 == 0 ? random.program() : random.chains();
            String out = Command.run(program.toString(), "jit").out();
            String runs = out.replaceAll("(?ms)^method plain.*?(?=^method |^more )", "");
            List<String> numbers = runs.lines()
                    .filter(line -> line.startsWith("(") && Character.isDigit(line.charAt(1)))
                    .map(line -> line.substring(1, line.indexOf(')')))
                    .toList();
            List<String> all = IntStream.range(0, program.size())
                    .mapToObj(pc -> String.format("%03d", pc))
                    .toList();
            assertEquals(all, numbers, () -> program + "\n" + out);
        }
    }

    /** The same offsets, instructions, jumps and line numbers as javap finds in the class file. */
    @Test
    void javapSeesTheSame() throws IOException {
        ToolProvider javap = ToolProvider.findFirst("javap").orElse(null);
        assumeTrue(javap != null, "no javap in this JVM");
        RandomPrograms random = RandomPrograms.deterministic(20261123);
        for (int i = 0; i < 20; i++) {
            Program program = i % 2 == 0 ? random.program() : random.chains();
            byte[] classFile = Filter.classFile(program);
            Path file = Files.write(directory.resolve("CompiledFilter.class"), classFile);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
            assertEquals(0, javap.run(print, print, "-c", "-l", "-p", file.toString()));
            String text = out.toString(StandardCharsets.UTF_8);
            assertEquals(javapSees(text.substring(text.indexOf("run("))), ours(classFile), program::toString);
        }
    }

    private static List<String> javapSees(String text) {
        List<String> seen = new ArrayList<>();
        for (String line : text.lines().toList()) {
            Matcher insn = JAVAP_INSN.matcher(line);
            Matcher number = JAVAP_LINE.matcher(line);
            if (number.matches()) {
                seen.add("line " + number.group(1) + ": " + number.group(2));
            } else if (insn.matches() && !insn.group(2).equals("default")) {
                String name = insn.group(2).replace("ldc_w", "ldc");
                boolean isJump = name.startsWith("if") || name.equals("goto");
                seen.add(insn.group(1) + ": " + name + (isJump ? " " + insn.group(3) : ""));
            }
        }
        return seen;
    }

    private static List<String> ours(byte[] classFile) {
        List<String> seen = new ArrayList<>();
        for (Method method : Bytecode.methods(classFile)) {
            List<String> lines = new ArrayList<>();
            for (Part part : method.parts()) {
                if (part.pc() < Part.ENTRY) {
                    lines.add("line " + part.pc() + ": " + part.code().get(0).offset());
                }
                for (Insn insn : part.code()) {
                    String[] words = insn.text().split("\\s", -1);
                    boolean isJump = words[0].startsWith("if") || words[0].equals("goto");
                    seen.add(insn.offset() + ": " + words[0] + (isJump ? " " + words[1] : ""));
                }
            }
            seen.addAll(lines);
        }
        return seen;
    }

    @Test
    void machineCodeNeedsThePlugin() throws IOException {
        Path library = directory.resolve("lib").resolve(plugin());
        String printed = """
                Compiled method (c2)  1 2  io.github.nettybpf.core.CompiledFilter/0x0000000800c03000::runBytesPacket (19 bytes)
                [MachCode]
                  0x00007f5b1549d420: 8984 2400
                [/MachCode]
                """;
        MachineCode code = new MachineCode(javaHome(printed));
        assertEquals(
                "--machine-code: the JVM loads no disassembler plug-in (expected: hsdis, as " + library + ")",
                assertThrows(Refusal.class, () -> code.of(PROGRAM)).getMessage());
        Files.createDirectory(library.getParent());
        Files.createFile(library);
        assertEquals(
                "--machine-code: the JVM loads no disassembler plug-in (" + library
                        + " is there, but not made for this JVM)",
                assertThrows(Refusal.class, () -> code.of(PROGRAM)).getMessage());
    }

    @Test
    void machineCodeNeedsHotSpot() throws IOException {
        Path home = javaHome("Picked up JAVA_TOOL_OPTIONS: -Xmx1g\n\nUnrecognized VM option 'PrintIt'\nmore\n");
        assertEquals(
                "--machine-code: " + home.resolve("bin/java")
                        + " answers: Unrecognized VM option 'PrintIt' (expected: machine code, as of HotSpot's C2 compiler)",
                assertThrows(Refusal.class, () -> new MachineCode(home).of(PROGRAM))
                        .getMessage());
        Path none = directory.resolve("none");
        assertEquals(
                "--machine-code: " + none.resolve("bin/java") + " cannot be run (expected: this JVM's launcher)",
                assertThrows(Refusal.class, () -> new MachineCode(none).of(PROGRAM))
                        .getMessage());
    }

    /** As JDK 17 printed it, shortened. The code that C2 made last counts. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void machineCodeIsCutOut() throws IOException, Refusal {
        String head = "Compiled method (c2)     398  157             "
                + "io.github.nettybpf.core.CompiledFilter/0x00000008000d1000::";
        String printed = """

                ============================= C2-compiled nmethod ==============================
                ----------------------------------- Assembly -----------------------------------

                HEADrunBytesPacket (19 bytes)
                 total in heap  [0x00007f07214a5e10,0x00007f07214a6168] = 856

                [Disassembly]
                --------------------------------------------------------------------------------
                [Verified Entry Point]
                  0x00007f07214a5fa0:   hlt
                --------------------------------------------------------------------------------
                [/Disassembly]
                HEADplainBytesPacket$1 (19 bytes)
                [Disassembly]
                  0x00007f07214a5fb0:   retq
                [/Disassembly]
                HEADrunBytesPacket (19 bytes)
                [Disassembly]
                --------------------------------------------------------------------------------

                [Verified Entry Point]
                  0x00007f07214a6000:   callq 1     ; - io.github.nettybpf.core.CompiledFilter/0x00000008000d1000::runBytesPacket@21 (line 0)
                --------------------------------------------------------------------------------
                [/Disassembly]
                """.replace("HEAD", head);
        assertEquals("""
                machine code of runBytesPacket by C2 (line N of CompiledFilter is BPF instruction N)
                [Verified Entry Point]
                  0x00007f07214a6000:   callq 1     ; - io.github.nettybpf.core.CompiledFilter::runBytesPacket@21 (line 0)

                machine code of plainBytesPacket$1 by C2 (line N of CompiledFilter is BPF instruction N)
                  0x00007f07214a5fb0:   retq
                """, new MachineCode(javaHome(printed)).of(PROGRAM));
    }

    /** This JVM has the plug-in, and shows machine code, or has not, and says so. */
    @Test
    void thisJvmAnswers() {
        Command run = Command.run("ld len ret a", "jit", "--machine-code");
        if (run.code() == 0) {
            assertTrue(run.out().contains("\nmachine code of runBytesPacket by C2 (line N"), run.out());
            assertEquals("", run.err());
        } else {
            String start = "bpf jit: --machine-code: ";
            assertEquals(start, run.err().substring(0, start.length()));
            assertEquals(new Command(1, "", run.err().lines().findFirst().orElse("") + "\n"), run);
            System.out.println("machine code is not tested: " + run.err().strip());
        }
    }

    private static String plugin() {
        String name =
                System.mapLibraryName("hsdis-" + System.getProperty("os.arch").replace("x86_64", "amd64"));
        return name.replaceFirst("^lib", "");
    }

    /** {@return the home of a "JVM" that prints this} */
    private Path javaHome(String printed) throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no /bin/sh");
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Files.writeString(directory.resolve("printed"), printed);
        Path java = bin.resolve("java");
        Files.writeString(java, "#!/bin/sh\ncat >/dev/null\ncat '" + directory.resolve("printed") + "'\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
        return directory;
    }
}
