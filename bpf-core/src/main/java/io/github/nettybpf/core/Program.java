package io.github.nettybpf.core;

import io.github.nettybpf.core.kernel.KernelConversion;
import io.github.nettybpf.core.text.Assembler;
import io.github.nettybpf.core.text.Disassembler;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A program that the Linux kernel accepts. The factories verify its rules, so that no code that takes a program has to
 * check it again. Immutable.
 *
 * <p>{@link #extensions}, {@link #offsetBases}, {@link #reach} and {@link #verdicts} are results of an analysis that
 * does not run the program and holds for all packets. They may contain too much, never too little: what they do not
 * contain cannot happen.
 */
public final class Program {
    /** The most instructions that a program can have ({@code BPF_MAXINSNS}). */
    public static final int MAX_SIZE = Verifier.MAX_INSTRUCTIONS;

    /** How many scratch slots M[] a program has ({@code BPF_MEMWORDS}). */
    public static final int SCRATCH_SLOTS = 16;

    private final List<RawInstruction> raw;
    private final List<Instruction> instructions;

    /** Null if the program was made for no particular placement. */
    private final @Nullable Placement placement;

    private final IntFunction<Optional<String>> origins;

    /** Computed at the first use, by any thread: the result is the same. */
    private volatile @Nullable Analysis analysis;

    private Program(List<RawInstruction> raw) {
        this.raw = List.copyOf(raw);
        this.instructions = Verifier.verify(this.raw);
        this.placement = null;
        this.origins = pc -> Optional.empty();
    }

    private Program(Program verified, @Nullable Placement placement, IntFunction<Optional<String>> origins) {
        this.raw = verified.raw;
        this.instructions = verified.instructions;
        this.placement = placement;
        this.origins = origins;
        this.analysis = verified.analysis;
    }

    private Program(List<RawInstruction> raw, List<Instruction> instructions) {
        this.raw = raw;
        this.instructions = instructions;
        this.placement = null;
        this.origins = pc -> Optional.empty();
    }

    /**
     * {@return a program that this package has made of a verified one, and hands to nobody but the engines} It is not
     * verified, because it may have more instructions than the kernel takes.
     */
    static Program derived(List<Instruction> instructions) {
        return new Program(instructions.stream().map(Instruction::assemble).toList(), List.copyOf(instructions));
    }

    /**
     * {@return the program of these instructions}
     *
     * @param instructions the instructions, in order
     * @throws VerificationException if the kernel would refuse the program
     */
    public static Program of(List<Instruction> instructions) {
        return new Program(instructions.stream().map(Instruction::assemble).toList());
    }

    /**
     * {@return the program of these instructions}
     *
     * @param instructions the instructions, in order
     * @throws VerificationException if the kernel would refuse the program
     */
    public static Program of(Instruction... instructions) {
        return of(List.of(instructions));
    }

    /**
     * {@return the program of these encoded instructions}
     *
     * @param raw the instructions, in order; fields that the kernel ignores are kept in {@link #raw}
     * @throws VerificationException if the kernel would refuse the program
     */
    public static Program ofRaw(List<RawInstruction> raw) {
        return new Program(raw);
    }

    /**
     * {@return the program of a text in the notation of the kernel's bpf_asm} The grammar is in docs/assembler.md. For
     * other notations, see {@link ProgramFormat#readAny}.
     *
     * @param bpfAsm the text
     * @throws AssemblyException if the text is malformed, or the kernel would refuse the program
     */
    public static Program parse(CharSequence bpfAsm) {
        return Assembler.assemble(bpfAsm.toString());
    }

    /** {@return the instructions, in order; unmodifiable} */
    public List<Instruction> instructions() {
        return instructions;
    }

    /** {@return the encoded instructions, in order; unmodifiable} */
    public List<RawInstruction> raw() {
        return raw;
    }

    /** {@return the number of instructions, 1..4096} */
    public int size() {
        return raw.size();
    }

    /**
     * {@return where this program is meant to run, or empty if that is not known} Programs from text or instructions
     * have no placement until {@link #at} gives them one.
     */
    public Optional<Placement> placement() {
        return Optional.ofNullable(placement);
    }

    /**
     * {@return a program of the same instructions for this placement} It keeps the {@link #origin}s. This program does not
     * change.
     *
     * @param placement where the program is meant to run
     */
    public Program at(Placement placement) {
        return new Program(this, placement, origins);
    }

    /**
     * {@return the part of the program's source that an instruction belongs to, or empty if that is not known} For a
     * conditional jump that is what it decides, as in {@code src net 10.0.0.0/8}; for a load, what the value is tested
     * for. Programs of expressions know it (docs/expressions.md tells which parts are named), those from text or
     * instructions do not unless {@link #withOrigins} tells them.
     *
     * @param pc the index of the instruction
     * @throws IndexOutOfBoundsException if the program has no such instruction
     */
    public Optional<String> origin(int pc) {
        return origins.apply(Objects.checkIndex(pc, raw.size()));
    }

    /**
     * {@return a program of the same instructions, whose {@link #origin}s are these} It keeps the {@link #placement}. This
     * program does not change.
     *
     * @param origins gives the origin of an instruction by its index, which is always inside the program. It is called
     *     whenever an origin is asked for, by any thread, and has to give the same result each time.
     */
    public Program withOrigins(IntFunction<Optional<String>> origins) {
        return new Program(this, placement, origins);
    }

    /** {@return the extensions that the program can read} */
    public Set<Extension> extensions() {
        return analysis().extensions.keySet();
    }

    /** {@return the bases of the offsets that the program can load from} */
    public Set<OffsetBase> offsetBases() {
        return analysis().offsetBases.keySet();
    }

    /**
     * {@return the first instruction, counted from 0, that can read the extension, or empty if none can}
     *
     * @param extension the extension
     */
    public OptionalInt firstReading(Extension extension) {
        return first(analysis().extensions.get(extension));
    }

    /**
     * {@return the first instruction, counted from 0, that can load from the base, or empty if none can}
     *
     * @param base the base
     */
    public OptionalInt firstReading(OffsetBase base) {
        return first(analysis().offsetBases.get(base));
    }

    /**
     * {@return the offsets of the bytes that a packet load can touch, or empty if the instruction is none or cannot be
     * reached}
     *
     * @param pc the index of the instruction
     */
    public Optional<OffsetRange> offsets(int pc) {
        return Optional.ofNullable(analysis().offsets.get(pc));
    }

    private static OptionalInt first(@Nullable Integer pc) {
        return pc == null ? OptionalInt.empty() : OptionalInt.of(pc);
    }

    /**
     * {@return one more than the highest offset of the packet that the program can load, or empty if an indirect load
     * can be anywhere} It is 0 if the program loads nothing. Loads from {@link OffsetBase#NETWORK} and
     * {@link OffsetBase#LINK_LAYER} do not count.
     */
    public OptionalLong reach() {
        return analysis().reach;
    }

    /**
     * {@return all verdicts that the program can give, unsigned, or empty if a {@code ret a} can give values that the
     * analysis does not know} They contain 0 if a load can be outside the packet, if the packet may not know an
     * extension, or if X can be 0 in a division.
     */
    public Optional<Set<Integer>> verdicts() {
        return analysis().verdicts;
    }

    /**
     * {@return how many bytes the kernel charges while this program is attached to a socket} The charges of a socket
     * must stay below net.core.optmem_max. Measured on Linux 6.18, x86-64; other kernels differ a little, and Linux 6.1
     * charges less.
     */
    public int kernelCost() {
        return new KernelConversion(instructions).charge();
    }

    /**
     * {@return why the kernel cannot convert the program to eBPF, or empty if it can} The kernel verifies a program
     * first, as this class does, and then converts it; it refuses (EINVAL) a program of some thousands of instructions
     * that have become so many that a jump does not fit. Such a program can still run in a pipeline.
     */
    public Optional<String> conversionProblem() {
        return new KernelConversion(instructions).problem();
    }

    private Analysis analysis() {
        Analysis known = analysis;
        if (known == null) {
            known = new Analysis(this);
            analysis = known;
        }
        return known;
    }

    /**
     * {@return whether the other program has the same instructions} Fields of the encoding that the kernel ignores do
     * not count, nor do the {@link #placement} and the {@link #origin}s: a program that is read back from a socket
     * equals the one that was attached.
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Program program && instructions.equals(program.instructions);
    }

    @Override
    public int hashCode() {
        return instructions.hashCode();
    }

    /** {@return the program in bpf_asm notation, one instruction a line, which {@link #parse} reads} */
    @Override
    public String toString() {
        return Disassembler.text(instructions);
    }
}
