package io.github.nettybpf.tools.jit;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.tools.jit.Bytecode.Insn;
import io.github.nettybpf.tools.jit.Bytecode.Method;
import io.github.nettybpf.tools.jit.Bytecode.Part;
import java.util.List;

/** Lists methods, with their JVM instructions below the BPF instructions that they implement. */
final class JitListing {
    /** HotSpot's HugeMethodLimit. */
    private static final int LARGEST_COMPILED = 8000;

    private static final int NOWHERE = Integer.MAX_VALUE;

    private final List<String> program;
    private final List<Method> methods;
    private final StringBuilder text = new StringBuilder();

    /**
     * An empty listing.
     *
     * @param methods all methods of the class
     */
    JitListing(Program program, List<Method> methods) {
        this.program = ProgramFormat.LISTING
                .write(program)
                .lines()
                .map(String::stripTrailing)
                .toList();
        this.methods = methods;
    }

    /** Adds a line after an empty one. */
    void append(String line) {
        text.append(text.isEmpty() ? "" : "\n").append(line).append('\n');
    }

    void append(Method method) {
        append("method " + method.name() + ": " + method.size() + " bytes of bytecode (HotSpot compiles at most "
                + LARGEST_COMPILED + ")");
        int next = method.parts().get(0).pc() == Part.ENTRY
                        && isRun(method)
                        && !method.name().contains("$")
                ? 0
                : NOWHERE;
        for (Part part : method.parts()) {
            if (part.pc() == Part.ENTRY) {
                text.append("(on entry)\n");
            } else if (part.pc() == Part.END) {
                appendProgram(next, end(method));
                next = NOWHERE;
                text.append("(shared)\n");
            } else {
                appendProgram(Math.min(next, part.pc()), part.pc() + 1);
                next = part.pc() + 1;
            }
            part.code().forEach(this::append);
        }
        appendProgram(next, end(method));
    }

    private static boolean isRun(Method method) {
        return method.name().startsWith("run" + method.packet());
    }

    /** {@return the first BPF instruction that does not belong to the method any more} */
    private int end(Method method) {
        int next = methods.indexOf(method) + 1;
        if (!isRun(method)) {
            return 0;
        }
        boolean goesOn = next < methods.size()
                && isRun(methods.get(next))
                && methods.get(next).packet().equals(method.packet());
        return goesOn ? methods.get(next).firstPc() : program.size();
    }

    private void appendProgram(int from, int to) {
        for (int pc = from; pc < to; pc++) {
            text.append(program.get(pc)).append('\n');
        }
    }

    private void append(Insn insn) {
        String[] lines = insn.text().split("\n", -1);
        text.append(String.format("%10d: %s\n", insn.offset(), lines[0]));
        for (int i = 1; i < lines.length; i++) {
            text.append(String.format("%24s\n", lines[i]));
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
