package io.github.nettybpf.tools.cli;

import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.tools.FormatName;
import io.github.nettybpf.tools.OptionalProgramArgument;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bpf disasm}: disassembles, or converts from any notation to any other. */
@Command(
        name = "disasm",
        mixinStandardHelpOptions = true,
        header = "Disassembles a program in any notation.",
        description = """

                Reads bytecode, C initialisers, bytes, the output of tcpdump -d, -dd and -ddd, bpf_asm \
                text, an expression, and what other tools print, and writes text that bpf asm reads. \
                The notation of the input is detected; docs/formats.md lists all.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:disassembled", "1:not a program, or unreadable", "2:usage error"},
        footer = """

                Examples:
                  $ echo '2,0 0 0 7,22 0 0 0' | bpf disasm --format listing
                  (000) ld       #0x7
                  (001) ret
                  $ tcpdump -dd arp | bpf disasm""")
public final class Disasm implements Callable<Integer> {
    private final Session session;

    @Mixin
    private final OptionalProgramArgument argument = new OptionalProgramArgument();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = FormatName.class,
            completionCandidates = FormatName.class,
            defaultValue = "asm",
            description = {
                "asm: text with labels, which bpf asm reads (default)",
                "listing: numbered lines, as tcpdump -d writes",
                "bytecode, c, ddd, hex: numbers, as bpf asm writes"
            })
    private ProgramFormat format = ProgramFormat.ASM;

    public Disasm(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws Refusal {
        session.out().print(format.write(argument.program(session.in())));
        return 0;
    }
}
