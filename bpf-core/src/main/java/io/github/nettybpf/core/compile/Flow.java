package io.github.nettybpf.core.compile;

import static io.github.nettybpf.core.compile.Registers.bit;

import io.github.nettybpf.core.AluConstant;
import io.github.nettybpf.core.AluX;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Jump;
import io.github.nettybpf.core.JumpIf;
import io.github.nettybpf.core.JumpIfX;
import io.github.nettybpf.core.JumpTest;
import io.github.nettybpf.core.LoadAbsolute;
import io.github.nettybpf.core.LoadConstant;
import io.github.nettybpf.core.LoadExtension;
import io.github.nettybpf.core.LoadIndirect;
import io.github.nettybpf.core.LoadMemShift;
import io.github.nettybpf.core.LoadScratch;
import io.github.nettybpf.core.NegateA;
import io.github.nettybpf.core.ReturnA;
import io.github.nettybpf.core.ReturnConstant;
import io.github.nettybpf.core.StoreScratch;
import io.github.nettybpf.core.Tax;
import io.github.nettybpf.core.Txa;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the compiler has to know of a program before it writes it. Jumps only go forward, so one pass from the end finds
 * what lies behind an instruction, and one from the start what lies before it.
 *
 * <p>An instruction of which {@link #drops} holds gives verdict 0 whatever comes; it stands for all that is behind it.
 */
final class Flow {
    /** More different targets than this would make one chain's code too long; the rest becomes another chain. */
    private static final int MOST_TARGETS = 100;

    private static final long DROPS = Long.MAX_VALUE;

    private final List<Instruction> program;

    /** Behind unconditional jumps: where execution really goes on. */
    private final int[] landing;

    /** With fewer bytes than that the verdict is 0 from here on; more than a packet can have if it is 0 anyway. */
    private final long[] need;

    /** That many bytes are known to be there. */
    private final long[] have;

    private final int[] live;
    private final boolean[] emitted;
    private final @Nullable Chain[] chains;
    private int used;

    Flow(List<Instruction> program) {
        this.program = program;
        int size = program.size();
        landing = new int[size];
        need = new long[size];
        have = new long[size];
        live = new int[size];
        emitted = new boolean[size];
        chains = new Chain[size];
        for (int pc = size - 1; pc >= 0; pc--) {
            lookBack(pc, program.get(pc));
        }
        findChains();
        lookAhead();
    }

    Instruction instruction(int pc) {
        return program.get(pc);
    }

    int size() {
        return program.size();
    }

    /** {@return where the program starts} */
    int start() {
        return landing[0];
    }

    /** {@return where execution goes on when it comes to this instruction} */
    int landing(int pc) {
        return landing[pc];
    }

    /** {@return whether code has to be written for the instruction} */
    boolean isEmitted(int pc) {
        return emitted[pc];
    }

    /** {@return whether the verdict is 0 from here on} */
    boolean drops(int pc) {
        return need[pc] == DROPS;
    }

    /** {@return the chain that begins at the instruction}, or null */
    @Nullable
    Chain chain(int pc) {
        return chains[pc];
    }

    /** {@return the registers whose values matter from the instruction on} */
    int live(int pc) {
        return live[pc];
    }

    /** {@return the registers that are used anywhere} */
    int used() {
        return used;
    }

    /** {@return how many bytes to check for in front of the instruction}, or 0 if that needs no check */
    int guard(int pc) {
        return reach(program.get(pc)) > have[pc] ? (int) need[pc] : 0;
    }

    /** {@return the end of what a load at a fixed offset of the packet looks at}, 0 for all else */
    private static long reach(Instruction instruction) {
        if (instruction instanceof LoadAbsolute load && load.off() >= 0) {
            return (long) load.off() + load.size();
        }
        return instruction instanceof LoadMemShift load && load.off() >= 0 ? load.off() + 1L : 0;
    }

    private void lookBack(int pc, Instruction instruction) {
        landing[pc] = pc;
        if (instruction instanceof Jump jump) {
            landing[pc] = landing[pc + 1 + jump.skip()];
            need[pc] = need[landing[pc]];
            live[pc] = live[landing[pc]];
        } else if (instruction instanceof JumpIf jump) {
            branch(pc, jump.skipTrue(), jump.skipFalse(), bit(Registers.A));
        } else if (instruction instanceof JumpIfX jump) {
            branch(pc, jump.skipTrue(), jump.skipFalse(), bit(Registers.A) | bit(Registers.X));
        } else if (instruction instanceof ReturnConstant ret) {
            need[pc] = ret.val() == 0 ? DROPS : 0;
        } else if (instruction instanceof ReturnA) {
            live[pc] = bit(Registers.A);
        } else {
            long least = Math.max(reach(instruction), need[pc + 1]);
            // An extension is asked for even where the packet will prove too short: the packet may take note of it.
            need[pc] = asksPacket(instruction) ? 0 : least > Integer.MAX_VALUE ? DROPS : least;
            live[pc] = (live[pc + 1] & ~writes(instruction)) | reads(instruction);
        }
    }

    private static boolean asksPacket(Instruction instruction) {
        return instruction instanceof LoadExtension load && load.num() != Extension.LEN;
    }

    private void branch(int pc, int skipTrue, int skipFalse, int reads) {
        int then = pc + 1 + skipTrue;
        int otherwise = pc + 1 + skipFalse;
        need[pc] = Math.min(need[then], need[otherwise]);
        live[pc] = live[then] | live[otherwise] | reads;
    }

    private static int writes(Instruction instruction) {
        if (instruction instanceof LoadConstant load) {
            return bit(Registers.of(load.dst()));
        } else if (instruction instanceof LoadScratch load) {
            return bit(Registers.of(load.dst()));
        } else if (instruction instanceof StoreScratch store) {
            return bit(Registers.scratch(store.n()));
        } else if (instruction instanceof LoadExtension load) {
            return bit(Registers.of(load.dst()));
        } else if (instruction instanceof LoadMemShift || instruction instanceof Tax) {
            return bit(Registers.X);
        }
        return bit(Registers.A);
    }

    private static int reads(Instruction instruction) {
        if (instruction instanceof LoadScratch load) {
            return bit(Registers.scratch(load.n()));
        } else if (instruction instanceof StoreScratch store) {
            return bit(Registers.of(store.src()));
        } else if (instruction instanceof LoadIndirect || instruction instanceof Txa) {
            return bit(Registers.X);
        } else if (instruction instanceof AluX || asksPacket(instruction)) {
            return bit(Registers.A) | bit(Registers.X);
        } else if (instruction instanceof AluConstant || instruction instanceof NegateA || instruction instanceof Tax) {
            return bit(Registers.A);
        }
        return 0;
    }

    /** Marks what has to be written: all that can be reached, but of a chain only the head. */
    private void findChains() {
        int[] entries = entries();
        emitted[start()] = true;
        for (int pc = 0; pc < emitted.length; pc++) {
            if (!emitted[pc] || drops(pc)) {
                continue;
            }
            used |= reads(pc);
            chains[pc] = chainFrom(pc, entries);
            for (int successor : successors(pc)) {
                emitted[successor] = true;
            }
        }
    }

    private int reads(int pc) {
        Instruction instruction = program.get(pc);
        if (isEnd(instruction) || isBranch(instruction)) {
            return live[pc];
        }
        return reads(instruction) | writes(instruction);
    }

    /** {@return from how many places each instruction can be come to} */
    private int[] entries() {
        int[] entries = new int[program.size()];
        entries[start()] = 1;
        for (int pc = 0; pc < entries.length; pc++) {
            if (entries[pc] > 0 && !drops(pc)) {
                for (int successor : successors(pc)) {
                    entries[successor]++;
                }
            }
        }
        return entries;
    }

    private @Nullable Chain chainFrom(int head, int[] entries) {
        List<Integer> keys = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        Set<Instruction> ends = new HashSet<>();
        Set<Integer> others = new HashSet<>();
        int pc = head;
        while (program.get(pc) instanceof JumpIf jump
                && jump.cond() == JumpTest.JEQ
                && (pc == head || entries[pc] == 1)
                && !drops(pc)) {
            int target = landing[pc + 1 + jump.skipTrue()];
            if (program.get(target) instanceof ReturnConstant ret) {
                ends.add(ret);
            } else {
                others.add(target);
            }
            if (!others.isEmpty() && others.size() + ends.size() > MOST_TARGETS) {
                break;
            }
            if (seen.add(jump.val())) {
                keys.add(jump.val());
                targets.add(target);
            }
            pc = landing[pc + 1 + jump.skipFalse()];
        }
        return keys.size() < Chain.SHORTEST ? null : new Chain(keys, targets, pc);
    }

    private void lookAhead() {
        Arrays.fill(have, Long.MAX_VALUE);
        have[start()] = 0;
        for (int pc = 0; pc < have.length; pc++) {
            if (emitted[pc] && !drops(pc)) {
                long known = guard(pc) > 0 ? need[pc] : have[pc];
                for (int successor : successors(pc)) {
                    have[successor] = Math.min(have[successor], known);
                }
            }
        }
    }

    /** {@return where execution can go on behind the instruction, or behind the chain that begins with it} */
    Collection<Integer> successors(int pc) {
        Chain chain = chains[pc];
        if (chain != null) {
            Set<Integer> all = new LinkedHashSet<>(chain.targets());
            all.add(chain.otherwise());
            return all;
        }
        Instruction instruction = program.get(pc);
        if (instruction instanceof JumpIf jump) {
            return List.of(landing[pc + 1 + jump.skipTrue()], landing[pc + 1 + jump.skipFalse()]);
        } else if (instruction instanceof JumpIfX jump) {
            return List.of(landing[pc + 1 + jump.skipTrue()], landing[pc + 1 + jump.skipFalse()]);
        }
        return isEnd(instruction) ? List.of() : List.of(landing[pc + 1]);
    }

    private static boolean isBranch(Instruction instruction) {
        return instruction instanceof JumpIf || instruction instanceof JumpIfX;
    }

    private static boolean isEnd(Instruction instruction) {
        return instruction instanceof ReturnA || instruction instanceof ReturnConstant;
    }
}
