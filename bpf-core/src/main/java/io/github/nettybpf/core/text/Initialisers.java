package io.github.nettybpf.core.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads instructions as programming languages write them: initialisers of {@code struct sock_filter} in C, Go and Rust,
 * tuples of Python, the macros {@code BPF_STMT} and {@code BPF_JUMP}, and values that gdb, Go and strace print. They
 * are alone, or in the definition of one array, which the definition of a {@code struct sock_fprog} may follow.
 */
public final class Initialisers {
    /** The last words of the types of instructions. */
    private static final Set<String> STRUCTS =
            Set.of("sock_filter", "SockFilter", "bpf_insn", "RawInstruction", "BpfInsn", "BPFInstruction");

    private static final Set<String> PROGRAMS = Set.of("sock_fprog", "SockFprog", "bpf_program");
    private static final Set<String> MACROS = Set.of("BPF_STMT", "BPF_JUMP");
    private static final List<Set<String>> FIELDS = List.of(
            Set.of("code", "Code", "Op", "op", "opcode"), Set.of("jt", "Jt"), Set.of("jf", "Jf"), Set.of("k", "K"));

    private static final String STRUCT = "an initialiser { code, jt, jf, k }";
    private static final Pattern START = Pattern.compile("[{\\[]|\\(\\s*+[0-9][0-9a-fA-FxX]*+\\s*+,");
    private static final Pattern SIGN = Pattern.compile("\\bBPF_[A-Z0-9_]++\\s*+\\(|=\\s*+[{\\[]|\\{\\s*+[{.]"
            + "|\\b(?:sock_filter|SockFilter|RawInstruction|bpf_insn|SO_ATTACH_FILTER)\\b");

    private final SourceTokens in;
    private final SourceExpression expression;
    private final NumericText result;

    /** The number of elements that a definition names, and where it does, or -1. */
    private long declared = -1;

    private int declaredAt;

    private Initialisers(String text) {
        this.in = new SourceTokens(text);
        this.expression = new SourceExpression(in);
        this.result = new NumericText(text);
    }

    /** {@return whether the text, whose comments are blanked, begins like initialisers, or has their words or signs} */
    static boolean isSource(String text, int start) {
        return START.matcher(text).region(start, text.length()).lookingAt()
                || SIGN.matcher(text).find();
    }

    /** {@return the instructions of the text, of which nothing is left over} */
    public static NumericText read(String text) {
        Initialisers reader = new Initialisers(text);
        reader.read();
        return reader.result;
    }

    private void read() {
        int start = in.position();
        if (isCall()) {
            readCall();
        } else {
            in.moveTo(start);
            readDefinition();
        }
        if (!in.isEnd()) {
            throw in.unexpected("nothing more");
        }
        if (declared >= 0) {
            result.requireCount(declared, declaredAt);
        }
    }

    /** {@return whether strace's line of a system call begins here, up to whose parenthesis is taken then} */
    private boolean isCall() {
        if (in.take("[") && (!in.take("pid") || in.take().isEmpty() || !in.take("]"))) {
            return false;
        }
        return in.isWord() && !in.take().startsWith("BPF_") && in.take("(") && !in.is("struct");
    }

    private void readCall() {
        while (in.isWord() || in.isNumber() || in.is(",") || in.is("|")) {
            in.take();
        }
        readProgramStruct();
        while (in.take(",")) {
            if (!in.isNumber()) {
                throw in.unexpected("a number");
            }
            in.take();
        }
        in.require(")");
        in.require("=");
        while (in.isWord()
                || in.isNumber()
                || Set.of("-", "(", ")", "?", "<", ">", ".").contains(in.peek())) {
            in.take();
        }
    }

    /** Reads {@code {len=4, filter=[...]}}. */
    private void readProgramStruct() {
        in.require("{");
        in.take(".");
        in.require("len");
        in.require("=");
        int at = in.position();
        long length = expression.value();
        in.require(",");
        in.take(".");
        in.require("filter");
        in.require("=");
        if (in.isNumber()) {
            throw in.unexpected("the instructions, which strace -v prints");
        }
        readList();
        in.take(",");
        in.require("}");
        result.requireCount(length, at);
    }

    private void readDefinition() {
        skipDeclaration();
        skipType();
        if (isList()) {
            readList();
            in.take(";");
            readProgramDefinition();
        } else {
            readElements("");
            in.take(";");
        }
    }

    /**
     * Skips the words up to the sign of equality after them, if there is one. They cannot be instructions: there is no
     * number among them except for the length of an array.
     */
    private void skipDeclaration() {
        int start = in.position();
        int depth = 0;
        while (true) {
            boolean isLength = in.isNumber() && depth == 1;
            if (in.is("=") && depth == 0) {
                in.take();
                return;
            } else if (isLength) {
                declaredAt = in.position();
                declared = expression.value();
            } else if (in.isWord() || Set.of("*", ":", ".", "&", ";").contains(in.peek())) {
                in.take();
            } else if (in.is("[") || in.is("]")) {
                depth += in.take().equals("[") ? 1 : -1;
            } else {
                declared = -1;
                in.moveTo(start);
                return;
            }
        }
    }

    /** Skips the type of a literal that has one: that of Go, a compound literal of C, or the macro vec of Rust. */
    private void skipType() {
        int start = in.position();
        while (in.take("&")) {
            start = in.position();
        }
        if (in.take("vec")) {
            in.require("!");
            return;
        }
        if (in.take("(") && (in.is("struct") || in.is("const"))) {
            skipPath();
            in.take("[");
            in.take("]");
            in.require(")");
            return;
        }
        in.moveTo(start);
        if (!in.take("[")) {
            return;
        }
        int lengthAt = in.position();
        long length = in.isNumber() ? expression.value() : -1;
        while (in.is(".")) {
            in.take();
        }
        if (in.take("]") && in.isWord()) {
            skipPath();
            declared = length >= 0 ? length : declared;
            declaredAt = length >= 0 ? lengthAt : declaredAt;
        } else {
            in.moveTo(start);
        }
    }

    /** Takes words with dots and colons between them, the last of which is returned. */
    private String skipPath() {
        String last = "";
        while (in.isWord() || in.is(".") || in.is(":")) {
            String token = in.take();
            last = token.equals(".") || token.equals(":") ? last : token;
        }
        return last;
    }

    /** {@return whether a bracket opens here that is not the one of an instruction} */
    private boolean isList() {
        int start = in.position();
        boolean isList = false;
        if (in.isOpener()) {
            in.take();
            boolean isMacro = MACROS.contains(in.peek());
            boolean isField = in.isWord() && (SourceNames.number(in.peek()) != null || fieldIndex(in.peek()) >= 0);
            isList = in.isOpener() ? !isNumberInParentheses() : isMacro || (in.isWord() && !isField);
            isList |= in.is("}") || in.is("]");
        }
        in.moveTo(start);
        return isList;
    }

    /** {@return whether the parenthesis here has one number in it, as expressions do, and not four} */
    private boolean isNumberInParentheses() {
        int start = in.position();
        if (!in.take("(") || in.is("struct")) {
            in.moveTo(start);
            return false;
        }
        while (in.isWord() || in.isNumber() || Set.of("|", "+", "-", "~", "<<").contains(in.peek())) {
            in.take();
        }
        boolean isExpression = in.is(")");
        in.moveTo(start);
        return isExpression;
    }

    private void readList() {
        String closer = closer();
        readElements(closer);
        in.require(closer);
    }

    /** Takes a bracket, and returns the one that closes it. */
    private String closer() {
        if (!in.isOpener()) {
            throw in.unexpected(STRUCT);
        }
        return switch (in.take()) {
            case "{" -> "}";
            case "[" -> "]";
            default -> ")";
        };
    }

    private void readElements(String closer) {
        while (!in.is(closer) && !in.isEnd() && !in.is(";")) {
            readElement();
            in.take(",");
        }
    }

    private void readElement() {
        int start = in.position();
        String word = "";
        if (in.isWord()) {
            word = skipPath();
        } else if (in.is("(")) {
            in.take();
            if (in.take("struct")) {
                word = skipPath();
                in.require(")");
            } else {
                in.moveTo(start);
            }
        }
        if (MACROS.contains(word)) {
            readMacro(word, start);
        } else if (word.isEmpty() || STRUCTS.contains(word)) {
            readStruct(start);
        } else {
            throw in.error(
                    start, Ebpf.isName(word) ? Ebpf.PROBLEM : Scanner.quoted(word) + " (expected: " + STRUCT + ")");
        }
    }

    /** Reads the arguments of {@code BPF_STMT(code, k)} or {@code BPF_JUMP(code, k, jt, jf)}. */
    private void readMacro(String macro, int start) {
        in.require("(");
        boolean isJump = macro.equals("BPF_JUMP");
        int[] order = isJump ? new int[] {0, 3, 1, 2} : new int[] {0, 3};
        long[] fields = new long[4];
        int[] positions = new int[4];
        for (int i = 0; i < order.length; i++) {
            if (i > 0) {
                in.require(",");
            }
            positions[order[i]] = in.position();
            fields[order[i]] = expression.value();
        }
        in.require(")");
        result.add(fields, positions, start);
    }

    private void readStruct(int start) {
        String closer = closer();
        boolean isNamed = in.is(".") || fieldIndex(in.peek()) >= 0 || Ebpf.isName(in.peek());
        if (isNamed) {
            readNamedFields(closer, start);
        } else {
            readFields(closer, start);
        }
    }

    private void readFields(String closer, int start) {
        List<Long> fields = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        while (!in.is(closer)) {
            positions.add(in.position());
            fields.add(expression.value());
            in.take(",");
        }
        in.require(closer);
        result.add(fields, positions, start);
    }

    /** Reads the fields in any order. Those that are missing are 0, but the code has to be there. */
    private void readNamedFields(String closer, int start) {
        long[] fields = new long[4];
        int[] positions = new int[4];
        Arrays.fill(positions, -1);
        while (!in.is(closer)) {
            in.take(".");
            int at = in.position();
            int field = fieldIndex(in.peek());
            if (field < 0) {
                throw Ebpf.isName(in.peek()) ? in.error(at, Ebpf.PROBLEM) : in.unexpected("code, jt, jf or k");
            } else if (positions[field] >= 0) {
                throw in.error(at, Scanner.quoted(in.peek()) + " again (expected: once)");
            }
            in.take();
            if (!in.take(":")) {
                in.require("=");
            }
            positions[field] = in.position();
            fields[field] = expression.value();
            in.take(",");
        }
        in.require(closer);
        if (positions[0] < 0) {
            throw in.error(start, "no code (expected: the fields code, jt, jf and k)");
        }
        result.add(fields, positions, start);
    }

    private static int fieldIndex(String name) {
        for (int i = 0; i < FIELDS.size(); i++) {
            if (FIELDS.get(i).contains(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Reads the definition of the struct that points to the array, whose length has to be that of the array. */
    private void readProgramDefinition() {
        if (in.isEnd()) {
            return;
        }
        int start = in.position();
        boolean isProgram = false;
        while (in.isWord()) {
            isProgram |= PROGRAMS.contains(in.take());
        }
        if (!isProgram || !in.take("=")) {
            in.moveTo(start);
            throw in.unexpected("nothing more");
        }
        in.require("{");
        readLength();
        in.require(",");
        skipFieldName("filter");
        in.take("&");
        skipPath();
        in.take(",");
        in.require("}");
        in.take(";");
    }

    private void readLength() {
        skipFieldName("len");
        int at = in.position();
        if (in.isNumber()) {
            result.requireCount(expression.value(), at);
            return;
        }
        int depth = 0;
        while (!in.isEnd() && (depth > 0 || !in.is(","))) {
            if (!in.isWord()
                    && !in.isNumber()
                    && !Set.of("(", ")", "[", "]", "/", "*").contains(in.peek())) {
                throw in.unexpected("the number of instructions");
            }
            depth += in.is("(") ? 1 : in.is(")") ? -1 : 0;
            in.take();
        }
    }

    private void skipFieldName(String name) {
        if (in.take(".")) {
            in.require(name);
            in.require("=");
        }
    }
}
