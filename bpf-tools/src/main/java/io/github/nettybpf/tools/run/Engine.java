package io.github.nettybpf.tools.run;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What can run a program. */
enum Engine {
    /** The instructions, one after the other. */
    INTERPRETER,

    /** The code of the JVM that the program is compiled to. */
    COMPILER,

    /** The running kernel, through a pair of unix datagram sockets. */
    KERNEL;

    /** {@return the name as the command line has it} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads the value of {@code --engine}. */
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
