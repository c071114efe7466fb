package io.github.nettybpf.tools.jit;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.tools.OptionalProgramArgument;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import io.github.nettybpf.tools.jit.Bytecode.Method;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bpf jit}: shows the JVM bytecode that a program is compiled to. */
@Command(
        name = "jit",
        mixinStandardHelpOptions = true,
        header = "Shows the JVM bytecode that a program is compiled to.",
        description = """

                Reads a program in any notation that bpf disasm reads. Prints the methods that it is \
                compiled to: first the size, then the JVM instructions below the BPF instruction \
                that they implement. A BPF instruction with nothing below it is merged with an \
                earlier one, is never reached, or is a return, which is copied to the places that \
                reach it. Code that several instructions share is at the end.

                A method whose name begins with run is an entry point; one with $1, $2 and so on \
                continues a long program; one whose name begins with plain is for packets that are \
                too short for the merged bounds checks of the others. There is a set of methods for \
                each kind of packet.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:shown", "1:not a program, unreadable, or no machine code available", "2:usage error"},
        footer = """

                Example:
                  $ echo 'ld len ret a' | bpf jit
                  method runBytesPacket: 19 bytes of bytecode (HotSpot compiles at most 8000)
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
                  (000) ld       #pktlen
                          12: aload_0
                          13: invokevirtual BytesPacket.wireLength() int
                          16: istore_2
                  (001) ret
                          17: iload_2
                          18: ireturn

                  more with --all: run (chooses by kind), 1 for SlicePacket, 1 for Packet""")
public final class Jit implements Callable<Integer> {
    private final Session session;

    @Mixin
    private final OptionalProgramArgument argument = new OptionalProgramArgument();

    @Option(names = "--all", description = "Show the methods for all kinds of packet, not only those for byte arrays.")
    private boolean all;

    @Option(
            names = "--machine-code",
            description = "Show also the machine code that HotSpot's C2 compiles the methods for byte arrays to, after"
                    + " random packets. Needs HotSpot's disassembler plug-in, hsdis, in the lib folder of the JVM.")
    private boolean machineCode;

    public Jit(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        Program program = argument.program(session.in());
        // First, because nothing is printed if there is none.
        String machine =
                machineCode ? "\n" + new MachineCode(Path.of(System.getProperty("java.home"))).of(program) : "";
        session.out().print(text(program, Bytecode.methods(Filter.classFile(program)), all));
        session.out().print(machine);
        return 0;
    }

    private static String text(Program program, List<Method> methods, boolean all) {
        JitListing listing = new JitListing(program, methods);
        // The first method selects by the kind of packet, and the second is for the kind that is tested first.
        String shown = methods.get(1).packet();
        Map<String, Integer> others = new LinkedHashMap<>();
        for (Method method : methods) {
            if (all || method.packet().equals(shown)) {
                listing.append(method);
            } else if (!method.name().equals("run")) {
                others.merge(method.packet(), 1, Integer::sum);
            }
        }
        if (!all) {
            listing.append("more with --all: run (chooses by kind)"
                    + others.entrySet().stream()
                            .map(other -> ", " + other.getValue() + " for " + other.getKey())
                            .collect(Collectors.joining()));
        }
        return listing.toString();
    }
}
