package io.github.nettybpf.tools;

import io.github.nettybpf.core.ProgramFormat;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses the value of {@code --format} or {@code --notation}, and lists the values for completion. */
public final class FormatName implements ITypeConverter<ProgramFormat>, Iterable<String> {
    private static String name(ProgramFormat format) {
        return format.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Iterator<String> iterator() {
        return Arrays.stream(ProgramFormat.values()).map(FormatName::name).iterator();
    }

    @Override
    public ProgramFormat convert(String name) {
        for (ProgramFormat format : ProgramFormat.values()) {
            if (name(format).equals(name)) {
                return format;
            }
        }
        throw new TypeConversionException("'" + name + "' (expected: asm, listing, bytecode, c, ddd or hex)");
    }
}
