package io.github.nettybpf.tools.cli;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.tools.FormatName;
import io.github.nettybpf.tools.ProgramText;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bpf asm}: assembles. */
@Command(
        name = "asm",
        mixinStandardHelpOptions = true,
        header = "Assembles bpf_asm text.",
        description = """

                Reads a program in the notation of the kernel's bpf_asm, checks it by the rules of \
                the kernel, and writes it in the format that other tools read. For a program that \
                the kernel would refuse, the message says where in the text and why.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:assembled", "1:not a program, or unreadable", "2:usage error"},
        footer = """

                Examples:
                  $ echo 'ldh [12] jneq #0x806, drop ret #-1 drop: ret #0' | bpf asm
                  4,40 0 0 12,21 0 1 2054,6 0 0 4294967295,6 0 0 0,
                  $ iptables -A INPUT -m bpf --bytecode "$(bpf asm filter.bpf)" -j DROP

                See also: bpf disasm, which reads every notation.""")
public final class Asm implements Callable<Integer> {
    private final Session session;

    @Parameters(
            paramLabel = "PROGRAM",
            arity = "0..1",
            defaultValue = "-",
            description = "A file with bpf_asm text, the text itself, or standard input if it is - or left out. At most"
                    + " 16 MiB of UTF-8 text.")
    private String argument = "-";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = FormatName.class,
            completionCandidates = FormatName.class,
            defaultValue = "bytecode",
            description = {
                "bytecode: 4,40 0 0 12,... for iptables, tc and bpf_dbg (default)",
                "c: initialisers of struct sock_filter, as bpf_asm -c and tcpdump -dd write",
                "ddd: one instruction a line, as tcpdump -ddd writes",
                "hex: the bytes of struct sock_filter on this machine",
                "asm, listing: back to text, as bpf disasm does"
            })
    private ProgramFormat format = ProgramFormat.BYTECODE;

    @Option(
            names = "--no-verify",
            description = "Do not check the program by the rules of the kernel, like bpf_asm: for fragments, and for"
                    + " programs that are meant to be refused.")
    private boolean unverified;

    public Asm(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        session.out()
                .print(format.write(ProgramText.of(argument, session.in()).program("bpf_asm text", this::assemble)));
        return 0;
    }

    private List<RawInstruction> assemble(String text) {
        boolean isAssembly = ProgramFormat.detect(text) == ProgramFormat.ASM;
        return unverified && isAssembly
                ? ProgramFormat.readUnverified(text)
                : Program.parse(text).raw();
    }
}
