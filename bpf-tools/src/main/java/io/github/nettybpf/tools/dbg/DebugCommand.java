package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The commands of {@link Debugger}: first those of bpf_dbg, then others. */
enum DebugCommand {
    LOAD("load bpf PROGRAM | load pcap FILE", "load a program, in any notation, or a capture"),
    SELECT("select N", "go to packet N, counted from 1"),
    RUN("run [N]", "run to a breakpoint, or through N packets or all, and count passes and fails"),
    STEP("step [-N|+N]", "show the Nth next instruction, or the Nth before, and run it"),
    BREAKPOINT("breakpoint [N [if A == K] | reset]", "stop at instruction N, list the breakpoints, or delete all"),
    DISASSEMBLE("disassemble [N]", "show the instructions, or one"),
    DUMP("dump", "show the program as C code"),
    QUIT("quit", "leave"),
    DELETE("delete [N]", "delete the breakpoint at instruction N, or all"),
    NEXT("next drop | next pass", "go to the next packet that the program drops or keeps"),
    SET("set ext [NAME VALUE|none]", "set what an extension reads, such as mark or rxhash, or list what is set"),
    WHERE("where", "show how often each instruction was executed, and which one is next"),
    VERIFY("verify kernel", "run the program on the packet in the kernel too, and compare the verdicts"),
    HELP("help", "list the commands");

    private final String synopsis;
    private final String effect;

    DebugCommand(String synopsis, String effect) {
        this.synopsis = synopsis;
        this.effect = effect;
    }

    /** {@return the name as it is typed} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return the name with its arguments} */
    String synopsis() {
        return synopsis;
    }

    /**
     * {@return the command of this name, or the only one whose name begins so}
     *
     * @throws Refusal if there is none, or more than one
     */
    static DebugCommand of(String typed) throws Refusal {
        List<DebugCommand> meant = Arrays.stream(values())
                .filter(command -> CommandWords.isAbbreviation(typed, command.toString()))
                .toList();
        for (DebugCommand command : meant) {
            if (meant.size() == 1 || command.toString().equals(typed)) {
                return command;
            }
        }
        throw new Refusal("'" + Printable.message(typed) + "' (expected: "
                + names(meant.isEmpty() ? List.of(values()) : meant) + ")");
    }

    private static String names(List<DebugCommand> commands) {
        String all = commands.stream().map(DebugCommand::toString).collect(Collectors.joining(", "));
        int last = all.lastIndexOf(", ");
        return all.substring(0, last) + " or " + all.substring(last + 2);
    }

    /** {@return a line for each command} */
    static String help() {
        return Arrays.stream(values())
                .map(command -> String.format("%-36s%s\n", command.synopsis, command.effect))
                .collect(Collectors.joining());
    }
}
