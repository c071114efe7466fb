package io.github.nettybpf.tools;

import io.github.nettybpf.core.ProgramFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code bpf disasm}: any notation to text, or to any other. */
@Command(
        name = "disasm",
        mixinStandardHelpOptions = true,
        versionProvider = Bpf.Version.class,
        header = "Disassembles a program, whatever notation it is in.",
        description = """

                Reads bytecode, C initialisers, hexadecimal bytes, the output of tcpdump -d, -dd and \
                -ddd, or bpf_asm text, and writes text that bpf asm reads. The notation of the input \
                is found by how it begins.
                """,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:disassembled", "1:not a program, or unreadable", "2:usage"},
        footer = """

                Examples:
                  $ echo '2,0 0 0 7,22 0 0 0' | bpf disasm --format listing
                  (000) ld       #0x7
                  (001) ret
                  $ tcpdump -dd arp | bpf disasm""")
final class Disasm implements Callable<Integer> {
    @ParentCommand
    private Bpf bpf;

    @Mixin
    private final Source source = new Source();

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

    @Override
    public Integer call() throws Refusal {
        bpf.out.print(format.write(source.program(bpf.in, ProgramFormat::readAny)));
        return 0;
    }
}
