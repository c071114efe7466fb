package io.github.nettybpf.tools.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What can run a program. */
enum Engine {
    /** Interprets the instructions. */
    INTERPRETER,

    /** Compiles the program to JVM bytecode. */
    COMPILER,

    /** Asks the running kernel, through a pair of unix datagram sockets. */
    KERNEL;

    /** {@return the name in the command line} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Parses the value of {@code --engine}. */
    static final class Name implements ITypeConverter<Engine> {
        @Override
        public Engine convert(String name) {
            for (Engine engine : values()) {
                if (engine.toString().equals(name)) {
                    return engine;
                }
            }
            String all = Arrays.stream(values()).map(Engine::toString).collect(Collectors.joining(", "));
            throw new TypeConversionException("'" + name + "' (expected: " + all + ")");
        }
    }
}
