package io.github.nettybpf.tools.graph;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import java.util.List;

/** Formats instructions as tcpdump lists them, without the targets of conditional jumps. */
public final class InstructionText {
    private InstructionText() {}

    /** {@return the instructions of a program, for example {@code jeq  #0x806}, with the operands in one column} */
    public static List<String> of(Program program) {
        return ProgramFormat.LISTING
                .write(program)
                .lines()
                .map(InstructionText::statement)
                .toList();
    }

    private static String statement(String line) {
        String statement = line.substring(line.indexOf(')') + 1).replaceFirst(" +jt \\d+\\s+jf \\d+$", "");
        String[] words = statement.strip().split(" +", 2);
        if (words.length == 1) {
            return words[0].equals("ret") ? "ret  a" : words[0];
        }
        return String.format("%-4s %s", words[0], words[1]);
    }
}
