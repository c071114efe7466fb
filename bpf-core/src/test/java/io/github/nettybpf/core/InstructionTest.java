package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What instructions tell about themselves: mnemonic, registers and successors. */
class InstructionTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ld #5            | ld   | ''        | A    | [11]",
                "ldx #5           | ldx  | ''        | X    | [11]",
                "ld M[3]          | ld   | M[3]      | A    | [11]",
                "ldx M[15]        | ldx  | M[15]     | X    | [11]",
                "ld [0]           | ld   | ''        | A    | [11]",
                "ldh [12]         | ldh  | ''        | A    | [11]",
                "ldb [0xfff00000] | ldb  | ''        | A    | [11]",
                "ld [x + 1]       | ld   | X         | A    | [11]",
                "ldh [x + 1]      | ldh  | X         | A    | [11]",
                "ldb [x + 1]      | ldb  | X         | A    | [11]",
                "ldxb 4*([14]&0xf)| ldxb | ''        | X    | [11]",
                "ld #len          | ld   | ''        | A    | [11]",
                "ldx #len         | ldx  | ''        | X    | [11]",
                "ld #proto        | ld   | ''        | A    | [11]",
                "ld #nla          | ld   | A, X      | A    | [11]",
                "ld #nlan         | ld   | A, X      | A    | [11]",
                "ld #ifidx        | ld   | A         | A    | [11]",
                "ld #hatype       | ld   | A         | A    | [11]",
                "ld #xor_x        | ld   | A, X      | A    | [11]",
                "st M[0]          | st   | A         | M[0] | [11]",
                "stx M[7]         | stx  | X         | M[7] | [11]",
                "add #1           | add  | A         | A    | [11]",
                "rsh x            | rsh  | A, X      | A    | [11]",
                "div x            | div  | A, X      | A    | [11]",
                "xor #1           | xor  | A         | A    | [11]",
                "neg              | neg  | A         | A    | [11]",
                "tax              | tax  | A         | X    | [11]",
                "txa              | txa  | X         | A    | [11]",
                "ja t             | ja   | ''        | ''   | [12]",
                "jeq #1, t, f     | jeq  | A         | ''   | [12, 13]",
                "jset #1, f, t    | jset | A         | ''   | [13, 12]",
                "jge x, t, f      | jge  | A, X      | ''   | [12, 13]",
                "jgt x, f, t      | jgt  | A, X      | ''   | [13, 12]",
                "ret #1           | ret  | ''        | ''   | []",
                "ret a            | ret  | A         | ''   | []",
            })
    void tellsWhatItUsesAndWhereItLeads(String text, String mnemonic, String reads, String writes, String successors) {
        // Slots are written first, because a program may not read one that is unset.
        String program = "st M[3]\nst M[15]\n" + text + "\nret #0\nt: ret #0\nf: ret #0";
        Instruction instruction = Program.parse(program).instructions().get(2);
        assertEquals(mnemonic, instruction.mnemonic());
        assertEquals(reads, instruction.reads().toString());
        assertEquals(writes, instruction.writes().toString());
        assertEquals(successors, instruction.successors(10).toString());
        assertEquals(successors.equals("[]"), instruction.isReturn());
    }

    @ParameterizedTest
    @CsvSource({"-1", "16", "2147483647"})
    void aSlotThatTheMachineDoesNotHaveIsInNoSet(int slot) {
        assertEquals(RegisterSet.NONE, new Instruction.LoadScratch(Register.A, slot).reads());
        assertEquals(RegisterSet.NONE, new Instruction.StoreScratch(Register.X, slot).writes());
    }
}
