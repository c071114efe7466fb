package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.SteppingMachine.End;

/** The sentence for how a program ended. */
final class EndText {
    private static final int NETWORK_HEADER = -0x100000;
    private static final int LINK_LAYER_HEADER = -0x200000;

    private EndText() {}

    static String text(End end, Program program) {
        String reason =
                switch (end.cause()) {
                    case RETURNED -> "";
                    case OUT_OF_BOUNDS -> ": load out of bounds, at " + place(end.offset());
                    case DIVISION_BY_ZERO -> ": division by an X of 0";
                    case NOT_KNOWN -> ": " + extension(end, program) + " is not known";
                    case NO_DEVICE -> ": " + extension(end, program) + " without a device returns A";
                };
        return "verdict " + Integer.toUnsignedString(end.verdict()) + " by insn " + end.pc() + reason;
    }

    private static String place(int offset) {
        if (offset < LINK_LAYER_HEADER || offset >= 0) {
            return "offset " + Integer.toUnsignedString(offset);
        }
        return offset < NETWORK_HEADER
                ? "link-layer header + " + (offset - LINK_LAYER_HEADER)
                : "network header + " + (offset - NETWORK_HEADER);
    }

    private static String extension(End end, Program program) {
        LoadExtension load = (LoadExtension) program.instructions().get(end.pc());
        return load.num().mnemonic();
    }
}
