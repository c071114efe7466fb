package io.github.nettybpf.core.text;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.AssemblyException;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.AluX;
import io.github.nettybpf.core.Instruction.Jump;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.JumpIfX;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Instruction.LoadConstant;
import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.Instruction.LoadIndirect;
import io.github.nettybpf.core.Instruction.LoadMemShift;
import io.github.nettybpf.core.Instruction.LoadScratch;
import io.github.nettybpf.core.Instruction.NegateA;
import io.github.nettybpf.core.Instruction.ReturnA;
import io.github.nettybpf.core.Instruction.ReturnConstant;
import io.github.nettybpf.core.Instruction.StoreScratch;
import io.github.nettybpf.core.Instruction.Tax;
import io.github.nettybpf.core.Instruction.Txa;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.Register;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.core.VerificationException.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Assembles bpf_asm notation, one instruction after the other; line breaks are white space. The reference grammar is in
 * tools/bpf/bpf_exp.y and bpf_exp.l of the kernel. docs/assembler.md tells what is accepted in addition, and what
 * bpf_asm accepts and is refused here.
 */
public final class Assembler {
    /** The operand that a label stands for: the skip of a jump, or one of the two skips of a conditional jump. */
    private enum Skip {
        ALWAYS,
        ON_TRUE,
        ON_FALSE
    }

    /** A use of a label that may be defined later. */
    private record Reference(int pc, Skip skip, String label, int at) {}

    private final Scanner in;
    private final List<Instruction> program = new ArrayList<>();

    /** The positions in the text where each instruction starts, and where its operand does. */
    private final List<Integer> starts = new ArrayList<>();

    private final List<Integer> operands = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Reference> references = new ArrayList<>();

    private Assembler(Scanner in) {
        this.in = in;
    }

    /**
     * {@return the program of the text}
     *
     * @param text the text
     * @throws AssemblyException if the text is malformed, or the kernel would refuse the program
     */
    public static Program assemble(String text) {
        Scanner in = new Scanner(text);
        Assembler assembler = new Assembler(in);
        List<Instruction> instructions = assembler.read();
        try {
            return Program.of(instructions);
        } catch (VerificationException e) {
            throw in.error(assembler.placeOf(e), e.problem(), e);
        }
    }

    /**
     * {@return the instructions of the text, not verified}
     *
     * @param text the text
     * @throws AssemblyException if the text is malformed
     */
    public static List<RawInstruction> assembleUnverified(String text) {
        return new Assembler(new Scanner(text))
                .read().stream().map(Instruction::assemble).toList();
    }

    private List<Instruction> read() {
        while (in.hasNext()) {
            statement();
        }
        references.forEach(this::resolve);
        return program;
    }

    private int placeOf(VerificationException e) {
        if (e.pc() < 0) {
            return starts.isEmpty() ? 0 : starts.get(starts.size() - 1);
        }
        return (e.rule() == Rule.LAST_INSTRUCTION ? starts : operands).get(e.pc());
    }

    private void statement() {
        in.markOperand();
        int at = in.position();
        String word = in.word("an instruction or a label");
        if (in.isNext(':')) {
            in.expect(':');
            defineLabel(word, at);
            if (!in.hasNext()) {
                throw in.error(at, "label " + Scanner.quoted(word) + " at the end (expected: an instruction after it)");
            }
            return;
        }
        starts.add(at);
        instruction(word.toLowerCase(Locale.ROOT), at);
        operands.add(in.operandPosition());
        if (program.size() > Program.MAX_SIZE) {
            throw in.error(at, "instruction number 4097 (expected: at most 4096)");
        }
    }

    private void defineLabel(String label, int at) {
        if (isReserved(label)) {
            throw in.error(at, "label " + Scanner.quoted(label) + " is a reserved word (expected: another name)");
        }
        Integer before = labels.putIfAbsent(label, program.size());
        if (before != null) {
            throw in.error(
                    at, "label " + Scanner.quoted(label) + " again (expected: once; it is at insn " + before + ")");
        }
    }

    private void instruction(String mnemonic, int at) {
        switch (mnemonic) {
            case "ldb" -> load(1);
            case "ldh" -> load(2);
            case "ld" -> load(4);
            case "ldi" -> loadImmediate(Register.A);
            case "ldxi" -> loadImmediate(Register.X);
            case "ldx" -> loadX();
            case "ldxb" -> memShift();
            case "st" -> program.add(new StoreScratch(Register.A, scratchSlot()));
            case "stx" -> program.add(new StoreScratch(Register.X, scratchSlot()));
            case "ja", "jmp" -> {
                program.add(new Jump(0));
                target(Skip.ALWAYS);
            }
            case "jeq" -> jump(JumpCondition.JEQ);
            case "jneq", "jne" -> jumpUnless(JumpCondition.JEQ);
            case "jgt" -> jump(JumpCondition.JGT);
            case "jle" -> jumpUnless(JumpCondition.JGT);
            case "jge" -> jump(JumpCondition.JGE);
            case "jlt" -> jumpUnless(JumpCondition.JGE);
            case "jset" -> jump(JumpCondition.JSET);
            case "add" -> alu(AluOp.ADD);
            case "sub" -> alu(AluOp.SUB);
            case "mul" -> alu(AluOp.MUL);
            case "div" -> alu(AluOp.DIV);
            case "mod" -> alu(AluOp.MOD);
            case "and" -> alu(AluOp.AND);
            case "or" -> alu(AluOp.OR);
            case "xor" -> alu(AluOp.XOR);
            case "lsh" -> alu(AluOp.LSH);
            case "rsh" -> alu(AluOp.RSH);
            case "neg" -> program.add(new NegateA());
            case "ret" -> ret();
            case "tax" -> program.add(new Tax());
            case "txa" -> program.add(new Txa());
            default -> throw in.error(at, Scanner.quoted(mnemonic) + " (expected: an instruction)");
        }
    }

    private static boolean isReserved(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "ldb", "ldh", "ld", "ldi", "ldx", "ldxi", "ldxb", "st", "stx", "jmp", "ja", "jeq", "jneq", "jne" ->
                true;
            case "jlt", "jle", "jgt", "jge", "jset", "add", "sub", "mul", "div", "mod", "neg", "and", "xor" -> true;
            case "or", "lsh", "rsh", "ret", "tax", "txa", "x", "a", "m" -> true;
            default -> word.equalsIgnoreCase("vlan_pr") || isExtension(word);
        };
    }

    /** The names of bpfc stay free for labels: no operand can be both. */
    private static boolean isExtension(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        return Arrays.stream(Extension.values())
                .anyMatch(extension -> extension.mnemonic().equals(lower));
    }

    private void load(int size) {
        if (in.takeOperandHash()) {
            if (in.isNextWord()) {
                extensionLoad(size);
            } else if (size == 4) {
                program.add(new LoadConstant(Register.A, in.number()));
            } else {
                throw in.error(in.position(), "a constant (expected: [k], [x + k] or an extension)");
            }
        } else if (in.isNext('[')) {
            packetLoad(size);
        } else if (size == 4 && in.isNextWord("m")) {
            program.add(new LoadScratch(Register.A, scratchSlot()));
        } else {
            extensionLoad(size);
        }
    }

    private void packetLoad(int size) {
        in.expect('[');
        in.markOperand();
        if (in.takeX()) {
            in.expect('+');
            in.markOperand();
            program.add(new LoadIndirect(in.number(), size));
        } else {
            program.add(new LoadAbsolute(in.number(), size));
        }
        in.expect(']');
    }

    private void extensionLoad(int size) {
        in.markOperand();
        int at = in.position();
        String expected = size == 4 ? "#k, [k], [x + k], M[k] or an extension" : "[k], [x + k] or an extension";
        String name = in.word(expected);
        Extension extension = extension(name);
        if (extension == null || (extension == Extension.LEN && size != 4)) {
            throw in.error(at, Scanner.quoted(name) + " (expected: " + expected + ")");
        }
        program.add(new LoadExtension(extension, Register.A, size));
    }

    /** Further names: the first is one of bpf_asm, the others are those of netsniff-ng's bpfc. */
    private static final Map<String, Extension> OTHER_NAMES = Map.ofEntries(
            Map.entry("vlan_pr", Extension.VLAN_AVAIL),
            Map.entry("vlanp", Extension.VLAN_AVAIL),
            Map.entry("vlana", Extension.VLAN_AVAIL),
            Map.entry("vlan_acc", Extension.VLAN_AVAIL),
            Map.entry("vlant", Extension.VLAN_TCI),
            Map.entry("pktlen", Extension.LEN),
            Map.entry("pto", Extension.PROTO),
            Map.entry("ifx", Extension.IFIDX),
            Map.entry("que", Extension.QUEUE),
            Map.entry("q", Extension.QUEUE),
            Map.entry("hat", Extension.HATYPE),
            Map.entry("rxh", Extension.RXHASH));

    /** {@return the names of all extensions, as alternatives of a regular expression} */
    static String extensionNames() {
        return Stream.concat(Arrays.stream(Extension.values()).map(Extension::mnemonic), OTHER_NAMES.keySet().stream())
                .collect(Collectors.joining("|"));
    }

    /** {@return the extension of that name, or null if there is none} */
    private static @Nullable Extension extension(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        Extension other = OTHER_NAMES.get(lower);
        if (other != null) {
            return other;
        }
        for (Extension extension : Extension.values()) {
            if (extension.mnemonic().equals(lower)) {
                return extension;
            }
        }
        return null;
    }

    private void loadImmediate(Register register) {
        in.takeOperandHash();
        program.add(new LoadConstant(register, in.number()));
    }

    private void loadX() {
        if (in.takeOperandHash()) {
            if (in.isNextWord()) {
                loadXLength();
            } else {
                program.add(new LoadConstant(Register.X, in.number()));
            }
        } else if (in.isNextWord("m")) {
            program.add(new LoadScratch(Register.X, scratchSlot()));
        } else if (in.isNextWord()) {
            loadXLength();
        } else {
            memShift();
        }
    }

    private void loadXLength() {
        int at = in.position();
        String expected = "#k, len, M[k] or 4*([k]&0xf)";
        String name = in.word(expected);
        if (extension(name) != Extension.LEN) {
            throw in.error(at, Scanner.quoted(name) + " (expected: " + expected + ")");
        }
        program.add(new LoadExtension(Extension.LEN, Register.X, 4));
    }

    private void memShift() {
        in.expectNumber(4, "4*([k]&0xf)");
        in.expect('*');
        in.expect('(');
        in.expect('[');
        in.markOperand();
        program.add(new LoadMemShift(in.number()));
        in.expect(']');
        in.expect('&');
        in.expectNumber(15, "4*([k]&0xf)");
        in.expect(')');
    }

    private int scratchSlot() {
        in.expectWord("m", "M[k]");
        in.expect('[');
        in.markOperand();
        int slot = in.number();
        in.expect(']');
        return slot;
    }

    /** Reads the operand of a condition and one or two labels. */
    private void jump(JumpCondition condition) {
        comparison(condition);
        target(Skip.ON_TRUE);
        if (in.isNext(',')) {
            in.expect(',');
            target(Skip.ON_FALSE);
        }
    }

    /** Reads the operand of a condition and the label for where it does not hold. */
    private void jumpUnless(JumpCondition condition) {
        comparison(condition);
        target(Skip.ON_FALSE);
        if (in.isNext(',')) {
            throw in.error(in.position(), "a second label (expected: one; jeq, jgt, jge and jset take two)");
        }
    }

    private void comparison(JumpCondition condition) {
        int at = in.position();
        if (in.takeOperandHash() || in.isNextNumber()) {
            program.add(new JumpIf(condition, in.number(), 0, 0));
        } else if (in.takeX()) {
            program.add(new JumpIfX(condition, 0, 0));
        } else {
            throw in.error(at, in.describeNext() + " (expected: #k, x or %x)");
        }
        in.expect(',');
    }

    private void target(Skip skip) {
        int at = in.position();
        if (in.isNextNumber() && !in.isNext('+')) {
            skipBy(skip, in.number(), at);
            return;
        }
        String label = in.word("a label");
        references.add(new Reference(program.size() - 1, skip, label, at));
    }

    /** A number in the place of a label says how many instructions to skip, as in golang.org/x/net/bpf. */
    private void skipBy(Skip skip, int count, int at) {
        int most = skip == Skip.ALWAYS ? Program.MAX_SIZE - 1 : 255;
        if (count < 0) {
            throw in.error(at, "skip " + count + ", a jump backward (expected: 0.." + most + ")");
        } else if (count > most) {
            throw in.error(at, "skip " + count + " (expected: 0.." + most + ")");
        }
        int last = program.size() - 1;
        program.set(last, withSkip(program.get(last), skip, count));
    }

    private void resolve(Reference reference) {
        String label = reference.label;
        Integer target = labels.get(label);
        if (target == null) {
            throw in.error(
                    reference.at, "label " + Scanner.quoted(label) + " (expected: a label that the program defines)");
        }
        int skip = target - reference.pc - 1;
        if (skip < 0) {
            throw in.error(
                    reference.at,
                    "label " + Scanner.quoted(label) + " jumps backward, to insn " + target
                            + " (expected: a later instruction than " + reference.pc + "; the kernel runs no loops)");
        }
        if (skip > 255 && reference.skip != Skip.ALWAYS) {
            throw in.error(
                    reference.at,
                    "label " + Scanner.quoted(label) + " is " + skip + " instructions ahead (expected: at most 255; ja"
                            + " goes further)");
        }
        program.set(reference.pc, withSkip(program.get(reference.pc), reference.skip, skip));
    }

    private static Instruction withSkip(Instruction instruction, Skip which, int skip) {
        if (instruction instanceof JumpIf jump) {
            return which == Skip.ON_TRUE
                    ? new JumpIf(jump.cond(), jump.val(), skip, jump.skipFalse())
                    : new JumpIf(jump.cond(), jump.val(), jump.skipTrue(), skip);
        } else if (instruction instanceof JumpIfX jump) {
            return which == Skip.ON_TRUE
                    ? new JumpIfX(jump.cond(), skip, jump.skipFalse())
                    : new JumpIfX(jump.cond(), jump.skipTrue(), skip);
        } else if (instruction instanceof Jump) {
            return new Jump(skip);
        }
        throw new AssertionError(instruction);
    }

    private void alu(AluOp op) {
        int at = in.position();
        if (in.takeOperandHash() || in.isNextNumber()) {
            program.add(new AluConstant(op, in.number()));
        } else if (in.takeX()) {
            program.add(new AluX(op));
        } else {
            throw in.error(at, in.describeNext() + " (expected: #k, x or %x)");
        }
    }

    private void ret() {
        int at = in.position();
        if (in.takeOperandHash() || in.isNextNumber()) {
            program.add(new ReturnConstant(in.number()));
        } else if (in.takeRegister("a")) {
            program.add(new ReturnA());
        } else {
            throw in.error(at, in.describeNext() + " (expected: #k, a or %a)");
        }
    }
}
