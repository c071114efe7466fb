package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** The programs of the kernel's Documentation/networking/filter.rst, with the bytecode that bpf_asm prints for them. */
class DocumentedExamplesTest {
    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "documented.txt", delimiter = '|')
    void assemble(String name, String source, String bytecode) {
        Program program = ProgramFormat.readAny(source.replace('⏎', '\n'));
        assertEquals(bytecode + "\n", ProgramFormat.BYTECODE.write(program));
        assertEquals(program, Program.parse(program.toString()));
    }
}
