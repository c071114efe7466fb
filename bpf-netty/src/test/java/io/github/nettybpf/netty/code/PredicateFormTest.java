package io.github.nettybpf.netty.code;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredicateFormTest {
    private static Program parse(String text) {
        return Program.parse(text.replace("; ", "\n"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ret #0                            | ret #0",
                "ret #5                            | ret #-1",
                "ldb [0]; jeq #1, y; ret #0; y: ret #7 | ldb [0]; jeq #1, y; ret #0; y: ret #-1",
                "ldb [0]; ret a | ldb [0]; ja go; go: jeq #0, zero; ret #-1; zero: ret #0",
                "jeq #0, y; ret a; y: ldb [0]; ret a"
                        + " | jeq #0, y; ja go; y: ldb [0]; ja go; go: jeq #0, zero; ret #-1; zero: ret #0",
            })
    void dropsTheSameAndKeepsTheRestWhole(String program, String form) {
        assertEquals(Optional.of(parse(form)), PredicateForm.of(parse(program)));
    }

    @Test
    void thereIsNoneOfAProgramThatWouldBecomeTooLong() {
        assertEquals(
                4096,
                PredicateForm.of(parse("ld #1; ".repeat(4092) + "ret a"))
                        .orElseThrow()
                        .size());
        assertEquals(Optional.empty(), PredicateForm.of(parse("ld #1; ".repeat(4093) + "ret a")));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ldb [0]; ret #65535 | 65535 | true",
                "ldb [0]; ret #65534 | 65535 | false",
                "ldb [0]; ret #-1    | 65535 | true",
                "ldb [0]; ret #-1    | -1    | true",
                "ldb [0]; ret #65535 | -1    | false",
                "ret #0              | 65535 | true",
                "ldb [0]; ret a      | 255   | false",
            })
    void isExactIfNothingIsTruncated(String program, int longest, boolean exact) {
        assertEquals(exact, PredicateForm.isExact(parse(program), longest));
    }
}
