package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The breakpoints of a program, at most one an instruction, in the order in which they were set. */
final class Breakpoints {
    private final Consumer<String> out;
    private final Map<Integer, Breakpoint> byPc = new LinkedHashMap<>();

    Breakpoints(Consumer<String> out) {
        this.out = out;
    }

    boolean isEmpty() {
        return byPc.isEmpty();
    }

    void clear() {
        byPc.clear();
    }

    /** {@return whether to stop before the next instruction of the machine} */
    boolean stops(SteppingMachine machine) {
        Breakpoint breakpoint = byPc.get(machine.pc());
        return breakpoint != null && breakpoint.stops(machine);
    }

    /**
     * The command {@code breakpoint}: lists the breakpoints, sets one, or deletes all.
     *
     * @throws Refusal if the words are none of these
     */
    void set(CommandWords words, Program program) throws Refusal {
        String place = words.next();
        if (place.isEmpty()) {
            out.accept(byPc.values().stream()
                    .map(breakpoint -> breakpoint + " ")
                    .collect(Collectors.joining("", "breakpoints: ", "\n")));
            return;
        }
        if (CommandWords.isAbbreviation(place, "reset")) {
            words.end();
            byPc.clear();
            return;
        }
        int pc = place(place, program);
        String conjunction = words.next();
        if (!conjunction.isEmpty() && !conjunction.equals("if")) {
            throw new Refusal("'" + Printable.message(conjunction) + "' (expected: if, or nothing more)");
        }
        Breakpoint added =
                new Breakpoint(pc, conjunction.isEmpty() ? null : Breakpoint.Comparison.parse(words.remaining()));
        if (added.equals(byPc.put(pc, added))) {
            out.accept("breakpoint already set!\n");
        }
        out.accept("breakpoint at: " + RegisterDump.line(program, pc));
    }

    /**
     * The command {@code delete}: deletes one breakpoint, or all.
     *
     * @throws Refusal if there is none at that instruction
     */
    void delete(CommandWords words, Program program) throws Refusal {
        String place = words.next();
        words.end();
        if (place.isEmpty()) {
            byPc.clear();
        } else if (byPc.remove(place(place, program)) == null) {
            throw new Refusal(
                    "no breakpoint at " + Printable.message(place) + " (expected: one that 'breakpoint' lists)");
        }
    }

    /**
     * {@return the number of the instruction that a word names, by number or by its label in the disassembly}
     *
     * @throws Refusal if the program has no such instruction
     */
    static int place(String word, Program program) throws Refusal {
        String digits = word.startsWith("l") ? word.substring(1) : word;
        int last = program.size() - 1;
        if (!digits.matches("[0-9]{1,9}") || Integer.parseInt(digits) > last) {
            throw new Refusal(
                    "instruction '" + Printable.message(word) + "' (expected: 0.." + last + " or l0..l" + last + ")");
        }
        return Integer.parseInt(digits);
    }
}
