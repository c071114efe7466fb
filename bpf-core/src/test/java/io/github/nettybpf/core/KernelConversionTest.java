package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which programs the kernel can convert to eBPF, on both sides of each limit. bpf-netty compares the rows with the
 * running kernel.
 */
public class KernelConversionTest {
    private static final String EXPECTED = " of the converted program (expected: <= 32767)";

    private static final RawInstruction LOAD_CONSTANT = RawInstruction.of(0x00, 1);

    /** 14 instructions of the converted program. */
    private static final RawInstruction LDH = RawInstruction.of(0x28, 12);

    /** 18 instructions of the converted program, or 21 if the offset is far from the start. */
    private static final RawInstruction MSH = RawInstruction.of(0xb1, 0);

    private static final RawInstruction FAR_MSH = RawInstruction.of(0xb1, 40_000);
    private static final RawInstruction RET = RawInstruction.of(0x06, 1);
    private static final RawInstruction RET_A = RawInstruction.of(0x16, 0);

    /**
     * {@return rows of a name, a program, and why the kernel cannot convert it, or the empty string} The last ones are
     * the longest programs of lib/test_bpf.c of the kernel.
     */
    public static Stream<Arguments> programs() {
        return Stream.of(
                row("ja, as far as it may be", "", program(ja(2340), times(2340, LDH), RET)),
                row(
                        "ja, too far",
                        "insn 0: ja 2341: jumps over 32774 instructions",
                        program(ja(2341), times(2341, LDH), RET)),
                row("ja over far loads", "", program(ja(1560), times(1560, FAR_MSH), RET)),
                row(
                        "ja too far over far loads",
                        "insn 0: ja 1561: jumps over 32781 instructions",
                        program(ja(1561), times(1561, FAR_MSH), RET)),
                row("a jump at the last position", "", late(0, jump(0x15, 0, 1, 1))),
                row(
                        "a jump after the last position",
                        "insn 2341: jeq #1, 0, 1: is a jump at position 32768",
                        late(1, jump(0x15, 0, 1, 1))),
                row(
                        "a jump after the last position, because its constant is moved first",
                        "insn 2340: jeq #4294967295, 0, 1: is a jump at position 32768",
                        late(0, jump(0x15, 0, 1, -1))),
                row(
                        "the second of two jumps after the last position",
                        "insn 2340: jset #1, 1, 2: is a jump at position 32768",
                        late(0, jump(0x45, 1, 2, 1))),
                row("one jump, because it falls through", "", late(0, jump(0x45, 1, 0, 1))),
                row("ja after the last position", "insn 2341: ja 0: is a jump at position 32768", late(1, ja(0))),
                row("no jump after the last position", "", program(times(4094, MSH), RET)),
                row("test_bpf: very long jump", "", program(ja(4094), times(4094, LOAD_CONSTANT), RET)),
                row("test_bpf: ctx heavy", "", program(times(4095, RawInstruction.of(0x20, 0xfffff030)), RET_A)),
                row("test_bpf: call heavy", "", program(times(4095, RawInstruction.of(0x20, 0xfffff024)), RET_A)),
                row(
                        "test_bpf: jump over MSH",
                        "insn 0: ja 4094: jumps over 73692 instructions",
                        program(ja(4094), times(4094, MSH), RET)),
                row(
                        "test_bpf: exec all MSH",
                        "",
                        program(times(4093, MSH), LOAD_CONSTANT, RawInstruction.of(0xac, 0), RET_A)));
    }

    private static Arguments row(String name, String problem, Program program) {
        return Arguments.of(name, program, problem.isEmpty() ? "" : problem + EXPECTED);
    }

    private static RawInstruction ja(int skip) {
        return RawInstruction.of(0x05, skip);
    }

    private static RawInstruction jump(int code, int skipTrue, int skipFalse, int k) {
        return new RawInstruction(code, skipTrue, skipFalse, k);
    }

    /** A jump after so much that with a prologue of 7 its position is 32,767 and what comes before. */
    private static Program late(int before, RawInstruction jump) {
        return program(times(before, LOAD_CONSTANT), times(2340, LDH), jump, RET, RET, RET);
    }

    private static List<RawInstruction> times(int count, RawInstruction instruction) {
        return Collections.nCopies(count, instruction);
    }

    private static Program program(Object... parts) {
        List<RawInstruction> raw = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof RawInstruction instruction) {
                raw.add(instruction);
            } else {
                ((List<?>) part).forEach(each -> raw.add((RawInstruction) each));
            }
        }
        return Program.ofRaw(raw);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    void tellsWhichProgramsCanBeConverted(String name, Program program, String problem) {
        assertEquals(problem.isEmpty() ? Optional.empty() : Optional.of(problem), program.conversionProblem());
    }
}
