package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.core.VerificationException.Rule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The instructions of a text that consists of the numbers of {@code struct sock_filter}, and where each begins. */
public final class NumericText {
    private static final String[] FIELDS = {"code", "jt", "jf", "k"};
    private static final long[] LIMITS = {0xffff, 0xff, 0xff, 0xffff_ffffL};
    private static final long LOWEST_K = Integer.MIN_VALUE;

    private final String text;
    private final List<RawInstruction> program = new ArrayList<>();
    private final List<Integer> starts = new ArrayList<>();

    NumericText(String text) {
        this.text = text;
    }

    /** {@return the instructions, which are not verified} */
    public List<RawInstruction> raw() {
        return program;
    }

    /**
     * {@return the program}
     *
     * @throws AssemblyException if the kernel would refuse it
     */
    public Program verified() {
        try {
            return Program.ofRaw(program);
        } catch (VerificationException e) {
            if (e.rule() == Rule.OPCODE && Ebpf.endsWithExit(program)) {
                throw error(starts.get(0), Ebpf.PROBLEM);
            }
            int at = e.pc() < 0 ? 0 : starts.get(e.pc());
            throw error(at, String.valueOf(e.getMessage()), e);
        }
    }

    int size() {
        return program.size();
    }

    void add(RawInstruction instruction, int at) {
        program.add(instruction);
        starts.add(at);
        if (program.size() > Program.MAX_SIZE) {
            throw error(at, "instruction number 4097 (expected: at most 4096)");
        }
    }

    /** Adds the instruction of four numbers: code, jt, jf, and k, which may be signed or unsigned. */
    void add(long[] fields, int[] positions, int at) {
        for (int i = 0; i < FIELDS.length; i++) {
            long lowest = i == 3 ? LOWEST_K : 0;
            if (fields[i] < lowest || fields[i] > LIMITS[i]) {
                throw error(
                        positions[i], FIELDS[i] + " " + fields[i] + " (expected: " + lowest + ".." + LIMITS[i] + ")");
            }
        }
        add(new RawInstruction((int) fields[0], (int) fields[1], (int) fields[2], (int) fields[3]), at);
    }

    /** Adds the instruction if there are four numbers, and refuses it otherwise. */
    void add(List<Long> fields, List<Integer> positions, int at) {
        if (fields.size() != FIELDS.length) {
            throw error(
                    at, fields.size() + (fields.size() == 1 ? " number" : " numbers") + " (expected: 4: code jt jf k)");
        }
        add(
                fields.stream().mapToLong(Long::longValue).toArray(),
                positions.stream().mapToInt(Integer::intValue).toArray(),
                at);
    }

    void requireCount(long count, int at) {
        if (count != program.size()) {
            throw error(at, "count " + count + " (expected: " + program.size() + ", the instructions after it)");
        }
    }

    AssemblyException error(int at, String problem) {
        return error(at, problem, null);
    }

    private AssemblyException error(int at, String problem, @Nullable Throwable cause) {
        return new Scanner(text).error(at, problem, cause);
    }
}
