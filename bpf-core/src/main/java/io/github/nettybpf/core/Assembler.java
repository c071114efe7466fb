package io.github.nettybpf.core;

import static io.github.nettybpf.core.Opcodes.*;

import io.github.nettybpf.core.Instruction.LoadExtension;
import io.github.nettybpf.core.VerificationException.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads bpf_asm notation, one instruction after the other, line breaks being white space. Grammar of reference:
 * tools/bpf/bpf_exp.y and bpf_exp.l of the kernel; docs/assembler.md tells what is taken beyond it, and what is refused
 * that bpf_asm takes.
 */
final class Assembler {
    private enum Slot {
        JT,
        JF,
        K
    }

    /** A jump that waits for its label. */
    private record Reference(int pc, Slot slot, String label, int at) {}

    private final Scanner in;
    private final List<RawInstruction> program = new ArrayList<>();

    /** Where in the text each instruction begins, and where its operand does. */
    private final List<Integer> starts = new ArrayList<>();

    private final List<Integer> operands = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Reference> references = new ArrayList<>();

    private Assembler(Scanner in) {
        this.in = in;
    }

    static Program assemble(String text) {
        Scanner in = new Scanner(text);
        Assembler assembler = new Assembler(in);
        List<RawInstruction> raw = assembler.read();
        try {
            return Program.ofRaw(raw);
        } catch (VerificationException e) {
            throw in.error(assembler.placeOf(e), e.problem(), e);
        }
    }

    /** {@return the instructions of the text, not verified} */
    static List<RawInstruction> assembleUnverified(String text) {
        return new Assembler(new Scanner(text)).read();
    }

    private List<RawInstruction> read() {
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
                throw in.error(
                        at, "label " + Scanner.quoted(word) + " at the end (expected: an instruction behind it)");
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
            case "ldi" -> loadImmediate(LD);
            case "ldxi" -> loadImmediate(LDX);
            case "ldx" -> loadX();
            case "ldxb" -> memShift();
            case "st" -> add(ST, scratchSlot());
            case "stx" -> add(STX, scratchSlot());
            case "ja", "jmp" -> {
                add(JMP | JA, 0);
                target(Slot.K);
            }
            case "jeq" -> jump(JEQ, true, true);
            case "jneq", "jne" -> jump(JEQ, false, false);
            case "jgt" -> jump(JGT, true, true);
            case "jle" -> jump(JGT, false, false);
            case "jge" -> jump(JGE, true, true);
            case "jlt" -> jump(JGE, false, false);
            case "jset" -> jump(JSET, true, true);
            case "add" -> alu(ADD);
            case "sub" -> alu(SUB);
            case "mul" -> alu(MUL);
            case "div" -> alu(DIV);
            case "mod" -> alu(MOD);
            case "and" -> alu(AND);
            case "or" -> alu(OR);
            case "xor" -> alu(XOR);
            case "lsh" -> alu(LSH);
            case "rsh" -> alu(RSH);
            case "neg" -> add(ALU | NEG, 0);
            case "ret" -> ret();
            case "tax" -> add(MISC | TAX, 0);
            case "txa" -> add(MISC | TXA, 0);
            default -> throw in.error(at, Scanner.quoted(mnemonic) + " (expected: an instruction)");
        }
    }

    private static boolean isReserved(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "ldb", "ldh", "ld", "ldi", "ldx", "ldxi", "ldxb", "st", "stx", "jmp", "ja", "jeq", "jneq", "jne" ->
                true;
            case "jlt", "jle", "jgt", "jge", "jset", "add", "sub", "mul", "div", "mod", "neg", "and", "xor" -> true;
            case "or", "lsh", "rsh", "ret", "tax", "txa", "x", "a", "m" -> true;
            default -> extension(word) != null;
        };
    }

    private void load(int size) {
        if (in.takeOperandHash()) {
            if (in.isNextWord()) {
                extensionLoad(size);
            } else if (size == 4) {
                add(LD | IMM, in.number());
            } else {
                throw in.error(in.position(), "a constant (expected: [k], [x + k] or an extension)");
            }
        } else if (in.isNext('[')) {
            packetLoad(size);
        } else if (size == 4 && in.isNextWord("m")) {
            add(LD | MEM, scratchSlot());
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
            add(LD | IND | Opcodes.size(size), in.number());
        } else {
            add(LD | ABS | Opcodes.size(size), in.number());
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
        RawInstruction raw = new LoadExtension(extension, Register.A, size).assemble();
        add(raw.code(), raw.k());
    }

    /** {@return the extension of that name, or null}; bpf_asm has two names for vlan_avail. */
    static @Nullable Extension extension(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.equals("vlan_pr")) {
            return Extension.VLAN_AVAIL;
        }
        for (Extension extension : Extension.values()) {
            if (extension.mnemonic().equals(lower)) {
                return extension;
            }
        }
        return null;
    }

    private void loadImmediate(int register) {
        in.takeOperandHash();
        add(register | IMM, in.number());
    }

    private void loadX() {
        if (in.takeOperandHash()) {
            if (in.isNextWord()) {
                loadXLength();
            } else {
                add(LDX | IMM, in.number());
            }
        } else if (in.isNextWord("m")) {
            add(LDX | MEM, scratchSlot());
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
        add(LDX | LEN, 0);
    }

    private void memShift() {
        in.expectNumber(4, "4*([k]&0xf)");
        in.expect('*');
        in.expect('(');
        in.expect('[');
        in.markOperand();
        add(LDX | MSH | B, in.number());
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

    private void jump(int test, boolean taken, boolean mayHaveTwo) {
        int at = in.position();
        if (in.takeOperandHash()) {
            add(JMP | test | K, in.number());
        } else if (in.takeX()) {
            add(JMP | test | X, 0);
        } else {
            throw in.error(at, in.describeNext() + " (expected: #k, x or %x)");
        }
        in.expect(',');
        target(taken ? Slot.JT : Slot.JF);
        if (in.isNext(',')) {
            if (!mayHaveTwo) {
                throw in.error(in.position(), "a second label (expected: one; jeq, jgt, jge and jset take two)");
            }
            in.expect(',');
            target(Slot.JF);
        }
    }

    private void target(Slot slot) {
        int at = in.position();
        String label = in.word("a label");
        references.add(new Reference(program.size() - 1, slot, label, at));
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
                    "label " + Scanner.quoted(label) + " is at insn " + target + " (expected: a later instruction than "
                            + reference.pc + ")");
        }
        if (skip > 255 && reference.slot != Slot.K) {
            throw in.error(
                    reference.at,
                    "label " + Scanner.quoted(label) + " is " + skip + " instructions ahead (expected: at most 255; ja"
                            + " goes further)");
        }
        RawInstruction raw = program.get(reference.pc);
        program.set(
                reference.pc,
                switch (reference.slot) {
                    case JT -> new RawInstruction(raw.code(), skip, raw.jf(), raw.k());
                    case JF -> new RawInstruction(raw.code(), raw.jt(), skip, raw.k());
                    case K -> new RawInstruction(raw.code(), 0, 0, skip);
                });
    }

    private void alu(int op) {
        int at = in.position();
        if (in.takeOperandHash()) {
            add(ALU | op | K, in.number());
        } else if (in.takeX()) {
            add(ALU | op | X, 0);
        } else {
            throw in.error(at, in.describeNext() + " (expected: #k, x or %x)");
        }
    }

    private void ret() {
        int at = in.position();
        if (in.takeOperandHash()) {
            add(RET | K, in.number());
        } else if (in.takeRegister("a")) {
            add(RET | A, 0);
        } else {
            throw in.error(at, in.describeNext() + " (expected: #k, a or %a)");
        }
    }

    private void add(int code, int k) {
        program.add(RawInstruction.of(code, k));
    }
}
