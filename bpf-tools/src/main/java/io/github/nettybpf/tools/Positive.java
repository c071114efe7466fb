package io.github.nettybpf.tools;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses the value of an option that is a number of at least 1. */
public final class Positive implements ITypeConverter<Long> {
    @Override
    public Long convert(String number) {
        if (number.matches("0*[1-9][0-9]{0,17}")) {
            return Long.valueOf(number);
        }
        throw new TypeConversionException("'" + number + "' (expected: 1..999999999999999999)");
    }
}
