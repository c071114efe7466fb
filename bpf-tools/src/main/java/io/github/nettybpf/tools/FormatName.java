package io.github.nettybpf.tools;

import io.github.nettybpf.core.ProgramFormat;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the value of {@code --format}. */
final class FormatName implements ITypeConverter<ProgramFormat> {
    @Override
    public ProgramFormat convert(String name) {
        for (ProgramFormat format : ProgramFormat.values()) {
            if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
                return format;
            }
        }
        throw new TypeConversionException("'" + name + "' (expected: asm, listing, bytecode, c, ddd or hex)");
    }
}
