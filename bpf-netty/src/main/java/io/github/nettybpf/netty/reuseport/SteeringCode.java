package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.OffsetBase;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;

/**
 * The program of a steering: its own code, which jumps to the label of a slot, to {@link #slotInA}, to {@link #hashInA}
 * or to {@link #undecided}; then what these come to. The kernel takes a load past the end of a datagram for verdict 0,
 * the first socket, so no code of a steering may load what it has not compared with {@code len} before.
 *
 * <p>The hash of the kernel is never used, though a verdict that is no index would select it: it may choose a socket that
 * is about to be closed, and nobody could say afterwards which one it was. A hash of the source is computed instead.
 */
final class SteeringCode {
    static final int NETWORK = OffsetBase.SKF_NET_OFF;
    private static final int IPV4_SOURCE = NETWORK + 12;
    private static final int IPV6_NEXT_HEADER = NETWORK + 6;
    private static final int IPV6_SOURCE = NETWORK + 8;
    private static final int IPV6_END = NETWORK + 40;
    private static final int IPV6_FIRST_BYTE = 0x60;
    private static final int UDP = 17;
    private static final int TCP = 6;

    /** Multipliers and shifts of the finalizer of MurmurHash3, which spreads consecutive addresses evenly. */
    private static final int FIRST_MULTIPLIER = 0x85ebca6b;

    private static final int SECOND_MULTIPLIER = 0xc2b2ae35;
    private static final int SEED = 0x2545f491;

    /** The scratch slot with the hash so far. Code of users never runs after it is written. */
    private static final int HASH = 0;

    final LabeledCode code = new LabeledCode();
    final Label slotInA = new Label();
    final Label hashInA = new Label();
    final Label undecided = new Label();
    private final Label[] slots;

    private SteeringCode(int slots) {
        this.slots = new Label[slots];
        for (int i = 0; i < slots; i++) {
            this.slots[i] = new Label();
        }
    }

    /** Emits the code of one kind of steering. */
    @FunctionalInterface
    interface Emitter {
        void emit(SteeringCode to);
    }

    /**
     * {@return the program of a steering}
     *
     * @param steering emits the code
     * @param fallback the slot of what the steering does not decide, or a negative number: by a hash of the source
     * @param verdicts the verdict for each slot
     */
    static Program assemble(Emitter steering, int fallback, int[] verdicts) {
        SteeringCode to = new SteeringCode(verdicts.length);
        steering.emit(to);
        to.finish(fallback, verdicts);
        return to.code.program();
    }

    int slots() {
        return slots.length;
    }

    /** {@return where to go for a slot, or {@link #undecided} if there is no such slot} */
    Label slot(int slot) {
        return Integer.compareUnsigned(slot, slots.length) < 0 ? slots[slot] : undecided;
    }

    private void finish(int fallback, int[] verdicts) {
        code.place(slotInA);
        Label select = new Label();
        code.jumpIf(JumpCondition.JGE, slots.length, undecided, select);
        code.place(undecided);
        if (fallback >= 0) {
            code.jump(slot(fallback));
        } else {
            hashOfSource(true);
        }
        code.place(hashInA);
        code.add(new AluConstant(AluOp.MOD, slots.length));
        code.place(select);
        select(0, slots.length - 1);
        for (int slot = 0; slot < slots.length; slot++) {
            code.place(slots[slot]);
            code.add(new ReturnConstant(verdicts[slot]));
        }
    }

    /** Goes to the slot that is in A, one of these, by halves. */
    private void select(int first, int last) {
        if (first == last) {
            code.jump(slots[first]);
            return;
        }
        int middle = (first + last + 1) >>> 1;
        Label upper = new Label();
        code.jumpIf(JumpCondition.JGE, middle, upper);
        select(first, middle - 1);
        code.place(upper);
        select(middle, last);
    }

    /** Puts a hash of the source address, and of the source port, into A. */
    void hashOfSource(boolean withPort) {
        Label ipv6 = new Label();
        Label done = new Label();
        beginHash(SEED);
        code.add(new LoadAbsolute(NETWORK, 1));
        code.jumpIf(JumpCondition.JGE, IPV6_FIRST_BYTE, ipv6);
        hashWord(IPV4_SOURCE);
        if (withPort) {
            code.add(new LoadMemShift(NETWORK));
            code.add(new LoadIndirect(NETWORK, 2));
            hashA();
        }
        code.jump(done);
        code.place(ipv6);
        for (int word = 0; word < 4; word++) {
            hashWord(IPV6_SOURCE + 4 * word);
        }
        if (withPort) {
            hashPortOfIpv6(done);
        }
        code.place(done);
        finishHash();
    }

    /** Where extension headers precede the port, the addresses must do. */
    private void hashPortOfIpv6(Label done) {
        Label port = new Label();
        code.add(new LoadAbsolute(IPV6_NEXT_HEADER, 1));
        code.jumpIf(JumpCondition.JEQ, UDP, port);
        code.jumpUnless(JumpCondition.JEQ, TCP, done);
        code.place(port);
        code.add(new LoadAbsolute(IPV6_END, 2));
        hashA();
    }

    void beginHash(int seed) {
        code.add(new LoadConstant(Register.A, seed));
        code.add(new StoreScratch(Register.A, HASH));
    }

    void hashWord(int offset) {
        code.add(new LoadAbsolute(offset, 4));
        hashA();
    }

    /** Mixes A into the hash. */
    void hashA() {
        code.add(new LoadScratch(Register.X, HASH));
        code.add(new AluX(AluOp.XOR));
        multiplyAndShift(FIRST_MULTIPLIER, 13);
        code.add(new StoreScratch(Register.A, HASH));
    }

    /** Puts the hash into A. */
    void finishHash() {
        code.add(new LoadScratch(Register.A, HASH));
        multiplyAndShift(SECOND_MULTIPLIER, 16);
        multiplyAndShift(FIRST_MULTIPLIER, 15);
    }

    private void multiplyAndShift(int multiplier, int shift) {
        code.add(new AluConstant(AluOp.MUL, multiplier));
        code.add(new Tax());
        code.add(new AluConstant(AluOp.RSH, shift));
        code.add(new AluX(AluOp.XOR));
    }

    /** Goes on only with datagrams of so many bytes. Changes A. */
    void requireLength(int bytes) {
        code.requireLength(bytes, undecided);
    }
}
